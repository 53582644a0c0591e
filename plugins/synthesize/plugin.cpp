#include <fettle/plugin.hpp>

void add_paste(fettle::PluginBuilder&);

FETTLE_PLUGIN(synthesize, "0.1.0", "Sound images damaged, with masks of where") { add_paste(plugin); }
