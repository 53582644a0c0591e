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

/// What a file's first bytes say of the picture, without decoding it.
struct ImageHeader {
    int width = 0, height = 0;  ///< as stored, before EXIF orientation turns it; 0 where the header is damaged
    bool animated = false;      ///< holds several frames (APNG, WebP)
    std::string trouble;        ///< what shows without decoding, as the end of a sentence about the file: "is empty"

    std::uint64_t pixels() const { return static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height); }
};

/// Reads the header of a JPEG, PNG, BMP, TIFF or WebP, told by content. `trouble` says where the bytes are empty, are
/// no image by the first of them, or lack their end.                                [any thread, concurrent]
ImageHeader read_image_header(std::span<const std::uint8_t> bytes);

/// The size that a picture is wanted at; 0 by 0 is its own.
struct WantedSize {
    int width = 0, height = 0;
};

/// Decodes JPEG, PNG, BMP, TIFF or WebP by content, whatever the name says: grey, RGB, RGBA, CMYK, 16-bit (rounded
/// to 8); EXIF orientation is applied. `name` is used in errors alone. A plain JPEG that is wanted smaller is decoded
/// at a half, a quarter or an eighth where that is no smaller than wanted (libjpeg-turbo's scaled inverse DCT,
/// which leaves out the highest waves: at an eighth the mean of the pixels, else a little sharper); resizing the rest
/// of the way is for the caller. Throws Error(Fault::data) when the bytes aren't such a file or are cut short.   [any
/// thread, concurrent]
Decoded decode_image(std::span<const std::uint8_t> bytes, std::string_view name, WantedSize wanted = {});

/// A mask from a file's bytes: one channel, 255 where the stored grey value is above `level`. 127 suits masks whose
/// edges are soft, 0 those that hold numbers of classes.
Image decode_mask(std::span<const std::uint8_t> bytes, std::string_view name, int level = 127);

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
