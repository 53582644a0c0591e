#include <fettle/plugin.hpp>

void add_html(fettle::PluginBuilder&);
void add_json(fettle::PluginBuilder&);

FETTLE_PLUGIN(report, "0.1.0", "What was found, for a person and for other programs") {
    add_html(plugin);
    add_json(plugin);
}
