// Tells a test that code of this plugin ran: when the library is loaded, its name is added to the file that
// FETTLE_TEST_LOADED names.
#pragma once

#include <cstdlib>
#include <fstream>

namespace {

inline bool tell(const char* what) {
    if (const char* file = std::getenv("FETTLE_TEST_LOADED")) std::ofstream(file, std::ios::app) << what << std::endl;
    return true;
}

const bool told = tell(TEST_PLUGIN);  // set by tests.cmake

}  // namespace
