// What every hash is made of: a row of bits, its hexadecimal text, and how far apart two are.
#pragma once

#include <string>
#include <vector>

namespace hash {

/// Row-major: the first bit belongs to the top left.
using Bits = std::vector<bool>;

/// Lower case, the first bit the most significant, zeros on the left up to ceil(bits / 4) digits: str(ImageHash) of
/// imagehash 4.                                                                      [any thread, concurrent]
std::string to_hex(const Bits& bits);

/// In how many bits two hashes of one length differ (Hamming). Throws Error(Fault::shape) naming both lengths where
/// they aren't of one length.                                                        [any thread, concurrent]
int distance(const Bits& left, const Bits& right);

}  // namespace hash
