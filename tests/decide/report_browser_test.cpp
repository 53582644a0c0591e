// The page of a report, opened in a browser without a window.
#include "report_page.hpp"

#include "python.hpp"

namespace {

using namespace pages;

std::string browser() {
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
        if (std::system((std::string("command -v ") + name + " > /dev/null").c_str()) == 0) return name;
    return {};
}

std::string output_of(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    char buffer[65536];
    while (const std::size_t count = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
    EXPECT_EQ(pclose(pipe), 0) << command;
    return out;
}

class ReportInABrowser : public Report {
   protected:
    struct Opened {
        std::string dom, messages;
    };
    /// The page as the browser made it, with a note by a script of the test's: how many canvases hold a drawing.
    Opened open(const std::string& page) {
        return show(page, R"(<script>
            const painted = [...document.querySelectorAll(".canvas canvas")].filter(canvas => canvas.width > 50 && canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value !== 0));
            document.body.dataset.probe = painted.length + " of " + document.querySelectorAll(".canvas canvas").length + " drawn, " +
                [...document.images].filter(image => !image.src.startsWith("data:")).length + " pictures from outside, title " +
                document.title;
        </script></body>)");
    }
    /// Whether the page fits the width of a phone. A window can't be as narrow; a frame can.
    std::string on_a_phone(const std::string& page) {
        const std::string inner = with(page, R"(<script>
            parent.postMessage(document.documentElement.scrollWidth > innerWidth ? "too wide" : "fits " + innerWidth, "*");
        </script></body>)");
        std::ofstream(folder_ / "inner.html", std::ios::binary) << inner;
        const std::string dom = show("<body></body>", R"(<script>
            addEventListener("message", event => document.body.append(event.data));
        </script><iframe src="inner.html" width="360" height="800"></iframe></body>)")
                                    .dom;
        const auto found = dom.rfind("</iframe>") + 9;
        return dom.substr(found, dom.find("</body>", found) - found);
    }

   private:
    static std::string with(std::string page, const std::string& script) {
        return page.replace(page.rfind("</body>"), 7, script);
    }
    Opened show(const std::string& page, const std::string& script) {
        std::ofstream(folder_ / "shown.html", std::ios::binary) << with(page, script);
        const std::string messages = (folder_ / "messages.txt").string();
        Opened out;
        out.dom = output_of(browser() +
                            " --headless=new --no-sandbox --disable-gpu --window-size=1000,800 --user-data-dir='" +
                            (folder_ / "profile").string() +
                            "' --enable-logging=stderr --virtual-time-budget=3000 --dump-dom 'file://" +
                            (folder_ / "shown.html").string() + "' 2> '" + messages + "'");
        std::istringstream lines(read(messages));
        for (std::string line; std::getline(lines, line);)
            if (line.find("CONSOLE") != std::string::npos) out.messages += line + "\n";
        return out;
    }
};

#define NEEDS_A_BROWSER() \
    if (browser().empty()) GTEST_SKIP() << "neither chromium nor google-chrome is installed: the page is not opened"

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

TEST_F(ReportInABrowser, TellsOfItsRun) {
    NEEDS_A_BROWSER();
    std::string page = written(material::make());
    const Opened cached = open(page);
    EXPECT_EQ(cached.messages, "");
    EXPECT_THAT(cached.dom, HasSubstr("This copy of the page doesn't know of its run"));

    const auto stage = [](const std::string& name, const std::string& use, const Json& inputs, int items) {
        return Json{{"name", name},
                    {"use", use},
                    {"key", "k-" + name},
                    {"state", items > 0 ? "run" : "cached"},
                    {"why", ""},
                    {"seed", 18446744073709551615u},
                    {"seconds", items * 0.25},
                    {"items", items},
                    {"items_per_second", 4},
                    {"peak_memory_bytes", 3 << 20},
                    {"inputs", inputs}};
    };
    Json record{{"fettle", "0.1.0"},
                {"graph", "by_hand"},
                {"file", "a.toml"},
                {"command", "fettle run 'a </script>.toml'"},
                {"status", "done"},
                {"started", "2026-01-02T03:04:05.678Z"},
                {"finished", "2026-01-02T03:05:05.678Z"},
                {"seconds", 60.5},
                {"seed", 7},
                {"device", "cpu"},
                {"threads", 2},
                {"peak_memory_bytes", 5 << 20}};
    record["warnings"] = {{{"stage", "cut"}, {"text", "too <b>few</b>"}}};
    record["stages"] = {
        stage("photos", "dataset.folder", Json::object(), 4),
        stage("train", "train.reconstruction", {{"inputs", {"photos.images"}}}, 100),
        stage("rebuilt", "infer.reconstruct", {{"images", {"photos.images"}}, {"network", {"train.network"}}}, 4),
        stage("pooled", "score.pool", {{"maps", {"rebuilt.maps"}}}, 0),
        stage("cut", "threshold.quantile", {{"scores", {"pooled.scores"}}}, 0),
        stage("judge", "evaluate.detection", {{"decisions", {"cut.decisions"}}}, 0)};
    record["stages"][0]["reads"] = {{"/data/<photos>", "abc123"}};
    record["plugins"] = {{{"name", "score"}, {"version", "1"}, {"abi", "sdk=3"}, {"built", "now"}}};
    record["resolved"] = "format = 1\n# </script>";
    std::string inert;
    for (const char c : record.dump()) c == '<' ? inert += "\\u003c" : inert += c;
    page.replace(page.find(fettle::run_record_mark), fettle::run_record_mark.size(), inert);
    const Opened told = open(page);
    EXPECT_EQ(told.messages, "");
    EXPECT_THAT(told.dom, HasSubstr("fettle run 'a &lt;/script&gt;.toml'"));
    EXPECT_THAT(told.dom, HasSubstr("too &lt;b&gt;few&lt;/b&gt;"));
    EXPECT_THAT(told.dom, HasSubstr("abc123"));
    EXPECT_THAT(told.dom, HasSubstr("18446744073709551615"));  // a seed keeps its last digit
    EXPECT_THAT(told.dom, HasSubstr("in.scores = [\"pooled\"]"));
    // Training is no part of what a new image goes through; what came from the cache was not timed.
    EXPECT_THAT(told.dom,
                HasSubstr("One new image takes about 500 ms of processor time: photos 250 ms, rebuilt 250 ms; "
                          "pooled came from the cache and isn't counted."));
    for (const Json& each : record["stages"])
        EXPECT_THAT(told.dom,
                    HasSubstr("class=\"name\" x=\"9\" y=\"18\">" + each["name"].get<std::string>() + "</text>"));
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
    EXPECT_THAT(opened.dom, HasSubstr("<h1>&lt;/title&gt;&lt;script&gt;throw 1&lt;/script&gt;</h1>"));
}

}  // namespace
