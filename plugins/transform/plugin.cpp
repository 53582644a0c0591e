#include <fettle/plugin.hpp>

void add_align(fettle::PluginBuilder&);
void add_augment(fettle::PluginBuilder&);
void add_background(fettle::PluginBuilder&);
void add_colour(fettle::PluginBuilder&);
void add_crop(fettle::PluginBuilder&);
void add_mask_circle(fettle::PluginBuilder&);
void add_normalise(fettle::PluginBuilder&);
void add_resize(fettle::PluginBuilder&);
void add_stitch(fettle::PluginBuilder&);
void add_tile(fettle::PluginBuilder&);

FETTLE_PLUGIN(transform, "0.2.0", "Images changed, their masks with them") {
    for (const auto add : {add_align, add_augment, add_background, add_colour, add_crop, add_mask_circle, add_normalise,
                           add_resize, add_stitch, add_tile})
        add(plugin);
}
