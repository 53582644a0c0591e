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

class Shown : public Workshop {
   protected:
    void expect_runs(const std::string& text, Arguments smaller) {
        graph("shown.toml", text);
        const Outcome check = call({"check", "shown.toml"});
        EXPECT_EQ(check.status, 0) << check.err;
        Arguments arguments{"run", "shown.toml", "--threads", "2"};
        for (auto& each : smaller) arguments.insert(arguments.end(), {"--set", std::move(each)});
        const Outcome run = call(arguments);
        EXPECT_EQ(run.status, 0) << run.err;
    }
};

TEST_F(Shown, TheArticlesMixtureTrainsOnAThousandImages) {
    const std::string text = shown_in("plugins/mix/README.md");
    ASSERT_NE(text.find("mix.ratio"), std::string::npos);
    // A tenth of the images, small ones, and one epoch.
    expect_runs(text, {"photos.count=160", "photos.size=[32, 32]", "split.train=100", "split.calibrate=20",
                       "mixed.total=100", "train.epochs=1"});
}

TEST_F(Shown, TilesAreComparedAndStitched) {
    const std::string text = shown_in("plugins/transform/README.md");
    ASSERT_NE(text.find("transform.stitch"), std::string::npos);
    expect_runs(text, {"photos.count=30", "photos.anomalous=6", "split.train=3"});
}

/// What isn't given has a default that can be written down: the resolved graph says the same again.
TEST_F(Shown, TransformsResolveToGraphsThatCheck) {
    std::string text = "format = 1\n[stage.photos]\nuse = 'dataset.procedural'\nsplit = 'test'\n";
    std::string from = "photos";
    for (const char* name :
         {"align", "augment", "background", "colour", "crop", "mask_circle", "normalise", "resize", "tile"}) {
        text += std::string("[stage.") + name + "]\nuse = 'transform." + name + "'\nin.images = '" + from + "'\n";
        from = name;
    }
    graph("all.toml", text + "keep = true\n");
    const Outcome resolved = call({"check", "--resolved", "all.toml"});
    ASSERT_EQ(resolved.status, 0) << resolved.err;
    graph("resolved.toml", resolved.out);
    const Outcome again = call({"check", "--resolved", "resolved.toml"});
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(again.out, resolved.out);
}

}  // namespace
