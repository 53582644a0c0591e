// The small transforms that objects, grounds and finished images go through, against Pillow and scikit-image.
#include "transform/transforms.hpp"

#include <set>

namespace {

using namespace support;

double sum_of(const Image& image) {
    double sum = 0;
    for (const auto value : image.pixels) sum += value;
    return sum;
}

Sample cutout(std::uint64_t seed, int width, int height) {
    Sample sample = sample_of("cutout", picture(seed, width, height), Image(width, height, 1));
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            *sample.mask.at(x, y) = static_cast<std::uint8_t>(
                std::clamp(128 + 20 * (width * 0.3 - std::hypot(x - width / 2.0, y - height / 2.0)), 0.0, 255.0));
    return sample;
}

Json last_line(const Sample& sample) { return Json::parse(sample.lineage.back()); }

TEST(Flip, IsPillows) {
    NEEDS_PYTHON("PIL, numpy");
    const Sample before = cutout(1, 40, 30);
    for (const auto& [axis, script] :
         {std::pair{"horizontal", "out = ImageOps.mirror(image)"}, std::pair{"vertical", "out = ImageOps.flip(image)"},
          std::pair{"both", "out = image.rotate(180)"}}) {
        const Sample after = transformed("transform.flip", before, {{"axis", axis}});
        EXPECT_EQ(after.image, by_python(before.image, "numpy", script));
        EXPECT_EQ(last_line(after).at("axis"), axis);
    }
}

TEST(Flip, HappensAsOftenAsAsked) {
    const Sample before = cutout(1, 20, 20);
    for (const double chance : {0.0, 0.3, 1.0}) {
        int flipped = 0;
        const auto out =
            transformed("transform.flip", fixed_images(std::vector<Sample>(400, before)), {{"chance", chance}});
        for (std::size_t i = 0; i < 400; ++i) flipped += !sample_at(*out, i).lineage.empty();
        EXPECT_NEAR(flipped, 400 * chance, 5 * std::sqrt(400 * chance * (1 - chance)) + 0.1);
    }
}

TEST(Rotate, QuartersArePillows) {
    NEEDS_PYTHON("PIL, numpy");
    const Sample before = cutout(2, 40, 26);
    for (const int degrees : {90, 180, 270, -90}) {
        const Sample after =
            transformed("transform.rotate", before, {{"degrees", Setting::List{1.0 * degrees, 1.0 * degrees}}});
        EXPECT_EQ(after.image,
                  by_python(before.image, "numpy", "out = image.rotate(" + std::to_string(degrees) + ", expand=True)"));
        EXPECT_EQ(after.mask.width, after.image.width);
    }
}

TEST(Rotate, SoftAlphaSurvivesAndNothingIsLost) {
    const Sample before = cutout(3, 60, 80);
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        const Sample after = transformed("transform.rotate", before, {{"cutout", true}}, seed);
        EXPECT_NEAR(sum_of(after.mask) / sum_of(before.mask), 1, 0.02);
        EXPECT_TRUE(
            std::any_of(after.mask.pixels.begin(), after.mask.pixels.end(), [](auto v) { return v > 50 && v < 200; }));
        // Cut to what shows: every border has a pixel of it.
        for (const int x : {0, after.mask.width - 1}) {
            bool some = false;
            for (int y = 0; y < after.mask.height; ++y) some |= *after.mask.at(x, y) != 0;
            EXPECT_TRUE(some);
        }
    }
}

TEST(Rotate, APictureGrowsAndIsNotAnomalousForIt) {
    Sample before = sample_of("p", picture(4, 60, 40));
    const Sample after = transformed("transform.rotate", before, {{"degrees", Setting::List{30, 30}}});
    EXPECT_EQ(after.image.width, static_cast<int>(std::ceil(60 * std::cos(3.14159265 / 6) + 40 * 0.5)));
    EXPECT_TRUE(after.mask.empty());
    // Counter-clockwise by 30 degrees: what was right of the middle lies up to the right.
    EXPECT_NEAR(after.image.at(after.image.width / 2 + 17, after.image.height / 2 - 10)[0], before.image.at(50, 20)[0],
                45);
    const Sample opaque =
        transformed("transform.rotate", before, {{"degrees", Setting::List{30, 30}}, {"cutout", true}});
    EXPECT_NEAR(sum_of(opaque.mask) / 255, 60 * 40, 60 * 40 * 0.03);
}

TEST(Rotate, StepsAreKept) {
    const auto out = transformed("transform.rotate", fixed_images(std::vector<Sample>(60, cutout(1, 12, 12))),
                                 {{"degrees", Setting::List{0, 360}}, {"step", 90}});
    std::map<double, int> seen;
    for (std::size_t i = 0; i < 60; ++i) ++seen[last_line(sample_at(*out, i)).at("angle").get<double>()];
    for (const auto& [angle, count] : seen) EXPECT_EQ(std::fmod(angle, 90), 0) << angle;
    EXPECT_GE(seen.size(), 4u);
}

TEST(Saturation, IsScikitImagesHsv) {
    NEEDS_PYTHON("PIL, numpy, skimage.color");
    const Sample before = sample_of("p", picture(5, 40, 40));
    for (const auto& [s, v] : {std::pair{0.4, 1.0}, std::pair{1.7, 1.0}, std::pair{1.0, 1.6}, std::pair{0.0, 0.7}}) {
        const Sample after = transformed("transform.saturation", before,
                                         {{"saturation", Setting::List{s, s}}, {"value", Setting::List{v, v}}});
        const Image peer = by_python(before.image, "skimage.color",
                                     "h = skimage.color.rgb2hsv(a)\nh[..., 1] = np.clip(h[..., 1] * " +
                                         std::to_string(s) + ", 0, 1)\nh[..., 2] = np.clip(h[..., 2] * " +
                                         std::to_string(v) + ", 0, 1)\nout = skimage.color.hsv2rgb(h) * 255");
        EXPECT_LE(greatest_difference(after.image, peer), 1) << s << ", " << v;
    }
}

TEST(Channels, KeepWhatTheySay) {
    const Sample before = sample_of("p", picture(6, 20, 20));
    const std::tuple<const char*, int, int, int> cases[] = {{"red", 1, 0, 0},    {"green", 0, 1, 0},
                                                            {"blue", 0, 0, 1},   {"purple", 1, 0, 1},
                                                            {"yellow", 1, 1, 0}, {"cyan", 0, 1, 1}};
    for (const auto& [name, red, green, blue] : cases) {
        const Sample after = transformed("transform.channels", before, {{"keep", name}});
        const int factors[] = {red, green, blue};
        for (std::size_t i = 0; i < after.image.pixels.size(); ++i)
            ASSERT_EQ(after.image.pixels[i], before.image.pixels[i] * factors[i % 3]) << name;
    }
    std::set<std::string> drawn;
    for (std::uint64_t seed = 0; seed < 60; ++seed)
        drawn.insert(last_line(transformed("transform.channels", before, {}, seed)).at("keep"));
    EXPECT_EQ(drawn.size(), 6u);
}

TEST(CutOut, ClearsTheMaskWhereItPaints) {
    for (const char* shape : {"rectangle", "square", "circle", "triangle"})
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
            Sample before = sample_of("p", Image(80, 70, 3, 200), Image(80, 70, 1, 255));
            const Sample after = transformed(
                "transform.cut_out", before,
                {{"shape", shape}, {"colour", Setting::List{9, 8, 7}}, {"size", Setting::List{0.2, 0.4}}}, seed);
            int painted = 0;
            for (int y = 0; y < 70; ++y)
                for (int x = 0; x < 80; ++x) {
                    const bool is_painted = after.image.at(x, y)[0] == 9 && after.image.at(x, y)[2] == 7;
                    EXPECT_EQ(is_painted, *after.mask.at(x, y) == 0);
                    painted += is_painted;
                }
            const Json line = last_line(after);
            const double width = line.at("width"), height = line.at("height"), x = line.at("x"), y = line.at("y");
            const double area = std::string(shape) == "circle"     ? 3.1416 * width * width / 4
                                : std::string(shape) == "triangle" ? 0.433 * width * width
                                                                   : width * height;
            const bool whole = x > width && x < 80 - width && y > height && y < 70 - height;
            EXPECT_NEAR(painted, whole ? area : painted, 4.5 * width) << shape;
        }
    const Sample kept = transformed("transform.cut_out", cutout(1, 40, 40), {{"mask", "keep"}});
    EXPECT_EQ(kept.mask, cutout(1, 40, 40).mask);
}

TEST(RandomCrop, IsAWindowOfTheImage) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const Sample before = cutout(seed, 50, 40), after = transformed("transform.random_crop", before, {}, seed);
        const Json line = last_line(after);
        const int x0 = line.at("x"), y0 = line.at("y");
        ASSERT_EQ(after.image.width, line.at("width").get<int>());
        EXPECT_GE(after.image.width, 10);
        for (int y = 0; y < after.image.height; ++y)
            for (int x = 0; x < after.image.width; ++x) {
                EXPECT_TRUE(
                    std::equal(after.image.at(x, y), after.image.at(x, y) + 3, before.image.at(x0 + x, y0 + y)));
                EXPECT_EQ(*after.mask.at(x, y), *before.mask.at(x0 + x, y0 + y));
            }
    }
}

TEST(Speckle, ChangesTheShareAsked) {
    const Sample before = sample_of("p", Image(100, 100, 3, 100));
    const Sample after = transformed("transform.speckle", before, {{"share", Setting::List{0.2, 0.2}}});
    int black = 0, white = 0, same = 0;
    for (std::size_t i = 0; i < after.image.pixels.size(); i += 3) {
        const auto* pixel = &after.image.pixels[i];
        EXPECT_TRUE(pixel[0] == pixel[1] && pixel[1] == pixel[2]);
        black += pixel[0] == 0, white += pixel[0] == 255, same += pixel[0] == 100;
    }
    EXPECT_EQ(black + white + same, 10000);
    EXPECT_NEAR(black, 1000, 150);
    EXPECT_NEAR(white, 1000, 150);
}

TEST(Smooth, IsPillows) {
    NEEDS_PYTHON("PIL.ImageFilter, numpy");
    const Sample before = sample_of("p", noise_image(7, 40, 40));
    const Sample median = transformed("transform.smooth", before, {}),
                 mean = transformed("transform.smooth", before, {{"by", "mean"}});
    const Image medians =
        by_python(before.image, "PIL.ImageFilter", "out = image.filter(PIL.ImageFilter.MedianFilter(5))");
    const Image means = by_python(before.image, "PIL.ImageFilter", "out = image.filter(PIL.ImageFilter.BoxBlur(2))");
    for (int y = 2; y < 38; ++y)
        for (int x = 2; x < 38; ++x)
            for (int c = 0; c < 3; ++c) {
                EXPECT_EQ(median.image.at(x, y)[c], medians.at(x, y)[c]);
                EXPECT_NEAR(mean.image.at(x, y)[c], means.at(x, y)[c], 1);
            }
}

TEST(Colour, XyzAndLuvAreScikitImages) {
    NEEDS_PYTHON("PIL, numpy, skimage.color");
    Sample before = sample_of("p", picture(8, 40, 40));
    const Image xyz = by_python(before.image, "skimage.color", "out = a @ skimage.color.colorconv.xyz_from_rgb.T");
    EXPECT_LE(greatest_difference(transformed("transform.colour", before, {{"to", "xyz"}}).image, xyz), 2);
    const Image luv =
        by_python(before.image, "skimage.color",
                  "u = skimage.color.rgb2luv(a)\nout = np.stack([u[..., 0] * 2.55, (u[..., 1] + 134) * 255 "
                  "/ 354, (u[..., 2] + 140) * 255 / 262], 2)");
    EXPECT_LE(greatest_difference(transformed("transform.colour", before, {{"to", "luv"}}).image, luv), 3);
}

/// A light disc with a dark middle on a grey ground.
Sample part(double x0, double y0, double radius) {
    Sample sample = sample_of("part", Image(120, 120, 3, 120));
    for (int y = 0; y < 120; ++y)
        for (int x = 0; x < 120; ++x) {
            const double r = std::hypot(x - x0, y - y0);
            if (r <= radius)
                std::fill_n(sample.image.at(x, y), 3, static_cast<std::uint8_t>(r < radius / 3 ? 20 : 220));
        }
    return sample;
}

TEST(Region, FindsTheRingOfAPart) {
    const Sample after =
        transformed("transform.region", part(55, 64, 48), {{"within", "circle"}, {"ring", Setting::List{0.5, 0.9}}});
    for (int y = 0; y < 120; ++y)
        for (int x = 0; x < 120; ++x) {
            const double r = std::hypot(x - 55, y - 64) / 48;
            if (std::abs(r - 0.5) < 0.04 || std::abs(r - 0.9) < 0.04) continue;
            EXPECT_EQ(*after.mask.at(x, y), r > 0.5 && r < 0.9 ? 255 : 0) << x << ", " << y;
        }
    Settings bright{{"within", "circle"}, {"tone", "bright"}};
    const Sample light = transformed("transform.region", part(55, 64, 48), bright);
    EXPECT_EQ(*light.mask.at(55, 64), 0);
    EXPECT_EQ(*light.mask.at(55 + 35, 64), 255);
    bright["margin"] = 0.05;
    EXPECT_LT(sum_of(transformed("transform.region", part(55, 64, 48), bright).mask), sum_of(light.mask) * 0.85);
}

TEST(Region, ItsThresholdIsScikitImages) {
    NEEDS_PYTHON("PIL, numpy, skimage.filters");
    const Sample before = sample_of("p", grey_picture(9, 60, 60));
    const Sample after = transformed("transform.region", before, {{"tone", "dark"}, {"blur", 0}});
    const Image peer = by_python(before.image, "skimage.filters",
                                 "g = a[..., 0]\nout = np.where(g <= skimage.filters.threshold_otsu(g), 255, 0)");
    for (int y = 0; y < 60; ++y)
        for (int x = 0; x < 60; ++x) EXPECT_EQ(*after.mask.at(x, y), peer.at(x, y)[0]);
}

TEST(Region, WithoutAPartNothingIsMarked) {
    const Sample after =
        transformed("transform.region", sample_of("flat", Image(90, 90, 3, 90)), {{"within", "circle"}});
    EXPECT_EQ(sum_of(after.mask), 0);
    EXPECT_EQ(last_line(after).at("found"), false);
}

TEST(Steps, DefectsStayToldApartWhereTheMaskAloneIsMoved) {
    Sample sample = sample_of("two", noise_image(4, 40, 30), Image(40, 30, 1), Label::anomalous);
    sample.instances = Image(40, 30, 1);
    sample.instance_classes = {"crack", "pore"};
    const auto mark = [&](int left, int top, std::uint8_t number) {
        for (int y = top; y < top + 4; ++y)
            for (int x = left; x < left + 6; ++x) *sample.mask.at(x, y) = 255, *sample.instances.at(x, y) = number;
    };
    mark(2, 3, 1);
    mark(30, 20, 2);
    const auto changed = [&](const char* id, const Settings& settings) { return transformed(id, sample, settings); };
    const Sample flipped = changed("transform.flip", {{"axis", "horizontal"}, {"chance", 1}});
    for (int y = 0; y < 30; ++y)
        for (int x = 0; x < 40; ++x) EXPECT_EQ(*flipped.instances.at(x, y), *sample.instances.at(39 - x, y));
    EXPECT_EQ(flipped.instance_classes, sample.instance_classes);

    const Sample halved = changed("transform.resize", {{"size", Setting::List{20, 15}}});
    EXPECT_EQ(*halved.instances.at(2, 2), 1);
    EXPECT_EQ(*halved.instances.at(16, 11), 2);
    for (std::size_t i = 0; i < halved.mask.pixels.size(); ++i)
        EXPECT_EQ(halved.instances.pixels[i] != 0, halved.mask.pixels[i] == 255);

    const Sample cut = changed("transform.crop", {{"size", Setting::List{20, 20}}, {"at", Setting::List{0, 0}}});
    EXPECT_EQ(std::count(cut.instances.pixels.begin(), cut.instances.pixels.end(), 1), 24);
    EXPECT_EQ(std::count(cut.instances.pixels.begin(), cut.instances.pixels.end(), 2), 0);
    EXPECT_EQ(changed("transform.colour", {{"to", "grey"}}).instances, sample.instances);
}

TEST(Steps, DescribeThemselvesAndRefuseContradictions) {
    expect_conforms(transforms());
    for (const auto& [id, parameter] :
         {std::pair{"transform.rotate", "degrees"}, std::pair{"transform.saturation", "saturation"},
          std::pair{"transform.cut_out", "size"}, std::pair{"transform.random_crop", "share"},
          std::pair{"transform.speckle", "share"}, std::pair{"transform.region", "ring"}})
        EXPECT_THAT(complaint(id, {{parameter, Setting::List{0.9, 0.1}}}), ::testing::HasSubstr(parameter)) << id;
}

}  // namespace
