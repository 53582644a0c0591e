#include "../../plugins/mix/shares.hpp"

#include <fettle/statistics.hpp>
#include "data/support.hpp"

#include <numeric>
#include <set>

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/mix.so");
    return library;
}

/// Images whose first pixel tells which they are: `tag`, then the index.
Ref<Images> set_of(const std::string& name, int count, int tag) {
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i) {
        Image image(2, 2, 3, static_cast<std::uint8_t>(tag));
        image.pixels[1] = static_cast<std::uint8_t>(i % 256), image.pixels[2] = static_cast<std::uint8_t>(i / 256);
        samples.push_back(sample_of(name + std::to_string(i), std::move(image)));
        samples.back().info.split = Split::train;
        samples.back().lineage = {"{\"from\": \"" + name + "\"}"};
    }
    return fixed_images(std::move(samples));
}

std::map<std::string, Ref<Images>> mixed(const std::vector<ValueRef>& images, const Settings& settings,
                                         const std::vector<ValueRef>& targets = {}, std::uint64_t seed = 1) {
    TestContext context({}, seed);
    std::map<std::string, Ref<Images>> out;
    for (const auto& [name, value] : library().run("mix.ratio", *library().make("mix.ratio", settings),
                                                   {{"images", images}, {"targets", targets}}, context))
        out[name] = as_images(value);
    return out;
}

Setting list(const std::vector<double>& values) {
    Setting::List out;
    for (const double value : values) out.push_back(value);
    return out;
}

/// How many of each set there are, by the pixel that tells.
std::map<int, int> counts(const Images& images) {
    std::map<int, int> out;
    for (std::size_t i = 0; i < images.size(); ++i) ++out[sample_at(images, i).image.pixels[0]];
    return out;
}

TEST(Ratio, DescribesItself) { expect_conforms(library()); }

TEST(Ratio, CountsAreExactAndNothingIsDrawnTwice) {
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        Random random(seed);
        std::vector<ValueRef> sets;
        std::vector<double> ratios;
        for (int k = 0, many = random.integer(1, 4); k < many; ++k) {
            sets.push_back(set_of("s" + std::to_string(k) + "/", 120, 10 + k));
            ratios.push_back(random.uniform(0.1, 3));
        }
        const int total = random.integer(1, 100);
        const auto out = mixed(sets, {{"ratios", list(ratios)}, {"total", total}}, {}, seed)["images"];
        ASSERT_EQ(out->size(), static_cast<std::size_t>(total));
        const auto ids = ids_of(*out);
        EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
        const double sum = std::accumulate(ratios.begin(), ratios.end(), 0.0);
        const auto there = counts(*out);
        for (std::size_t k = 0; k < ratios.size(); ++k) {
            const auto found = there.find(10 + static_cast<int>(k));
            EXPECT_LT(std::abs((found == there.end() ? 0 : found->second) - total * ratios[k] / sum), 1);
        }
    }
}

/// The apportionment that the article on the method works through: 100,000 votes, ten seats.
TEST(Shares, LargestRemaindersMatchThePublishedExample) {
    const auto shares = shares_of({47000, 16000, 15800, 12000, 6100, 3100});
    EXPECT_THAT(apportioned(shares, 10), ElementsAre(5, 2, 1, 1, 1, 0));
}

TEST(Shares, SumsAreExactAndWholeSharesStay) {
    EXPECT_THAT(apportioned(shares_of({1, 3}), 1000), ElementsAre(250, 750));
    EXPECT_THAT(apportioned(shares_of({0.1, 0.2, 0.7}), 10), ElementsAre(1, 2, 7));
    EXPECT_THAT(apportioned(shares_of({1, 1, 1}), 10), ElementsAre(4, 3, 3));
    EXPECT_THAT(apportioned(shares_of({1, 0}), 7), ElementsAre(7, 0));
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Random random(seed);
        std::vector<double> ratios(static_cast<std::size_t>(random.integer(1, 7)));
        for (double& ratio : ratios) ratio = random.integer(1, 20);
        const auto total = static_cast<std::size_t>(random.integer(0, 5000));
        const auto all = apportioned(shares_of(ratios), total);
        EXPECT_EQ(std::accumulate(all.begin(), all.end(), std::size_t{0}), total);
    }
}

TEST(Shares, TheLargestTotalIsTheLargest) {
    EXPECT_EQ(largest_total(shares_of({1, 3}), {1000, 300}), 400u);
    EXPECT_EQ(largest_total(shares_of({0.3, 0.7}), {3, 100}), 10u);
    EXPECT_EQ(largest_total(shares_of({1, 0}), {5, 0}), 5u);
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Random random(seed);
        const std::vector<double> shares = shares_of({random.uniform(0.1, 2), random.uniform(0.1, 2), 1});
        std::vector<std::size_t> sizes;
        for (int k = 0; k < 3; ++k) sizes.push_back(static_cast<std::size_t>(random.integer(0, 40)));
        const std::size_t most = largest_total(shares, sizes);
        const auto all = apportioned(shares, most);
        bool one_more_is_too_much = false;
        for (std::size_t k = 0; k < 3; ++k) {
            EXPECT_LE(all[k], sizes[k]);
            one_more_is_too_much |= static_cast<double>(most + 1) * shares[k] > static_cast<double>(sizes[k]);
        }
        EXPECT_TRUE(one_more_is_too_much);
    }
}

TEST(Ratio, WithoutATotalTheSmallestSetDecides) {
    const auto out = mixed({set_of("a", 30, 1), set_of("b", 12, 2)}, {{"ratios", list({1, 2})}})["images"];
    EXPECT_EQ(counts(*out), (std::map<int, int>{{1, 6}, {2, 12}}));
}

TEST(Ratio, TargetsGetTheSamePicks) {
    const std::vector<ValueRef> damaged{set_of("a", 40, 1), set_of("b", 50, 2)};
    const std::vector<ValueRef> clean{set_of("x", 40, 101), set_of("y", 50, 102)};
    auto out = mixed(damaged, {{"ratios", list({1, 1})}, {"total", 60}}, clean);
    ASSERT_EQ(out["targets"]->size(), 60u);
    for (std::size_t i = 0; i < 60; ++i) {
        const Sample image = sample_at(*out["images"], i), target = sample_at(*out["targets"], i);
        EXPECT_EQ(target.image.pixels[0], image.image.pixels[0] + 100);
        EXPECT_EQ(target.image.pixels[1], image.image.pixels[1]);
        EXPECT_EQ(target.info.id, image.info.id);
        EXPECT_EQ(image.info.split, Split::train);
        EXPECT_EQ(image.lineage.size(), 1u);
    }
    auto alone = mixed(damaged, {{"ratios", list({1, 1})}, {"total", 60}});
    EXPECT_EQ(ids_of(*alone["targets"]), ids_of(*alone["images"]));
}

TEST(Ratio, TheSeedDrawsAndShuffles) {
    const std::vector<ValueRef> sets{set_of("a", 60, 1), set_of("b", 60, 2)};
    const Settings settings{{"ratios", list({1, 1})}, {"total", 60}};
    const auto ids = [&](std::uint64_t seed) { return ids_of(*mixed(sets, settings, {}, seed)["images"]); };
    EXPECT_EQ(ids(3), ids(3));
    EXPECT_NE(ids(3), ids(4));
    auto one = ids(3), other = ids(4);
    const auto first_half = std::count_if(one.begin(), one.begin() + 30, [](const auto& id) { return id[0] == 'a'; });
    EXPECT_GT(first_half, 5);  // shuffled: neither set comes first
    EXPECT_LT(first_half, 25);
    std::sort(one.begin(), one.end()), std::sort(other.begin(), other.end());
    EXPECT_NE(one, other);  // others were drawn, not only in another order
}

TEST(Ratio, RepeatsOnlyOnceAllWereDrawnAndKeepsIdsUnique) {
    const std::vector<ValueRef> sets{set_of("a", 4, 1), set_of("a", 30, 2)};  // both have an "a0"
    const auto out = mixed(sets, {{"ratios", list({1, 1})}, {"total", 20}, {"repeat", true}})["images"];
    std::map<int, int> often;
    for (std::size_t i = 0; i < out->size(); ++i) {
        const Sample sample = sample_at(*out, i);
        if (sample.image.pixels[0] == 1) ++often[sample.image.pixels[1]];
    }
    ASSERT_EQ(often.size(), 4u);
    for (const auto& [index, times] : often) EXPECT_TRUE(times == 2 || times == 3) << index;
    const auto ids = ids_of(*out);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 20u);
    EXPECT_THAT(ids, ::testing::Contains(::testing::EndsWith("#2")));
}

TEST(Ratio, IdsThatLookLikeCopiesStayApart) {
    const auto named = [](std::vector<std::string> ids) {
        std::vector<Sample> samples;
        for (auto& id : ids) samples.push_back(sample_of(id, Image(1, 1, 3)));
        return fixed_images(std::move(samples));
    };
    const auto out = mixed({named({"a", "a#2"}), named({"a"})}, {{"ratios", list({2, 1})}})["images"];
    auto ids = ids_of(*out);
    std::sort(ids.begin(), ids.end());
    EXPECT_THAT(ids, ElementsAre("a", "a#2", "a#3"));
}

TEST(Ratio, SaysHowManyAreMissing) {
    const std::vector<ValueRef> sets{set_of("a", 100, 1), set_of("b", 30, 2)};
    const Error few = error_of([&] { mixed(sets, {{"ratios", list({1, 1})}, {"total", 100}}); });
    EXPECT_THAT(few.what(), HasSubstr("set 2 of `in.images` holds 30 images"));
    EXPECT_THAT(few.what(), HasSubstr("50"));
    EXPECT_THAT(few.what(), HasSubstr("20 are missing"));
    EXPECT_THAT(few.help(), HasSubstr("enough for 60"));
    EXPECT_EQ(few.parameter(), "total");
    const Error none = error_of([&] {
        mixed({set_of("a", 5, 1), set_of("b", 0, 2)}, {{"ratios", list({1, 1})}, {"total", 4}, {"repeat", true}});
    });
    EXPECT_THAT(none.help(), HasSubstr("empty"));
}

TEST(Ratio, SetsRatiosAndTargetsMustFit) {
    const std::vector<ValueRef> sets{set_of("a", 10, 1), set_of("b", 10, 2)};
    EXPECT_EQ(error_of([&] { mixed(sets, {{"ratios", list({1})}}); }).parameter(), "ratios");
    EXPECT_THAT(error_of([&] {
                    mixed(sets, {{"ratios", list({1, 1})}}, {set_of("x", 10, 3)});
                }).what(),
                HasSubstr("`in.targets` has 1 sets"));
    EXPECT_THAT(error_of([&] {
                    mixed(sets, {{"ratios", list({1, 1})}}, {set_of("x", 10, 3), set_of("y", 9, 4)});
                }).what(),
                HasSubstr("set 2 of `in.images` holds 10 images, that of `in.targets` 9"));
    const auto check = [](const std::vector<double>& ratios) {
        return library().entry("mix.ratio").check(*library().make("mix.ratio", {{"ratios", list(ratios)}}));
    };
    EXPECT_EQ(check({0, 1}), "");
    EXPECT_THAT(check({0, 0}), HasSubstr("`ratios`"));
    EXPECT_THAT(check({}), HasSubstr("`ratios`"));
}

}  // namespace
