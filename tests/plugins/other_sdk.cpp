// Built for another revision of the SDK.
#include "loaded.hpp"
#include "stages.hpp"

#undef FETTLE_SDK_REVISION
#define FETTLE_SDK_REVISION "0"

FETTLE_PLUGIN(other_sdk, "1.0.0", "From long ago") { plugin.add<Nothing>("test.other_sdk"); }
