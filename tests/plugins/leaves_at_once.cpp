// Ends the process that loads it.
#include "loaded.hpp"
#include "stages.hpp"

#include <unistd.h>

namespace {
[[maybe_unused]] const bool left = (_exit(0), true);
}

FETTLE_PLUGIN(leaves_at_once, "1.0.0", "Leaves") { plugin.add<Nothing>("test.leaves_at_once"); }
