#include "loaded.hpp"
#include "stages.hpp"

FETTLE_PLUGIN(throws_a_number, "1.0.0", "Throws") {
    plugin.add<Nothing>("test.throws_a_number");
    throw 42;
}
