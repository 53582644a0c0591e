// Python as a peer: other people's code computes what ours is compared with.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace support {

/// The first Python that has these modules ("PIL, numpy"), of FETTLE_PYTHON (a virtual environment with peers that
/// Debian doesn't have, say), Debian's and the path's; empty where none has.
inline std::string python_with(const std::string& modules) {
    const char* own = std::getenv("FETTLE_PYTHON");
    for (const std::string program : {own == nullptr ? "" : own, "/usr/bin/python3", "python3"})
        if (!program.empty() && std::system((program + " -c 'import " + modules + "' >/dev/null 2>&1").c_str()) == 0)
            return program;
    return "";
}
inline bool has_python(const std::string& modules) { return !python_with(modules).empty(); }

/// Runs a script with the folder as its argument, on a Python that has `modules`; fails the test where the script does.
inline void run_python(const std::filesystem::path& folder, const std::string& script,
                       const std::string& modules = "PIL") {
    const auto file = folder / "script.py";
    std::ofstream(file) << script;
    const std::string command = python_with(modules) + " '" + file.string() + "' '" + folder.string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0) << script;
    std::filesystem::remove(file);
}

}  // namespace support
