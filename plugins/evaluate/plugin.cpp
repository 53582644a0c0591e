#include <fettle/plugin.hpp>

void add_baselines(fettle::PluginBuilder&);
void add_compare(fettle::PluginBuilder&);
void add_detection(fettle::PluginBuilder&);
void add_localisation(fettle::PluginBuilder&);

FETTLE_PLUGIN(evaluate, "0.1.0", "How good decisions are, and how sure that is") {
    add_detection(plugin);
    add_localisation(plugin);
    add_baselines(plugin);
    add_compare(plugin);
}
