#include <fettle/plugin.hpp>

void add_reconstruct(fettle::PluginBuilder&);
void add_segment(fettle::PluginBuilder&);

FETTLE_PLUGIN(infer, "0.2.0", "Trained networks applied to images") {
    add_reconstruct(plugin);
    add_segment(plugin);
}
