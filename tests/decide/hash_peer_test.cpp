// The hashes against imagehash itself, on 500 images.
#include "hash_images.hpp"
#include "python.hpp"

#include <fettle/parallel.hpp>

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace {

using namespace testing_hash;
namespace fs = std::filesystem;

constexpr auto modules = "imagehash, numpy, PIL, scipy.fftpack, pywt";

// Half of them photographs, where there are any, of which every third is cut to another size; half random: noise,
// coarse noise, few values, slopes and blots, from 1x1 to 400x400.
constexpr auto draw_images = R"(
import io, os, sys, zipfile
import imagehash, numpy
from PIL import Image, ImageFilter
folder = sys.argv[1]
data = os.environ.get("FETTLE_DATA", "")
random = numpy.random.RandomState(11)
images = []
for archive in ("casting.zip", "cracks.zip"):
    path = os.path.join(data, archive)
    if data and os.path.exists(path):
        with zipfile.ZipFile(path) as zipped:
            names = sorted(n for n in zipped.namelist() if n.lower().endswith((".jpeg", ".jpg")))
            for k in range(125):
                image = Image.open(io.BytesIO(zipped.read(names[k * len(names) // 125]))).convert("RGB")
                if k % 3 == 0:
                    w, h = random.randint(1, image.width + 1), random.randint(1, image.height + 1)
                    image = image.crop((0, 0, w, h))
                images.append(image)
while len(images) < 500:
    w, h = (int(v) for v in numpy.floor(400 ** random.rand(2)))
    kind = len(images) % 5
    if kind == 0:
        pixels = random.randint(0, 256, (h, w, 3))
    elif kind == 1:
        coarse = Image.fromarray(random.randint(0, 256, (random.randint(1, 9), random.randint(1, 9), 3)).astype("uint8"))
        pixels = coarse.resize((w, h), Image.BICUBIC)
    elif kind == 2:
        pixels = random.randint(0, 4, (h, w, 3)) * 85
    elif kind == 3:
        y, x = numpy.mgrid[:h, :w]
        pixels = numpy.stack([random.randn() * x + random.randn() * y + random.randn(h, w) * 9 + 120] * 3, 2).clip(0, 255)
        pixels[..., random.randint(3)] //= random.randint(1, 4)
    else:
        pixels = Image.fromarray(random.randint(0, 256, (h, w, 3)).astype("uint8")).filter(ImageFilter.GaussianBlur(3))
    images.append(Image.fromarray(numpy.asarray(pixels).astype("uint8")))
)";

// The hash, or "-" where a frequency lies so close to the level that SciPy's rounding errors decide: with a size that
// isn't a power of two they aren't 0 where symmetry says 0, in images of one colour or one pixel wide, say.
constexpr auto sure_hashes = R"(
import scipy.fftpack
def sure(function, size):
    pixels = numpy.asarray(image.convert("L").resize((4 * size, 4 * size), Image.LANCZOS))
    if function is imagehash.phash:
        low = scipy.fftpack.dct(scipy.fftpack.dct(pixels, axis=0), axis=1)[:size, :size]
        level = numpy.median(low)
    else:
        low = scipy.fftpack.dct(pixels)[:size, 1 : size + 1]
        level = low.mean()
    at_level = (numpy.abs(low - level) < 1e-8).sum()
    return "-" if at_level > (1 if function is imagehash.phash and size % 2 == 1 else 0) else function(image, size)
)";

/// A folder with the images that a script drew and, line by line, their hashes by imagehash.
class Hashed {
   public:
    Hashed(const std::string& expressions, std::size_t every) {
        fs::create_directories(folder_);
        support::run_python(folder_,
                            std::string(draw_images) + sure_hashes + "images = images[::" + std::to_string(every) +
                                "]\nwith open(folder + '/hashes', 'w') as out:\n"
                                "    for k, image in enumerate(images):\n"
                                "        image.save(f'{folder}/{k}.ppm')\n"
                                "        print(*[" +
                                expressions + "], file=out)\n",
                            modules);
    }
    ~Hashed() { fs::remove_all(folder_); }

    std::vector<std::string> lines() const {
        std::vector<std::string> out;
        std::ifstream file(folder_ / "hashes");
        for (std::string line; std::getline(file, line);) out.push_back(line);
        return out;
    }
    fettle::Image image(std::size_t index) const {
        std::ifstream file(folder_ / (std::to_string(index) + ".ppm"), std::ios::binary);
        std::string magic;
        int width = 0, height = 0, most = 0;
        file >> magic >> width >> height >> most;
        file.get();
        fettle::Image image(width, height, 3);
        file.read(reinterpret_cast<char*>(image.pixels.data()), static_cast<std::streamsize>(image.pixels.size()));
        return image;
    }

   private:
    fs::path folder_ = fs::temp_directory_path() / ("fettle-hash-" + std::to_string(getpid()));
};

std::string size_of(const fettle::Image& image) {
    return std::to_string(image.width) + "x" + std::to_string(image.height);
}

class ImageHash : public ::testing::Test {
   protected:
    void SetUp() override {
        if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has imagehash, SciPy and PyWavelets";
    }
};

TEST_F(ImageHash, HasTheSameBitsAtSizesThatAreNoPowersOfTwo) {
    const Hashed peer("sure(imagehash.phash, 5), sure(imagehash.phash_simple, 5), sure(imagehash.phash, 12)", 1);
    const auto lines = peer.lines();
    ASSERT_EQ(lines.size(), 500u);
    int compared = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const fettle::Image image = peer.image(i);
        const std::string ours[] = {fettle::to_hex(hash::perceptual_hash(image, 5)),
                                    fettle::to_hex(hash::perceptual_hash_simple(image, 5)),
                                    fettle::to_hex(hash::perceptual_hash(image, 12))};
        std::istringstream words(lines[i]);
        for (const std::string& each : ours) {
            std::string theirs;
            words >> theirs;
            if (theirs == "-") continue;
            ++compared;
            EXPECT_EQ(each, theirs) << "image " << i << ", " << size_of(image);
        }
    }
    EXPECT_GT(compared, 1000);
}

TEST_F(ImageHash, HasTheSameBitsFor500Images) {
    const auto all = peers();
    std::string expressions;
    for (const Peer& peer : all) expressions += peer.python + ",";
    const Hashed peer(expressions, 1);
    const auto lines = peer.lines();
    ASSERT_EQ(lines.size(), 500u);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const fettle::Image image = peer.image(i);
        std::istringstream words(lines[i]);
        for (const Peer& each : all) {
            std::string theirs;
            words >> theirs;
            EXPECT_EQ(each.ours(image), theirs) << each.python << " of image " << i << ", " << size_of(image);
        }
    }
}

TEST_F(ImageHash, FindsTheSameRegionsAndDistances) {
    const Hashed peer(
        "imagehash.crop_resistant_hash(image, min_segment_size=100, segmentation_image_size=120),"
        "imagehash.crop_resistant_hash(image, lambda i: imagehash.dhash(i, 4), 2, 100, 20, 90),"
        "repr(imagehash.crop_resistant_hash(images[0], min_segment_size=100, segmentation_image_size=120)"
        " - imagehash.crop_resistant_hash(image, min_segment_size=100, segmentation_image_size=120))"
        " if min(image.size) > 20 else 0,"
        "repr(imagehash.hex_to_multihash('e8f1,0370') - imagehash.hex_to_multihash(str("
        "imagehash.crop_resistant_hash(image, lambda i: imagehash.dhash(i, 4), 2, 100, 20, 90))))",
        10);
    const auto lines = peer.lines();
    ASSERT_EQ(lines.size(), 50u);
    const hash::Regions how{.side = 120, .smallest = 100}, few{.side = 90, .level = 100, .smallest = 20, .most = 2};
    const auto first = hash::crop_resistant_hash(peer.image(0), 8, how);
    std::size_t several = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const fettle::Image image = peer.image(i);
        std::istringstream words(lines[i]);
        std::string theirs, fewer;
        double distance = 0, of_texts = 0;
        words >> theirs >> fewer >> distance >> of_texts;
        const auto ours = hash::crop_resistant_hash(image, 8, how);
        several += ours.size() > 1;
        EXPECT_EQ(hash::regions_text(ours), theirs) << "image " << i << ", " << size_of(image);
        EXPECT_EQ(hash::regions_text(hash::crop_resistant_hash(image, 4, few)), fewer)
            << "image " << i << ", " << size_of(image);
        EXPECT_DOUBLE_EQ(
            hash::crop_resistant_distance(hash::regions_from_text("e8f1,0370"), hash::regions_from_text(fewer)),
            of_texts)
            << "image " << i;
        if (std::min(image.width, image.height) <= 20) continue;
        EXPECT_DOUBLE_EQ(hash::crop_resistant_distance(first, ours), distance) << "image " << i;
    }
    EXPECT_GT(several, 10u);
}

}  // namespace
