#include <fettle/plugin.hpp>

void add_align(fettle::PluginBuilder&);
void add_augment(fettle::PluginBuilder&);
void add_background(fettle::PluginBuilder&);
void add_channels(fettle::PluginBuilder&);
void add_colour(fettle::PluginBuilder&);
void add_crop(fettle::PluginBuilder&);
void add_cut_out(fettle::PluginBuilder&);
void add_flip(fettle::PluginBuilder&);
void add_mask_circle(fettle::PluginBuilder&);
void add_normalise(fettle::PluginBuilder&);
void add_random_crop(fettle::PluginBuilder&);
void add_region(fettle::PluginBuilder&);
void add_resize(fettle::PluginBuilder&);
void add_rotate(fettle::PluginBuilder&);
void add_saturation(fettle::PluginBuilder&);
void add_smooth(fettle::PluginBuilder&);
void add_speckle(fettle::PluginBuilder&);
void add_stitch(fettle::PluginBuilder&);
void add_tile(fettle::PluginBuilder&);

FETTLE_PLUGIN(transform, "0.3.0", "Images changed, their masks with them") {
    for (const auto add : {add_align, add_augment, add_background, add_channels, add_colour, add_crop, add_cut_out,
                           add_flip, add_mask_circle, add_normalise, add_random_crop, add_region, add_resize,
                           add_rotate, add_saturation, add_smooth, add_speckle, add_stitch, add_tile})
        add(plugin);
}
