// Words of errors: suggestions, places, names.
#include "unit/support.hpp"

#include <fettle/suggest.hpp>

#include <gmock/gmock.h>

namespace {

using namespace fettle::runtime;
using fettle::nearest;

TEST(Nearest, FindsWhatAMisspeltWordMeans) {
    const std::vector<std::string> words{"window", "sigma", "k1", "k2"};
    EXPECT_EQ(nearest("windw", words), "window");
    EXPECT_EQ(nearest("wnidow", words), "window");  // neighbours swapped: one change
    EXPECT_EQ(nearest("windows", words), "window");
    EXPECT_EQ(nearest("Sigma", words), "sigma");
    EXPECT_EQ(nearest("k3", words), "k1");
    EXPECT_EQ(nearest("epochs", words), std::nullopt);
    EXPECT_EQ(nearest("", words), std::nullopt);
    EXPECT_EQ(nearest("anything", {}), std::nullopt);
    EXPECT_EQ(did_you_mean("windw", words), "did you mean `window`?");
    EXPECT_EQ(did_you_mean("epochs", words), "");
}

TEST(Nearest, TakesTheClosestAndAtMostAThird) {
    EXPECT_EQ(nearest("abcdef", {"abcxyz", "abcdex", "abxdex"}), "abcdex");
    EXPECT_EQ(nearest("abcdef", {"abcdxy"}), "abcdxy");      // two of six
    EXPECT_EQ(nearest("abcdef", {"abcxyz"}), std::nullopt);  // three of six
}

TEST(Listed, ReadsAsASentence) {
    EXPECT_EQ(listed({}), "");
    EXPECT_EQ(listed({"a"}), "a");
    EXPECT_EQ(listed({"a", "b"}), "a and b");
    EXPECT_EQ(listed({"a", "b", "c"}, "or"), "a, b or c");
}

Diagnostic at(const Source& source, std::size_t line, std::size_t column, std::size_t length) {
    return {"G201", "wrong", {source, line, column, length}, "hint", {"help"}};
}

/// The line with the caret.
std::string caret(const Diagnostic& diagnostic) {
    const std::string text = render(diagnostic);
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1)
        lines.push_back(text.substr(begin, text.find('\n', begin) - begin));
    return lines.at(4);
}

TEST(Render, ShowsPlaceLineCaretAndHelp) {
    const auto source = make_source("bad.toml", "format = 1\n[stage.a]\nwindw  = 7\n");
    EXPECT_EQ(render(at(source, 3, 1, 5)),
              "error[G201]: wrong\n"
              " --> bad.toml:3:1\n"
              "  |\n"
              "3 | windw  = 7\n"
              "  | ^^^^^ hint\n"
              "  = help: help\n");
}

TEST(Render, CountsCodePointsAndKeepsTabs) {
    const std::string line = "größe = \"Maß\" # ä";
    const auto source = make_source("a", line + "\n\tmaß\t= 3\nlast");
    EXPECT_EQ(caret(at(source, 1, line.find('"') + 1, std::string("\"Maß\"").size())), "  |         ^^^^^ hint");
    EXPECT_EQ(caret(at(source, 2, std::string("\tmaß\t= ").size() + 1, 1)), "  | \t   \t  ^ hint");
    EXPECT_EQ(caret(at(source, 3, 1, 400)), "  | ^^^^ hint");  // no further than the line
    EXPECT_EQ(caret(at(source, 3, 5, 1)), "  |     ^ hint");   // just behind it
    EXPECT_EQ(caret(at(source, 3, 99, 1)), "  |     ^ hint");  // and never beyond
}

TEST(Render, WindowsLinesHaveNoReturn) {
    const auto source = make_source("a", "one\r\ntwo = 2\r\n");
    ASSERT_EQ(source->lines.size(), 2u);
    EXPECT_EQ(source->lines[1], "two = 2");
    Diagnostics diagnostics;
    const auto document = read_document_text("a", "[stage.a]\r\nuse = \"x\"\r\n\tk = 1\r\n", ".", {}, diagnostics);
    ASSERT_TRUE(document);
    const Node& k = *document->find("stage")->find("a")->find("k");
    EXPECT_EQ(k.key.line, 3u);
    EXPECT_EQ(k.key.column, 2u);
}

TEST(Render, SortsByPlaceAndCounts) {
    const auto source = make_source("a", "1\n2\n3\n");
    Diagnostic warning = at(source, 1, 1, 1);
    warning.severity = Severity::warning;
    const std::string text = render({at(source, 3, 1, 1), warning, at(source, 2, 1, 1)});
    EXPECT_LT(text.find("a:1:1"), text.find("a:2:1"));
    EXPECT_LT(text.find("a:2:1"), text.find("a:3:1"));
    EXPECT_THAT(text, ::testing::EndsWith("\n2 errors, 1 warning\n"));
    EXPECT_THAT(render(std::vector{warning}), ::testing::EndsWith("\n1 warning\n"));
    EXPECT_THAT(render(std::vector{at(source, 1, 1, 1)}), ::testing::EndsWith("\n1 error\n"));
    EXPECT_EQ(render(std::vector<Diagnostic>{}), "");
}

TEST(Render, ColourChangesNoWord) {
    const auto source = make_source("a", "x = 1\n");
    std::string coloured = render(at(source, 1, 1, 1), true);
    for (auto escape = coloured.find('\033'); escape != std::string::npos; escape = coloured.find('\033'))
        coloured.erase(escape, coloured.find('m', escape) - escape + 1);
    EXPECT_EQ(coloured, render(at(source, 1, 1, 1), false));
}

TEST(Narrowed, FindsTheWordInItsSpan) {
    const auto source = make_source("a", "in.images = \"test.test\"\n");
    const Span whole{source, 1, 13, 11};
    EXPECT_EQ(narrowed(whole, "test").column, 19u);  // the last one
    EXPECT_EQ(narrowed(whole, "test").length, 4u);
    EXPECT_EQ(narrowed(whole, "images").column, 13u);  // not in the span: the whole of it
    EXPECT_EQ(narrowed(whole, "").length, 11u);
    EXPECT_EQ(narrowed({}, "x").line, 0u);
}

TEST(Label, NamesWhatIsNotDefault) {
    const auto label = [](const std::string& lines) {
        const auto graph = support::graph_of(
            "format = 1\n[stage.parts]\nuse = 'dataset.procedural'\n[stage.small]\nuse = 'transform.resize'\n"
            "in.images = ['parts']\nkeep = true\n" +
            lines);
        return label_of(graph.stages.back().use);
    };
    EXPECT_EQ(label(""), "resize");
    EXPECT_EQ(label("filter = 'area'\nsize = [128, 128]\n"), "resize");  // said, but the default
    EXPECT_EQ(label("filter = 'cubic'\n"), "resize(filter=cubic)");
    EXPECT_EQ(label("filter = 'cubic'\nsize = [16, 32]\n"), "resize(size=[16, 32], filter=cubic)");
}

}  // namespace
