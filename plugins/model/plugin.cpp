#include <fettle/plugin.hpp>

void add_autoencoder(fettle::PluginBuilder&);
void add_dilated_autoencoder(fettle::PluginBuilder&);
void add_discriminative(fettle::PluginBuilder&);
void add_memory_autoencoder(fettle::PluginBuilder&);
void add_torchscript(fettle::PluginBuilder&);
void add_unet_autoencoder(fettle::PluginBuilder&);
void add_variational_autoencoder(fettle::PluginBuilder&);

FETTLE_PLUGIN(model, "0.2.0",
              "Architectures that a trainer builds for the images it gets, and networks from elsewhere") {
    add_autoencoder(plugin);
    add_dilated_autoencoder(plugin);
    add_discriminative(plugin);
    add_memory_autoencoder(plugin);
    add_torchscript(plugin);
    add_unet_autoencoder(plugin);
    add_variational_autoencoder(plugin);
}
