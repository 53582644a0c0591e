// What a paste says of images that it leaves clean, and of objects that find no room or don't show.
#include "pasting.hpp"

namespace {

using namespace pasting;
using ::testing::HasSubstr;

TEST(Paste, WhatFindsNoRoomIsDroppedOrFails) {
    const auto images = grounds(4);
    const Settings crowded{{"count", 12}, {"scale", Setting::List{0.6, 0.6}}, {"overlap", 0}};
    Settings dropping = crowded;
    dropping["no_room"] = "drop";
    const auto out = pasted(images, objects(), dropping);
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample after = sample_at(*out, i);
        const auto lines = lines_of(after);
        ASSERT_EQ(lines.size(), 12u);
        const auto dropped =
            std::count_if(lines.begin(), lines.end(), [](const Json& l) { return l.contains("dropped"); });
        EXPECT_GT(dropped, 0);
        EXPECT_EQ(after.instance_classes.size(), 12u - static_cast<std::size_t>(dropped));
        EXPECT_EQ(after.info.label, Label::anomalous);
    }
    EXPECT_EQ(out->info(0).label, Label::unknown);
    const Error error = error_of([&] { sample_at(*pasted(images, objects(), crowded), 2); });
    EXPECT_THAT(error.what(), HasSubstr("`ground2`"));
    EXPECT_THAT(error.what(), HasSubstr("found no room"));
    EXPECT_THAT(error.help(), HasSubstr("no_room = \"drop\""));
}

TEST(Paste, AFixedSetSaysBeforehandWhichOnesItLeaves) {
    const auto images = grounds(40);
    const auto out = pasted(images, objects(), {{"share", 0.5}, {"fresh", false}});
    std::size_t left = 0;
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample after = sample_at(*out, i);
        left += after.lineage.empty();
        EXPECT_EQ(out->info(i).label, after.lineage.empty() ? Label::normal : Label::anomalous);
    }
    EXPECT_GT(left, 8u);
    EXPECT_LT(left, 32u);
    EXPECT_EQ(pasted(images, objects(), {{"share", 0.5}})->info(0).label, Label::unknown);
}

TEST(Paste, CalibrationImagesAreKnownToBeSoundOrNot) {
    const auto images = fettle::select_images(grounds(4), {0, 1, 2, 3},
                                              [](fettle::SampleInfo& info) { info.split = fettle::Split::calibrate; });
    const auto error = [&](const Settings& settings) { return error_of([&] { pasted(images, objects(), settings); }); };
    EXPECT_THAT(error({{"share", 0.5}}).what(), HasSubstr("which of 4 calibration images are damaged isn't known"));
    EXPECT_EQ(error({{"share", 0.5}}).parameter(), "share");
    EXPECT_THAT(error({{"no_room", "drop"}}).what(), HasSubstr("which of 4 calibration images stay clean"));
    EXPECT_EQ(error({{"no_room", "drop"}}).parameter(), "no_room");
    EXPECT_EQ(pasted(images, objects(), {{"share", 0.5}, {"fresh", false}})->size(), 4u);
    EXPECT_EQ(pasted(images, objects(), {})->info(0).label, Label::anomalous);
}

TEST(Paste, WhatIsTooFaintIsNeverLabelled) {
    const auto images = grounds(8);
    const auto faint = fixed_images({bar("faint", 40, 20), sample_of("same", Image(30, 30, 3, 157))});
    const auto out = pasted(images, faint, {{"contrast", 0.3}, {"opacity", Setting::List{0.5, 1}}});
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample before = sample_at(*images, i), after = sample_at(*out, i);
        double sum = 0;
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                if (*after.mask.at(x, y) == 255)
                    for (int c = 0; c < 3; ++c) sum += std::abs(after.image.at(x, y)[c] - before.image.at(x, y)[c]);
        const double contrast = sum / (3 * 255.0 * static_cast<double>(marked(after.mask)));
        EXPECT_GE(contrast, 0.3);
        EXPECT_NEAR(lines_of(after).at(0).at("contrast").get<double>(), contrast, 1e-9);
    }
    const Settings hopeless{{"contrast", 0.9}};
    EXPECT_THAT(error_of([&] { sample_at(*pasted(images, faint, hopeless), 0); }).what(),
                HasSubstr("couldn't be seen"));
    const auto dropped = pasted(images, faint, {{"contrast", 0.9}, {"no_room", "drop"}});
    EXPECT_EQ(sample_at(*dropped, 0).image, sample_at(*images, 0).image);
    EXPECT_EQ(sample_at(*dropped, 0).info.label, Label::normal);
}

}  // namespace
