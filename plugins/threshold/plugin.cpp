#include <fettle/plugin.hpp>

void add_quantile(fettle::PluginBuilder&);

FETTLE_PLUGIN(threshold, "0.1.0", "The score above which an image is called anomalous, from calibration images alone") {
    add_quantile(plugin);
}
