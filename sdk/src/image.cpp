// Decoding and resizing through OpenCV, and plain JPEG through libjpeg-turbo; their types stay in this file.
#include <fettle/error.hpp>
#include <fettle/image.hpp>

#include "area.hpp"

#include <turbojpeg.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>

namespace fettle {
namespace {

cv::Mat view(const Image& image) {
    return cv::Mat(image.height, image.width, CV_8UC(image.channels), const_cast<std::uint8_t*>(image.pixels.data()));
}

Image owned(const cv::Mat& mat) {
    Image out(mat.cols, mat.rows, mat.channels());
    for (int y = 0; y < mat.rows; ++y)
        std::memcpy(out.at(0, y), mat.ptr(y), static_cast<std::size_t>(mat.cols) * mat.channels());
    return out;
}

[[noreturn]] void not_an_image(std::string_view name, const char* why) {
    throw Error(Fault::data, "`" + std::string(name) + "` " + why).help("JPEG, PNG, BMP, TIFF and WebP are read");
}

bool is_jpeg(std::span<const std::uint8_t> bytes) {
    return bytes.size() > 2 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
}

cv::Mat decode(std::span<const std::uint8_t> bytes, int flags, std::string_view name) {
    if (const auto header = read_image_header(bytes); !header.trouble.empty())
        not_an_image(name, header.trouble.c_str());
    const cv::Mat raw(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<std::uint8_t*>(bytes.data()));
    cv::Mat mat;
    try {
        mat = cv::imdecode(raw, flags);
    } catch (const cv::Exception&) {
        mat.release();
    }
    if (mat.empty()) not_an_image(name, "is not an image that can be read");
    if (mat.depth() == CV_16U) mat.convertTo(mat, CV_8U, 1.0 / 257.0);
    if (mat.depth() != CV_8U) not_an_image(name, "holds neither 8-bit nor 16-bit values");
    return mat;
}

/// The smallest of 1, 1/2, 1/4, 1/8 that leaves the picture no smaller than wanted. Other factors of libjpeg-turbo are
/// slower than these, and further from a mean. A side that isn't a multiple is rounded up with what lies beyond the
/// edge: where that is more than a two-hundredth, the picture would be squeezed, and its mask lie beside it.
tjscalingfactor scale_for(int width, int height, WantedSize wanted) {
    tjscalingfactor factor{1, 1};
    while (wanted.width > 0 && factor.denom < 8) {
        const tjscalingfactor half{1, factor.denom * 2};
        const auto fits = [&](int side, int target) {
            const int scaled = TJSCALED(side, half);
            return scaled >= target && 200 * (scaled * half.denom - side) <= side;
        };
        if (!fits(width, wanted.width) || !fits(height, wanted.height)) break;
        factor = half;
    }
    return factor;
}

/// The TIFF in a JPEG's EXIF segment (APP1); empty where it has none. Segments: FF, kind, length of the rest in two
/// bytes; DA is the start of the picture.
std::span<const std::uint8_t> exif_of(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view mark("Exif\0\0", 6);
    for (std::size_t at = 2; at + 4 <= bytes.size() && bytes[at] == 0xFF && bytes[at + 1] != 0xDA;) {
        if (bytes[at + 1] == 0xFF) {  // a filling byte
            ++at;
            continue;
        }
        const std::size_t length = std::size_t{bytes[at + 2]} << 8 | bytes[at + 3], end = at + 2 + length;
        const bool exif = bytes[at + 1] == 0xE1 && length >= 2 + mark.size() && end <= bytes.size() &&
                          std::equal(mark.begin(), mark.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at) + 4,
                                     [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
        if (exif) return bytes.subspan(at + 4 + mark.size(), length - 2 - mark.size());
        at = end;
    }
    return {};
}

/// How EXIF says to turn a JPEG: 1 (not at all) to 8; 0 where its segment is damaged. It holds a TIFF, whose first
/// directory has the tag 0x112.
int orientation_of(std::span<const std::uint8_t> bytes) {
    const auto tiff = exif_of(bytes);
    if (tiff.empty()) return 1;
    const auto number = [&](std::size_t at, std::size_t count) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < count && at + count <= tiff.size(); ++i)
            value |= std::uint32_t{tiff[at + i]} << 8 * (tiff[0] == 'I' ? i : count - 1 - i);
        return value;
    };
    const std::size_t directory = number(4, 4), entries = number(directory, 2);
    if (directory < 8 || directory + 2 + 12 * entries > tiff.size()) return 0;
    for (std::size_t k = 0; k < entries; ++k)
        if (const std::size_t entry = directory + 2 + 12 * k; number(entry, 2) == 0x112)
            return static_cast<int>(number(entry + 8, 2));
    return 1;
}

/// Plain JPEG straight into an RGB image, which takes half the time that OpenCV takes by way of BGR; the values are the
/// same. Empty where that doesn't do: other files, CMYK, a picture that EXIF turns, damaged data.
Image decode_plain_jpeg(std::span<const std::uint8_t> bytes, WantedSize wanted) {
    if (!is_jpeg(bytes) || !read_image_header(bytes).trouble.empty() || orientation_of(bytes) != 1) return {};
    thread_local std::unique_ptr<void, int (*)(tjhandle)> reader(tjInitDecompress(), tjDestroy);
    int width = 0, height = 0, subsampling = 0, colours = 0;
    const auto size = static_cast<unsigned long>(bytes.size());
    Image out;
    bool sound = tjDecompressHeader3(reader.get(), bytes.data(), size, &width, &height, &subsampling, &colours) == 0;
    if (sound && colours != TJCS_YCbCr && colours != TJCS_GRAY) return {};
    if (sound) {
        const tjscalingfactor scale = scale_for(width, height, wanted);
        out = Image(TJSCALED(width, scale), TJSCALED(height, scale), 3);
        sound = tjDecompress2(reader.get(), bytes.data(), size, out.pixels.data(), out.width, 0, out.height, TJPF_RGB,
                              0) == 0;
    }
    if (sound) return out;
    reader.reset(tjInitDecompress());  // after an error libjpeg-turbo may stay in the midst of that header for ever
    return {};
}

bool has_alpha(std::span<const std::uint8_t> bytes) {
    // Only PNG (colour type 4 or 6, or a tRNS chunk), WebP and TIFF can; anything else is read straight as RGB.
    constexpr std::uint8_t png[] = {0x89, 'P', 'N', 'G'};
    if (bytes.size() > 25 && std::equal(std::begin(png), std::end(png), bytes.begin())) {
        if ((bytes[25] & 4) != 0) return true;
        // Chunks: length in four bytes, name, data, checksum; tRNS comes before the picture (IDAT).
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        for (std::size_t at = 8; at + 12 <= bytes.size() && text.substr(at + 4, 4) != "IDAT";) {
            if (text.substr(at + 4, 4) == "tRNS") return true;
            at += 12 + (std::size_t{bytes[at]} << 24 | std::size_t{bytes[at + 1]} << 16 | bytes[at + 2] << 8 |
                        bytes[at + 3]);
        }
        return false;
    }
    const bool bmp = bytes.size() > 2 && bytes[0] == 'B' && bytes[1] == 'M';
    return !is_jpeg(bytes) && !bmp;
}

/// libtiff hands out colours multiplied by their alpha, as OpenCV calls it.
void divide_by_alpha(cv::Mat& bgra) {
    for (int y = 0; y < bgra.rows; ++y)
        for (std::uint8_t *pixel = bgra.ptr(y), *end = pixel + 4 * bgra.cols; pixel != end; pixel += 4)
            for (int c = 0; c < 3 && pixel[3] != 0; ++c)
                pixel[c] = static_cast<std::uint8_t>(std::min(255, (255 * pixel[c] + pixel[3] / 2) / pixel[3]));
}

bool is_tiff(std::span<const std::uint8_t> bytes) {
    return bytes.size() > 2 && bytes[0] == bytes[1] && (bytes[0] == 'I' || bytes[0] == 'M');
}

}  // namespace

Decoded decode_image(std::span<const std::uint8_t> bytes, std::string_view name, WantedSize wanted) {
    Decoded out;
    out.image = decode_plain_jpeg(bytes, wanted);
    if (!out.image.empty()) return out;
    cv::Mat rgb;
    if (has_alpha(bytes)) {
        cv::Mat mat = decode(bytes, cv::IMREAD_UNCHANGED, name);
        if (mat.channels() == 4) {
            if (is_tiff(bytes)) divide_by_alpha(mat);
            cv::Mat alpha;
            cv::extractChannel(mat, alpha, 3);
            double lowest = 255;
            cv::minMaxLoc(alpha, &lowest);
            if (lowest < 255) out.alpha = owned(alpha);
            cv::cvtColor(mat, rgb, cv::COLOR_BGRA2RGB);
        } else {
            cv::cvtColor(mat, rgb, mat.channels() == 1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
        }
    } else {
        cv::cvtColor(decode(bytes, cv::IMREAD_COLOR, name), rgb, cv::COLOR_BGR2RGB);
    }
    out.image = owned(rgb);
    return out;
}

Image decode_mask(std::span<const std::uint8_t> bytes, std::string_view name, int level) {
    cv::Mat mat = decode(bytes, cv::IMREAD_GRAYSCALE, name);
    cv::threshold(mat, mat, level, 255, cv::THRESH_BINARY);
    return owned(mat);
}

std::vector<std::uint8_t> encode_image(const Image& image, std::string_view extension, int quality) {
    cv::Mat bgr;
    if (image.channels == 3)
        cv::cvtColor(view(image), bgr, cv::COLOR_RGB2BGR);
    else
        bgr = view(image);
    std::vector<int> options;
    if (extension == ".jpg") options = {cv::IMWRITE_JPEG_QUALITY, quality};
    if (extension == ".webp") options = {cv::IMWRITE_WEBP_QUALITY, quality};
    std::vector<std::uint8_t> bytes;
    try {
        if (cv::imencode(std::string(extension), bgr, bytes, options)) return bytes;
    } catch (const cv::Exception&) {
        bytes.clear();
    }
    throw Error(Fault::storage, "an image could not be written as `" + std::string(extension) + "`");
}

Image resize_image(const Image& image, int width, int height, Filter filter) {
    if (image.width == width && image.height == height) return image;
    const bool whole = image.width % width == 0 && image.height % height == 0;  // OpenCV is quick at these
    if (filter == Filter::area && !whole && width <= image.width && height <= image.height)
        return shrink_by_area(image, width, height);
    constexpr int interpolation[] = {cv::INTER_AREA, cv::INTER_LINEAR, cv::INTER_CUBIC, cv::INTER_NEAREST};
    Image out(width, height, image.channels);
    cv::Mat target(height, width, CV_8UC(image.channels), out.pixels.data());
    cv::resize(view(image), target, {width, height}, 0, 0, interpolation[static_cast<int>(filter)]);
    return out;
}

Image resize_mask(const Image& mask, int width, int height) {
    if (mask.width == width && mask.height == height) return mask;
    if (mask.empty()) return mask;
    const bool soft =
        std::any_of(mask.pixels.begin(), mask.pixels.end(), [](auto value) { return value != 0 && value != 255; });
    const bool shrinks = width < mask.width && height < mask.height;
    if (soft) return resize_image(mask, width, height, shrinks ? Filter::area : Filter::linear);
    Image out = resize_image(mask, width, height, shrinks ? Filter::area : Filter::nearest);
    for (auto& value : out.pixels) value = value >= 64 ? 255 : 0;
    return out;
}

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
    std::error_code error;
    std::ifstream file(path, std::ios::binary);
    std::vector<std::uint8_t> bytes;
    if (std::filesystem::is_directory(path, error)) {
        throw Error(Fault::data, "`" + path.string() + "` is a folder, not a file");
    } else if (file) {
        file.seekg(0, std::ios::end);
        const std::streamoff size = file.tellg();
        if (size >= 0) {
            bytes.resize(static_cast<std::size_t>(size));
            file.seekg(0);
            file.read(reinterpret_cast<char*>(bytes.data()), size);
        }
    }
    if (!file) throw Error(Fault::data, "`" + path.string() + "` could not be read");
    return bytes;
}

}  // namespace fettle
