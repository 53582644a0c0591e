// Keys: from all that can change a result, and nothing else.
#include "graph/digest.hpp"
#include "unit/support.hpp"

#include <gmock/gmock.h>

#include <map>

namespace {

using namespace fettle::runtime;
using fettle::TypeInfo;
using support::graph_of;
using ::testing::HasSubstr;

/// A world in which what was named is stored, and the past is as told.
struct World {
    std::set<std::string> stored;
    std::map<std::string, std::string> past;  ///< by stage
    std::string device = "cpu";
    bool use_cache = true;
    std::map<std::string, Halfway> halfway;  ///< by key

    PlanWorld get() {
        PlanWorld world;
        world.stored = [this](const std::string& key, const std::set<std::string>&, std::string&) {
            return stored.count(key) > 0;
        };
        world.digest = [](const std::filesystem::path& path) { return DigestStore({}).of(path); };
        world.last_key_text = [this](const std::string&, const std::string& stage) { return past[stage]; };
        world.seconds = [](const std::string&, const std::string&, const std::string&) { return 50.0; };
        world.halfway = [this](const std::string& key) -> std::optional<Halfway> {
            const auto found = halfway.find(key);
            return found == halfway.end() ? std::nullopt : std::optional(found->second);
        };
        world.device_class = device;
        world.use_cache = use_cache;
        return world;
    }
};

std::size_t index_of(const Graph& graph, const std::string& stage) {
    for (std::size_t i = 0; i < graph.stages.size(); ++i)
        if (graph.stages[i].name == stage) return i;
    throw std::runtime_error("there is no stage " + stage);
}

const PlanNode& node(const Plan& plan, const Graph& graph, const std::string& stage) {
    return plan.nodes[plan.node_of[0][index_of(graph, stage)]];
}

std::string key(const Graph& graph, const std::string& stage, World world = {}) {
    return node(make_plan({&graph}, world.get()), graph, stage).key;
}

const std::string text = R"(
format = 1
[graph]
name = "plan"
seed = 1
[stage.parts]
use   = "dataset.procedural"
count = 40
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
[stage.judge]
use          = "evaluate.detection"
in.decisions = ["cut"]
)";

std::string with(const std::string& from, const std::string& to) {
    std::string out = text;
    std::size_t count = 0;
    for (auto at = out.find(from); at != std::string::npos; at = out.find(from, at + to.size()), ++count)
        out.replace(at, from.size(), to);
    if (count == 0) throw std::runtime_error("the graph has no " + from);
    return out;
}

TEST(Key, IsTheDigestOfItsText) {
    const Graph graph = graph_of(text);
    World world;
    const Plan plan = make_plan({&graph}, world.get());
    for (const PlanNode& each : plan.nodes) EXPECT_EQ(each.key, sha256(each.key_text));
    EXPECT_EQ(key(graph, "judge"), key(graph_of(text), "judge"));
}

TEST(Key, ChangesWithAParameterAndSoDoThoseAfterIt) {
    const Graph before = graph_of(text), after = graph_of(text, {"coarse.filter=linear"});
    for (const char* stage : {"parts", "split", "fine"}) EXPECT_EQ(key(before, stage), key(after, stage)) << stage;
    for (const char* stage : {"coarse", "hash", "cut", "judge"})
        EXPECT_NE(key(before, stage), key(after, stage)) << stage;
    // Saying a default changes nothing.
    EXPECT_EQ(key(before, "judge"), key(graph_of(text, {"cut.at=0.95", "hash.size=8"}), "judge"));
}

TEST(Key, ChangesWithTheSeedOnlyWhereSomethingIsRandom) {
    const Graph before = graph_of(text), after = graph_of(text, {"graph.seed=2"});
    ASSERT_TRUE(before.stages[index_of(before, "parts")].use.type->random);
    EXPECT_NE(key(before, "parts"), key(after, "parts"));
    // A random stage's own name is part of its seed; that of any other is not in the key.
    EXPECT_NE(key(before, "parts"), key(graph_of(with("parts", "pieces")), "pieces"));
    EXPECT_EQ(key(before, "coarse"), key(graph_of(with("coarse", "rough")), "rough"));
    EXPECT_EQ(key(before, "judge"), key(graph_of(with("coarse", "rough")), "judge"));
}

TEST(Key, DoesNotHoldNotesNamesAndPlaces) {
    const Graph before = graph_of(text);
    EXPECT_EQ(key(before, "judge"), key(graph_of(text, {"graph.name=other", "graph.summary=words"}), "judge"));
    EXPECT_EQ(key(before, "judge"), key(graph_of(text, {"coarse.note=words", "cut.note=words"}), "judge"));
    EXPECT_EQ(key(before, "judge"), key(graph_of("# a comment\n\n" + text), "judge"));
    EXPECT_EQ(key(before, "judge"), key(graph_of(text, {"fine.keep=true"}), "judge"));
}

TEST(Key, ChangesWithTheOrderOfEdgesInAList) {
    EXPECT_NE(
        key(graph_of(text), "fine"),
        key(graph_of(with("\"split.calibrate\", \"split.test\"", "\"split.test\", \"split.calibrate\"")), "fine"));
    // Another port of the same stage is another input.
    EXPECT_NE(
        key(graph_of(text), "fine"),
        key(graph_of(with("\"split.calibrate\", \"split.test\"", "\"split.calibrate\", \"split.train\"")), "fine"));
}

TEST(Key, ChangesWithThePluginsSourceItsAbiAndTheRevision) {
    const Graph before = graph_of(text);
    const std::string was = key(before, "coarse"), upstream = key(before, "fine");
    Graph graph = before;
    StageUse& coarse = graph.stages[index_of(graph, "coarse")];
    PluginInfo plugin = *coarse.use.plugin;
    TypeInfo type = *coarse.use.type;
    coarse.use.plugin = &plugin;
    coarse.use.type = &type;
    EXPECT_EQ(key(graph, "coarse"), was);
    plugin.banner.source = "another";
    EXPECT_NE(key(graph, "coarse"), was);
    plugin = *before.stages[index_of(before, "coarse")].use.plugin;
    plugin.banner.hard += ";more=1";
    EXPECT_NE(key(graph, "coarse"), was);
    plugin = *before.stages[index_of(before, "coarse")].use.plugin;
    plugin.banner.soft = "compiler=another";  // reported, never compared
    EXPECT_EQ(key(graph, "coarse"), was);
    ++type.revision;
    EXPECT_NE(key(graph, "coarse"), was);
    EXPECT_EQ(key(graph, "fine"), upstream);
}

TEST(Key, ChangesWithTheDeviceClassOnlyWhereItMatters) {
    Graph graph = graph_of(text);
    const World cpu, cuda{.device = "cuda"};
    EXPECT_EQ(key(graph, "judge", cpu), key(graph, "judge", cuda));
    StageUse& coarse = graph.stages[index_of(graph, "coarse")];
    TypeInfo type = *coarse.use.type;
    type.device = true;
    coarse.use.type = &type;
    EXPECT_NE(key(graph, "coarse", cpu), key(graph, "coarse", cuda));
    EXPECT_NE(key(graph, "judge", cpu), key(graph, "judge", cuda));
    EXPECT_EQ(key(graph, "fine", cpu), key(graph, "fine", cuda));
    // So does that of a component, however deep.
    type.device = false;
    TypeInfo part = type;
    part.device = true;
    coarse.use.components = {{Use{&part, coarse.use.plugin, {}, {}, {}}}};
    type.components = {{"part", "transform", "", false, false}};
    EXPECT_NE(key(graph, "coarse", cpu), key(graph, "coarse", cuda));
}

TEST(Key, ChangesWithTheContentThatIsReadNotWithItsPlace) {
    const support::Folder folder;
    folder.write("one/good/a.png", "1");
    folder.write("two/good/a.png", "1");
    const auto graph = [&](const std::string& path) {
        return graph_of("format = 1\n[stage.photos]\nuse = 'dataset.folder'\nkeep = true\npath = '" + path + "'\n", {},
                        folder.path());
    };
    const std::string was = key(graph("one"), "photos");
    EXPECT_EQ(was, key(graph("two"), "photos"));
    EXPECT_EQ(was, key(graph((folder.path() / "one").string()), "photos"));
    folder.write("two/good/a.png", "2");
    EXPECT_NE(was, key(graph("two"), "photos"));
    folder.write("one/good/b.png", "1");
    EXPECT_NE(was, key(graph("one"), "photos"));
}

TEST(Plan, EqualWorkIsOneNode) {
    const std::string twice = text +
                              "[stage.again]\nuse = 'transform.resize'\nin.images = ['fine']\nfilter = 'cubic'\n"
                              "note = 'the same as coarse'\n"
                              "[stage.hash2]\nuse = 'hash.perceptual'\nin.reference = 'fine'\nin.candidate = 'again'\n";
    const Graph graph = graph_of(twice);
    World world;
    const Plan plan = make_plan({&graph}, world.get());
    EXPECT_EQ(graph.stages.size(), 9u);
    EXPECT_EQ(plan.nodes.size(), 7u);
    const auto& of = plan.node_of[0];
    EXPECT_EQ(of[index_of(graph, "again")], of[index_of(graph, "coarse")]);
    EXPECT_EQ(of[index_of(graph, "hash2")], of[index_of(graph, "hash")]);
}

TEST(Plan, VariantsShareWhatIsEqual) {
    const Graph one = graph_of(text), two = graph_of(text, {"cut.at=0.9"});
    World world;
    const Plan plan = make_plan({&one, &two}, world.get());
    EXPECT_EQ(plan.nodes.size(), 9u);  // cut and judge twice
    for (std::size_t s = 0; s < one.stages.size(); ++s) {
        const bool differs = one.stages[s].name == "cut" || one.stages[s].name == "judge";
        EXPECT_EQ(plan.node_of[0][s] != plan.node_of[1][s], differs) << one.stages[s].name;
    }
    for (const PlanNode& each : plan.nodes)
        for (const auto& port : each.inputs)
            for (const auto& input : port) EXPECT_LT(input.node, static_cast<std::size_t>(&each - plan.nodes.data()));
}

using State = PlanNode::State;

TEST(Plan, RunsWhatIsMissingAndOpensWhatThatReads) {
    const Graph graph = graph_of(text);
    World world;
    Plan plan = make_plan({&graph}, world.get());
    for (const char* stage : {"hash", "cut", "judge"}) {
        EXPECT_EQ(node(plan, graph, stage).state, State::run) << stage;
        EXPECT_EQ(node(plan, graph, stage).why, "it never ran") << stage;
    }
    for (const char* stage : {"parts", "split", "fine", "coarse"})
        EXPECT_EQ(node(plan, graph, stage).state, State::open) << stage;

    for (const PlanNode& each : plan.nodes)
        if (!each.stored.empty()) world.stored.insert(each.key);
    const Plan all_there = make_plan({&graph}, world.get());
    for (const PlanNode& each : all_there.nodes)
        EXPECT_EQ(each.state, !each.stored.empty() ? State::cached : State::idle);

    world.stored.erase(node(plan, graph, "cut").key);
    const Plan one_gone = make_plan({&graph}, world.get());
    EXPECT_EQ(node(one_gone, graph, "hash").state, State::cached);
    EXPECT_EQ(node(one_gone, graph, "cut").state, State::run);
    EXPECT_EQ(node(one_gone, graph, "judge").state, State::cached);
    EXPECT_EQ(node(one_gone, graph, "coarse").state, State::idle);

    world.use_cache = false;
    const Plan without = make_plan({&graph}, world.get());
    EXPECT_EQ(node(without, graph, "hash").state, State::run);
    EXPECT_EQ(node(without, graph, "hash").why, "--no-cache");
}

TEST(Plan, SaysWhatStoppedHalfWay) {
    const Graph graph = graph_of(text);
    World world;
    const std::string of = key(graph, "hash");
    world.halfway[of] = {"it stopped half-way: after step 3 of 9", 12.0, 6.0};
    const auto of_hash = [&] { return node(make_plan({&graph}, world.get()), graph, "hash"); };
    const auto reasons = [&] {
        const Plan plan = make_plan({&graph}, world.get());
        return why_stale(graph, plan.node_of[0], plan, index_of(graph, "hash"), world.get()).front().reasons;
    };
    EXPECT_EQ(of_hash().why, "it stopped half-way: after step 3 of 9");
    EXPECT_THAT(reasons(), ::testing::ElementsAre("it stopped half-way: after step 3 of 9"));
    EXPECT_EQ(of_hash().expected, 12.0);
    world.halfway[of].left.reset();
    EXPECT_EQ(of_hash().expected, 44.0);  // of 50 s
    world.halfway[of].seconds = 60;
    EXPECT_EQ(of_hash().expected, 0.0);

    // What it was when it last ended counts too.
    const Graph before = graph_of(text, {"hash.size=16"});
    world.past["hash"] = node(make_plan({&before}, world.get()), before, "hash").key_text;
    EXPECT_EQ(of_hash().why, "size = 8 (was size = 16); it stopped half-way: after step 3 of 9");
    EXPECT_THAT(reasons(),
                ::testing::ElementsAre("size = 8 (was size = 16)", "it stopped half-way: after step 3 of 9"));
    world.past["hash"] = of_hash().key_text;
    EXPECT_EQ(of_hash().why, "its result is no longer in the cache; it stopped half-way: after step 3 of 9");

    world.use_cache = false;  // which begins anew
    EXPECT_EQ(of_hash().why, "--no-cache");
    EXPECT_EQ(of_hash().expected, 50.0);
    world.use_cache = true;
    world.past.clear();
    world.halfway.clear();
    EXPECT_THAT(reasons(), ::testing::ElementsAre("it never ran"));
    world.stored.insert(of);
    EXPECT_THAT(reasons(), ::testing::ElementsAre("its result is in the cache; nothing more is remembered of it"));
}

TEST(Plan, SaysWhySomethingIsStale) {
    const Graph before = graph_of(text);
    World world;
    for (const StageUse& stage : before.stages)
        world.past[stage.name] = node(make_plan({&before}, world.get()), before, stage.name).key_text;
    const auto why = [&](const std::vector<std::string>& overrides, const std::string& stage) {
        const Graph graph = graph_of(text, overrides);
        return node(make_plan({&graph}, world.get()), graph, stage).why;
    };
    EXPECT_EQ(why({}, "hash"), "its result is no longer in the cache");
    EXPECT_THAT(why({"hash.size=16"}, "hash"), HasSubstr("size = 16 (was size = 8)"));
    EXPECT_EQ(why({"hash.size=16"}, "cut"), "its input scores changed");
    EXPECT_EQ(why({"coarse.filter=area"}, "hash"), "its input candidate changed");
    world.past["hash"] = "";
    EXPECT_EQ(why({}, "hash"), "it never ran");
}

TEST(Plan, OneOfTwoEqualStagesThatIsKeptKeepsForBoth) {
    const std::string twins = text + R"(
[stage.twin]
use       = "transform.resize"
in.images = ["split.train"]
size      = [16, 16]
[stage.twin_kept]
use       = "transform.resize"
in.images = ["split.train"]
size      = [16, 16]
keep      = true
)";
    const Graph graph = graph_of(twins);
    World world;
    const Plan plan = make_plan({&graph}, world.get());
    EXPECT_EQ(&node(plan, graph, "twin"), &node(plan, graph, "twin_kept"));
    EXPECT_THAT(node(plan, graph, "twin").stored, ::testing::ElementsAre("images"));
}

TEST(Plan, WhatIsKeptIsStored) {
    const Graph graph = graph_of(text, {"coarse.keep=true"});
    World world;
    const Plan plan = make_plan({&graph}, world.get());
    EXPECT_FALSE(node(plan, graph, "coarse").stored.empty());
    EXPECT_TRUE(node(plan, graph, "fine").stored.empty());
    world.stored.insert(node(plan, graph, "coarse").key);
    EXPECT_EQ(node(make_plan({&graph}, world.get()), graph, "coarse").state, State::cached);
}

}  // namespace
