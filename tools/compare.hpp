// What `compare` and `run --sweep` share: a comparison with its tests, and its page.
#pragma once

#include "command.hpp"
#include "show/comparison.hpp"

namespace command {

/// Adds the paired tests, by a graph with these overrides. Many runs of which some differ in the seed alone have none,
/// and a remark why. Returns the exit status where the user asked to stop, else 0. Throws fettle::Error.
int add_tests(Comparison& comparison, const po::variables_map& options, const std::vector<std::string>& overrides);

/// Throws fettle::Error (storage), whose help is `help`, where it can't be written.
void write_page(const fs::path& file, const std::string& page, const std::string& help);

}  // namespace command
