// What a paste promises: counts, places, labels, a passport, and words where it can't keep them.
#include "pasting.hpp"

#include <numeric>
#include <set>

namespace {

using namespace pasting;
using ::testing::HasSubstr;

TEST(Paste, InstancesTellObjectsApart) {
    const auto images = grounds(20);
    const auto out = pasted(images, objects(), {{"count", Setting::List{1, 4}}, {"overlap", 0}, {"no_room", "drop"}});
    std::set<std::string> classes;
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample after = sample_at(*out, i);
        const auto lines = lines_of(after);
        ASSERT_EQ(after.instance_classes.size(), lines.size());
        long pixels = 0;
        for (std::size_t k = 0; k < lines.size(); ++k) {
            EXPECT_EQ(box_of(after.instances, static_cast<int>(k) + 1), box_of(lines[k]));
            EXPECT_EQ(std::count(after.instances.pixels.begin(), after.instances.pixels.end(), k + 1),
                      lines[k].at("pixels").get<long>());
            EXPECT_EQ(lines[k].at("class"), after.instance_classes[k]);
            EXPECT_EQ(lines[k].at("background"), after.info.id);
            classes.insert(after.instance_classes[k]);
            pixels += lines[k].at("pixels").get<long>();
        }
        EXPECT_EQ(pixels, marked(after.mask));  // forbidden to overlap: no pixel belongs to two
        for (std::size_t p = 0; p < after.mask.pixels.size(); ++p)
            EXPECT_EQ(after.mask.pixels[p] != 0, after.instances.pixels[p] != 0);
    }
    EXPECT_EQ(classes, (std::set<std::string>{"cracks", "pore", "object"}));
    const Sample named = sample_at(*pasted(images, objects(), {{"class", "dirt"}}), 0);
    EXPECT_EQ(named.instance_classes, std::vector<std::string>{"dirt"});
}

TEST(Paste, OverlapIsBounded) {
    const auto images = grounds(30);
    const auto greatest = [&](double overlap) {
        const auto out = pasted(images, fixed_images({bar("b", 40, 40)}),
                                {{"count", 2}, {"overlap", overlap}, {"scale", Setting::List{0.4, 0.4}}});
        double greatest = 0;
        for (std::size_t i = 0; i < images->size(); ++i) {
            const Sample after = sample_at(*out, i);
            const auto lines = lines_of(after);
            const double first = lines.at(0).at("pixels"), second = lines.at(1).at("pixels");
            greatest = std::max(greatest, (first + second - marked(after.mask)) / std::min(first, second));
        }
        return greatest;
    };
    EXPECT_EQ(greatest(0), 0);
    const double some = greatest(0.25);
    EXPECT_LE(some, 0.25);
    EXPECT_GT(some, 0.05);
    EXPECT_GT(greatest(1), 0.4);
}

TEST(Paste, WithoutReplacementObjectsDiffer) {
    const auto images = grounds(12);
    const auto out = pasted(images, objects(), {{"count", 3}, {"replace", false}});
    for (std::size_t i = 0; i < images->size(); ++i) {
        std::set<std::string> ids;
        for (const Json& line : lines_of(sample_at(*out, i))) ids.insert(line.at("object"));
        EXPECT_EQ(ids.size(), 3u);
    }
    const Error error = error_of([&] { pasted(images, objects(), {{"count", 4}, {"replace", false}}); });
    EXPECT_EQ(error.parameter(), "count");
    EXPECT_THAT(error.what(), HasSubstr("4 different objects"));
    EXPECT_THAT(error.what(), HasSubstr("holds 3"));
}

/// Images whose masks allow the given columns.
Ref<Images> columns(int count, int from, int to, int width = side) {
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i) {
        Image mask(width, side, 1);
        for (int y = 0; y < side; ++y)
            for (int x = from; x < to; ++x) *mask.at(x, y) = 255;
        samples.push_back(sample_of("place" + std::to_string(i), Image(width, side, 3), mask));
    }
    return fixed_images(std::move(samples));
}

TEST(Paste, ObjectsStayOnAllowedPlaces) {
    const auto images = grounds(12);
    const auto out = pasted(images, objects(), {{"count", 2}}, columns(12, 30, 70));
    const auto half = pasted(images, objects(), {{"count", 2}, {"on_places", 0.5}}, columns(12, 30, 70));
    bool beyond = false;
    for (std::size_t i = 0; i < 12; ++i) {
        const Sample after = sample_at(*out, i);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x) EXPECT_TRUE(*after.mask.at(x, y) == 0 || (x >= 30 && x < 70));
        for (const Json& line : lines_of(sample_at(*half, i))) {
            const auto box = box_of(line);
            beyond |= box[0] < 30 || box[2] > 70;
        }
    }
    EXPECT_TRUE(beyond);
}

TEST(Paste, PlacesThatCannotBeAreSaidInWords) {
    const auto images = grounds(3);
    const auto error = [&](const Ref<Images>& places, const Settings& settings = {}) {
        return error_of([&] { sample_at(*pasted(images, objects(), settings, places), 1); });
    };
    EXPECT_THAT(error(columns(3, 0, 0)).what(), HasSubstr("`ground1`"));
    EXPECT_THAT(error(columns(3, 0, 0)).what(), HasSubstr("empty"));
    EXPECT_THAT(error(columns(3, 0, 9, 50)).what(), HasSubstr("50x96"));
    EXPECT_THAT(error(columns(2, 0, 90)).what(), HasSubstr("`in.places` has 2"));
    EXPECT_THAT(error(grounds(3)).what(), HasSubstr("no mask"));
    EXPECT_THAT(error(columns(3, 40, 43)).what(), HasSubstr("no room in the places allowed"));
    const auto left = pasted(images, objects(), {{"empty_places", "leave"}}, columns(3, 0, 0));
    EXPECT_EQ(left->info(1).label, Label::unknown);
    EXPECT_EQ(sample_at(*left, 1).image, sample_at(*images, 1).image);
    EXPECT_EQ(sample_at(*left, 1).info.label, Label::normal);
}

TEST(Paste, LimitsHoldInSharesAndPixels) {
    const auto images = grounds(20);
    const Settings shares{{"left", Setting::List{0.25, 0.5}}, {"top", Setting::List{0.0, 0.25}}};
    const Settings pixels{{"left", Setting::List{24, 48}}, {"top", Setting::List{0, 24}}, {"limits", "pixels"}};
    for (const Settings& settings : {shares, pixels}) {
        const auto out = pasted(images, objects(), settings);
        for (std::size_t i = 0; i < images->size(); ++i) {
            const Json line = lines_of(sample_at(*out, i)).at(0);
            EXPECT_GE(line.at("x"), 24);
            EXPECT_LE(line.at("x"), 48);
            EXPECT_LE(line.at("y"), 24);
        }
    }
}

TEST(Paste, ObjectsStickOutAsFarAsAllowed) {
    const auto images = grounds(60);
    int greatest = 0;
    const auto out = pasted(images, fixed_images({bar("b", 40, 40)}), {{"stick_out", 0.5}, {"size", 40}});
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Json line = lines_of(sample_at(*out, i)).at(0);
        for (const int corner : line.at("corner")) {
            greatest = std::max({greatest, -corner, corner + 40 - side});
            EXPECT_GE(corner, -20 - 1);
        }
        EXPECT_EQ(box_of(line), box_of(sample_at(*out, i).instances, 1));
    }
    EXPECT_GT(greatest, 10);
    EXPECT_LE(greatest, 21);
}

TEST(Paste, SizesAreInPixelsOrShares) {
    const auto images = grounds(10);
    const Settings still{{"angle", Setting::List{0, 0}}, {"feather", 0}};
    Settings in_pixels = still, in_shares = still, stretched = still;
    in_pixels["size"] = 33;
    in_shares["scale"] = Setting::List{0.25, 0.25};
    stretched["size"] = 32, stretched["stretch"] = Setting::List{4, 4};
    const auto opaque = fixed_images({sample_of("o", Image(50, 50, 3, 10))});
    const Json pixels = lines_of(sample_at(*pasted(images, opaque, in_pixels), 0)).at(0);
    EXPECT_EQ(pixels.at("width"), 33);
    EXPECT_EQ(pixels.at("height"), 33);
    EXPECT_EQ(lines_of(sample_at(*pasted(images, opaque, in_shares), 0)).at(0).at("width"), side / 4);
    const Json wide = lines_of(sample_at(*pasted(images, opaque, stretched), 0)).at(0);
    EXPECT_EQ(wide.at("width"), 64);
    EXPECT_EQ(wide.at("height"), 16);
}

TEST(Paste, TurnedObjectsKeepTheirArea) {
    // A rectangle turned by any angle, in one step with its resizing, covers as many pixels.
    const auto images = grounds(40);
    const auto out = pasted(images, fixed_images({sample_of("o", Image(300, 120, 3, 10))}),
                            {{"size", 50}, {"feather", 0}, {"opacity", Setting::List{1, 1}}});
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Json line = lines_of(sample_at(*out, i)).at(0);
        EXPECT_NEAR(line.at("pixels").get<double>(), 50 * 20, 110) << line;
        const double angle = line.at("angle").get<double>() * 3.14159265 / 180;
        EXPECT_NEAR(line.at("width").get<double>(), 50 * std::abs(std::cos(angle)) + 20 * std::abs(std::sin(angle)), 3);
    }
}

Parts step(const std::string& where, const std::string& id, const Settings& settings) {
    return {{where, transforms().make(id, settings)}};
}

TEST(Paste, StepsChangeObjectsAndStandInThePassport) {
    const auto images = grounds(4);
    const auto out = pasted(images, fixed_images({bar("b", 60, 20)}),
                            {{"angle", Setting::List{0, 0}}, {"flip", "none"}, {"size", 30}, {"feather", 0}}, nullptr,
                            step("object", "transform.rotate", {{"degrees", Setting::List{90, 90}}, {"cutout", true}}));
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Json line = lines_of(sample_at(*out, i)).at(0);
        EXPECT_GT(line.at("height").get<int>(), 2 * line.at("width").get<int>());
        EXPECT_EQ(line.at("steps").at(0).at("stage"), "transform.rotate");
        EXPECT_EQ(line.at("steps").at(0).at("angle"), 90);
    }
}

TEST(Paste, StepsOfTheGroundMoveItsPlaces) {
    // Mirrored, the allowed columns 0 to 30 are the last 30.
    const auto images = grounds(6);
    const auto out = pasted(images, objects(), {{"size", 16}}, columns(6, 0, 30),
                            step("ground", "transform.flip", {{"axis", "horizontal"}}));
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample after = sample_at(*out, i);
        EXPECT_EQ(lines_of(after).front().at("stage"), "transform.flip");
        EXPECT_GE(box_of(after.instances, 1)[0], side - 30);
        const Sample before = sample_at(*images, i);
        EXPECT_TRUE(std::equal(before.image.at(0, 0), before.image.at(0, 0) + 3, after.image.at(side - 1, 0)));
    }
}

TEST(Paste, StepsAfterwardsMoveMaskAndInstances) {
    const auto images = grounds(6);
    const Settings settings{{"count", 2}, {"overlap", 0}};
    const auto plain = pasted(images, objects(), settings);
    const auto flipped =
        pasted(images, objects(), settings, nullptr, step("after", "transform.flip", {{"axis", "vertical"}}));
    const auto speckled = pasted(images, objects(), settings, nullptr, step("after", "transform.speckle", {}));
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample before = sample_at(*plain, i), after = sample_at(*flipped, i), dotted = sample_at(*speckled, i);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x) {
                EXPECT_EQ(*after.instances.at(x, y), *before.instances.at(x, side - 1 - y));
                EXPECT_EQ(*after.mask.at(x, y), *before.mask.at(x, side - 1 - y));
            }
        EXPECT_EQ(after.instance_classes, before.instance_classes);
        EXPECT_EQ(dotted.instances, before.instances);
        for (const Json& line : lines_of(after)) {  // what the flip itself says of its draws isn't a paste's passport
            if (!line.contains("object")) continue;
            EXPECT_EQ(line.at("after").at("x"), line.at("x"));
            EXPECT_EQ(line.at("after").at("y"), side - line.at("y").get<int>() - line.at("height").get<int>());
            EXPECT_EQ(line.at("after").at("height"), line.at("height"));
        }
        EXPECT_NE(dotted.image, before.image);
    }
}

TEST(Paste, EarlierDefectsAreAnInstanceOfTheirOwn) {
    Image mask(side, side, 1);
    for (int x = 0; x < 9; ++x) *mask.at(x, 0) = 255;
    const auto images = fixed_images({sample_of("a", Image(side, side, 3, 200), mask)});
    const Sample after = sample_at(*pasted(images, objects(), {{"top", Setting::List{0.2, 1}}}), 0);
    EXPECT_EQ(after.instance_classes.size(), 2u);
    EXPECT_EQ(after.instance_classes[0], "defect");
    EXPECT_EQ(box_of(after.instances, 1), (std::array<int, 4>{0, 0, 9, 1}));
}

TEST(Paste, TheSameWhateverIsRemembered) {
    // A shelf with room for one object makes what a shelf for all makes.
    const auto images = grounds(10);
    std::vector<Sample> large;
    for (int k = 0; k < 5; ++k) large.push_back(bar("o" + std::to_string(k), 500 + 20 * k, 300));
    const auto some = pasted(images, fixed_images(large), {{"count", 3}, {"memory", 1}});
    const auto all = pasted(images, fixed_images(large), {{"count", 3}});
    for (const std::size_t i : Random(3).permutation(10)) {
        EXPECT_EQ(sample_at(*some, i, 2).image, sample_at(*all, i, 2).image);
        EXPECT_EQ(sample_at(*some, i, 2).lineage, sample_at(*all, i, 2).lineage);
    }
}

TEST(Paste, ContradictionsAreCheckErrors) {
    const auto complaint = [](const Settings& settings) {
        return library().entry("synthesize.paste").check(*library().make("synthesize.paste", settings));
    };
    const std::pair<Settings, const char*> cases[] = {
        {{{"size", Setting::List{20, 10}}}, "`size`"},
        {{{"size", 20}, {"scale", Setting::List{0.2, 0.3}}}, "give one of them"},
        {{{"stretch", Setting::List{2, 0.5}}}, "`stretch`"},
        {{{"left", Setting::List{0.6, 0.2}}}, "`left`"},
        {{{"left", Setting::List{0.6}}}, "`left`"},
        {{{"top", Setting::List{-0.5, -0.1}}}, "`stick_out = 0`"},
        {{{"left", Setting::List{1.0, 1.5}}}, "right edge"},
        {{{"top", Setting::List{10, 200}}}, "limits = \"pixels\""}};
    for (const auto& [settings, words] : cases) EXPECT_THAT(complaint(settings), HasSubstr(words));
    EXPECT_EQ(complaint({{"left", Setting::List{10, 200}}, {"limits", "pixels"}}), "");
    EXPECT_EQ(complaint({{"top", Setting::List{-0.5, -0.1}}, {"stick_out", 0.8}}), "");
}

}  // namespace
