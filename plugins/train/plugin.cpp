#include <fettle/plugin.hpp>

void add_discriminative(fettle::PluginBuilder&);
void add_reconstruction(fettle::PluginBuilder&);

FETTLE_PLUGIN(train, "0.2.0", "Training of networks") {
    add_discriminative(plugin);
    add_reconstruction(plugin);
}
