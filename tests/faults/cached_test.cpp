// What is taken from the cache, what runs again and why, and that it is the same to the last bit.
#include "faults/training.hpp"

#include <fettle/image.hpp>

namespace {

using namespace testing_fettle;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Cached : public Training {
   protected:
    Cached() { threads = "1"; }

    const Arguments brief{"--set", "train.epochs=2"};

    Arguments with(Arguments more) const {
        more.insert(more.begin(), brief.begin(), brief.end());
        return more;
    }
    Outcome run(Arguments more = {}, const std::string& cache = "cache") {
        const Outcome outcome = call(training(with(std::move(more)), cache));
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome;
    }
    std::map<std::string, Json> plan_of(Arguments more = {}) {
        more = with(std::move(more));
        more.insert(more.begin(), graph_file());
        return plan(more);
    }
    /// A run's `report.json` without the record of when and how it ran.
    Json report_of(const Outcome& outcome) const {
        Json report = Json::parse(text_of(run_folder(outcome) / "report.json"));
        EXPECT_EQ(report.erase("record"), 1U);
        return report;
    }
    /// The stages that a plan says would run.
    static std::vector<std::string> running(const std::map<std::string, Json>& plan) {
        std::vector<std::string> out;
        for (const auto& [stage, entry] : plan)
            if (entry.at("state") == "run") out.push_back(stage);
        return out;
    }
    static std::string why(const std::map<std::string, Json>& plan, const std::string& stage) {
        return plan.at(stage).at("why");
    }
};

TEST_F(Cached, ASecondRunExecutesNothing) {
    const auto before = plan_of();
    EXPECT_THAT(running(before), UnorderedElementsAre("hash", "train", "score", "cut", "judge", "figures"));
    EXPECT_EQ(why(before, "train"), "it never ran");
    const Outcome first = run(), second = run();
    std::cout << "first " << first.seconds << " s, second " << second.seconds << " s\n";
    EXPECT_THAT(stages_with("started", run_folder(second)), IsEmpty());
    EXPECT_THAT(stages_with("cached", run_folder(second)),
                UnorderedElementsAre("hash", "train", "score", "cut", "judge", "figures"));
    EXPECT_EQ(findings_of(run_folder(second)), findings_of(run_folder(first)));
    EXPECT_EQ(text_of(run_folder(second) / "measures.json"), text_of(run_folder(first) / "measures.json"));
    EXPECT_EQ(report_of(second), report_of(first));
    for (const auto& [stage, entry] : plan_of())
        EXPECT_THAT((std::vector<std::string>{"cached", "idle"}), Contains(entry.at("state"))) << stage;
}

TEST_F(Cached, AChangeRunsWhatDependsOnItAndSaysWhy) {
    const Outcome first = run();
    const auto cut = plan_of({"--set", "cut.at=0.8"});
    EXPECT_THAT(running(cut), UnorderedElementsAre("cut", "judge", "figures"));
    EXPECT_EQ(why(cut, "cut"), "at = 0.8 (was at = 0.9)");
    EXPECT_EQ(why(cut, "judge"), "its input decisions changed");

    const auto score = plan_of({"--set", "score.by=\"maximum\""});
    EXPECT_THAT(running(score), UnorderedElementsAre("score", "cut", "judge", "figures"));
    EXPECT_EQ(score.at("train").at("state"), "cached");
    EXPECT_EQ(score.at("rebuilt").at("state"), "open");

    const auto model = plan_of({"--set", "train.model.width=4"});
    EXPECT_THAT(running(model), UnorderedElementsAre("train", "score", "cut", "judge", "figures"));
    EXPECT_THAT(why(model, "train"), HasSubstr("width = 4 (was width = 8)"));

    EXPECT_THAT(running(plan_of({"--set", "graph.seed=8"})),
                UnorderedElementsAre("hash", "train", "score", "cut", "judge", "figures"));

    // What is only said about a graph changes nothing.
    EXPECT_THAT(running(plan_of({"--set", "graph.summary=\"x\"", "--set", "train.note=\"x\"", "--threads", "1"})),
                IsEmpty());

    const Outcome changed = run({"--set", "cut.at=0.8"});
    EXPECT_THAT(stages_with("started", run_folder(changed)), ElementsAre("cut", "judge", "figures"));
    const Outcome back = run();  // what was there before is still there
    EXPECT_THAT(stages_with("started", run_folder(back)), IsEmpty());
    EXPECT_EQ(findings_of(run_folder(back)), findings_of(run_folder(first)));
}

TEST_F(Cached, ChangedImagesAreNoticed) {
    const fs::path file = graph("photos.toml", R"(format = 1
[stage.photos]
use   = "dataset.folder"
path  = "photos"
split = "test"
[stage.hash]
use          = "hash.perceptual"
in.reference = "photos"
in.candidate = "photos"
)");
    fettle::Image image(16, 16, 3);
    const auto write = [&](const char* name) {
        const auto bytes = fettle::encode_image(image, ".png");
        write_text(folder() / "photos/good" / name, std::string(bytes.begin(), bytes.end()));
    };
    write("a.png");
    write("b.png");
    EXPECT_EQ(call({"run", file}).status, 0);
    EXPECT_THAT(running(plan({file})), IsEmpty());
    image.pixels[5] = 200;
    write("b.png");
    auto changed = plan({file});
    EXPECT_THAT(running(changed), ElementsAre("hash"));
    EXPECT_EQ(call({"run", file}).status, 0);
    write("c.png");
    EXPECT_THAT(running(plan({file})), ElementsAre("hash"));
    EXPECT_EQ(call({"run", file}).status, 0);
    fs::remove(folder() / "photos/good/c.png");
    EXPECT_THAT(running(plan({file})), IsEmpty());  // as it was before
}

TEST_F(Cached, TheNumberOfThreadsChangesNoBitOfWhatIsDeterministic) {
    threads = "2";
    run();
    fs::copy(folder() / "cache", folder() / "one", fs::copy_options::recursive);
    // By its maximum, so that both compute scores from the same network.
    const Arguments anew{"--set", "score.by=\"maximum\""};
    const auto scored = [&](const char* threads, const char* cache) {
        Arguments more = anew;
        more.insert(more.end(), {"--set", "hash.size=6"});
        Launch launch = training(with(more), cache);
        launch.arguments[3] = threads;
        const Outcome outcome = call(launch);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_THAT(stages_with("cached", run_folder(outcome)), ElementsAre("train"));
        return run_folder(outcome);
    };
    const fs::path two = scored("2", "cache"), one = scored("1", "one");
    EXPECT_EQ(findings_of(one), findings_of(two));
    EXPECT_EQ(text_of(one / "measures.json"), text_of(two / "measures.json"));
}

TEST_F(Cached, TrainingRepeatsExactly) {
    for (const char* threads : {"1", "2"}) {
        Launch launch = training(with({"--no-cache"}));
        launch.arguments[3] = threads;
        const Outcome first = call(launch), second = call(launch);
        ASSERT_EQ(first.status, 0) << first.err;
        EXPECT_THAT(stages_with("started", run_folder(second)), Contains("train"));
        EXPECT_EQ(findings_of(run_folder(first)), findings_of(run_folder(second))) << threads << " threads";
    }
}

// ---- Damage --------------------------------------------------------------------------------------------------------

struct Damage {
    const char* name;
    void (*apply)(const fs::path& file);
};

const Damage damages[] = {
    {"Truncated", [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }},
    {"Emptied", [](const fs::path& file) { fs::resize_file(file, 0); }},
    {"Flipped",
     [](const fs::path& file) {
         std::string bytes = text_of(file);
         bytes[bytes.size() / 2] ^= 4;
         write_text(file, bytes);
     }},
    {"Removed", [](const fs::path& file) { fs::remove(file); }},
};

class DamagedCache : public Cached, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedCache, IsNotBelievedButMadeAgain) {
    const Outcome first = run();
    std::size_t damaged = 0;
    for (const auto& [name, content] : files_of(folder() / "cache/entries")) {
        if (name.ends_with("key.txt")) continue;
        GetParam().apply(folder() / "cache/entries" / name);
        ++damaged;
    }
    EXPECT_GE(damaged, 12);  // a manifest and a value for each of six stages, and the network
    const Outcome again = run();
    EXPECT_EQ(count_of("warning[C601]: the cache entry ", again.err), 6) << again.err;
    EXPECT_EQ(stages_with("started", run_folder(again)).size(), 6);
    EXPECT_EQ(findings_of(run_folder(again)), findings_of(run_folder(first)));
    EXPECT_EQ(count_of("C601", run().err), 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, DamagedCache, testing::ValuesIn(damages),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(Cached, OneDamagedFileIsMadeAgainAlone) {
    const Outcome first = run();
    const std::string key = plan_of().at("train").at("key");
    fs::remove(folder() / "cache/entries" / key.substr(0, 2) / key / "network/network.pt");
    const Outcome again = run();
    EXPECT_EQ(count_of("warning[C601]: the cache entry " + key.substr(0, 12), again.err), 1) << again.err;
    EXPECT_THAT(again.err, HasSubstr("network/network.pt"));
    EXPECT_THAT(stages_with("started", run_folder(again)), ElementsAre("train"));
    EXPECT_EQ(findings_of(run_folder(again)), findings_of(run_folder(first)));
}

}  // namespace
