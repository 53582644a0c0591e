#include <fettle/plugin.hpp>

void add_reconstruction(fettle::PluginBuilder&);

FETTLE_PLUGIN(train, "0.1.0", "Training of networks") { add_reconstruction(plugin); }
