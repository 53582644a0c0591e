#include <fettle/plugin.hpp>

void add_l2(fettle::PluginBuilder&);
void add_ssim(fettle::PluginBuilder&);

FETTLE_PLUGIN(similarity, "0.1.0", "How two images differ, per pixel: scores and losses alike") {
    add_l2(plugin);
    add_ssim(plugin);
}
