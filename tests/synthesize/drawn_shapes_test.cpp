// Cracks, scratches, pores, chips, stains and warps: what each of them looks like.
#include "drawn.hpp"

namespace {

using namespace drawn;

/// An even grey image, on which a defect is all there is.
Image even(int side, std::uint8_t level) { return Image(side, side, 3, level); }

int level(const Image& image, int x, int y) { return *image.at(x, y); }

/// The number of connected regions of a mask (eight neighbours).
int regions(Image mask) {
    int count = 0;
    for (int y = 0; y < mask.height; ++y)
        for (int x = 0; x < mask.width; ++x) {
            if (*mask.at(x, y) == 0) continue;
            ++count;
            std::vector<std::pair<int, int>> open{{x, y}};
            while (!open.empty()) {
                const auto [a, b] = open.back();
                open.pop_back();
                if (a < 0 || b < 0 || a >= mask.width || b >= mask.height || *mask.at(a, b) == 0) continue;
                *mask.at(a, b) = 0;
                for (int v = -1; v <= 1; ++v)
                    for (int u = -1; u <= 1; ++u) open.push_back({a + u, b + v});
            }
        }
    return count;
}

TEST(Crack, AStraightOneHasTheLengthWidthAndDepthDrawn) {
    const Image image = even(200, 160);
    const Settings straight{{"length", range(0.5, 0.5)}, {"width", range(0.05, 0.05)},
                            {"depth", range(0.7, 0.7)},  {"angle", range(0, 0)},
                            {"branches", range(0, 0)},   {"wander", 0.0},
                            {"roughness", 0.0},          {"lip", 0.0},
                            {"ring", range(0.0, 0.4)}};
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Sample after = damaged("crack", image, straight, seed);
        int darkest = 255, thickest = 0;
        for (int x = 0; x < 200; ++x) {
            int thick = 0;
            for (int y = 0; y < 200; ++y)
                thick += *after.mask.at(x, y) != 0, darkest = std::min(darkest, level(after.image, x, y));
            thickest = std::max(thickest, thick);
        }
        EXPECT_LE(thickest, 10 + 3);  // 0.05 of 200, and the soft edge
        EXPECT_GE(thickest, 5);
        EXPECT_NEAR(darkest, 160 * (1 - 0.7), 6);
        EXPECT_EQ(told(after).at("branches"), 0);
        EXPECT_NEAR(told(after).at("length").get<double>(), 100, 1e-3);
    }
}

TEST(Crack, IsDarkInsideAndItsLipIsLitOnOneSide) {
    const Image image = even(200, 120);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Settings base{{"branches", range(0, 0)}, {"width", range(0.03, 0.04)}};
        Settings dull = base;
        dull["lip"] = 0.0;
        const Sample lit = damaged("crack", image, base, seed), plain = damaged("crack", image, dull, seed);
        int brighter = 0, darker = 0;
        for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
            brighter += lit.image.pixels[i] > 122;
            darker += lit.image.pixels[i] < 118;
            EXPECT_LE(plain.image.pixels[i], 120);  // nothing shines without a lip
        }
        EXPECT_GT(brighter, 20);
        EXPECT_GT(darker, brighter);
    }
}

TEST(Crack, BranchesLeaveTheTrunkWhereItIs) {
    // What is drawn for branches comes after the trunk's own draws, so the trunk stays.
    const Image image = even(300, 160);
    int larger = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Settings smooth{{"roughness", 0.0}, {"lip", 0.0}, {"width", range(0.02, 0.02)}};
        Settings none = smooth, many = smooth;
        none["branches"] = range(0, 0);
        many["branches"] = range(4, 4);
        const Sample bare = damaged("crack", image, none, seed), branched = damaged("crack", image, many, seed);
        int kept = 0, all = 0;
        for (std::size_t i = 0; i < bare.mask.pixels.size(); ++i)
            if (bare.mask.pixels[i] != 0) ++all, kept += branched.mask.pixels[i] != 0;
        EXPECT_GT(kept, 0.97 * all);
        larger += marked(branched.mask) > marked(bare.mask);
    }
    EXPECT_GE(larger, 9);
}

TEST(Crack, WanderMakesItLeaveTheStraightLine) {
    const Image image = even(300, 160);
    double straight = 0, wandering = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed)
        for (const double wander : {0.0, 1.5}) {
            const Sample after = damaged("crack", image,
                                         {{"wander", wander},
                                          {"angle", range(0, 0)},
                                          {"branches", range(0, 0)},
                                          {"length", range(0.5, 0.5)},
                                          {"ring", range(0.0, 0.3)}},
                                         seed);
            const Box box = box_of(after.mask);
            (wander == 0 ? straight : wandering) += box.y1 - box.y0;
        }
    EXPECT_GT(wandering, 2 * straight);
}

TEST(Scratch, IsBrightOrDarkAsAsked) {
    const Image image = even(200, 128);
    int bright = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const auto mean_change = [&](const char* tone) {
            const Sample after = damaged("scratch", image, {{"tone", tone}}, seed);
            double sum = 0;
            for (const auto value : after.image.pixels) sum += value - 128;
            return std::pair(sum, told(after).at("tone").get<std::string>());
        };
        EXPECT_GT(mean_change("bright").first, 0);
        EXPECT_LT(mean_change("dark").first, 0);
        const auto [sum, tone] = mean_change("either");
        EXPECT_EQ(sum > 0, tone == "bright");
        bright += tone == "bright";
    }
    EXPECT_GT(bright, 8);
    EXPECT_LT(bright, 32);
}

TEST(Scratch, IsAsThinAndAsLongAsAsked) {
    const Image image = even(300, 128);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Sample after = damaged("scratch", image,
                                     {{"length", range(0.4, 0.4)},
                                      {"width", range(0.005, 0.005)},
                                      {"angle", range(0, 0)},
                                      {"bend", range(0, 0)},
                                      {"gaps", range(0, 0)},
                                      {"strokes", range(1, 1)},
                                      {"ring", range(0.0, 0.4)}},
                                     seed);
        const Box box = box_of(after.mask);
        EXPECT_LE(box.y1 - box.y0, 7);
        EXPECT_LE(box.x1 - box.x0, 0.4 * 300 + 4);
        EXPECT_GE(box.x1 - box.x0, 0.4 * 300 * 0.4);  // the ring cuts off what lies beyond
    }
}

TEST(Scratch, GapsInterruptIt) {
    const Image image = even(300, 128);
    int whole = 0, broken = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed)
        for (const double gaps : {0.0, 0.6})
            (gaps == 0 ? whole : broken) += marked(damaged("scratch", image,
                                                           {{"gaps", range(gaps, gaps)},
                                                            {"length", range(0.5, 0.5)},
                                                            {"strokes", range(1, 1)},
                                                            {"contrast", 0.02}},
                                                           seed)
                                                       .mask);
    EXPECT_LT(broken, 0.8 * whole);
}

TEST(Pore, OneRoundHoleHasTheRadiusDrawn) {
    const Image image = even(200, 150);
    int whole = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Sample after = damaged("pore", image,
                                     {{"radius", range(0.04, 0.04)},
                                      {"cluster", range(1, 1)},
                                      {"roughness", 0.0},
                                      {"rim", 0.0},
                                      {"depth", range(0.8, 0.8)}},
                                     seed);
        const Json holes = told(after).at("holes");
        ASSERT_EQ(holes.size(), 1u);
        const double x = holes[0].at("x"), y = holes[0].at("y");
        EXPECT_NEAR(holes[0].at("radius").get<double>(), 8, 1e-4);
        if (std::min({x, y, 199 - x, 199 - y}) < 14) continue;  // cut off by the border
        ++whole;
        int dark = 0;
        for (std::size_t i = 0; i < image.pixels.size(); i += 3) dark += after.image.pixels[i] < 110;
        EXPECT_NEAR(dark, 3.14159 * 8 * 8, 45);
    }
    EXPECT_GE(whole, 10);
}

TEST(Pore, AClusterHasAsManyHolesAsDrawn) {
    const Image image = even(400, 150);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Sample after = damaged("pore", image,
                                     {{"radius", range(0.01, 0.01)},
                                      {"cluster", range(2, 5)},
                                      {"roughness", 0.0},
                                      {"spread", range(0.05, 0.2)},
                                      {"rim", 0.0}},
                                     seed);
        const std::size_t holes = told(after).at("holes").size();
        EXPECT_GE(holes, 2u);
        EXPECT_LE(holes, 5u);
        EXPECT_LE(regions(after.mask), static_cast<int>(holes));  // two may touch, and one may lie outside
        EXPECT_GE(regions(after.mask), 1);
    }
}

/// A bright half plane beside a dark one, the edge at x = 60.
Image halves() {
    Image image(160, 120, 3, 50);
    for (int y = 0; y < 120; ++y)
        for (int x = 60; x < 160; ++x) std::fill_n(image.at(x, y), 3, 190);
    return image;
}

TEST(Chip, TakesFromThePartAtItsEdge) {
    const Image image = halves();
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Settings smooth{{"radius", range(0.05, 0.1)}, {"roughness", 0.0}, {"glint", 0.0}};
        const Sample bright = damaged("chip", image, smooth, seed);
        const Box box = box_of(bright.mask);
        EXPECT_GE(box.x0, 60 - 3);
        EXPECT_LE(box.x0, 60 + 3);
        EXPECT_LE(box.x1, 60 + 0.1 * 120 * 1.5 + 4);
        for (int y = 0; y < 120; ++y)
            for (int x = 62; x < 160; ++x) EXPECT_LE(level(bright.image, x, y), 190);
        EXPECT_NEAR(std::abs(told(bright).at("normal").get<double>()), 0, 1);  // into the bright half

        Settings from_dark = smooth;
        from_dark["on"] = "dark";
        from_dark["depth"] = range(0, 0);
        const Box other = box_of(damaged("chip", image, from_dark, seed).mask);
        EXPECT_LE(other.x1, 60 + 2);
        EXPECT_GE(other.x1, 60 - 3);
    }
}

TEST(Chip, AnImageWithoutAnEdgeHasNoPlaceForOne) {
    const Error error = error_of([&] { damaged("chip", even(100, 128)); });
    EXPECT_THAT(error.what(), HasSubstr("`only`"));
    EXPECT_THAT(error.what(), HasSubstr("no place"));
    EXPECT_THAT(error.help(), HasSubstr("edge"));
}

TEST(Stain, IsSoftAndAsStrongAsDrawn) {
    const Image image = even(200, 150);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Sample after = damaged("stain", image,
                                     {{"softness", range(0.6, 0.8)},
                                      {"strength", range(0.3, 0.3)},
                                      {"tide", range(0, 0)},
                                      {"radius", range(0.15, 0.15)}},
                                     seed);
        int steepest = 0, darkest = 255;
        for (int y = 1; y < 200; ++y)
            for (int x = 1; x < 200; ++x) {
                darkest = std::min(darkest, level(after.image, x, y));
                steepest = std::max({steepest, std::abs(level(after.image, x, y) - level(after.image, x - 1, y)),
                                     std::abs(level(after.image, x, y) - level(after.image, x, y - 1))});
            }
        EXPECT_LE(steepest, 20);  // of about 45 from rim to middle
        EXPECT_GE(darkest, 150 * (1 - 0.3 * 1.36) - 1);
        EXPECT_LE(darkest, 150 * (1 - 0.3 * 0.7));
    }
}

TEST(Stain, ATintMovesTheChannelsApartOnColourAlone) {
    Image colour = even(200, 150);
    for (std::size_t i = 0; i < colour.pixels.size(); i += 3) colour.pixels[i] = 152;
    int apart = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const Sample after = damaged("stain", colour, {{"tint", range(0.3, 0.3)}}, seed);
        for (std::size_t i = 0; i < colour.pixels.size(); i += 3)
            apart += std::abs(after.image.pixels[i + 1] - after.image.pixels[i + 2]) > 3;
    }
    EXPECT_GT(apart, 400);
}

TEST(Warp, TakesEveryColourFromNearby) {
    const Image image = part(8);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Settings settings{{"shift", range(0.05, 0.05)}, {"turbulence", seed % 2 == 0 ? 0.0 : 0.5}};
        const Sample after = damaged("warp", image, settings, seed);
        const int reach = static_cast<int>(std::ceil(0.05 * height * 1.5)) + 1;
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                if (*after.mask.at(x, y) == 0) continue;
                for (int c = 0; c < 3; ++c) {
                    int least = 255, most = 0;
                    for (int v = std::max(0, y - reach); v <= std::min(height - 1, y + reach); ++v)
                        for (int u = std::max(0, x - reach); u <= std::min(width - 1, x + reach); ++u) {
                            least = std::min<int>(least, image.at(u, v)[c]);
                            most = std::max<int>(most, image.at(u, v)[c]);
                        }
                    ASSERT_GE(after.image.at(x, y)[c], least);
                    ASSERT_LE(after.image.at(x, y)[c], most);
                }
            }
    }
}

TEST(Warp, CannotBeSeenOnAnEvenImage) {
    EXPECT_THAT(error_of([&] { damaged("warp", even(100, 90)); }).what(), HasSubstr("shows"));
}

}  // namespace
