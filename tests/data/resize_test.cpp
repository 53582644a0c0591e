#include "support.hpp"

#include <set>

namespace {

using namespace support;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/transform.so");
    return library;
}

Sample resized(Sample sample, const Settings& settings) {
    TestContext context;
    const auto out = library().run("transform.resize", *library().make("transform.resize", settings),
                                   {{"images", {fixed_images({std::move(sample)})}}}, context);
    return sample_at(*as_images(out.at("images")), 0);
}

TEST(Resize, DescribesItself) { expect_conforms(library()); }

TEST(Resize, AreaIsTheMeanOfWhatAPixelCovers) {
    const Image image = noise_image(1, 32, 24);
    const Sample out = resized(sample_of("a", image), {{"size", Setting::List{8, 8}}});
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 8; ++x)
            for (int c = 0; c < 3; ++c) {
                double sum = 0;
                for (int v = 0; v < 3; ++v)
                    for (int u = 0; u < 4; ++u) sum += image.at(4 * x + u, 3 * y + v)[c];
                EXPECT_NEAR(out.image.at(x, y)[c], sum / 12, 0.51);
            }
    EXPECT_TRUE(out.mask.empty());
}

TEST(Resize, NearestMakesNoNewValues) {
    Image image(9, 9, 3, 10);
    for (int i = 0; i < 9; ++i) image.at(i, i)[0] = 200;
    const Sample out = resized(sample_of("a", image), {{"size", Setting::List{5, 14}}, {"filter", "nearest"}});
    for (const auto value : out.image.pixels) EXPECT_TRUE(value == 10 || value == 200) << int{value};
}

TEST(Resize, FiltersDiffer) {
    std::set<std::vector<std::uint8_t>> all;
    for (const char* filter : {"area", "linear", "cubic", "nearest"})
        all.insert(
            resized(sample_of("a", noise_image(2, 30, 30)), {{"size", Setting::List{12, 12}}, {"filter", filter}})
                .image.pixels);
    EXPECT_EQ(all.size(), 4u);
}

TEST(Resize, TheMaskFollowsAndThinDefectsStay) {
    Image mask(64, 64, 1);
    for (int y = 0; y < 64; ++y) *mask.at(21, y) = 255;  // one pixel wide
    const Sample out = resized(sample_of("a", noise_image(3, 64, 64), mask), {{"size", Setting::List{16, 16}}});
    ASSERT_EQ(out.mask.width, 16);
    for (int y = 0; y < 16; ++y)
        for (int x = 0; x < 16; ++x) EXPECT_EQ(*out.mask.at(x, y), x == 5 ? 255 : 0) << x;
}

TEST(Resize, AnAlphaStaysSoft) {
    Image alpha(32, 32, 1);
    for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 32; ++x) *alpha.at(x, y) = static_cast<std::uint8_t>(8 * x);
    const Sample out = resized(sample_of("a", noise_image(4, 32, 32), alpha), {{"size", Setting::List{8, 8}}});
    for (int x = 0; x < 8; ++x) EXPECT_NEAR(*out.mask.at(x, 3), 8 * (4 * x + 1.5), 1);
}

}  // namespace
