#include <fettle/plugin.hpp>

void add_reconstruct(fettle::PluginBuilder&);

FETTLE_PLUGIN(infer, "0.1.0", "Trained networks applied to images") { add_reconstruct(plugin); }
