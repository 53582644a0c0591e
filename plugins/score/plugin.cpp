#include <fettle/plugin.hpp>

void add_combine(fettle::PluginBuilder&);
void add_pool(fettle::PluginBuilder&);
void add_read(fettle::PluginBuilder&);
void add_standardise(fettle::PluginBuilder&);

FETTLE_PLUGIN(score, "0.2.0", "From maps to one number per image") {
    add_combine(plugin);
    add_pool(plugin);
    add_read(plugin);
    add_standardise(plugin);
}
