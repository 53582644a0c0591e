// A shared library, but no plugin.
#include "loaded.hpp"

extern "C" int answer() { return 42; }
