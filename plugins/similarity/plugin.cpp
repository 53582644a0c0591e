#include <fettle/plugin.hpp>

void add_l1(fettle::PluginBuilder&);
void add_l2(fettle::PluginBuilder&);
void add_charbonnier(fettle::PluginBuilder&);
void add_psnr(fettle::PluginBuilder&);
void add_gradient_magnitude(fettle::PluginBuilder&);
void add_multiscale_gradient_magnitude(fettle::PluginBuilder&);
void add_colour_difference(fettle::PluginBuilder&);
void add_local_normalised_correlation(fettle::PluginBuilder&);
void add_feature_distance(fettle::PluginBuilder&);
void add_divergence(fettle::PluginBuilder&);
void add_focal(fettle::PluginBuilder&);
void add_dice(fettle::PluginBuilder&);
void add_ssim(fettle::PluginBuilder&);
void add_multiscale_ssim(fettle::PluginBuilder&);

FETTLE_PLUGIN(similarity, "0.1.0", "How two images differ, per pixel: scores and losses alike") {
    add_l1(plugin);
    add_l2(plugin);
    add_charbonnier(plugin);
    add_psnr(plugin);
    add_gradient_magnitude(plugin);
    add_multiscale_gradient_magnitude(plugin);
    add_colour_difference(plugin);
    add_local_normalised_correlation(plugin);
    add_feature_distance(plugin);
    add_divergence(plugin);
    add_focal(plugin);
    add_dice(plugin);
    add_ssim(plugin);
    add_multiscale_ssim(plugin);
}
