// What a run tells of stages that it takes from the cache: what they warned of, and what they cost when they ran.
#include "show/comparing.hpp"

#include <fettle/image.hpp>

namespace {

using namespace comparing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using testing_fettle::stages_with;
using testing_fettle::text_of;
namespace fs = std::filesystem;

class Replayed : public Runs {
   protected:
    /// 16 photos in class folders, with a file of another kind among them; and a table of which a row is left out.
    void SetUp() override {
        for (int i = 0; i < 16; ++i) photo(i % 4 == 0 ? "broken" : "good", i);
        testing_fettle::write_text(folder() / "photos/film.gif", "not read");
        auto samples = scored(12, 2, 1);
        samples[3].split = "calibrate";
        write_scores("table", samples, "read");
        graph("warned.toml", R"(format = 1
[graph]
name = "warned"
summary = "Photos that are told apart by what shrinking loses."
[stage.photos]
use = "dataset.folder"
path = "photos"
split = "test"
[stage.coarse]
use = "transform.resize"
in.images = "photos"
size = [4, 4]
[stage.blurred]
use = "transform.resize"
in.images = ["coarse"]
size = [16, 16]
[stage.difference]
use = "similarity.l2"
in.reference = "photos"
in.candidate = "blurred"
[stage.score]
use = "score.pool"
in.maps = ["difference"]
by = "maximum"
[stage.cut]
use = "threshold.manual"
in.scores = ["score"]
level = 0.1
[stage.judge]
use = "evaluate.detection"
in.decisions = ["cut"]
[stage.report]
use = "report.html"
in.measures = "judge"
[stage.table]
use = "score.read"
path = "table.csv"
thresholds = [0.8]
[stage.read]
use = "evaluate.detection"
in.decisions = ["table.decisions"]
)");
    }
    void photo(const std::string& kind, int i) const {
        fettle::Image image(16, 16, 3);
        image.pixels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(20 + 10 * i);
        const auto bytes = fettle::encode_image(image, ".png");
        testing_fettle::write_text(folder() / "photos" / kind / (std::to_string(i) + ".png"),
                                   {bytes.begin(), bytes.end()});
    }
    Json record() {
        const Outcome outcome = call({"run", "warned.toml"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        said_ = outcome.err;
        run_ = run_folder(outcome);
        return Json::parse(text_of(run_ / "run.json"));
    }
    /// The record that stands in the run's page.
    Json record_in_page() const {
        const std::string page = text_of(run_ / "report.html"), open = "<script type=\"application/json\" id=\"run\">";
        const auto begin = page.find(open) + open.size();
        return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
    }
    static std::vector<std::string> warned(const Json& record) {
        std::vector<std::string> out;
        for (const Json& each : record.at("warnings")) out.push_back(each.at("stage"));
        return out;
    }
    static Json stage(const Json& record, const std::string& name) {
        for (const Json& each : record.at("stages"))
            if (each.at("name") == name) return each;
        ADD_FAILURE() << "no stage " << name;
        return {};
    }
    static std::vector<std::string> names_in(const Json& object) {
        std::vector<std::string> out;
        for (const auto& [name, value] : object.items()) out.push_back(name);
        return out;
    }
    std::string said_;
    fs::path run_;
};

TEST_F(Replayed, WarningsComeBackWithWhatTheyWereGivenFor) {
    const Json first = record();
    ASSERT_THAT(warned(first), UnorderedElementsAre("photos", "table"));  // one is lazy, one is stored
    EXPECT_EQ(first["summary"], "Photos that are told apart by what shrinking loses.");
    const Json second = record();
    ASSERT_THAT(stages_with("started", run_), IsEmpty());
    EXPECT_EQ(second["warnings"], first["warnings"]);
    EXPECT_EQ(record_in_page()["warnings"], first["warnings"]);
    EXPECT_THAT(said_, HasSubstr("warning: photos: 1 file"));
    EXPECT_THAT(stages_with("warning", run_), UnorderedElementsAre("photos", "table"));

    // One reader of the photos runs again, the other doesn't: they are warned of once.
    graph("again.toml",
          "extends = \"warned.toml\"\n[graph]\nname = \"warned\"\n[stage.report]\nin.examples = [\"difference\"]\n");
    const Outcome third = call({"run", "again.toml"});
    ASSERT_EQ(third.status, 0) << third.err;
    EXPECT_THAT(stages_with("started", run_folder(third)), ElementsAre("report"));
    EXPECT_EQ(Json::parse(text_of(run_folder(third) / "run.json"))["warnings"], first["warnings"]);
}

TEST_F(Replayed, CostsAreThoseOfTheTimeItRan) {
    const Json first = record(), second = record();
    const Json ran = stage(first, "score"), cached = stage(second, "score");
    EXPECT_FALSE(ran.contains("earlier"));
    EXPECT_EQ(cached["state"], "cached");
    EXPECT_EQ(cached["items"], 0);
    EXPECT_EQ(cached["earlier"]["seconds"], ran["seconds"]);
    EXPECT_EQ(cached["earlier"]["items"], ran["items"]);
    EXPECT_GT(stage(second, "photos")["earlier"]["seconds"], 0);

    // One entry for each stage that judges; what it takes is the sum of what the stages on its way take.
    for (const Json* run : {&first, &second}) {
        const Json& latency = run->at("latency");
        ASSERT_EQ(latency.size(), 2u);
        EXPECT_EQ(latency[0]["judge"], "judge");
        EXPECT_EQ(latency[1]["judge"], "read");
        EXPECT_THAT(names_in(latency[0]["stages"]),
                    UnorderedElementsAre("photos", "coarse", "blurred", "difference", "score"));
        double sum = 0;
        for (const auto& [name, seconds] : latency[0]["stages"].items()) {
            const Json of = stage(*run, name), spent = of.contains("earlier") ? of["earlier"] : of;
            EXPECT_EQ(seconds.get<double>(), spent["seconds"].get<double>() / spent["items"].get<double>()) << name;
            sum += seconds.get<double>();
        }
        EXPECT_NEAR(latency[0]["seconds_per_image"].get<double>(), sum, 1e-12 * sum);
        EXPECT_GT(sum, 0);
        EXPECT_THAT(latency[0]["unknown"], IsEmpty());
        EXPECT_TRUE(latency[1]["seconds_per_image"].is_null());  // nothing on its way works on images
        EXPECT_EQ(latency[1]["no_interval"], "nothing on its way works on images");
    }
    EXPECT_THAT(first["latency"][0]["no_interval"], HasSubstr("score worked in a single batch"));
}

/// How sure the time of an image is was measured by the run that made the results, and is known as long as they are.
TEST_F(Replayed, TheIntervalOfAnImagesTimeIsOfTheTimeItRan) {
    for (int i = 16; i < 100; ++i) photo("good", i);
    const Json first = record()["latency"][0], second = record()["latency"][0];
    for (const Json* latency : {&first, &second}) {
        ASSERT_TRUE(latency->contains("low")) << *latency;
        EXPECT_LE(latency->at("low"), latency->at("seconds_per_image"));
        EXPECT_GT(latency->at("high"), latency->at("seconds_per_image"));
        EXPECT_FALSE(latency->contains("no_interval"));
        EXPECT_EQ(names_in(latency->at("intervals")), names_in(latency->at("stages")));
        for (const auto& [name, each] : latency->at("intervals").items()) EXPECT_GE(each["batches"], 2) << name;
    }
    EXPECT_EQ(second["intervals"]["score"], first["intervals"]["score"]);
    EXPECT_THAT(first["earlier"], IsEmpty());
    EXPECT_EQ(second["earlier"].get<std::vector<std::string>>(), names_in(second["stages"]));
}

TEST_F(Replayed, EntriesOfWhichNothingIsKnownAreBelieved) {
    const Json first = record();
    fs::remove_all(folder() / "cache/made");
    const Json second = record();
    EXPECT_THAT(stages_with("started", run_), IsEmpty());
    EXPECT_THAT(second["warnings"], IsEmpty());
    EXPECT_FALSE(stage(second, "score").contains("earlier"));
    EXPECT_TRUE(second["latency"][0]["seconds_per_image"].is_null());
    EXPECT_THAT(second["latency"][0]["unknown"].get<std::vector<std::string>>(), ::testing::Contains("score"));
}

TEST_F(Replayed, WhatIsKnownOfAnEntryGoesWithIt) {
    record();
    EXPECT_FALSE(testing_fettle::files_of(folder() / "cache/made").empty());
    const Outcome outcome = call({"cache", "--to", "0M"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(testing_fettle::files_of(folder() / "cache/entries"), IsEmpty());
    EXPECT_THAT(testing_fettle::files_of(folder() / "cache/made"), IsEmpty());
}

}  // namespace
