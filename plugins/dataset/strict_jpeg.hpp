// Damage inside a JPEG, which decoders mend in silence: they fill what is missing with grey.
#pragma once

#include <cstdint>
#include <span>
#include <string>

/// What the decoder warns of while it decodes all of the picture, as the end of a sentence about the file; empty where
/// the data is sound, or no JPEG.                                                   [any thread, concurrent]
std::string jpeg_damage(std::span<const std::uint8_t> bytes);
