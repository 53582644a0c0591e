// Kinds of image files.
#include "python.hpp"
#include "trees.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>

namespace {

using namespace support;

/// The picture turned a quarter, clockwise: EXIF's orientation 6.
Image turned(const Image& image) {
    Image out(image.height, image.width, image.channels);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x)
            std::copy_n(image.at(x, y), image.channels, out.at(image.height - 1 - y, x));
    return out;
}

TEST(DecodeImage, BothWaysOfReadingJpegAgreeAndExifTurns) {
    for (const auto& [width, height, channels] :
         {std::tuple{24, 20, 3}, std::tuple{61, 47, 3}, std::tuple{40, 33, 1}}) {
        const Bytes plain = encode_image(noise_image(9, width, height, channels), ".jpg");
        const Image image = decode_image(plain, "plain").image;
        EXPECT_EQ(decode_image(with_exif(plain, 6), "turned").image, turned(image));  // by OpenCV, not libjpeg-turbo
        EXPECT_EQ(decode_image(with_exif(plain, 1), "exif").image, image);
        EXPECT_EQ(decode_image(with_exif(plain, 1), "exif", {8, 8}).image, decode_image(plain, "plain", {8, 8}).image);
    }
}

TEST(DecodeImage, ExifThatStandsFarBehindTurnsAsWell) {
    const Bytes plain = encode_image(noise_image(9), ".jpg");
    Bytes bytes = with_exif(plain, 6);
    Bytes comment{0xFF, 0xFE, 0x27, 0x10};  // a comment of 9,998 bytes stands first
    comment.resize(2 + 0x2710, 'x');
    bytes.insert(bytes.begin() + 2, comment.begin(), comment.end());
    EXPECT_EQ(decode_image(bytes, "late").image, turned(decode_image(plain, "plain").image));
}

TEST(ReadImageHeader, FindsEveryCutOfBmpAndTiff) {
    for (const char* kind : {".bmp", ".tif"}) {
        const Bytes whole = encode_image(noise_image(3, 31, 17), kind);
        EXPECT_EQ(read_image_header(whole).trouble, "") << kind;
        EXPECT_EQ(read_image_header(whole).width, 31) << kind;
        EXPECT_EQ(read_image_header(whole).height, 17) << kind;
        const Image image = decode_image(whole, "whole").image;
        for (std::size_t size = 4; size < whole.size(); size += 7) {
            const std::span<const std::uint8_t> cut(whole.data(), size);
            // What is cut off a TIFF's very end may be of no matter (its resolution): then the picture is whole.
            if (read_image_header(cut).trouble.empty()) {
                EXPECT_EQ(decode_image(cut, "cut").image, image) << kind << " cut to " << size;
                EXPECT_STREQ(kind, ".tif");
                EXPECT_GT(size, whole.size() - 64);
            }
        }
    }
}

// OpenCV would hand it to GDCM, which makes room for gigabytes where a file of 169 bytes says so.
TEST(ReadImageHeader, NoDicomPassesForWebp) {
    auto bytes = fettle::encode_image(noise_image(5, 64, 64), ".webp");
    ASSERT_GT(bytes.size(), 132u);
    EXPECT_EQ(read_image_header(bytes).trouble, "");
    auto dicom = bytes;
    std::copy_n("DICM", 4, dicom.begin() + 128);
    EXPECT_THAT(read_image_header(dicom).trouble, ::testing::HasSubstr("DICOM"));
    EXPECT_THROW(fettle::decode_image(dicom, "dicom.webp"), fettle::Error);
    bytes[23] ^= 1;
    EXPECT_THAT(read_image_header(bytes).trouble, ::testing::HasSubstr("doesn't begin as one"));
}

TEST(DecodeImage, ScalesWhereTheSidesAllowIt) {
    const auto decoded = [](int width, int height, WantedSize wanted) {
        const Image image = decode_image(jpeg(1, width, height), "a", wanted).image;
        return std::pair(image.width, image.height);
    };
    EXPECT_EQ(decoded(304, 240, {}), std::pair(304, 240));
    EXPECT_EQ(decoded(304, 240, {152, 100}), std::pair(152, 120));
    EXPECT_EQ(decoded(304, 240, {153, 100}), std::pair(304, 240));
    EXPECT_EQ(decoded(304, 240, {60, 60}), std::pair(76, 60));
    EXPECT_EQ(decoded(304, 240, {2, 2}), std::pair(38, 30));
    EXPECT_EQ(decoded(227, 227, {2, 2}), std::pair(57, 57));  // 29 of 8 would be 232
    EXPECT_EQ(decoded(61, 47, {2, 2}), std::pair(61, 47));
}

TEST(DecodeImage, WhatWasDamagedLeavesNoTrace) {
    const Bytes good = jpeg(1, 64, 64);
    const Image small = decode_image(good, "good", {32, 32}).image;
    ASSERT_EQ(small.width, 32);
    Random random(2);
    for (int trial = 0; trial < 300; ++trial) {
        Bytes spoilt = good;
        for (int n = random.integer(1, 8); n > 0; --n)
            spoilt[static_cast<std::size_t>(random.integer(2, 400))] =
                static_cast<std::uint8_t>(random.integer(0, 255));
        try {
            decode_image(spoilt, "spoilt", {32, 32});
        } catch (const Error&) {
        }
        ASSERT_EQ(decode_image(good, "good", {32, 32}).image, small) << trial;
    }
}

TEST(DecodeImage, ExifThatIsDamagedDoesNoHarm) {
    const Bytes plain = encode_image(noise_image(9), ".jpg");
    const Image image = decode_image(plain, "plain").image;
    Bytes bytes = with_exif(plain, 1);
    for (std::size_t at = 12; at < 38; ++at)  // the TIFF in the segment
        for (const int value : {0x00, 0x7F, 0xFF}) {
            Bytes spoilt = bytes;
            spoilt[at] = static_cast<std::uint8_t>(value);
            const Image read = decode_image(spoilt, "spoilt").image;
            EXPECT_EQ(read.pixels.size(), image.pixels.size()) << at;
        }
}

/// What Pillow makes of a file: RGB, turned as EXIF says, and the alpha where it isn't opaque throughout.
struct Expected {
    Image image, alpha;
};
Expected expected_of(const std::filesystem::path& raw) {
    std::ifstream file(raw, std::ios::binary);
    int width = 0, height = 0, alpha = 0;
    file >> width >> height >> alpha;
    file.get();
    Expected out{Image(width, height, 3), {}};
    file.read(reinterpret_cast<char*>(out.image.pixels.data()), static_cast<std::streamsize>(out.image.pixels.size()));
    if (alpha != 0) {
        out.alpha = Image(width, height, 1);
        file.read(reinterpret_cast<char*>(out.alpha.pixels.data()),
                  static_cast<std::streamsize>(out.alpha.pixels.size()));
    }
    return out;
}

/// The largest difference of two pictures' values, and 256 where their sizes differ.
int largest_difference(const Image& left, const Image& right) {
    if (left.width != right.width || left.height != right.height || left.channels != right.channels) return 256;
    int largest = 0;
    for (std::size_t i = 0; i < left.pixels.size(); ++i)
        largest = std::max(largest, std::abs(left.pixels[i] - right.pixels[i]));
    return largest;
}

Image on_black(Image image, const Image& alpha) {
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        image.pixels[i] = static_cast<std::uint8_t>(std::lround(image.pixels[i] * alpha.pixels[i / 3] / 255.0));
    return image;
}

/// Writes files of every kind into the folder it is given, and what Pillow reads from each beside it as x.raw.
constexpr const char* every_kind = R"(
import os, sys, struct, zlib
import numpy as np
from PIL import Image, ImageOps
here = sys.argv[1]
rng = np.random.default_rng(3)
height, width = 37, 52
y, x = np.mgrid[0:height, 0:width]
smooth = np.stack([(4 * x + y) % 256, (3 * y + 40) % 256, (x * y // 8) % 256, 255 - 4 * x], axis=2).astype(np.uint8)
rgb = Image.fromarray(smooth[..., :3].copy(), 'RGB')
rgba = Image.fromarray(smooth, 'RGBA')
grey = rgb.convert('L')
la = Image.merge('LA', (grey, Image.fromarray(smooth[..., 3])))
deep = rng.integers(0, 65536, (height, width), dtype=np.uint16)
palette = rgb.quantize(64)

def keep(name, image, **options):
    image.save(os.path.join(here, name), **options)

for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    keep(f'turned_{orientation}.jpg', rgb, quality=95, exif=exif)
    keep(f'turned_{orientation}.webp', rgb, lossless=True, exif=exif) if orientation == 1 else None
keep('rgb.jpg', rgb, quality=90)
keep('grey.jpg', grey, quality=90)
keep('progressive.jpg', rgb, quality=90, progressive=True)
keep('fine.jpg', rgb, quality=95, subsampling=0)
keep('cmyk.jpg', rgb.convert('CMYK'), quality=95)
for mode, image in dict(rgb=rgb, rgba=rgba, grey=grey, la=la, palette=palette).items():
    keep(mode + '.png', image)
keep('interlaced_none.png', rgb, optimize=True)
keep('bits.png', grey.convert('1'))
keep('see_through.png', palette, transparency=3)
keep('deep.png', Image.fromarray(deep))
for mode, image in dict(rgb=rgb, grey=grey, palette=palette).items():
    keep(mode + '.bmp', image)
for mode, image in dict(rgb=rgb, rgba=rgba, grey=grey).items():
    keep(mode + '.tif', image)
    keep(mode + '_lzw.tiff', image, compression='tiff_lzw')
    keep(mode + '_zip.tiff', image, compression='tiff_adobe_deflate')
keep('deep.tif', Image.fromarray(deep))
keep('lossless.webp', rgb, lossless=True)
keep('lossless_rgba.webp', rgba, lossless=True, exact=True)
keep('lossy.webp', rgb, quality=80)

# Pillow writes no RGB of 16 bits.
deep_rgb = rng.integers(0, 65536, (height, width, 3), dtype=np.uint16)
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
rows = b''.join(b'\0' + row.astype('>u2').tobytes() for row in deep_rgb)
with open(os.path.join(here, 'deep_rgb.png'), 'wb') as out:
    out.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 16, 2, 0, 0, 0)) +
              chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))

def high_byte(values):
    return np.round(values / 257.0).astype(np.uint8)

for name in sorted(os.listdir(here)):
    if name.endswith('.py'):
        continue
    image = ImageOps.exif_transpose(Image.open(os.path.join(here, name)))
    alpha = None
    if name == 'deep_rgb.png':
        image = Image.fromarray(high_byte(deep_rgb), 'RGB')
    elif name.startswith('deep'):
        image = Image.fromarray(high_byte(deep))
    elif 'A' in image.getbands() or 'transparency' in image.info:
        image = image.convert('RGBA')
        alpha = image.getchannel('A')
        if alpha.getextrema()[0] == 255:
            alpha = None
    # Without an alpha's weight: the colours as they are stored.
    image = image.convert('RGB')
    with open(os.path.join(here, name + '.raw'), 'wb') as out:
        out.write(b'%d %d %d\n' % (image.width, image.height, alpha is not None))
        out.write(image.tobytes())
        if alpha is not None:
            out.write(alpha.tobytes())
)";

TEST(Formats, EveryKindReadsAsPillowReadsIt) {
    if (!has_python("PIL, numpy")) GTEST_SKIP() << "no python3 with Pillow and numpy is here to compare with";
    const TemporaryFolder here;
    run_python(here.path(), every_kind);
    std::size_t compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator(here.path())) {
        if (entry.path().extension() != ".raw") continue;
        const auto path = here / entry.path().stem().string();
        const std::string name = path.filename().string();
        SCOPED_TRACE(name);
        const Expected expected = expected_of(entry.path());
        const Decoded read = decode_image(read_bytes(path), name);
        // JPEG and lossy WebP leave a decoder some freedom; CMYK is converted by approximations of their own; of 16
        // bits the high byte is taken or the value rounded. A TIFF's colours come multiplied by the alpha: what is
        // nearly transparent can't be told exactly, so what it looks like on black is compared.
        const bool tiff_with_alpha = name.starts_with("rgba") && name.find(".tif") != std::string::npos;
        const int allowed = name == "cmyk.jpg"                                   ? 6
                            : path.extension() == ".jpg" || name == "lossy.webp" ? 3
                            : name.starts_with("deep")                           ? 1
                                                                                 : 0;
        if (tiff_with_alpha) {
            EXPECT_LE(largest_difference(on_black(read.image, read.alpha), on_black(expected.image, expected.alpha)),
                      1);
            continue;
        }
        EXPECT_LE(largest_difference(read.image, expected.image), allowed);
        EXPECT_EQ(read.alpha.empty(), expected.alpha.empty());
        if (!read.alpha.empty()) {
            EXPECT_EQ(read.alpha, expected.alpha);
        }
        const ImageHeader header = read_image_header(read_bytes(path));
        EXPECT_EQ(header.trouble, "");
        EXPECT_EQ(header.pixels(), 37u * 52);
        ++compared;
    }
    EXPECT_GE(compared, 30u);
}

TEST(Formats, AnimationsAreLeftOutAsPillowWritesThem) {
    if (!has_python("PIL")) GTEST_SKIP() << "no python3 with Pillow is here to write animations";
    const TemporaryFolder here;
    run_python(here.path(), R"(
import os, sys
from PIL import Image
frames = [Image.new('RGB', (20, 20), (60 * k, 0, 0)) for k in range(3)]
for name in ('moving.png', 'moving.webp'):
    frames[0].save(os.path.join(sys.argv[1], name), save_all=True, append_images=frames[1:])
frames[1].save(os.path.join(sys.argv[1], 'still.png'))
frames[1].save(os.path.join(sys.argv[1], 'still.webp'))
)");
    TestContext context;
    const auto images = folder(here.path(), context, {{"tolerate", 0.5}});
    EXPECT_THAT(ids_of(*images), ::testing::ElementsAre("still.png", "still.webp"));
    EXPECT_THAT(images->left_out(), ::testing::ElementsAre("`moving.png` is animated, and a sample is one picture",
                                                           "`moving.webp` is animated, and a sample is one picture"));
}

TEST(Formats, ScaledDecodingIsNearDecodingWhole) {
    const TemporaryFolder here;
    Image smooth(300, 300, 3);  // as photographs are: neighbours are alike
    for (int y = 0; y < 300; ++y)
        for (int x = 0; x < 300; ++x)
            for (int c = 0; c < 3; ++c)
                smooth.at(x, y)[c] =
                    static_cast<std::uint8_t>(128 + 100 * std::sin(0.03 * (x + 20 * c)) * std::cos(0.02 * y));
    write_file(here / "ok/a.jpg", encode_image(smooth, ".jpg", 95));
    TestContext context;
    for (const int side : {128, 64, 32, 200}) {
        SCOPED_TRACE(side);
        const Settings size{{"size", Setting::List{side, side}}};
        Settings whole = size;
        whole["scaled"] = false;
        const Image fast = sample_at(*folder(here.path(), context, size), 0).image;
        const Image full = sample_at(*folder(here.path(), context, whole), 0).image;
        EXPECT_LE(largest_difference(fast, full), 4);
        EXPECT_EQ(full, resize_image(decode_image(read_bytes(here / "ok/a.jpg"), "a").image, side, side));
    }
}

}  // namespace
