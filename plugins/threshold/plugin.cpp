#include <fettle/plugin.hpp>

void add_conformal(fettle::PluginBuilder&);
void add_cost(fettle::PluginBuilder&);
void add_extreme_value(fettle::PluginBuilder&);
void add_f1(fettle::PluginBuilder&);
void add_mad(fettle::PluginBuilder&);
void add_manual(fettle::PluginBuilder&);
void add_otsu(fettle::PluginBuilder&);
void add_precision(fettle::PluginBuilder&);
void add_quantile(fettle::PluginBuilder&);
void add_recall(fettle::PluginBuilder&);
void add_sigma(fettle::PluginBuilder&);
void add_valley(fettle::PluginBuilder&);
void add_youden(fettle::PluginBuilder&);

FETTLE_PLUGIN(threshold, "0.2.0", "The score above which an image is called anomalous, from calibration images alone") {
    add_conformal(plugin);
    add_cost(plugin);
    add_extreme_value(plugin);
    add_f1(plugin);
    add_mad(plugin);
    add_manual(plugin);
    add_otsu(plugin);
    add_precision(plugin);
    add_quantile(plugin);
    add_recall(plugin);
    add_sigma(plugin);
    add_valley(plugin);
    add_youden(plugin);
}
