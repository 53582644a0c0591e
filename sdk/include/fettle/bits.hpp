// Rows of bits, as hashes make them: their hexadecimal text, and how far apart two are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fettle {

/// Row-major: the first bit belongs to the top left.
using Bits = std::vector<bool>;

/// Lower case, the first bit the most significant, zeros on the left up to ceil(bits / 4) digits: str(ImageHash) of
/// imagehash 4.                                                                      [any thread, concurrent]
std::string to_hex(const Bits& bits);

/// All bits of the text's digits, of either case, the first digit's highest one first: four for each. Throws
/// Error(Fault::data) naming the text where it is empty or holds anything else.        [any thread, concurrent]
Bits bits_from_hex(std::string_view text);

/// In how many bits two rows of one length differ (Hamming). Throws Error(Fault::shape) naming both lengths where
/// they aren't of one length.                                                        [any thread, concurrent]
int bit_distance(const Bits& left, const Bits& right);

}  // namespace fettle
