// Built against other headers of this revision of the SDK.
#include "loaded.hpp"
#include "stages.hpp"

#undef FETTLE_SDK_HEADERS
#define FETTLE_SDK_HEADERS "0123456789abcdef"

FETTLE_PLUGIN(other_headers, "1.0.0", "Of the day before") { plugin.add<Nothing>("test.other_headers"); }
