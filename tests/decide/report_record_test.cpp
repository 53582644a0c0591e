// What the page says of its run, by the record that the runtime puts into it.
#include "report_browser.hpp"

namespace {

using namespace pages;

std::size_t count_of(const std::string& what, const std::string& text) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
    return count;
}

/// A stage of a run's record, as the runtime writes it.
Json stage_of(const std::string& name, const std::string& use, const std::string& role, const Json& inputs, int items) {
    return {{"name", name},
            {"use", use},
            {"role", role},
            {"key", "k-" + name},
            {"state", items > 0 ? "run" : "cached"},
            {"why", items > 0 ? "it never ran" : ""},
            {"seed", 18446744073709551615u},
            {"seconds", items * 0.25},
            {"items", items},
            {"items_per_second", 4},
            {"peak_memory_bytes", 3 << 20},
            {"inputs", inputs}};
}

/// The record of a run with one judge; what is the same for all its stages doesn't matter.
Json record_of_a_run() {
    Json record{{"fettle", "0.1.0"},
                {"graph", "by_hand"},
                {"summary", "What it is <about>."},
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
    record["latency"] = {{{"judge", "judge"},
                          {"seconds_per_image", 0.5},
                          {"low", 0.45},
                          {"high", 0.55},
                          {"stages", {{"photos", 0.25}, {"rebuilt", 0.25}}},
                          {"intervals", {{"photos", {{"low", 0.24}, {"high", 0.26}, {"batches", 4}}}}},
                          {"earlier", {"rebuilt"}},
                          {"unknown", {"pooled"}}}};
    record["stages"] = {stage_of("photos", "dataset.folder", "dataset", Json::object(), 4),
                        stage_of("train", "train.reconstruction", "trainer", {{"inputs", {"photos.images"}}}, 100),
                        stage_of("rebuilt", "infer.reconstruct", "stage",
                                 {{"images", {"photos.images"}}, {"network", {"train.network"}}}, 4),
                        stage_of("pooled", "score.pool", "pooling", {{"maps", {"rebuilt.maps"}}}, 0),
                        stage_of("cut", "threshold.quantile", "threshold", {{"scores", {"pooled.scores"}}}, 0),
                        stage_of("judge", "evaluate.detection", "measure", {{"decisions", {"cut.decisions"}}}, 0),
                        stage_of("report", "report.html", "report", {{"measures", {"judge.measures"}}}, 1)};
    record["stages"][0]["reads"] = {{"/data/<photos>", "abc123"}};
    record["stages"][4]["settings"] = {{"at", "0.95"}};
    record["stages"][5]["earlier"] = {{"seconds", 13.5}, {"items", 0}};
    record["plugins"] = {{{"name", "score"}, {"version", "1"}, {"abi", "sdk=3"}, {"built", "now"}}};
    record["resolved"] = "format = 1\n# </script>";
    return record;
}

/// The page as the runtime leaves it in the run's folder.
std::string with_record(std::string page, const Json& record) {
    std::string inert;
    for (const char c : record.dump()) c == '<' ? inert += "\\u003c" : inert += c;
    return page.replace(page.find(fettle::run_record_mark), fettle::run_record_mark.size(), inert);
}

TEST_F(ReportInABrowser, TellsOfItsRun) {
    NEEDS_A_BROWSER();
    std::string page = written(material::make());
    const Opened cached = open(page);
    EXPECT_EQ(cached.messages, "");
    EXPECT_THAT(cached.dom, HasSubstr("This copy of the page doesn't know of its run"));

    const Json record = record_of_a_run();
    const Opened told = open(with_record(page, record));
    EXPECT_EQ(told.messages, "");
    EXPECT_THAT(told.dom, HasSubstr("fettle run 'a &lt;/script&gt;.toml'"));
    EXPECT_THAT(told.dom, HasSubstr("</h1><p class=\"faint\">What it is &lt;about&gt;.</p>"));
    // Warnings stand at the top and where it is told how the page was made.
    EXPECT_EQ(count_of("<b>cut: </b>too &lt;b&gt;few&lt;/b&gt;", told.dom), 2u);
    EXPECT_LT(told.dom.find("too &lt;b&gt;few"), told.dom.find("class=\"cards\""));
    EXPECT_THAT(told.dom, HasSubstr("abc123"));
    EXPECT_THAT(told.dom, HasSubstr("18446744073709551615"));  // a seed keeps its last digit
    EXPECT_THAT(told.dom, HasSubstr("in.scores = [\"pooled.scores\"]"));
    // By the stage's settings, though its name says none of them; the other strategy's are in its name.
    EXPECT_THAT(told.dom, HasSubstr("95&nbsp;% of the sound calibration images score no higher: about 5&nbsp;% false"));
    EXPECT_THAT(
        told.dom,
        HasSubstr("One new image takes about 500 ms of processor time (450 ms to 550 ms): photos 250 ms (240 ms "
                  "to 260 ms), rebuilt 250 ms; pooled came from the cache and isn't counted. What came from the "
                  "cache was timed by the run that made it: rebuilt. In brackets: 95&nbsp;% intervals"));
    EXPECT_THAT(told.dom, HasSubstr(">13.5 s<div class=\"small faint\">when it ran</div>"));
    EXPECT_THAT(told.dom, HasSubstr("cached, took 13.5 s"));
    EXPECT_THAT(told.dom, Not(HasSubstr("0 µs")));
    EXPECT_THAT(told.dom, HasSubstr("small faint\">because it had not run before</div>"));
    for (const Json& each : record["stages"])
        EXPECT_THAT(told.dom,
                    HasSubstr("class=\"name\" x=\"9\" y=\"18\">" + each["name"].get<std::string>() + "</text>"));
}

/// With two stages that judge, what is said is about those that this page shows.
TEST_F(ReportInABrowser, AsksItsOwnJudge) {
    NEEDS_A_BROWSER();
    const std::string page = written(material::make({.calibrate = 2, .normal = 2, .anomalous = 2}));
    Json record = record_of_a_run();
    record["stages"].push_back(stage_of("other_pooled", "score.pool", "pooling", {{"maps", {"rebuilt.maps"}}}, 0));
    record["stages"].push_back(
        stage_of("other_cut", "threshold.sigma", "threshold", {{"scores", {"other_pooled.scores"}}}, 0));
    record["stages"].push_back(
        stage_of("other_judge", "evaluate.detection", "measure", {{"decisions", {"other_cut.decisions"}}}, 0));
    record["latency"].push_back({{"judge", "other_judge"},
                                 {"seconds_per_image", 4},
                                 {"no_interval", "other_pooled worked in a single batch"},
                                 {"stages", {{"other_pooled", 4}}},
                                 {"unknown", Json::array()}});
    std::swap(record["stages"][5], record["stages"].back());  // whichever stands first
    const Opened one = open(with_record(page, record));
    EXPECT_EQ(one.messages, "");
    EXPECT_THAT(one.dom, HasSubstr("in.scores = [\"pooled.scores\"]"));
    EXPECT_THAT(one.dom, HasSubstr("One new image takes about 500 ms of processor time (450 ms to 550 ms): photos"));
    EXPECT_THAT(one.dom, Not(HasSubstr("for other_judge")));

    record["stages"].push_back(
        stage_of("second", "report.html", "report", {{"measures", {"other_judge.measures"}}}, 0));
    const Opened two = open(with_record(page, record));
    EXPECT_EQ(two.messages, "");
    EXPECT_THAT(two.dom, HasSubstr("For in.scores, name the stage whose table holds"));
    EXPECT_THAT(
        two.dom,
        HasSubstr("One new image takes about 4 s of processor time for other_judge: other_pooled 4 s. The sum has "
                  "no interval: other_pooled worked in a single batch."));
}

TEST_F(ReportInABrowser, PrintsWhatIsFolded) {
    NEEDS_A_BROWSER();
    const std::string page = with_record(written(material::make()), record_of_a_run());
    const Opened printed = show(page, R"js(<script>
        const count = () => document.querySelectorAll("details[open]").length + " of " + document.querySelectorAll("details").length;
        const before = count();
        dispatchEvent(new Event("beforeprint"));
        const shut = document.querySelectorAll("details:not([open])").length;
        dispatchEvent(new Event("afterprint"));
        document.body.dataset.probe = (before === count() ? "as before" : "not as before") + ", " + shut + " folded, " +
            (document.querySelectorAll("details").length > 4 ? "enough" : "too few");
    </script></body>)js");
    EXPECT_THAT(printed.dom, HasSubstr("data-probe=\"as before, 0 folded, enough\""));
}

}  // namespace
