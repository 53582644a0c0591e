#include <fettle/plugin.hpp>

void add_archive(fettle::PluginBuilder&);
void add_folder(fettle::PluginBuilder&);
void add_image(fettle::PluginBuilder&);
void add_procedural(fettle::PluginBuilder&);

FETTLE_PLUGIN(dataset, "0.1.0", "Where images come from: folders, archives, and parts drawn from a seed") {
    add_archive(plugin);
    add_folder(plugin);
    add_image(plugin);
    add_procedural(plugin);
}
