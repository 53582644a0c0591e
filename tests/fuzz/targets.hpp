// What is fed with damaged bytes. Each target takes any bytes whatever: it returns, or throws what a user is told
// (fettle::Error). Anything else, a crash, a leak, another exception, is a finding.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fuzz {

using Bytes = std::span<const std::uint8_t>;

void graph(Bytes bytes);    ///< a graph's TOML, with a sweep and an override
void image(Bytes bytes);    ///< a picture or a mask in any format that is read
void archive(Bytes bytes);  ///< a zip or a tar, and every file in it
void kept(Bytes bytes);     ///< a value in the cache: its type by the first byte, then its JSON
void hash(Bytes bytes);     ///< hexadecimal digits

struct Target {
    const char* name;
    void (*feed)(Bytes);
};
inline constexpr Target targets[] = {
    {"graph", graph}, {"image", image}, {"archive", archive}, {"kept", kept}, {"hash", hash}};

/// Small inputs that are right, to begin with.
std::vector<std::string> seeds(const std::string& target);

}  // namespace fuzz
