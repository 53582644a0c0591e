#include <fettle/plugin.hpp>

void add_average(fettle::PluginBuilder&);
void add_colour(fettle::PluginBuilder&);
void add_crop_resistant(fettle::PluginBuilder&);
void add_difference(fettle::PluginBuilder&);
void add_difference_vertical(fettle::PluginBuilder&);
void add_perceptual(fettle::PluginBuilder&);
void add_perceptual_simple(fettle::PluginBuilder&);
void add_wavelet(fettle::PluginBuilder&);

FETTLE_PLUGIN(hash, "0.2.0", "Hashes that stay close where images look alike, and the distance between them") {
    add_average(plugin);
    add_colour(plugin);
    add_crop_resistant(plugin);
    add_difference(plugin);
    add_difference_vertical(plugin);
    add_perceptual(plugin);
    add_perceptual_simple(plugin);
    add_wavelet(plugin);
}
