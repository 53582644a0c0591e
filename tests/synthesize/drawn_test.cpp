// What holds for every drawn defect.
#include "drawn.hpp"

#include <tbb/global_control.h>

namespace {

using namespace drawn;

class Drawn : public ::testing::TestWithParam<std::string> {
   protected:
    const std::string& name() const { return GetParam(); }
    bool counts() const { return name() != "noise"; }
    Settings with_count(int low, int high) const {
        return counts() ? Settings{{"count", range(low, high)}} : Settings{};
    }
};

INSTANTIATE_TEST_SUITE_P(Stages, Drawn, ::testing::ValuesIn(names), [](const auto& info) { return info.param; });

TEST(DrawnFamily, DescribesItself) { expect_conforms(library()); }

TEST_P(Drawn, TheMaskIsExactlyWhereThePictureChanged) {
    const auto images = parts();
    for (const Settings& settings : {with_count(1, 1), with_count(2, 4)})
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            const auto out = damaged(name(), images, settings, seed);
            for (std::size_t i = 0; i < images->size(); ++i) {
                const Sample before = sample_at(*images, i), after = sample_at(*out, i);
                int changed = 0;
                for (int y = 0; y < height; ++y)
                    for (int x = 0; x < width; ++x) {
                        const bool here = differs(before.image, after.image, x, y);
                        changed += here;
                        ASSERT_EQ(*after.mask.at(x, y), here ? 255 : 0) << x << ", " << y << " of seed " << seed;
                        ASSERT_EQ(*after.instances.at(x, y) != 0, here) << x << ", " << y << " of seed " << seed;
                    }
                EXPECT_GE(changed, 3);
                EXPECT_EQ(after.info.label, Label::anomalous);
            }
        }
}

TEST_P(Drawn, EachDefectHasItsClassItsBoxAndItsLine) {
    const auto images = parts();
    const auto one = damaged(name(), images, with_count(1, 1)), some = damaged(name(), images, with_count(2, 4));
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample single = sample_at(*one, i);
        EXPECT_EQ(single.instance_classes, std::vector<std::string>{name()});
        ASSERT_EQ(single.lineage.size(), 1u);
        const Json line = told(single);
        EXPECT_EQ(line.at("stage"), "synthesize." + name());
        const Box box = box_of(single.mask);
        EXPECT_EQ(line.at("x"), box.x0);
        EXPECT_EQ(line.at("y"), box.y0);
        EXPECT_EQ(line.at("width"), box.x1 - box.x0);
        EXPECT_EQ(line.at("height"), box.y1 - box.y0);
        EXPECT_NEAR(line.at("contrast"), contrast_of(sample_at(*images, i).image, single.image), 1e-9);
        const Sample several = sample_at(*some, i);
        EXPECT_EQ(several.instance_classes.size(), several.lineage.size());
        if (counts()) {
            EXPECT_GE(several.lineage.size(), 2u);
            EXPECT_LE(several.lineage.size(), 4u);
        }
        for (const auto number : several.instances.pixels) EXPECT_LE(number, several.instance_classes.size());
    }
}

TEST_P(Drawn, SamplesDependOnSeedIndexAndRoundAlone) {
    const auto images = parts(12);
    const auto out = damaged(name(), images), again = damaged(name(), images), other = damaged(name(), images, {}, 2),
               fixed = damaged(name(), images, {{"fresh", false}});
    EXPECT_TRUE(out->varies());
    EXPECT_FALSE(fixed->varies());
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 4);
    const auto order = Random(9).permutation(12);
    const auto batch = out->read(order, 3);
    for (std::size_t k = 0; k < 12; ++k) {
        const Sample alone = sample_at(*again, order[k], 3);
        EXPECT_EQ(batch->sample(k)->image, alone.image);
        EXPECT_EQ(batch->sample(k)->instances, alone.instances);
        EXPECT_EQ(batch->sample(k)->lineage, alone.lineage);
        EXPECT_NE(sample_at(*again, order[k], 4).image, alone.image);
        EXPECT_NE(sample_at(*other, order[k], 3).image, alone.image);
        EXPECT_EQ(sample_at(*fixed, order[k], 3).image, sample_at(*fixed, order[k], 0).image);
    }
}

TEST_P(Drawn, ShowsAtLeastAsPlainlyAsContrastAsks) {
    const auto images = parts(12);
    for (const double least : {0.01, 0.1}) {
        const auto out = damaged(name(), images, {{"contrast", least}, {"fresh", false}});
        int drawn = 0;
        for (std::size_t i = 0; i < images->size(); ++i) try {
                EXPECT_GE(contrast_of(sample_at(*images, i).image, sample_at(*out, i).image), least);
                ++drawn;
            } catch (const Error& error) {
                EXPECT_THAT(error.what(), HasSubstr("`part" + std::to_string(i) + "`"));
                EXPECT_EQ(error.parameter(), "contrast");
            }
        if (least < 0.05) {
            EXPECT_EQ(drawn, 12);
        }
    }
    const Error error = error_of([&] { sample_at(*damaged(name(), images, {{"contrast", 1.0}}), 0); });
    EXPECT_THAT(error.what(), HasSubstr("`part0`"));
    EXPECT_THAT(error.what(), HasSubstr("asks for 1.000"));
}

TEST_P(Drawn, StaysWhereItMay) {
    const Image image = part(3);
    const auto light = [&](int x, int y) { return image.at(x, y)[0] + image.at(x, y)[1] + image.at(x, y)[2]; };
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        const Sample bright = damaged(name(), image, {{"on", "bright"}}, seed),
                     dark = damaged(name(), image, {{"on", "dark"}}, seed),
                     ring = damaged(name(), image, {{"ring", range(0.5, 0.9)}}, seed);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                // The disc has 390 at least, the ground 246 at most; their border is blurred by a pixel or two.
                EXPECT_TRUE(*bright.mask.at(x, y) == 0 || light(x, y) > 210) << x << ", " << y;
                EXPECT_TRUE(*dark.mask.at(x, y) == 0 || light(x, y) < 480) << x << ", " << y;
                if (*ring.mask.at(x, y) == 0) continue;
                const double distance = std::hypot(x + 0.5 - width / 2.0, y + 0.5 - height / 2.0) / (height / 2.0);
                EXPECT_GE(distance, 0.5);
                EXPECT_LE(distance, 0.9);
            }
    }
    const Error error = error_of([&] { damaged(name(), image, {{"ring", range(20, 30)}}); });
    EXPECT_THAT(error.what(), HasSubstr("nowhere in `only`"));
    EXPECT_EQ(error.parameter(), "ring");
}

TEST_P(Drawn, AnImageOfGreysStaysOne) {
    Image image = part(5);
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        image.pixels[i + 1] = image.pixels[i + 2] = image.pixels[i];
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        const Sample after = damaged(name(), image, with_count(1, 3), seed);
        for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
            ASSERT_EQ(after.image.pixels[i], after.image.pixels[i + 1]);
            ASSERT_EQ(after.image.pixels[i], after.image.pixels[i + 2]);
        }
    }
}

TEST_P(Drawn, EarlierDefectsKeepTheirPlaceAndTheirNumber) {
    Image mask(width, height, 1);
    *mask.at(0, 0) = 255;
    Sample marked_before = sample_of("only", part(1), mask, Label::anomalous);
    marked_before.info.category = "dent";
    const Sample unnumbered = sample_at(*damaged(name(), fixed_images({marked_before}), {{"on", "bright"}}), 0);
    EXPECT_EQ(*unnumbered.mask.at(0, 0), 255);
    EXPECT_EQ(*unnumbered.instances.at(0, 0), 1);
    EXPECT_EQ(unnumbered.instance_classes, (std::vector<std::string>{"dent", name()}));

    marked_before.instances = Image(width, height, 1);
    *marked_before.instances.at(0, 0) = 2;
    marked_before.instance_classes = {"hidden", "dog"};
    const Sample numbered = sample_at(*damaged(name(), fixed_images({marked_before}), {{"on", "bright"}}), 0);
    EXPECT_EQ(*numbered.instances.at(0, 0), 2);
    EXPECT_EQ(numbered.instance_classes, (std::vector<std::string>{"hidden", "dog", name()}));
}

TEST_P(Drawn, TinyAndEvenImagesAreDamagedVisiblyOrRefusedInWords) {
    const std::vector<std::pair<Image, std::string>> odd{
        {Image(16, 16, 3, 0), "black"},         {Image(16, 16, 3, 255), "white"}, {Image(64, 48, 3, 0), "large black"},
        {Image(64, 48, 3, 255), "large white"}, {part(2, 16, 16), "tiny part"},   {Image(1, 1, 3, 90), "one pixel"},
        {Image(200, 2, 3, 120), "a strip"}};
    for (const auto& [image, what] : odd) {
        const auto images = fixed_images({sample_of("odd", image)});
        for (std::uint64_t seed = 1; seed <= 8; ++seed) try {
                const Sample after = sample_at(*damaged(name(), images, {}, seed), 0);
                EXPECT_GE(marked(after.mask), 3) << what;
                EXPECT_GE(contrast_of(image, after.image), 0.002) << what;
            } catch (const Error& error) {
                EXPECT_THAT(error.what(), HasSubstr("`odd`")) << what;
                EXPECT_FALSE(error.help().empty()) << what;
            }
    }
}

TEST_P(Drawn, ShareLeavesTheRestAsTheyWere) {
    const auto images = parts(40);
    const auto out = damaged(name(), images, {{"share", 0.5}});
    int left = 0;
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample after = sample_at(*out, i);
        if (!after.lineage.empty()) continue;
        ++left;
        EXPECT_EQ(after.image, sample_at(*images, i).image);
        EXPECT_TRUE(after.instances.empty());
    }
    EXPECT_GT(left, 8);
    EXPECT_LT(left, 32);
}

TEST_P(Drawn, AFixedSetSaysBeforehandWhichOnesItLeaves) {
    const auto images = parts(40);
    const auto out = damaged(name(), images, {{"share", 0.5}, {"fresh", false}});
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample after = sample_at(*out, i);
        EXPECT_EQ(out->info(i).label, after.lineage.empty() ? Label::normal : Label::anomalous);
        EXPECT_EQ(after.info.label, out->info(i).label);
    }
    EXPECT_EQ(damaged(name(), images, {{"share", 0.5}})->info(0).label, Label::unknown);
    EXPECT_EQ(damaged(name(), images)->info(0).label, Label::anomalous);
    EXPECT_EQ(damaged(name(), images, {{"share", 0}})->info(0).label, Label::normal);
}

TEST_P(Drawn, RangesThatDescendAreFoundBeforeARun) {
    const std::string id = "synthesize." + name();
    const auto complaint = [&](const Settings& settings) {
        return library().entry(id).check(*library().make(id, settings));
    };
    EXPECT_EQ(complaint({}), "");
    int ranges = 0;
    for (const auto& parameter : library().entry(id).info.parameters) {
        if (parameter.constraint.length != 2u) continue;
        ++ranges;
        const bool whole = parameter.kind == Kind::integers;
        const double low = parameter.constraint.lowest.value_or(0) + 0.25;
        const Setting::List descends = whole ? range(3, 2) : range(low + 0.25, low);
        EXPECT_THAT(complaint({{parameter.name, descends}}), HasSubstr("`" + parameter.name + "`"));
    }
    EXPECT_GE(ranges, 3);
    if (counts()) {
        EXPECT_THAT(complaint({{"count", Setting::List{3, 1}}}), HasSubstr("`count`"));
        EXPECT_THAT(complaint({{"count", Setting::List{1, 2, 3}}}), HasSubstr("`count`"));
    }
}

/// A value of the lineage and the parameter that it is drawn from.
struct Draw {
    const char *name, *key, *parameter;
    double low, high;
    bool share = false;  ///< of the shorter side; told in pixels
};

TEST(DrawnFamily, WhatIsDrawnStaysWithinItsRangeAndFillsIt) {
    const std::vector<Draw> draws{{"crack", "length", "length", 0.5, 0.7, true},
                                  {"crack", "thickness", "width", 0.02, 0.04, true},
                                  {"crack", "depth", "depth", 0.5, 0.6},
                                  {"crack", "angle", "angle", 10, 50},
                                  {"scratch", "length", "length", 0.3, 0.5, true},
                                  {"scratch", "thickness", "width", 0.01, 0.02, true},
                                  {"scratch", "strength", "strength", 0.5, 0.9},
                                  {"scratch", "gaps", "gaps", 0.1, 0.2},
                                  {"pore", "depth", "depth", 0.7, 0.8},
                                  {"chip", "radius", "radius", 0.05, 0.09, true},
                                  {"chip", "depth", "depth", 0.5, 0.6},
                                  {"stain", "radius", "radius", 0.1, 0.2, true},
                                  {"stain", "strength", "strength", 0.3, 0.4},
                                  {"stain", "softness", "softness", 0.2, 0.3},
                                  {"stain", "tide", "tide", 0.5, 0.7},
                                  {"warp", "radius", "radius", 0.2, 0.3, true},
                                  {"warp", "shift", "shift", 0.05, 0.1, true},
                                  {"perlin", "opacity", "opacity", 0.8, 0.9},
                                  {"perlin", "angle", "angle", -20, -10},
                                  {"noise", "sigma", "sigma", 0.05, 0.06}};
    const auto images = parts(48);
    for (const Draw& draw : draws) {
        const double unit = draw.share ? height : 1, low = unit * draw.low, high = unit * draw.high;
        const auto out = damaged(draw.name, images, {{draw.parameter, range(draw.low, draw.high)}});
        double least = 1e9, most = -1e9;
        for (std::size_t i = 0; i < images->size(); ++i) {
            const double value = told(sample_at(*out, i)).at(draw.key);
            least = std::min(least, value);
            most = std::max(most, value);
        }
        const std::string what = std::string(draw.name) + "." + draw.parameter;
        EXPECT_GE(least, low - 1e-4 * unit) << what;
        EXPECT_LE(most, high + 1e-4 * unit) << what;
        EXPECT_LT(least, low + 0.2 * (high - low)) << what;
        EXPECT_GT(most, high - 0.2 * (high - low)) << what;
    }
}

TEST(DrawnFamily, MoreDefectsThanCanBeNumberedLeaveNoInstances) {
    Sample sample = sample_of("full", part(1), Image(width, height, 1), Label::anomalous);
    sample.instances = Image(width, height, 1);
    sample.instance_classes.assign(255, "pore");
    const Sample after = sample_at(*damaged("pore", fixed_images({sample})), 0);
    EXPECT_TRUE(after.instances.empty());
    EXPECT_TRUE(after.instance_classes.empty());
    EXPECT_GT(marked(after.mask), 3);
}

}  // namespace
