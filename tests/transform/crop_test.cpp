#include "transform/transforms.hpp"

namespace {

using namespace support;
using ::testing::HasSubstr;

TEST(Crop, IsTheBoxAtItsPlace) {
    const Image image = noise_image(1, 31, 20);
    const struct {
        Settings where;
        int x, y;
    } cases[]{{{}, 10, 5},
              {{{"place", "top_left"}}, 0, 0},
              {{{"place", "top_right"}}, 20, 0},
              {{{"place", "bottom_left"}}, 0, 11},
              {{{"place", "bottom_right"}}, 20, 11},
              {{{"at", Setting::List{7, 3}}}, 7, 3}};
    for (const auto& [where, left, top] : cases) {
        Settings settings = where;
        settings["size"] = Setting::List{11, 9};
        const Sample out = transformed("transform.crop", sample_of("a", image, Image(31, 20, 1, 255)), settings);
        ASSERT_EQ(out.image.width, 11);
        ASSERT_EQ(out.image.height, 9);
        EXPECT_EQ(out.mask, Image(11, 9, 1, 255));
        for (int y = 0; y < 9; ++y)
            for (int x = 0; x < 11; ++x)
                EXPECT_TRUE(std::equal(out.image.at(x, y), out.image.at(x, y) + 3, image.at(left + x, top + y)));
    }
}

TEST(Crop, ABoxThatDoesNotFitNamesTheImageAndItsSize) {
    const auto crop = [](const Settings& settings) {
        return error_of(
            [&] { transformed("transform.crop", sample_of("part7.png", noise_image(1, 31, 20)), settings); });
    };
    const Error large = crop({{"size", Setting::List{32, 10}}});
    EXPECT_THAT(large.what(), HasSubstr("`part7.png`"));
    EXPECT_THAT(large.what(), HasSubstr("31x20"));
    EXPECT_EQ(large.parameter(), "size");
    EXPECT_THAT(large.help(), HasSubstr("transform.resize"));
    const Error off = crop({{"size", Setting::List{11, 10}}, {"at", Setting::List{21, 0}}});
    EXPECT_THAT(off.what(), HasSubstr("at 21, 0"));
    EXPECT_EQ(off.parameter(), "at");
}

TEST(Crop, ContradictionsAreFoundBeforeARun) {
    EXPECT_EQ(complaint("transform.crop", {}), "");
    EXPECT_EQ(complaint("transform.crop", {{"at", Setting::List{1, 2}}}), "");
    EXPECT_THAT(complaint("transform.crop", {{"at", Setting::List{1}}}), HasSubstr("`at`"));
    EXPECT_THAT(complaint("transform.crop", {{"at", Setting::List{1, 2}}, {"place", "top_left"}}),
                HasSubstr("`place`"));
}

}  // namespace
