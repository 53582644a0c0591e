// The page of `fettle compare`, opened in a browser without a window.
#include "show/browsing.hpp"

namespace {

using namespace comparing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_fettle::text_of;
namespace fs = std::filesystem;

class ComparisonPage : public Browsing {
   protected:
    /// The page that `fettle compare` writes of these runs.
    std::string compared(testing_fettle::Arguments folders) {
        folders.insert(folders.begin(), {"compare", "--html", "page.html"});
        const Outcome outcome = call(folders);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return text_of(folder() / "page.html");
    }
};

TEST_F(ComparisonPage, DrawsEveryChartAndReportsNoError) {
    NEEDS_A_BROWSER();
    const std::string page =
        compared({run("a", scored(120, 2, 1), 0.9).string(), run("b", exchanged(scored(120, 2, 1)), 0.9).string()});
    EXPECT_EQ(probed(page, count_drawn),
              "3 of 3 drawn, 12 samples, By ssim, on 120 shared test images: A and B are not distinguishable.");
    EXPECT_EQ(messages, "");
}

TEST_F(ComparisonPage, LoadsNothing) {
    const std::string page = compared({run("a", scored(60, 2, 1)).string(), run("b", scored(60, 1, 2)).string()});
    EXPECT_THAT(page, HasSubstr("default-src 'none'"));
    EXPECT_THAT(page, AllOf(Not(HasSubstr("src=\"http")), Not(HasSubstr("<link"))));
}

TEST_F(ComparisonPage, ShowsNamesAsText) {
    NEEDS_A_BROWSER();
    auto first = scored(60, 2, 1), second = scored(60, 1, 2);
    const std::string bad =
        "</script><script>document.title = 'broken'</script> \xc3\xa4 {{data}} `" + std::string(300, 'x');
    first[3].id = second[3].id = bad;
    first[3].score = 9, second[3].score = -9;  // the most disputed
    const std::string page = compared({run("a", first, 0.8, "<img src=x onerror=alert(1)>").string(),
                                       run("b", second, 0.8, "<img src=x onerror=alert(1)>").string()});
    EXPECT_EQ(data_of(page)["metrics"][0]["samples"][0]["id"], bad);
    EXPECT_EQ(probed(page, R"(
        document.body.dataset.probe = document.title + ", " + document.querySelectorAll("img").length + " pictures, " +
            (document.querySelector(".sample b").textContent.startsWith("<\/script><script>document.title") ? "as text" : "lost");
    )"),
              "fettle: runs compared, 0 pictures, as text");
    EXPECT_EQ(messages, "");
}

TEST_F(ComparisonPage, IsReachedByKeys) {
    NEEDS_A_BROWSER();
    auto first = scored(120, 2, 1), second = scored(120, 1, 2);
    const std::string page = compared({run("a", first, 0.9).string(), run("b", second, 0.4).string()});
    const Json samples = data_of(page)["metrics"][0]["samples"];
    std::size_t differently = 0;
    for (const Json& each : samples)
        differently += (each["scores"][0].get<double>() > 0.9) != (each["scores"][1].get<double>() > 0.4);
    // What a key would do to each of them: all can have the focus, and answer.
    EXPECT_EQ(probed(page, R"(
        const reached = [...document.querySelectorAll("input, select, button, .scroll")].filter(each => (each.focus(), document.activeElement === each)).length;
        const more = document.querySelector("button");
        more.click();
        const shown = document.querySelectorAll(".sample").length, focused = document.activeElement.className;
        const select = document.querySelector("select");
        select.value = "called differently";
        select.dispatchEvent(new Event("change"));
        const told = document.querySelector("[role=status]").textContent;
        const box = document.querySelector("input");
        box.click();
        document.body.dataset.probe = reached + " reached; " + shown + " shown, focus on " + focused + "; " + told + "; " +
            charts[0].chart.data.datasets.filter(each => each.hidden).map(each => each.label).join(" ");
    )"),
              "9 reached; 36 shown, focus on sample; 12 of " + std::to_string(differently) +
                  "; A, normal A, anomalous threshold of A");
    EXPECT_EQ(messages, "");
}

TEST_F(ComparisonPage, WhatHasNoScoreIsNotCalledDifferently) {
    NEEDS_A_BROWSER();
    auto first = scored(6, 0, 1), second = first;
    for (std::size_t i = 0; i < 6; ++i) first[i].score = second[i].score = static_cast<double>(i);
    second[0].score = 9;  // above its threshold, and the other isn't
    first[4].score = std::nan("");
    const std::string page = compared({run("a", first, 2.5).string(), run("b", second, 2.5).string()});
    EXPECT_EQ(probed(page, R"(
        const select = document.querySelector("select");
        select.value = "called differently";
        select.dispatchEvent(new Event("change"));
        document.body.dataset.probe = [...document.querySelectorAll(".sample b")].map(each => each.textContent).join(" ");
    )"),
              "part/0");
    EXPECT_EQ(messages, "");
}

/// On paper the choice of runs is the charts' legend; what can only be clicked isn't there.
TEST_F(ComparisonPage, PrintsTheLegend) {
    NEEDS_A_BROWSER();
    if (std::system("command -v pdftotext > /dev/null") != 0) GTEST_SKIP() << "there is no pdftotext to read with";
    const std::string page =
        compared({run("a", scored(120, 2, 1), 0.9).string(), run("b", scored(120, 1, 2)).string()});
    EXPECT_THAT(page, HasSubstr("Show more"));
    const auto printed =
        start({browser(),
               {"--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000",
                "--user-data-dir=" + (folder() / "profile").string(),
                "--print-to-pdf=" + (folder() / "page.pdf").string(), "file://" + (folder() / "page.html").string()},
               folder(),
               {},
               {}})
            ->wait();
    ASSERT_TRUE(fs::exists(folder() / "page.pdf")) << printed.err;
    const Outcome text =
        start({"pdftotext", {"-layout", (folder() / "page.pdf").string(), "-"}, folder(), {}, {}})->wait();
    EXPECT_THAT(text.out, AllOf(HasSubstr("Shown:"), HasSubstr("Average precision"), Not(HasSubstr("Show more"))));
}

TEST_F(ComparisonPage, FitsAPhone) {
    NEEDS_A_BROWSER();
    auto first = scored(60, 2, 1), second = scored(60, 1, 2);
    first[3].id = second[3].id = std::string(300, 'x');
    EXPECT_EQ(on_a_phone(compared({run("a", first).string(), run("b", second).string()})), "fits 360");
}

TEST_F(ComparisonPage, SaysWhatIsMissing) {
    NEEDS_A_BROWSER();
    auto other = scored(30, 2, 2);
    for (Sample& each : other) each.id += "other";
    const fs::path a = run("a", scored(30, 2, 1));
    const std::string apart = opened(compared({a.string(), run("b", other).string()}), "");
    EXPECT_EQ(messages, "");
    EXPECT_THAT(apart,
                AllOf(HasSubstr("No paired test could be made"), HasSubstr("The runs have no test image in common.")));
    const std::string bare = opened(compared({a.string(), run("c", scored(30, 1, 3)).string()}), "");
    EXPECT_THAT(bare, HasSubstr("A, B hold no pictures"));
    const std::string one =
        opened(compared({run("d", {{"x", false, 1}}).string(), run("e", {{"x", false, 2}}).string()}), "");
    EXPECT_EQ(messages, "");
    EXPECT_THAT(one, AllOf(HasSubstr("There is no ROC curve"), Not(HasSubstr("class=\"failed\""))));
}

/// Pictures are those of the runs' own reports.
TEST_F(ComparisonPage, ShowsThePicturesOfTheReports) {
    const std::string text = text_of(fs::path(FETTLE_SOURCE_FOLDER) / "graphs/smallest.toml");
    graph("smallest.toml", text);
    const Outcome first = call({"run", "smallest.toml"}),
                  second = call({"run", "smallest.toml", "--set", "coarse.size=[8, 8]"});
    ASSERT_EQ(first.status, 0) << first.err;
    ASSERT_EQ(second.status, 0) << second.err;
    const Json metric = data_of(compared({run_folder(first).string(), run_folder(second).string()}))["metrics"][0];
    const Json& disputed = metric["samples"][0];
    for (std::size_t k = 0; k < 2; ++k)
        for (const char* what : {"original", "reconstruction", "map"})
            EXPECT_THAT(disputed["pictures"][k][what].get<std::string>(), ::testing::StartsWith("data:image/"));
    EXPECT_EQ(disputed["pictures"][0]["original"], disputed["pictures"][1]["original"]);
    EXPECT_NE(disputed["pictures"][0]["reconstruction"], disputed["pictures"][1]["reconstruction"]);
    for (std::size_t i = 1; i < metric["samples"].size(); ++i)
        EXPECT_LE(metric["samples"][i]["spread"], metric["samples"][i - 1]["spread"]);
}

}  // namespace
