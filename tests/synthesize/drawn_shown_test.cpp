// The graph of drawn defects that the README shows works, and what isn't given has a default that can be written down.
#include "process.hpp"

namespace {

using namespace testing_fettle;

class DrawnShown : public Workshop {};

TEST_F(DrawnShown, TheReadmesGraphRuns) {
    const std::string text = text_of(fs::path(FETTLE_SOURCE_FOLDER) / "plugins/synthesize/README.md"),
                      open = "```toml\n";
    const auto stage = text.find("\"synthesize.chip\"");
    ASSERT_NE(stage, std::string::npos);
    const auto begin = text.rfind(open, stage) + open.size(), end = text.find("```", stage);
    graph("shown.toml", text.substr(begin, end - begin));
    const Outcome run = call({"run", "shown.toml", "--threads", "2", "--set", "photos.count=6"});
    EXPECT_EQ(run.status, 0) << run.err;
}

TEST_F(DrawnShown, StagesResolveToGraphsThatCheck) {
    std::string text = "format = 1\n[stage.photos]\nuse = 'dataset.procedural'\nsplit = 'train'\n", from = "photos";
    for (const char* name : {"crack", "scratch", "pore", "chip", "stain", "warp", "cutpaste", "perlin", "noise"}) {
        text += std::string("[stage.") + name + "]\nuse = 'synthesize." + name + "'\nin.images = '" + from + "'\n";
        from = name;
    }
    graph("all.toml", text + "fresh = false\nkeep = true\n");
    const Outcome resolved = call({"check", "--resolved", "all.toml"});
    ASSERT_EQ(resolved.status, 0) << resolved.err;
    graph("resolved.toml", resolved.out);
    const Outcome again = call({"check", "--resolved", "resolved.toml"});
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(again.out, resolved.out);
}

TEST_F(DrawnShown, ARangeThatDescendsIsFoundBeforeARun) {
    graph("bad.toml",
          "format = 1\n[stage.photos]\nuse = 'dataset.procedural'\nsplit = 'train'\n"
          "[stage.pores]\nuse = 'synthesize.pore'\nin.images = 'photos'\nradius = [0.1, 0.05]\n"
          "[stage.written]\nuse = 'dataset.write'\nin.images = 'pores'\n");
    const Outcome check = call({"check", "bad.toml"});
    EXPECT_EQ(check.status, 1);
    EXPECT_NE(check.err.find("`radius` begins with the greater number"), std::string::npos) << check.err;
}

}  // namespace
