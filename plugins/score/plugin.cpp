#include <fettle/plugin.hpp>

void add_pool(fettle::PluginBuilder&);

FETTLE_PLUGIN(score, "0.1.0", "From maps to one number per image") { add_pool(plugin); }
