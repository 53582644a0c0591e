#include <fettle/plugin.hpp>

void add_archive(fettle::PluginBuilder&);
void add_audit(fettle::PluginBuilder&);
void add_casting(fettle::PluginBuilder&);
void add_cracks(fettle::PluginBuilder&);
void add_folder(fettle::PluginBuilder&);
void add_image(fettle::PluginBuilder&);
void add_mvtec(fettle::PluginBuilder&);
void add_procedural(fettle::PluginBuilder&);
void add_sheet(fettle::PluginBuilder&);
void add_table(fettle::PluginBuilder&);
void add_tiles(fettle::PluginBuilder&);
void add_write(fettle::PluginBuilder&);

FETTLE_PLUGIN(dataset, "0.1.0", "Where images come from: folders, archives, and parts drawn from a seed") {
    add_archive(plugin);
    add_audit(plugin);
    add_casting(plugin);
    add_cracks(plugin);
    add_folder(plugin);
    add_image(plugin);
    add_mvtec(plugin);
    add_procedural(plugin);
    add_sheet(plugin);
    add_table(plugin);
    add_tiles(plugin);
    add_write(plugin);
}
