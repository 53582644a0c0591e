// Headers of image files, by their specifications: ITU-T T.81 (JPEG), PNG and APNG, TIFF 6.0 and BigTIFF, RFC 9649
// (WebP), and the BITMAPINFOHEADER of BMP. OpenCV reads headers only together with the picture.
#include <fettle/image.hpp>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <vector>

namespace fettle {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool starts_with(Bytes bytes, std::string_view signature, std::size_t from = 0) {
    return bytes.size() >= from + signature.size() &&
           std::equal(signature.begin(), signature.end(), bytes.begin() + static_cast<std::ptrdiff_t>(from),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// `count` bytes as a number, 0 where the file ends before them.
std::uint64_t big_endian(Bytes bytes, std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | (at + i < bytes.size() ? bytes[at + i] : 0);
    return value;
}
std::uint64_t little_endian(Bytes bytes, std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8 | (at + i < bytes.size() ? bytes[at + i] : 0);
    return value;
}

/// libjpeg only warns when a file is cut short and fills the rest with grey: such a file lacks its end marker (FF D9)
/// after the picture's data begins. Markers inside the segments before it (a thumbnail's) don't count; trailing
/// bytes after the end (some cameras pad) are accepted.
void read_jpeg(Bytes bytes, ImageHeader& header) {
    std::size_t at = 2;  // segments: FF, kind, length of the rest in two bytes; DA is the start of the picture
    while (at + 4 <= bytes.size() && bytes[at] == 0xFF && bytes[at + 1] != 0xDA) {
        const std::uint8_t kind = bytes[at + 1];
        const bool frame = kind >= 0xC0 && kind <= 0xCF && kind != 0xC4 && kind != 0xC8 && kind != 0xCC;
        if (frame) {
            header.height = static_cast<int>(big_endian(bytes, at + 5, 2));
            header.width = static_cast<int>(big_endian(bytes, at + 7, 2));
        }
        at += kind == 0xFF ? 1 : 2 + big_endian(bytes, at + 2, 2);
    }
    for (std::size_t i = bytes.size() - 1; i-- > at;)
        if (bytes[i] == 0xFF && bytes[i + 1] == 0xD9) return;
    header.trouble = "is cut short: the end of the JPEG is missing";
}

/// Chunks: length, name, data, checksum. IHDR comes first, acTL (of an APNG) before IDAT, IEND last.
void read_png(Bytes bytes, ImageHeader& header) {
    header.width = static_cast<int>(big_endian(bytes, 16, 4));
    header.height = static_cast<int>(big_endian(bytes, 20, 4));
    bool ended = false;
    for (std::size_t at = 8; at + 12 <= bytes.size() && !ended; at += 12 + big_endian(bytes, at, 4)) {
        header.animated |= starts_with(bytes, "acTL", at + 4);
        ended = starts_with(bytes, "IEND", at + 4);
    }
    if (!ended) header.trouble = "is cut short: the end of the PNG is missing";
}

/// Three kinds: lossy (VP8), lossless (VP8L), and extended (VP8X), which alone can be animated.
void read_webp(Bytes bytes, ImageHeader& header) {
    if (starts_with(bytes, "VP8 ", 12)) {
        header.width = static_cast<int>(little_endian(bytes, 26, 2) & 0x3FFF);
        header.height = static_cast<int>(little_endian(bytes, 28, 2) & 0x3FFF);
    } else if (starts_with(bytes, "VP8L", 12)) {
        header.width = static_cast<int>(little_endian(bytes, 21, 4) & 0x3FFF) + 1;
        header.height = static_cast<int>(little_endian(bytes, 21, 4) >> 14 & 0x3FFF) + 1;
    } else if (starts_with(bytes, "VP8X", 12)) {
        header.animated = (little_endian(bytes, 20, 1) & 2) != 0;
        header.width = static_cast<int>(little_endian(bytes, 24, 3)) + 1;
        header.height = static_cast<int>(little_endian(bytes, 27, 3)) + 1;
    }
    if (bytes.size() < little_endian(bytes, 4, 4) + 8) header.trouble = "is cut short: the end of the WebP is missing";
    if (starts_with(bytes, "VP8 ", 12) && big_endian(bytes, 23, 3) != 0x9D012A)
        header.trouble = "is damaged: its WebP frame doesn't begin as one";
    // OpenCV hands what its WebP reader refuses to its DICOM reader, which makes room for whatever length a file
    // states.
    if (starts_with(bytes, "DICM", 128)) header.trouble = "is damaged: it calls itself WebP, and DICOM too";
}

void read_bmp(Bytes bytes, ImageHeader& header) {
    const bool old = little_endian(bytes, 14, 4) == 12;  // BITMAPCOREHEADER
    header.width = static_cast<int>(little_endian(bytes, 18, old ? 2 : 4));
    header.height = static_cast<int>(little_endian(bytes, old ? 20 : 22, old ? 2 : 4));
    // Negative where the top row comes first; the least number has no counterpart, and no picture is that high.
    if (header.height < 0) header.height = -std::max(header.height, -std::numeric_limits<int>::max());
    // The file's size stands at 2; some writers leave it 0.
    if (bytes.size() < std::max(little_endian(bytes, 10, 4), little_endian(bytes, 2, 4)))
        header.trouble = "is cut short: its pixels are missing";
}

/// The first directory's tags 256 (width) and 257 (height), and where its pixels lie: 273 and 279 (offsets and sizes of
/// strips), or 324 and 325 (of tiles).
void read_tiff(Bytes bytes, ImageHeader& header) {
    const bool little = bytes[0] == 'I', large = bytes[little ? 2 : 3] == 43;
    const auto number = [&](std::uint64_t at, std::size_t count) {
        return little ? little_endian(bytes, at, count) : big_endian(bytes, at, count);
    };
    const std::uint64_t directory = large ? number(8, 8) : number(4, 4);
    if (directory >= bytes.size()) {
        header.trouble = "is cut short: its directory is missing";
        return;
    }
    std::vector<std::uint64_t> offsets, sizes;
    const std::uint64_t entries = std::min<std::uint64_t>(number(directory, large ? 8 : 2), bytes.size() / 12);
    if (directory + (large ? 8 + 20 * entries : 2 + 12 * entries) > bytes.size())
        header.trouble = "is cut short: its directory is missing";
    constexpr std::uint8_t bytes_of_kind[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    for (std::uint64_t k = 0; k < entries; ++k) {
        const std::uint64_t entry = directory + (large ? 8 + 20 * k : 2 + 12 * k), value = entry + (large ? 12 : 8);
        const std::uint64_t tag = number(entry, 2), kind = number(entry + 2, 2);
        const std::size_t each = kind < std::size(bytes_of_kind) ? bytes_of_kind[kind] : 0;
        // Few values stand in the entry itself, more of them where it points.
        const std::uint64_t count = number(entry + 4, large ? 8 : 4);
        const std::uint64_t list = count * each <= (large ? 8u : 4u) ? value : number(value, large ? 8 : 4);
        if (each == 0 || count > bytes.size()) continue;
        if (list > bytes.size() || count * each > bytes.size() - list) {
            header.trouble = "is cut short: what its directory points to is missing";
            return;
        }
        if (tag == 256) header.width = static_cast<int>(number(list, each));
        if (tag == 257) header.height = static_cast<int>(number(list, each));
        if (tag != 273 && tag != 279 && tag != 324 && tag != 325) continue;
        auto& numbers = tag == 273 || tag == 324 ? offsets : sizes;
        for (std::uint64_t i = 0; i < count; ++i) numbers.push_back(number(list + i * each, each));
    }
    for (std::size_t i = 0; i < std::min(offsets.size(), sizes.size()); ++i)
        if (offsets[i] > bytes.size() || sizes[i] > bytes.size() - offsets[i])
            header.trouble = "is cut short: its pixels are missing";
}

}  // namespace

ImageHeader read_image_header(Bytes bytes) {
    using namespace std::string_view_literals;
    ImageHeader header;
    const auto begins = [&](std::string_view signature) { return starts_with(bytes, signature); };
    if (bytes.empty())
        header.trouble = "is empty";
    else if (begins("\xFF\xD8\xFF"))
        read_jpeg(bytes, header);
    else if (begins("\x89PNG\r\n\x1A\n"))
        read_png(bytes, header);
    else if (begins("RIFF") && starts_with(bytes, "WEBP", 8))
        read_webp(bytes, header);
    else if (begins("BM"))
        read_bmp(bytes, header);
    else if (begins("II*\0"sv) || begins("MM\0*"sv) || begins("II+\0"sv) || begins("MM\0+"sv))
        read_tiff(bytes, header);
    else
        header.trouble = "is no JPEG, PNG, BMP, TIFF or WebP";
    if (header.trouble.empty() && (header.width <= 0 || header.height <= 0))
        header.trouble = "is damaged: its header holds no size";
    return header;
}

}  // namespace fettle
