// Needs a library that isn't there.
#include "loaded.hpp"
#include "stages.hpp"

int stub_answer();

FETTLE_PLUGIN(needs_stub, "1.0.0", "Needs another library") {
    if (stub_answer() == 42) plugin.add<Nothing>("test.needs_stub");
}
