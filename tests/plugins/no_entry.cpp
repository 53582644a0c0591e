// Carries a banner, and nothing behind it.
#include "loaded.hpp"

#include <fettle/abi.hpp>

extern "C" const char* const banner = FETTLE_ABI_BANNER;
