// Crashes before its FETTLE_PLUGIN body is reached.
#include "loaded.hpp"
#include "stages.hpp"

namespace {
[[maybe_unused]] const bool crashed = std::raise(SIGSEGV) == 0;
}

FETTLE_PLUGIN(crashes_at_once, "1.0.0", "Crashes") { plugin.add<Nothing>("test.crashes_at_once"); }
