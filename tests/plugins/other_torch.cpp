// Built for another LibTorch.
#include "loaded.hpp"
#include "stages.hpp"

#undef FETTLE_ABI_TORCH
#define FETTLE_ABI_TORCH "0.4"

FETTLE_PLUGIN(other_torch, "1.0.0", "For another LibTorch") { plugin.add<Nothing>("test.other_torch"); }
