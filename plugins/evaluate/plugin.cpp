#include <fettle/plugin.hpp>

void add_detection(fettle::PluginBuilder&);

FETTLE_PLUGIN(evaluate, "0.1.0", "How good decisions are, and how sure that is") { add_detection(plugin); }
