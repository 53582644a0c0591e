// Never comes to its FETTLE_PLUGIN body.
#include "loaded.hpp"
#include "stages.hpp"

#include <unistd.h>

namespace {
[[maybe_unused]] const bool waited = [] {
    for (;;) pause();
    return true;
}();
}

FETTLE_PLUGIN(hangs, "1.0.0", "Hangs") { plugin.add<Nothing>("test.hangs"); }
