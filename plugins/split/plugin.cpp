#include <fettle/plugin.hpp>

void add_column(fettle::PluginBuilder&);
void add_grouped(fettle::PluginBuilder&);
void add_kfold(fettle::PluginBuilder&);
void add_one_class(fettle::PluginBuilder&);
void add_ratio(fettle::PluginBuilder&);

FETTLE_PLUGIN(split, "0.2.0", "Which samples train, calibrate and test") {
    add_column(plugin);
    add_grouped(plugin);
    add_kfold(plugin);
    add_one_class(plugin);
    add_ratio(plugin);
}
