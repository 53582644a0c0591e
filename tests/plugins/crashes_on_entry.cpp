#include "loaded.hpp"
#include "stages.hpp"

FETTLE_PLUGIN(crashes_on_entry, "1.0.0", "Crashes") {
    plugin.add<Nothing>("test.crashes_on_entry");
    std::abort();
}
