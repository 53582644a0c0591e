// What a run warns of: once, and again only where it still holds.
#include "faults/trouble.hpp"

namespace {

using namespace testing_fettle;
using testing::IsEmpty;

class Warned : public Troubled {
   protected:
    /// So many stages that are stored and read what the warner gives.
    fs::path readers(int count, const std::string& warnings) const {
        std::string text =
            begin("warned") + made() + stage("warner", "test.warner", "in.images = [\"parts\"]\n" + warnings);
        for (int i = 0; i < count; ++i) text += hash("hash" + std::to_string(i), 4 + i, "warner");
        return graph("warned.toml", text);
    }
    /// The texts that a run's journal has of the warner, in order; the record has the same.
    std::vector<std::string> said(const Outcome& outcome) const {
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        std::vector<std::string> texts, recorded;
        for (const Json& each : journal_of(run_folder(outcome)))
            if (each.at("event") == "warning" && each.at("stage") == "warner") texts.push_back(each.at("text"));
        const Json record = Json::parse(text_of(run_folder(outcome) / "run.json"));
        for (const Json& each : record.at("warnings")) recorded.push_back(each.at("text"));
        std::sort(texts.begin(), texts.end());
        std::sort(recorded.begin(), recorded.end());
        EXPECT_EQ(recorded, texts);
        for (const std::string& text : texts) EXPECT_EQ(count_of("warning: warner: " + text, outcome.err), 1) << text;
        return texts;
    }
};

TEST_F(Warned, WhatIsAboutTheInputsIsToldAgainAndWhatHappenedIsNot) {
    const fs::path file = readers(1, "lasting = 2\npassing = 1\n");
    EXPECT_EQ(said(call(run_of(file))), (std::vector<std::string>{"rain 0;", "spot 0;", "spot 1;"}));
    const Outcome second = call(run_of(file));
    EXPECT_THAT(stages_with("started", run_folder(second)), IsEmpty());
    EXPECT_EQ(said(second), (std::vector<std::string>{"spot 0;", "spot 1;"}));
    EXPECT_EQ(said(call(run_of(file))), said(second));
}

// Each entry that was made from the warner's samples knows its warnings, and they are taken at the same time.
TEST_F(Warned, OnceHoweverManyStagesKnowOfIt) {
    const fs::path file = readers(12, "lasting = 200\n");
    const auto first = said(call(run_of(file, {"--threads", "8"})));
    EXPECT_EQ(first.size(), 200u);
    for (int k = 0; k < 5; ++k) {
        const Outcome again = call(run_of(file, {"--threads", "8"}));
        EXPECT_THAT(stages_with("started", run_folder(again)), IsEmpty());
        EXPECT_EQ(said(again), first);
    }
}

}  // namespace
