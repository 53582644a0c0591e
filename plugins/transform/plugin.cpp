#include <fettle/plugin.hpp>

void add_resize(fettle::PluginBuilder&);

FETTLE_PLUGIN(transform, "0.1.0", "Images changed, their masks with them") { add_resize(plugin); }
