#include "report_material.hpp"

#include <fettle/error.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// A folder of the test's own, removed at its end unless FETTLE_KEEP says where to put what should stay.
class Report : public ::testing::Test {
   protected:
    void SetUp() override {
        const char* keep = std::getenv("FETTLE_KEEP");
        const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
        kept_ = keep != nullptr;
        folder_ = (kept_ ? fs::path(keep) : fs::temp_directory_path()) / ("fettle-report-" + name);
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override {
        if (!kept_) fs::remove_all(folder_);
    }

    std::string written(const material::Run& run, const fettle::testing::Settings& settings = {}) {
        return read(material::write("report.html", run, folder_, settings) / "report.html");
    }
    static std::string read(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        EXPECT_TRUE(file) << path;
        return {std::istreambuf_iterator<char>(file), {}};
    }

    fs::path folder_;
    bool kept_ = false;
};

fettle::Ref<fettle::Measures> measures(std::vector<fettle::SampleInfo> rows, std::vector<double> values,
                                       fettle::Judgement judged) {
    auto out = std::make_shared<fettle::Measures>();
    out->scores = *fakes::table(judged.cut.column, std::move(rows), std::move(values));
    out->judgements.push_back(std::move(judged));
    return out;
}

/// The data that stands in the page, as its script reads it.
Json data_of(const std::string& page) {
    const std::string open = "<script type=\"application/json\" id=\"data\">";
    const auto begin = page.find(open) + open.size();
    return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

using ReportJson = Report;
using ReportHtml = Report;

TEST_F(ReportJson, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(material::plugin("report").entry("report.json")), IsEmpty());
}
TEST_F(ReportHtml, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(material::plugin("report").entry("report.html")), IsEmpty());
}

TEST_F(ReportJson, HoldsEverythingExactly) {
    const material::Run run = material::make();
    const Json json = Json::parse(read(material::write("report.json", run, folder_) / "report.json"));
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.push_back(key);
    EXPECT_THAT(keys, ElementsAre("format", "counts", "judgements", "columns", "remarks", "samples"));
    EXPECT_EQ(json["counts"]["test"]["anomalous"], 60);
    EXPECT_EQ(json["counts"]["calibrate"]["normal"], 60);
    const auto& measures = *run.measures;
    ASSERT_EQ(json["judgements"].size(), 2u);
    for (std::size_t j = 0; j < 2; ++j) {
        const fettle::Judgement& from = measures.judgements[j];
        const Json& to = json["judgements"][j];
        EXPECT_EQ(to["threshold"].get<double>(), from.cut.threshold);
        EXPECT_EQ(to["confusion"]["true_positive"], from.confusion.true_positive);
        ASSERT_EQ(to["figures"].size(), from.figures.size());
        for (std::size_t k = 0; k < from.figures.size(); ++k) {
            EXPECT_EQ(to["figures"][k]["name"], from.figures[k].name);
            EXPECT_EQ(to["figures"][k]["value"].get<double>(), from.figures[k].value);
            EXPECT_EQ(to["figures"][k]["interval"].is_null(), std::isnan(from.figures[k].low));
            if (!std::isnan(from.figures[k].low)) {
                EXPECT_EQ(to["figures"][k]["interval"][1].get<double>(), from.figures[k].high);
            }
        }
    }
    ASSERT_EQ(json["samples"].size(), measures.scores.rows.size());
    for (std::size_t i = 0; i < measures.scores.rows.size(); ++i)
        for (std::size_t c = 0; c < 2; ++c)
            EXPECT_EQ(json["samples"][i]["scores"][c].get<double>(), measures.scores.columns[c].values[i]);
}

TEST_F(ReportJson, WritesWhatIsNotFiniteAsNullWithARemark) {
    constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    fettle::Judgement judged;
    judged.cut = {"ssim mean", infinity, "manual", 0};
    judged.figures = {{"auroc", nan, 0.1, infinity}, {"f1", 0.5, nan, nan}};
    material::Run run;
    run.measures = measures({fakes::info("a", fettle::Split::calibrate, fettle::Label::normal),
                             fakes::info("b\xff", fettle::Split::train, fettle::Label::normal)},
                            {1, -infinity}, judged);
    const Json json = Json::parse(read(material::write("report.json", run, folder_) / "report.json"));
    const Json& out = json["judgements"][0];
    EXPECT_TRUE(out["threshold"].is_null());
    EXPECT_TRUE(out["figures"][0]["value"].is_null());
    EXPECT_EQ(out["figures"][0]["interval"], Json({0.1, nullptr}));
    EXPECT_TRUE(out["figures"][1]["interval"].is_null());
    EXPECT_THAT(out["remarks"].get<std::vector<std::string>>(),
                ElementsAre(HasSubstr("upper end of auroc is infinite"), HasSubstr("auroc is not a number"),
                            HasSubstr("the threshold is infinite")));
    EXPECT_TRUE(json["samples"][1]["scores"][0].is_null());
    EXPECT_THAT(json["remarks"].get<std::vector<std::string>>(), ElementsAre(HasSubstr("1 scores of `ssim mean`")));
}

TEST_F(ReportHtml, IsOneFileThatLoadsNothing) {
    const std::string page = written(material::make());
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "output"), {}), 1);
    EXPECT_THAT(page, HasSubstr("default-src 'none'"));
    for (const char* loader : {" src=\"", "href=\"http", "@import", "url("})
        EXPECT_THAT(page.substr(0, page.find("<script>")), Not(HasSubstr(loader)));
    EXPECT_LT(page.size(), 6'000'000u);
}

TEST_F(ReportHtml, NamesCannotEndTheScriptTheyStandIn) {
    const std::string page = written(material::make());
    EXPECT_THAT(page, Not(HasSubstr("<script>document.title = 'broken'")));
    EXPECT_THAT(data_of(page)["rows"][0][0].get<std::string>(),
                HasSubstr("<script>document.title = 'broken'</script>"));
}

TEST_F(ReportHtml, ShowsTheCasesWorthLookingAt) {
    std::vector<fettle::SampleInfo> rows;
    std::vector<double> values;
    const auto add = [&](const char* id, fettle::Split split, fettle::Label label, double score) {
        rows.push_back(fakes::info(id, split, label));
        values.push_back(score);
    };
    using fettle::Label, fettle::Split;
    add("calibration", Split::calibrate, Label::normal, 99);  // never a case
    add("missed a little", Split::test, Label::anomalous, 4.5);
    add("missed most", Split::test, Label::anomalous, 1);
    add("alarm", Split::test, Label::normal, 7);
    add("loudest alarm", Split::test, Label::normal, 8);
    add("found", Split::test, Label::anomalous, 6);
    add("clearest", Split::test, Label::anomalous, 9);
    add("on the line", Split::test, Label::normal, 5);
    add("cleanest", Split::test, Label::normal, 0);
    add("nobody knows", Split::test, Label::unknown, 50);
    fettle::Judgement judged;
    judged.cut = {"ssim mean", 5, "manual", 0};
    material::Run run;
    run.measures = measures(rows, values, judged);
    const Json cases = data_of(written(run, {{"examples", 2}}))["gallery"]["cases"][0];
    const auto ids = [&](const char* group) {
        std::vector<std::string> out;
        for (const Json& row : cases[group]["rows"]) out.push_back(rows.at(row.get<std::size_t>()).id);
        return out;
    };
    EXPECT_THAT(ids("missed"), ElementsAre("missed most", "missed a little"));
    EXPECT_THAT(ids("false_alarms"), ElementsAre("loudest alarm", "alarm"));
    EXPECT_THAT(ids("clear_anomalous"), ElementsAre("clearest", "found"));
    EXPECT_THAT(ids("clear_normal"), ElementsAre("cleanest", "on the line"));
    const Json one = data_of(written(run, {{"examples", 1}}))["gallery"]["cases"][0];
    EXPECT_EQ(one["missed"]["count"], 2);
    EXPECT_EQ(one["missed"]["rows"].size(), 1u);
}

// A map lies in the middle of its image, dark where it is 0 and bright where it is high.
TEST_F(ReportHtml, PutsTheMapWhereItBelongs) {
    fettle::Sample black;
    black.image = fettle::Image(40, 30, 3);
    const std::vector infos{fakes::info("x", fettle::Split::test, fettle::Label::anomalous)};
    const auto images = fettle::lazy_images(infos, [black](std::size_t, std::uint32_t) { return black; });
    fettle::Plane map{20, 10, std::vector<float>(200, 0.0f)};
    for (int y = 0; y < 10; ++y)
        for (int x = 0; x < 10; ++x) map.values[static_cast<std::size_t>(y * 20 + x)] = 3;  // the left half
    fettle::Judgement judged;
    judged.cut = {"ssim mean", 0, "manual", 0};
    material::Run run;
    run.measures = measures(infos, {1}, judged);
    run.examples = {std::make_shared<fakes::FixedMaps>("ssim", infos, std::vector{map}, images, images)};
    const Json gallery = data_of(written(run))["gallery"];
    EXPECT_EQ(gallery["sets"][0]["high"], 3);
    std::string uri = gallery["pictures"][gallery["shown"]["0"][0]["map"].get<std::size_t>()];
    std::ofstream(folder_ / "map.base64") << uri.substr(uri.find(',') + 1);
    ASSERT_EQ(std::system(
                  ("base64 -d " + (folder_ / "map.base64").string() + " > " + (folder_ / "map.jpg").string()).c_str()),
              0);
    const auto picture = fettle::decode_image(fettle::read_bytes(folder_ / "map.jpg"), "map").image;
    ASSERT_EQ(picture.width, 40);
    EXPECT_GT(picture.at(15, 15)[0], 180);  // inside the bright half
    EXPECT_LT(picture.at(25, 15)[0], 60);   // the dark half
    EXPECT_LT(picture.at(3, 15)[0], 60);    // the border
    EXPECT_LT(picture.at(15, 3)[0], 60);
}

TEST_F(ReportHtml, RefusesAMapLargerThanItsImage) {
    const std::vector infos{fakes::info("x", fettle::Split::test, fettle::Label::anomalous)};
    const auto images = fettle::lazy_images(infos, [](std::size_t, std::uint32_t) {
        fettle::Sample sample;
        sample.image = fettle::Image(4, 4, 3);
        return sample;
    });
    fettle::Judgement judged;
    judged.cut = {"ssim mean", 0, "manual", 0};
    material::Run run;
    run.measures = measures(infos, {1}, judged);
    run.examples = {std::make_shared<fakes::FixedMaps>(
        "ssim", infos, std::vector{fettle::Plane{5, 4, std::vector<float>(20)}}, images, images)};
    EXPECT_THROW(written(run), fettle::Error);
}

// ---- In a browser ----

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
            const painted = [...document.querySelectorAll("canvas")].filter(canvas => canvas.width > 50 && canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value !== 0));
            document.body.dataset.probe = painted.length + " of " + document.querySelectorAll("canvas").length + " drawn, " +
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
    const Opened opened = open(written(material::make()));
    EXPECT_EQ(opened.messages, "");
    EXPECT_THAT(opened.dom,
                HasSubstr("data-probe=\"5 of 5 drawn, 0 pictures from outside, title How well anomalies are found\""));
    EXPECT_THAT(opened.dom, Not(HasSubstr("class=\"failed\"")));
    EXPECT_THAT(opened.dom, HasSubstr("of 60 anomalous images"));
    EXPECT_THAT(opened.dom, HasSubstr("&lt;script&gt;document.title = 'broken'&lt;/script&gt;.jpg</b>"));  // as text
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
