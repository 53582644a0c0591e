// Running the program as a user does, with a cache of the tests' own.
#pragma once

#include "sanitized.hpp"

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace program {

inline std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

struct Result {
    int status;
    std::string text;  ///< of the stream that was asked for
};

enum class Stream { out, error };

/// Runs `fettle ARGUMENTS` by the shell in `folder`; `environment` are further options of `env`.
inline Result run(const std::string& arguments, Stream stream, const std::filesystem::path& folder,
                  const std::string& environment = {}) {
    std::filesystem::create_directories(FETTLE_TEST_FOLDER);
    const auto quoted = [](const std::string& text) { return "'" + text + "'"; };
    const std::string command = "cd " + quoted(folder.string()) + " && env -u FETTLE_PLUGIN_PATH " + environment + " " +
                                testing_fettle::without_leaks + "FETTLE_CACHE=" + quoted(FETTLE_TEST_FOLDER "/cache") +
                                " " + quoted(FETTLE_PROGRAM) + " " + arguments +
                                (stream == Stream::out ? " 2>/dev/null" : " 2>&1 >/dev/null");
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("the program could not be started");
    Result result{};
    char buffer[4096];
    while (const std::size_t count = fread(buffer, 1, sizeof buffer, pipe)) result.text.append(buffer, count);
    const int status = pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace program
