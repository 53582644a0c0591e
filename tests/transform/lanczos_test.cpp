#include "transform/transforms.hpp"

namespace {

using namespace support;

TEST(Lanczos, IsPillows) {
    NEEDS_PYTHON("PIL, numpy");
    const Image image = noise_image(4, 61, 47);
    for (const auto& [width, height] : {std::pair{20, 31}, std::pair{61, 9}, std::pair{130, 99}, std::pair{33, 47}}) {
        const Image ours = transformed("transform.resize", sample_of("a", image),
                                       {{"size", Setting::List{width, height}}, {"filter", "lanczos"}})
                               .image;
        const std::string size = std::to_string(width) + ", " + std::to_string(height);
        const Image theirs = by_python(image, "PIL", "out = image.resize((" + size + "), Image.LANCZOS)");
        EXPECT_LE(greatest_difference(ours, theirs), 1) << size;  // Pillow rounds between the two directions
    }
}

}  // namespace
