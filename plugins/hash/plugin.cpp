#include <fettle/plugin.hpp>

void add_perceptual(fettle::PluginBuilder&);

FETTLE_PLUGIN(hash, "0.1.0", "Hashes that stay close where images look alike, and the distance between them") {
    add_perceptual(plugin);
}
