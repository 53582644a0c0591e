// The page of a report, opened in a browser without a window.
#include "report_browser.hpp"
#include "python.hpp"

namespace {

using namespace pages;
using ::testing::AllOf;

TEST_F(ReportInABrowser, DrawsEveryChartAndReportsNoError) {
    NEEDS_A_BROWSER();
    material::Run run = material::make();
    auto measures = std::make_shared<fettle::Measures>(*run.measures);
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    measures->tables = {{"Trivial scores",
                         "Look.",
                         {{"mean grey", {{"auroc", 0.8125, 0.75, 0.875}, {"pairs", 116, nan, nan}}, "worse"}}}};
    run.measures = measures;
    const Opened opened = open(written(run));
    EXPECT_EQ(opened.messages, "");
    EXPECT_THAT(opened.dom, HasSubstr("<h2>Trivial scores</h2><p class=\"faint\">Look.</p>"));
    EXPECT_THAT(opened.dom, HasSubstr("<b>0.8125</b><div class=\"small faint\">0.750 to 0.875</div></td>"));
    EXPECT_THAT(opened.dom, HasSubstr("<b>116</b><div class=\"small faint\"></div></td><td>worse</td>"));
    EXPECT_THAT(opened.dom, HasSubstr("The best trivial score, mean grey, reaches 0.813 (0.750 to 0.875)"));
    EXPECT_THAT(opened.dom,
                HasSubstr("data-probe=\"6 of 6 drawn, 0 pictures from outside, title How well anomalies are found\""));
    EXPECT_THAT(opened.dom, Not(HasSubstr("class=\"failed\"")));
    EXPECT_THAT(opened.dom, HasSubstr("of 60 anomalous images"));
    EXPECT_THAT(opened.dom,
                HasSubstr("&lt;script&gt;document.title = 'broken'&lt;/script&gt;.jpg</button>"));  // as text
}

TEST_F(ReportInABrowser, SetsTheBestTrivialScoreBesideTheAnswer) {
    NEEDS_A_BROWSER();
    const material::Counts counts{.calibrate = 12, .normal = 12, .anomalous = 12};
    material::Run run = material::make(counts);
    fettle::testing::TestContext context;
    const auto stage = material::plugin("evaluate").make("evaluate.baselines");
    const auto trivial = std::dynamic_pointer_cast<const fettle::Measures>(
        material::plugin("evaluate")
            .run("evaluate.baselines", *stage, {{"images", {material::originals(counts)}}}, context)
            .at("measures"));
    auto measures = std::make_shared<fettle::Measures>(*run.measures);
    measures->tables = trivial->tables;
    measures->judgements[0].cut.fitted = 0;
    run.measures = measures;
    const fettle::Table::Row* best = nullptr;
    for (const auto& row : trivial->tables.at(0).rows)
        if (best == nullptr || row.figures.at(0).value > best->figures.at(0).value) best = &row;
    ASSERT_NE(best, nullptr);
    ASSERT_EQ(best->figures.at(0).name, "auroc_departure");
    char reached[16];
    std::snprintf(reached, sizeof reached, "%.3f", best->figures.at(0).value);
    const Opened opened = open(written(run));
    EXPECT_EQ(opened.messages, "");
    EXPECT_THAT(opened.dom, HasSubstr("The best trivial score, " + best->name + ", reaches " + reached));
    EXPECT_THAT(opened.dom, Not(HasSubstr("<p>No trivial score")));
    EXPECT_THAT(opened.dom, HasSubstr("grey ones are trivial"));
    EXPECT_THAT(opened.dom, HasSubstr(", set in the graph."));  // nothing was fitted to
    EXPECT_THAT(opened.dom, Not(HasSubstr("from 0 calibration")));
}

TEST_F(ReportInABrowser, IsUsedWithMouseAndKeys) {
    NEEDS_A_BROWSER();
    if (!support::has_python("json")) GTEST_SKIP() << "there is no Python to drive the browser with";
    std::ofstream(folder_ / "report.html", std::ios::binary) << written(material::make());
    const std::string said =
        output_of(support::python_with("json") + " '" FETTLE_SOURCE_FOLDER "/tests/decide/report_by_hand.py' '" +
                  folder_.string() + "' " + browser() + " 2>&1");
    EXPECT_EQ(said, "done\n");
}

TEST_F(ReportInABrowser, ComparesInFewWords) {
    NEEDS_A_BROWSER();
    material::Run run = material::make({.calibrate = 8, .normal = 8, .anomalous = 8});
    auto measures = std::make_shared<fettle::Measures>(*run.measures);
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    fettle::Table compared{"Metrics compared", "The note of `it`.", {}};
    const auto pair = [&](const std::string& first, const std::string& second, const std::string& verdict) {
        compared.rows.push_back({"`" + first + "` against `" + second + "`",
                                 {{"auroc_difference", 0.125, 0.0625, 0.25}, {"auroc_p", 0.00001, nan, nan}},
                                 verdict});
    };
    pair("l1 mean", "mean grey departure", "not distinguishable");
    for (int i = 0; i < 9; ++i)
        pair("l1 mean", "other" + std::to_string(i), "`l1 mean` is better by auroc, average_precision");
    measures->tables = {{"Trivial scores", "", {{"mean grey", {{"auroc_departure", 0.5, 0.25, 0.75}}, ""}}}, compared};
    run.measures = measures;
    const Opened opened = open(written(run));
    EXPECT_EQ(opened.messages, "");
    EXPECT_THAT(opened.dom, HasSubstr("It is not distinguishable from mean grey."));
    EXPECT_THAT(opened.dom, HasSubstr("The note of it."));
    EXPECT_THAT(opened.dom,
                HasSubstr("l1 mean against other8</th><td class=\"number\"><b>+0.125</b><div class=\"small faint\">"
                          "0.063 to 0.250</div><div class=\"small faint\">p &lt; 0.0001</div></td><td>l1 mean "
                          "is better by AUROC, average precision</td>"));
    EXPECT_THAT(opened.dom, HasSubstr("<summary>2 rows more</summary>"));
    EXPECT_THAT(opened.dom, HasSubstr(">AUROC of the departure</th>"));
}

TEST_F(ReportInABrowser, FitsAPhone) {
    NEEDS_A_BROWSER();
    EXPECT_EQ(on_a_phone(written(material::make())), "fits 360");
    EXPECT_EQ(on_a_phone("<p style='width: 500px'>wide</p></body>"), "too wide");  // the test can tell
}

TEST_F(ReportInABrowser, TellsWhenItBreaks) {
    NEEDS_A_BROWSER();
    std::string page = written(material::make({.calibrate = 2, .normal = 2, .anomalous = 2}));
    const std::string key = "\"judgements\"";
    page.replace(page.find(key), key.size(), "\"nothing\"");
    const Opened opened = open(page);
    EXPECT_THAT(opened.dom, HasSubstr("This page could not be drawn"));
    EXPECT_THAT(opened.messages, HasSubstr("Uncaught TypeError"));
}

TEST_F(ReportInABrowser, SaysWhatIsMissing) {
    NEEDS_A_BROWSER();
    const auto judged = [](material::Counts counts) {
        material::Run run = material::make(counts);
        run.examples.clear();
        return run;
    };
    const Opened sound = open(written(judged({.calibrate = 30, .normal = 30, .anomalous = 0})));
    EXPECT_EQ(sound.messages, "");
    EXPECT_THAT(sound.dom, HasSubstr("There are no anomalous test images"));
    EXPECT_THAT(sound.dom, HasSubstr("No maps were connected"));
    EXPECT_THAT(sound.dom, HasSubstr("There is no ROC curve"));

    const Opened one = open(written(judged({.calibrate = 2, .normal = 1, .anomalous = 0})));
    EXPECT_EQ(one.messages, "");
    EXPECT_THAT(one.dom, HasSubstr("Only 1 test image with a label"));

    const Opened none = open(written(judged({.calibrate = 2, .normal = 0, .anomalous = 0})));
    EXPECT_EQ(none.messages, "");
    EXPECT_THAT(none.dom, HasSubstr("There are no test images with a label"));

    material::Run nothing;
    nothing.measures = std::make_shared<fettle::Measures>();
    const Opened bare = open(written(nothing));
    EXPECT_EQ(bare.messages, "");
    EXPECT_THAT(bare.dom, HasSubstr("No threshold was judged"));

    const auto pictured = [&](std::size_t masked, bool rebuilt) {
        material::Run run = material::make({.calibrate = 2, .normal = 2, .anomalous = 3});
        std::vector<fettle::SampleInfo> infos;
        for (const auto& row : run.measures->scores.rows) infos.push_back(row);
        std::size_t anomalous = 0;
        std::vector<bool> has_mask;
        for (const auto& info : infos)
            has_mask.push_back(info.label == fettle::Label::anomalous && anomalous++ < masked);
        const auto images = fettle::lazy_images(infos, [has_mask](std::size_t index, std::uint32_t) {
            fettle::Sample out;
            out.image = fettle::Image(16, 16, 3, 90);
            if (has_mask[index]) out.mask = fettle::Image(16, 16, 1, 255);
            return out;
        });
        const auto second = fettle::lazy_images(infos, [](std::size_t, std::uint32_t) {
            fettle::Sample out;
            out.image = fettle::Image(16, 16, 3, 90);
            return out;
        });
        const std::vector<fettle::Plane> planes(infos.size(), {16, 16, std::vector<float>(256, 0.5F)});
        run.examples = {std::make_shared<fakes::FixedMaps>("maps", infos, planes, images, rebuilt ? second : images)};
        return open(written(run)).dom;
    };
    EXPECT_THAT(pictured(0, true), HasSubstr("No anomalous test image has a mask: nothing can be said about where"));
    EXPECT_THAT(pictured(2, true), AllOf(HasSubstr("<li>1 of 3 anomalous test images has no mask.</li>"),
                                         Not(HasSubstr("<li>There is no reconstruction"))));
    EXPECT_THAT(pictured(3, false), AllOf(HasSubstr("There is no reconstruction to show beside the maps of maps"),
                                          Not(HasSubstr("mask.</li>"))));
}

/// Whose score is missing is counted nowhere, and is found in the gallery.
TEST_F(ReportInABrowser, ShowsWhatHasNoScore) {
    NEEDS_A_BROWSER();
    const material::Run run = material::make({.calibrate = 8, .normal = 8, .anomalous = 8, .lost = {10, 20, 23}});
    const Opened opened = show(written(run), R"js(<script>
        const said = [], text = element => element.textContent;
        const confusion = () => [...document.querySelectorAll(".confusion td b")].map(text).join(",");
        const at_first = confusion();
        move_threshold(-1, true);  // everything that has a score is called anomalous
        said.push("all called " + confusion());
        move_threshold(view.data.judgements[0].threshold, false);
        said.push("again " + (confusion() === at_first));
        const c = view.data.judgements[0].confusion;
        said.push("as judged " + ([c.true_positive, c.false_negative, c.false_positive, c.true_negative].join(",") === at_first));
        [...document.querySelectorAll(".filters button")].find(each => text(each).includes("no score")).click();
        said.push("shown " + shown_cases.list.join(","));
        said.push([...document.querySelectorAll("#images .case")].map(each => text(each.querySelector(".badge")) + " " + text(each.querySelector(".score"))).join(","));
        said.push("filters " + [...document.querySelectorAll(".filters button:not([hidden])")].map(text).join(","));
        open_case(23);
        said.push("large " + text(document.querySelector("dialog .badge")) + " " + text(document.querySelector("dialog td.number")));
        document.body.dataset.probe = said.join("; ");
    </script></body>)js");
    EXPECT_EQ(opened.messages, "");
    EXPECT_THAT(opened.dom, HasSubstr("all called 6,0,7,0; again true; as judged true; shown 10,20,23; ∅ no score no "
                                      "score,∅ no score no score,∅ no score no score; filters all 16,"));
    EXPECT_THAT(opened.dom, HasSubstr("∅ no score 3; large ∅ no score no score"));
    EXPECT_THAT(opened.dom, HasSubstr("3 of 16 test images have no finite score of l1 mean, the first free/"));
    EXPECT_THAT(opened.dom, HasSubstr("3 test images have no score: they are counted nowhere."));
    EXPECT_THAT(opened.dom, HasSubstr("See what has no score"));
}

TEST_F(ReportInABrowser, BearsOddNumbersAndNames) {
    NEEDS_A_BROWSER();
    constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    fettle::Judgement judged;
    judged.cut = {"<b>\"ssim\" & {{data}} </script>", infinity, "\xc3\xa4\xe2\x80\xa8", 0};
    judged.figures = {{"auroc", nan, nan, infinity}, {"<i>", 0.5, nan, nan}};
    material::Run run;
    run.measures = measures({fakes::info(std::string(300, 'x') + "\xff", fettle::Split::test, fettle::Label::normal),
                             fakes::info("b", fettle::Split::test, fettle::Label::anomalous)},
                            {-1e300, infinity}, judged);
    const std::string page = written(run, {{"title", "</title><script>throw 1</script>"}});
    const Opened opened = open(page);
    EXPECT_EQ(on_a_phone(page), "fits 360");
    EXPECT_EQ(opened.messages, "");
    EXPECT_THAT(opened.dom, Not(HasSubstr("class=\"failed\"")));
    EXPECT_THAT(opened.dom, HasSubstr("&lt;b&gt;\"ssim\" &amp; {{data}} &lt;/script&gt;"));
    EXPECT_THAT(opened.dom,
                HasSubstr("1 of 2 test images has no finite score of &lt;b&gt;\"ssim\" &amp; {{data}} "
                          "&lt;/script&gt;, b: its figures, its curves and the threshold below are of the other 1."));
    EXPECT_THAT(opened.dom, HasSubstr("<h1>&lt;/title&gt;&lt;script&gt;throw 1&lt;/script&gt;</h1>"));
}

}  // namespace
