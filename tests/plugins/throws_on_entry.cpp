#include "loaded.hpp"
#include "stages.hpp"

FETTLE_PLUGIN(throws_on_entry, "1.0.0", "Throws") {
    plugin.add<Nothing>("test.throws_on_entry");
    throw std::runtime_error("no licence for this machine");
}
