// [sweep]: which cells there are, what each holds, what they share.
#include "graph/digest.hpp"
#include "unit/support.hpp"

#include <gmock/gmock.h>

#include <set>

namespace {

using namespace fettle::runtime;
using support::value_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string parts = R"(
[graph]
name = "swept"
seed = 7
[parameters]
side = 64
[stage.parts]
use   = "dataset.procedural"
count = 40
size  = ["${side}", "${side}"]
[stage.split]
use       = "split.one_class"
in.images = "parts"
[stage.fine]
use       = "transform.resize"
in.images = ["split.calibrate", "split.test"]
[stage.coarse]
use       = "transform.resize"
in.images = ["fine"]
filter    = "cubic"
[stage.hash]
use          = "hash.perceptual"
in.reference = "fine"
in.candidate = "coarse"
[stage.cut]
use       = "threshold.quantile"
in.scores = ["hash"]
)";

struct Expanded {
    Sweep sweep;
    std::vector<Graph> graphs;
};

Expanded expand(const std::string& sweep, const std::vector<std::string>& overrides = {}) {
    Diagnostics diagnostics;
    auto read = read_sweep_text("graph.toml", "format = 1\n" + sweep + parts, std::filesystem::current_path(),
                                overrides, diagnostics);
    Expanded out;
    if (read) out = {*read, check_cells(*read, "graph.toml", support::registry(), diagnostics)};
    if (out.graphs.empty()) throw std::runtime_error(render(diagnostics.all()));
    return out;
}

std::vector<std::string> words(const Sweep& sweep) {
    std::vector<std::string> out;
    for (const Cell& cell : sweep.cells) out.push_back(cell.words());
    return out;
}

Plan plan_of(const std::vector<Graph>& graphs) {
    PlanWorld world;
    world.stored = [](const std::string&, const std::set<std::string>&, std::string&) { return false; };
    world.digest = [](const std::filesystem::path& path) { return DigestStore({}).of(path); };
    world.last_key_text = [](const std::string&, const std::string&) { return std::string(); };
    world.device_class = "cpu";
    std::vector<const Graph*> cells;
    for (const Graph& graph : graphs) cells.push_back(&graph);
    return make_plan(cells, world);
}

TEST(Sweep, AGridHoldsEveryCombinationTheLastPathTurningFastest) {
    const auto [sweep, graphs] = expand("[sweep.over]\nhash.size = [8, 16]\n'cut.at' = [0.9, 0.95, 0.99]\n");
    EXPECT_THAT(sweep.paths, ElementsAre("hash.size", "cut.at"));
    EXPECT_THAT(words(sweep),
                ElementsAre("hash.size = 8, cut.at = 0.9, seed 7", "hash.size = 8, cut.at = 0.95, seed 7",
                            "hash.size = 8, cut.at = 0.99, seed 7", "hash.size = 16, cut.at = 0.9, seed 7",
                            "hash.size = 16, cut.at = 0.95, seed 7", "hash.size = 16, cut.at = 0.99, seed 7"));
    EXPECT_EQ(value_of(graphs[4], "hash", "size"), "16");
    EXPECT_EQ(value_of(graphs[4], "cut", "at"), "0.95");
}

TEST(Sweep, AZipTakesFirstWithFirst) {
    const auto [sweep, graphs] =
        expand("[sweep]\nmode = 'zip'\n[sweep.over]\nhash.size = [8, 16]\ncut.at = [0.9, 0.95]\n");
    EXPECT_THAT(words(sweep),
                ElementsAre("hash.size = 8, cut.at = 0.9, seed 7", "hash.size = 16, cut.at = 0.95, seed 7"));
    EXPECT_EQ(graphs.size(), 2u);
}

TEST(Sweep, RepeatCountsSeedsUpFromTheGraphs) {
    const auto [sweep, graphs] = expand("[sweep]\nrepeat = 3\n[sweep.over]\nhash.size = [8, 16]\n");
    std::vector<std::uint64_t> seeds;
    std::vector<std::size_t> groups;
    for (const Graph& graph : graphs) seeds.push_back(graph.seed);
    for (const Cell& cell : sweep.cells) groups.push_back(cell.group);
    EXPECT_THAT(seeds, ElementsAre(7, 8, 9, 7, 8, 9));
    EXPECT_THAT(groups, ElementsAre(0, 0, 0, 1, 1, 1));
    // Seeds by name belong together just as well.
    const auto named = expand("[sweep.over]\ngraph.seed = [3, 17]\nhash.size = [8, 16]\n").sweep;
    EXPECT_THAT(named.paths, ElementsAre("hash.size"));
    EXPECT_EQ(named.groups.size(), 2u);
    EXPECT_EQ(named.cells[3].seed, 17);
    EXPECT_EQ(named.cells[3].group, named.cells[1].group);
}

TEST(Sweep, LiesOverFileAndOverrides) {
    const auto graphs = expand("[sweep.over]\nhash.size = [16]\n", {"hash.size=4", "cut.at=0.8"}).graphs;
    EXPECT_EQ(value_of(graphs[0], "hash", "size"), "16");
    EXPECT_EQ(value_of(graphs[0], "cut", "at"), "0.8");
    EXPECT_EQ(expand("[sweep]\nrepeat = 5\n", {"sweep.repeat=2"}).graphs.size(), 2u);
}

TEST(Sweep, ReachesParametersEdgesAndLists) {
    const auto graphs = expand(
                            "[sweep.over]\nparameters.side = [32, 48]\nfine.in.images = [['split.calibrate'], "
                            "['split.calibrate', 'split.test']]\n"
                            "coarse.size = [[16, 16], [8, 8]]\n")
                            .graphs;
    ASSERT_EQ(graphs.size(), 8u);
    EXPECT_EQ(value_of(graphs[7], "parts", "size"), "[48, 48]");
    EXPECT_EQ(value_of(graphs[7], "coarse", "size"), "[8, 8]");
    EXPECT_EQ(graphs[0].stages[2].inputs[0].size(), 1u);
    EXPECT_EQ(graphs[7].stages[2].inputs[0].size(), 2u);
}

TEST(Sweep, CellsAreTheGraphsThatOneWouldHaveWritten) {
    const auto [sweep, graphs] = expand("[sweep]\nrepeat = 2\n[sweep.over]\nhash.size = [8, 16]\n");
    for (std::size_t c = 0; c < graphs.size(); ++c) {
        std::vector<std::string> overrides{"graph.seed=" + std::to_string(sweep.cells[c].seed)};
        for (const auto& [path, value] : sweep.cells[c].values) overrides.push_back(path + "=" + value);
        EXPECT_EQ(resolved_toml(graphs[c]), resolved_toml(support::graph_of("format = 1\n" + parts, overrides)));
    }
}

TEST(Sweep, EqualWorkIsOneNodeAndDistinctWorkIsToldApart) {
    const auto graphs = expand("[sweep.over]\nhash.size = [8, 16]\ncut.at = [0.9, 0.95, 0.99]\n").graphs;
    const Plan plan = plan_of(graphs);
    EXPECT_EQ(plan.nodes.size(), 4u + 2u + 6u);  // parts, split, fine, coarse; hash; cut
    std::set<std::string> labels;
    for (const PlanNode& node : plan.nodes) {
        labels.insert(node.label);
        EXPECT_EQ(node.graphs.size(),
                  node.label == "parts" || node.label == "split" || node.label == "fine" || node.label == "coarse" ? 6u
                  : node.label.starts_with("hash")                                                                 ? 3u
                                                                                                                   : 1u)
            << node.label;
    }
    EXPECT_EQ(labels.size(), plan.nodes.size());
    EXPECT_EQ(labels.count("hash #4"), 1u);
}

TEST(Sweep, AFaultOfSomeCellsIsSaidOnceWithThem) {
    Diagnostics diagnostics;
    const auto sweep =
        read_sweep_text("graph.toml", "format = 1\n[sweep.over]\nhash.size = [8, -3]\ncut.at = [0.9, 0.5]\n" + parts,
                        std::filesystem::current_path(), {}, diagnostics);
    ASSERT_TRUE(sweep);
    EXPECT_THAT(check_cells(*sweep, "graph.toml", support::registry(), diagnostics), IsEmpty());
    ASSERT_EQ(diagnostics.all().size(), 1u) << render(diagnostics.all());
    EXPECT_THAT(support::places(diagnostics), ElementsAre("G203 at 3:17"));
    EXPECT_THAT(diagnostics.all()[0].help.back(),
                HasSubstr("in 2 of 4 cells: the first is hash.size = -3, cut.at = 0.9"));
}

TEST(Sweep, AnOverrideMayMakeAComponentsTable) {
    Diagnostics diagnostics;
    const auto document = read_document_text("graph.toml", "format = 1\n[stage.a]\nuse = 'x'\n", "/base",
                                             {"a.part.use=y.z", "a.part.width=3"}, diagnostics);
    EXPECT_THAT(diagnostics.all(), IsEmpty()) << render(diagnostics.all());
    const Node* part = document->find("stage")->find("a")->find("part");
    ASSERT_NE(part, nullptr);
    EXPECT_EQ(part->find("use")->scalar.text(), "\"y.z\"");
    EXPECT_EQ(part->find("width")->scalar.text(), "3");
}

TEST(Sweep, AnOverrideReachesTheMembersOfAList) {
    Diagnostics diagnostics;
    const auto document = read_document_text(
        "graph.toml", "format = 1\n[stage.a]\nuse = 'x'\n[[stage.a.loss]]\nuse = 'y'\n[[stage.a.loss]]\nuse = 'z'\n",
        "/base", {"a.loss.1.weight=3"}, diagnostics);
    EXPECT_THAT(diagnostics.all(), IsEmpty()) << render(diagnostics.all());
    EXPECT_EQ(document->find("stage")->find("a")->find("loss")->elements[1].find("weight")->scalar.text(), "3");
    read_document_text("graph.toml", "format = 1\n[stage.a]\nuse = 'x'\n[[stage.a.loss]]\nuse = 'y'\n", "/base",
                       {"a.loss.7.weight=3"}, diagnostics);
    ASSERT_EQ(diagnostics.all().size(), 1u);
    EXPECT_EQ(diagnostics.all()[0].code, "G402");
}

}  // namespace
