// Images on the host, and reading and writing them. Everywhere in fettle: RGB, 8 bit, row-major, interleaved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fettle {

/// Height x width x channels, 8 bit. Three channels are RGB; one channel is a mask (0 = no, 255 = yes; of a
/// cut-out object the mask is its alpha). An image with no pixels means "none".
struct Image {
    int width = 0;
    int height = 0;
    int channels = 0;
    std::vector<std::uint8_t> pixels;

    Image() = default;
    Image(int width, int height, int channels, std::uint8_t value = 0)
        : width(width),
          height(height),
          channels(channels),
          pixels(static_cast<std::size_t>(width) * height * channels, value) {}

    bool empty() const { return pixels.empty(); }
    std::uint8_t* at(int x, int y) { return pixels.data() + (static_cast<std::size_t>(y) * width + x) * channels; }
    const std::uint8_t* at(int x, int y) const {
        return pixels.data() + (static_cast<std::size_t>(y) * width + x) * channels;
    }
    friend bool operator==(const Image&, const Image&) = default;
};

/// One channel of float32: a map of dissimilarity. Row-major.
struct Plane {
    int width = 0;
    int height = 0;
    std::vector<float> values;
};

// The functions below live in the library `fettle_image`, which links OpenCV: a plugin that calls them says
// `fettle_add_plugin(... USES opencv)`.

/// An image and, where the file has an alpha channel that isn't opaque throughout, that alpha as a mask.
struct Decoded {
    Image image;
    Image alpha;
};

/// Decodes JPEG, PNG, BMP, TIFF or WebP by content, whatever the name says: grey, RGB, RGBA, 16-bit (the high
/// byte); EXIF orientation is applied. `name` is used in errors alone.
/// Throws Error(Fault::data) when the bytes aren't such a file or are cut short.   [any thread, concurrent]
Decoded decode_image(std::span<const std::uint8_t> bytes, std::string_view name);

/// What is wrong with a file's bytes as far as shows without decoding: empty, no image by its first bytes, or its end
/// is missing; as the end of a sentence about the file ("is empty"). Empty text: nothing. [any thread, concurrent]
std::string image_trouble(std::span<const std::uint8_t> bytes);

/// A mask from a file's bytes: one channel, 255 where the stored grey value is above 127.
Image decode_mask(std::span<const std::uint8_t> bytes, std::string_view name);

/// The image as a file's bytes, lossless for ".png". Throws Error(Fault::storage) where it can't be encoded.
/// `extension` with its dot: ".png", ".jpg" (quality 0..100), ".webp".              [any thread, concurrent]
std::vector<std::uint8_t> encode_image(const Image& image, std::string_view extension, int quality = 90);

/// How pixels are interpolated by `resize_image`.
///   area: box filter, the mean of what a pixel covers; for shrinking.  linear, cubic: OpenCV's, half-pixel centres.
///   nearest: no new values.
enum class Filter { area, linear, cubic, nearest };

/// The image at another size, in pixels (both > 0). One or three channels.         [any thread, concurrent]
Image resize_image(const Image& image, int width, int height, Filter filter = Filter::area);

/// A mask at another size: 255 where at least a quarter of what the new pixel covers is set, so that a thin defect
/// isn't lost. Values stay 0 or 255. A soft mask (an alpha, with values between) is resized as an image and stays
/// soft; none stays none.                                                            [any thread, concurrent]
Image resize_mask(const Image& mask, int width, int height);

/// Reads a whole file. Throws Error(Fault::data) naming it.                        [any thread, concurrent]
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path);

}  // namespace fettle
