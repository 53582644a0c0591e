#include <fettle/plugin.hpp>

void add_autoencoder(fettle::PluginBuilder&);
void add_dilated_autoencoder(fettle::PluginBuilder&);

FETTLE_PLUGIN(model, "0.1.0", "Architectures that a trainer builds for the images it gets") {
    add_autoencoder(plugin);
    add_dilated_autoencoder(plugin);
}
