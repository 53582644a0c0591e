// The graphs that READMEs of these families show are graphs that work.
#include "process.hpp"

namespace {

using namespace testing_fettle;

/// The first TOML block of a README.
std::string shown_in(const std::string& readme) {
    const std::string text = text_of(fs::path(FETTLE_SOURCE_FOLDER) / readme), open = "```toml\n";
    const auto begin = text.find(open);
    if (begin == std::string::npos) return "";
    const auto end = text.find("```", begin + open.size());
    return text.substr(begin + open.size(), end - begin - open.size());
}

class Shown : public Workshop {};

TEST_F(Shown, TheArticlesMixtureTrainsOnAThousandImages) {
    const std::string text = shown_in("plugins/mix/README.md");
    ASSERT_NE(text.find("mix.ratio"), std::string::npos);
    graph("shown.toml", text);
    const Outcome check = call({"check", "shown.toml"});
    EXPECT_EQ(check.status, 0) << check.err;
    // Small enough to run: a tenth of the images, small ones, and one epoch.
    const Outcome run = call({"run", "shown.toml", "--set", "photos.count=160", "--set", "split.train=100", "--set",
                              "photos.size=[32, 32]", "--set", "split.calibrate=20", "--set", "mixed.total=100",
                              "--set", "train.epochs=1", "--threads", "2"});
    EXPECT_EQ(run.status, 0) << run.err;
}

}  // namespace
