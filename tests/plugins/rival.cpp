// Offers an id that good.cpp offers as well.
#include "loaded.hpp"
#include "stages.hpp"

FETTLE_PLUGIN(rival, "1.0.0", "A rival") { plugin.add<Nothing>("test.nothing"); }
