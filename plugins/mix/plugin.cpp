#include <fettle/plugin.hpp>

void add_ratio(fettle::PluginBuilder&);

FETTLE_PLUGIN(mix, "0.1.0", "Sets of images joined in stated proportions") { add_ratio(plugin); }
