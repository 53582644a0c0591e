#include <fettle/plugin.hpp>

void add_gradient_histogram(fettle::PluginBuilder&);
void add_patch_distribution(fettle::PluginBuilder&);

FETTLE_PLUGIN(texture, "0.1.0", "What sound surfaces look like, told without a network") {
    add_gradient_histogram(plugin);
    add_patch_distribution(plugin);
}
