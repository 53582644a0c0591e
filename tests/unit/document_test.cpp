#include "unit/support.hpp"

#include <gmock/gmock.h>

namespace {

using namespace fettle::runtime;
using support::Folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> names(const Node& table) {
    std::vector<std::string> out;
    for (const auto& [name, node] : table.members) out.push_back(name);
    return out;
}

/// The node at "stage.a.count", or nothing.
const Node* at(const std::optional<Node>& document, const std::string& path) {
    const Node* node = document ? &*document : nullptr;
    for (std::size_t begin = 0; node != nullptr && begin <= path.size();) {
        const auto dot = std::min(path.find('.', begin), path.size());
        node = node->find(path.substr(begin, dot - begin));
        begin = dot + 1;
    }
    return node;
}

std::string text(const std::optional<Node>& document, const std::string& path) {
    const Node* node = at(document, path);
    return node == nullptr ? "nothing" : node->type == Node::Type::scalar ? node->scalar.text() : "no scalar";
}

std::optional<Node> read(const std::string& text, Diagnostics& diagnostics,
                         const std::vector<std::string>& overrides = {}) {
    return read_document_text("graph.toml", text, "/base", overrides, diagnostics);
}

std::optional<Node> read(const std::string& text, const std::vector<std::string>& overrides = {}) {
    Diagnostics diagnostics;
    auto out = read(text, diagnostics, overrides);
    EXPECT_THAT(support::places(diagnostics), IsEmpty()) << render(diagnostics.all());
    return out;
}

TEST(Document, KeepsTheOrderOfTheFile) {
    const auto document = read("format = 1\n[stage.zebra]\nuse = 'z'\nbeta = 1\nalpha = 2\n[stage.ape]\nuse = 'a'\n");
    EXPECT_THAT(names(*document), ElementsAre("format", "stage"));
    EXPECT_THAT(names(*at(document, "stage")), ElementsAre("zebra", "ape"));
    EXPECT_THAT(names(*at(document, "stage.zebra")), ElementsAre("use", "beta", "alpha"));
}

TEST(Document, PlacesAreThoseOfTheFile) {
    const auto document = read("format = 1\n[stage.a]\n  \"größe\" = [1, \"zwei\"]\n");
    const Node* node = at(document, "stage.a.größe");
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->key.line, 3u);
    EXPECT_EQ(node->key.column, 3u);
    EXPECT_EQ(node->key.length, std::string("\"größe\"").size());
    EXPECT_EQ(node->span.column, 3 + std::string("\"größe\" = ").size());  // bytes
    EXPECT_EQ(node->elements[1].span.length, std::string("\"zwei\"").size());
}

TEST(Extends, TablesMergeAndTheRestReplaces) {
    const Folder folder;
    folder.write("parent.toml",
                 "format = 1\n[graph]\nname = 'parent'\nseed = 1\n"
                 "[stage.a]\nuse = 'x'\nsize = [1, 2, 3]\ncount = 1\n[stage.a.part]\nuse = 'p'\nwidth = 1\n"
                 "[stage.b]\nuse = 'y'\n[stage.c]\nuse = 'z'\n");
    const auto file = folder.write("child.toml",
                                   "format = 1\nextends = 'parent.toml'\n[graph]\nseed = 2\n"
                                   "[stage.a]\nsize = [9]\n[stage.a.part]\nwidth = 2\n[stage.b]\ndrop = true\n"
                                   "[stage.d]\nuse = 'w'\n");
    Diagnostics diagnostics;
    const auto document = read_document(file, {}, diagnostics);
    EXPECT_THAT(diagnostics.all(), IsEmpty());
    EXPECT_THAT(names(*at(document, "stage")), ElementsAre("a", "c", "d"));
    EXPECT_EQ(text(document, "graph.name"), "\"parent\"");
    EXPECT_EQ(text(document, "graph.seed"), "2");
    EXPECT_EQ(text(document, "stage.a.count"), "1");
    EXPECT_EQ(at(document, "stage.a.size")->elements.size(), 1u);
    EXPECT_EQ(text(document, "stage.a.part.use"), "\"p\"");
    EXPECT_EQ(text(document, "stage.a.part.width"), "2");
    EXPECT_EQ(at(document, "extends"), nullptr);
}

TEST(Extends, EveryValuePointsIntoItsOwnFile) {
    const Folder folder;
    folder.write("sub/parent.toml", "format = 1\n[stage.a]\nuse = 'x'\ncount = 1\npath = 'data'\n");
    const auto file =
        folder.write("child.toml", "format = 1\nextends = 'sub/parent.toml'\n[stage.a]\ncount = 2\nother = 'data'\n");
    Diagnostics diagnostics;
    const auto document = read_document(file, {}, diagnostics);
    EXPECT_THAT(at(document, "stage.a.use")->span.file->name, HasSubstr("sub/parent.toml"));
    EXPECT_EQ(at(document, "stage.a.use")->span.line, 3u);
    EXPECT_EQ(at(document, "stage.a.count")->span.file->name, file.string());
    EXPECT_EQ(at(document, "stage.a.count")->span.line, 4u);
    // Relative paths start beside the file that says them.
    EXPECT_EQ(at(document, "stage.a.path")->base, folder.path() / "sub");
    EXPECT_EQ(at(document, "stage.a.other")->base, folder.path());
}

TEST(Extends, GrandparentsCount) {
    const Folder folder;
    folder.write("one.toml", "format = 1\n[stage.a]\nuse = 'x'\nlow = 1\nmiddle = 1\nhigh = 1\n");
    folder.write("two.toml", "extends = 'one.toml'\n[stage.a]\nmiddle = 2\nhigh = 2\n");
    const auto file = folder.write("three.toml", "extends = 'two.toml'\n[stage.a]\nhigh = 3\n");
    Diagnostics diagnostics;
    const auto document = read_document(file, {"a.top=4"}, diagnostics);
    EXPECT_EQ(text(document, "stage.a.low"), "1");
    EXPECT_EQ(text(document, "stage.a.middle"), "2");
    EXPECT_EQ(text(document, "stage.a.high"), "3");
    EXPECT_EQ(text(document, "stage.a.top"), "4");
}

TEST(Override, WinsOverFileAndParentAndTheLastOneWins) {
    const Folder folder;
    folder.write("parent.toml", "format = 1\n[stage.a]\nuse = 'x'\ncount = 1\n");
    const auto file = folder.write("child.toml", "extends = 'parent.toml'\n[stage.a]\ncount = 2\n");
    Diagnostics diagnostics;
    EXPECT_EQ(text(read_document(file, {}, diagnostics), "stage.a.count"), "2");
    EXPECT_EQ(text(read_document(file, {"a.count=3"}, diagnostics), "stage.a.count"), "3");
    EXPECT_EQ(text(read_document(file, {"a.count=3", "a.count=4"}, diagnostics), "stage.a.count"), "4");
    EXPECT_EQ(text(read_document(file, {"stage.a.count=5"}, diagnostics), "stage.a.count"), "5");
}

TEST(Override, IsTypedAsTomlAndAPlainWordIsAText) {
    const std::string graph =
        "format = 1\n[graph]\nseed = 0\nsummary = '${p}'\n[parameters]\np = 1\n[stage.a]\nuse = 'x'\n[stage.a.m]\nuse "
        "= 'y'\n";
    const auto set = [&](const std::string& value) { return text(read(graph, {"a.k=" + value}), "stage.a.k"); };
    EXPECT_EQ(set("5"), "5");
    EXPECT_EQ(set("5.5"), "5.5");
    EXPECT_EQ(set("1e3"), "1000.0");
    EXPECT_EQ(set("true"), "true");
    EXPECT_EQ(set("\"5\""), "\"5\"");
    EXPECT_EQ(set("'with space'"), "\"with space\"");
    EXPECT_EQ(set("a.zip"), "\"a.zip\"");
    EXPECT_EQ(set("some words=and a sign"), "\"some words=and a sign\"");
    EXPECT_EQ(at(read(graph, {"a.k=[1, 2]"}), "stage.a.k")->elements.size(), 2u);
    EXPECT_EQ(text(read(graph, {"a.m.width=8"}), "stage.a.m.width"), "8");
    EXPECT_EQ(text(read(graph, {"graph.seed=9"}), "graph.seed"), "9");
    EXPECT_EQ(text(read(graph, {"parameters.p=2"}), "parameters.p"), "2");
}

TEST(Override, OfAParameterReachesWhatRefersToIt) {
    const auto document =
        read("[parameters]\nside = 64\n[stage.a]\nuse = 'x'\nsize = '${side}'\n", {"parameters.side=32"});
    EXPECT_EQ(text(document, "stage.a.size"), "32");
}

TEST(Override, MayDropAStage) {
    const auto document = read("[stage.a]\nuse = 'x'\n[stage.b]\nuse = 'y'\n", {"a.drop=true"});
    EXPECT_THAT(names(*at(document, "stage")), ElementsAre("b"));
}

TEST(Reference, AWholeTextTakesTheTypeOfItsValue) {
    const auto document = read(
        "[graph]\nname = 'g'\n[parameters]\ni = 3\nf = 0.5\nb = true\nt = 'word'\nl = [1, 2]\n"
        "[stage.a]\ni = '${i}'\nf = '${f}'\nb = '${b}'\nt = '${t}'\nl = '${l}'\nn = '${graph.name}'\n"
        "mixed = '${t}-${i}-${f}-${b}'\nin_list = ['${i}', '${t}']\n");
    EXPECT_EQ(text(document, "stage.a.i"), "3");
    EXPECT_EQ(text(document, "stage.a.f"), "0.5");
    EXPECT_EQ(text(document, "stage.a.b"), "true");
    EXPECT_EQ(text(document, "stage.a.t"), "\"word\"");
    EXPECT_EQ(at(document, "stage.a.l")->elements.size(), 2u);
    EXPECT_EQ(text(document, "stage.a.n"), "\"g\"");
    EXPECT_EQ(text(document, "stage.a.mixed"), "\"word-3-0.5-true\"");
    EXPECT_EQ(at(document, "stage.a.in_list")->elements[0].scalar.text(), "3");
}

TEST(Reference, ParametersMayReferToEachOtherInAnyOrder) {
    const auto document =
        read("[parameters]\nlast = '${middle}/c'\nmiddle = '${first}/b'\nfirst = 'a'\n[stage.a]\nk = '${last}'\n");
    EXPECT_EQ(text(document, "stage.a.k"), "\"a/b/c\"");
    EXPECT_EQ(text(document, "parameters.last"), "\"a/b/c\"");
}

TEST(Reference, ACircleIsToldOnceAndNothingThatFollowsFromIt) {
    Diagnostics diagnostics;
    read("[parameters]\na = '${b}'\nb = '${a}'\n[stage.s]\nk = '${a}'\nl = '${b}'\n", diagnostics);
    ASSERT_EQ(diagnostics.all().size(), 1u) << render(diagnostics.all());
    EXPECT_EQ(diagnostics.all()[0].code, "G007");
    EXPECT_THAT(diagnostics.all()[0].message, HasSubstr("`a` -> `b` -> `a`"));
}

TEST(Reference, ADoubledDollarIsKeptOnceHoweverOftenItIsReferredTo) {
    const auto document = read(
        "[graph]\nname = 'g'\nsummary = '${plain}'\n[parameters]\nplain = '$${name}'\nagain = '${plain}!'\n"
        "[stage.a]\nk = '${plain}'\nl = '${again}'\nm = 'costs $5, $${5}'\n");
    EXPECT_EQ(text(document, "parameters.plain"), "\"${name}\"");
    EXPECT_EQ(text(document, "graph.summary"), "\"${name}\"");
    EXPECT_EQ(text(document, "stage.a.k"), "\"${name}\"");
    EXPECT_EQ(text(document, "stage.a.l"), "\"${name}!\"");
    EXPECT_EQ(text(document, "stage.a.m"), "\"costs $5, ${5}\"");
}

TEST(Reference, TheEnvironmentAndItsDefault) {
    unsetenv("FETTLE_TEST_UNSET");
    setenv("FETTLE_TEST_SET", "/data", 1);
    setenv("FETTLE_TEST_EMPTY", "", 1);
    const auto document = read(
        "[stage.a]\nk = '${env:FETTLE_TEST_SET}/x'\nl = '${env:FETTLE_TEST_UNSET:-there}/x'\n"
        "m = '${env:FETTLE_TEST_SET:-there}'\nn = '${env:FETTLE_TEST_EMPTY:-}'\no = 'beside/${env:FETTLE_TEST_SET}'\n");
    EXPECT_EQ(text(document, "stage.a.k"), "\"/data/x\"");
    EXPECT_EQ(text(document, "stage.a.l"), "\"there/x\"");
    EXPECT_EQ(text(document, "stage.a.m"), "\"/data\"");
    EXPECT_EQ(text(document, "stage.a.n"), "\"\"");
    // A path that begins in the environment starts in the current folder; a default is the file's.
    EXPECT_EQ(at(document, "stage.a.k")->base, std::filesystem::current_path());
    EXPECT_EQ(at(document, "stage.a.l")->base, "/base");
    EXPECT_EQ(at(document, "stage.a.o")->base, "/base");

    Diagnostics diagnostics;
    read("[stage.a]\nk = 'x/${env:FETTLE_TEST_UNSET}'\n", diagnostics);
    EXPECT_THAT(support::places(diagnostics), ElementsAre("G004 at 2:8"));
}

TEST(Reference, AnErrorOfAParameterIsToldOnce) {
    Diagnostics diagnostics;
    const auto document = read("[parameters]\na = '${nowhere}'\n[stage.s]\nk = '${a}'\nl = ['${a}']\n", diagnostics);
    EXPECT_THAT(support::places(diagnostics), ElementsAre("G004 at 2:6"));
    EXPECT_TRUE(at(document, "stage.s.k")->unknown);
}

}  // namespace
