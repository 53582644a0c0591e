#include <fettle/plugin.hpp>

void add_one_class(fettle::PluginBuilder&);

FETTLE_PLUGIN(split, "0.1.0", "Which samples train, calibrate and test") { add_one_class(plugin); }
