// What a plugin should be: the control of every other file here.
#include "loaded.hpp"
#include "stages.hpp"

FETTLE_PLUGIN(good, "1.0.0", "Stages that fail when they are told to") {
    plugin.add<Failing>("test.failing");
    plugin.add<Nothing>("test.nothing");
}
