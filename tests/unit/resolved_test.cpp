// What check fills in, and that its text says the same again.
#include "unit/support.hpp"

#include <gmock/gmock.h>

namespace {

using namespace fettle::runtime;
using support::graph_of;
using support::value_of;
using ::testing::HasSubstr;

constexpr const char* graph_text = R"(
format = 1
[graph]
name    = "resolved"
summary = "Says \"all\", with a \\ and an ü."
seed    = -3
[parameters]
side = 48
[stage."späte-teile"]
use  = "dataset.procedural"
size = ["${side}", 64]
note = "two\nlines"
[stage.photos]
use   = "dataset.folder"
path  = "photos"
split = "train"
[stage.split]
use       = "split.one_class"
in.images = "späte-teile"
train     = 5
[stage.small]
use       = "transform.resize"
in.images = ["split.test", "split.calibrate"]
keep      = true
[stage.dirty]
use       = "synthesize.paste"
in.images = "photos"
count     = 2
)";

TEST(Check, FillsInDefaultsAndConverts) {
    const support::Folder folder;
    std::filesystem::create_directories(folder.path() / "photos");
    const Graph graph = graph_of(graph_text, {}, folder.path());
    EXPECT_EQ(value_of(graph, "späte-teile", "size"), "[48, 64]");
    EXPECT_EQ(value_of(graph, "späte-teile", "kind"), "\"casting\"");
    EXPECT_EQ(value_of(graph, "späte-teile", "anomalous"), "0.25");
    EXPECT_EQ(value_of(graph, "split", "train"), "5.0");  // a number, though written as an integer
    EXPECT_EQ(value_of(graph, "dirty", "count"), "[2]");  // a lone value is a list of one
    EXPECT_EQ(static_cast<std::int64_t>(graph.seed), -3);
}

TEST(Check, SplitsSpreadAlongEdges) {
    const Graph graph = graph_of(
        "format = 1\n[stage.parts]\nuse = 'dataset.procedural'\n[stage.split]\nuse = 'split.one_class'\n"
        "in.images = 'parts'\n[stage.both]\nuse = 'transform.resize'\nin.images = ['split.train', 'split.test']\n"
        "[stage.dirty]\nuse = 'synthesize.paste'\nin.images = 'split.train'\nin.objects = 'parts'\nkeep = true\n");
    const auto splits = [&](const std::string& name, std::size_t port) {
        for (const StageUse& stage : graph.stages)
            if (stage.name == name) return stage.splits.at(port);
        return std::set<std::string>{};
    };
    EXPECT_EQ(splits("parts", 0), std::set<std::string>{"none"});
    EXPECT_EQ(splits("split", 1), std::set<std::string>{"calibrate"});
    EXPECT_EQ(splits("both", 0), (std::set<std::string>{"test", "train"}));
    EXPECT_EQ(splits("dirty", 0), std::set<std::string>{"train"});  // what is pasted is outside material
}

TEST(Check, StagesStandAfterWhatTheyReadOtherwiseInFileOrder) {
    const Graph graph = graph_of(
        "format = 1\n[stage.late]\nuse = 'transform.resize'\nin.images = ['early']\nkeep = true\n"
        "[stage.early]\nuse = 'dataset.procedural'\n[stage.other]\nuse = 'dataset.procedural'\nkeep = true\n");
    std::vector<std::string> names;
    for (const StageUse& stage : graph.stages) names.push_back(stage.name);
    EXPECT_THAT(names, ::testing::ElementsAre("early", "late", "other"));
}

TEST(Resolved, TextRunsAgainAndResolvesToItself) {
    const support::Folder folder;
    std::filesystem::create_directories(folder.path() / "photos");
    const Graph graph = graph_of(graph_text, {}, folder.path());
    const std::string resolved = resolved_toml(graph);
    EXPECT_THAT(resolved, HasSubstr("[stage.\"späte-teile\"]"));
    EXPECT_THAT(resolved, HasSubstr((folder.path() / "photos").string()));  // paths are whole: it runs from anywhere
    const Graph again = graph_of(resolved, {}, "/");
    EXPECT_EQ(resolved_toml(again), resolved);
    EXPECT_EQ(again.summary, graph.summary);
    EXPECT_EQ(again.seed, graph.seed);
    for (std::size_t s = 0; s < graph.stages.size(); ++s) {
        EXPECT_EQ(again.stages[s].name, graph.stages[s].name);
        EXPECT_EQ(again.stages[s].note, graph.stages[s].note);
        EXPECT_EQ(again.stages[s].seed, graph.stages[s].seed);
        EXPECT_EQ(label_of(again.stages[s].use), label_of(graph.stages[s].use));
    }
}

TEST(Resolved, HoldsAReferenceSignThatWasMeantPlainly) {
    const Graph graph =
        graph_of("format = 1\n[stage.parts]\nuse = 'dataset.procedural'\nkeep = true\nnote = 'costs $${5}'\n");
    EXPECT_EQ(graph.stages[0].note, "costs ${5}");
    EXPECT_EQ(graph_of(resolved_toml(graph)).stages[0].note, "costs ${5}");
}

}  // namespace
