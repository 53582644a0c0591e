#include "report_page.hpp"

namespace {

using namespace pages;

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
    EXPECT_THAT(keys,
                ElementsAre("format", "record", "counts", "judgements", "tables", "columns", "remarks", "samples"));
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

TEST_F(ReportJson, WritesTablesAndCurves) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    fettle::Judgement judged;
    judged.cut = {"a", 1, "youden", 9, /*anomalies=*/true, "few"};
    judged.plots = {{"bend", "recall", "precision", {0, 1}, {1, nan}, {0.5, 0.25}, {1, 0.75}}};
    material::Run run;
    run.measures = measures({fakes::info("a", fettle::Split::test, fettle::Label::normal)}, {0.5}, judged);
    auto with_table = std::make_shared<fettle::Measures>(*run.measures);
    with_table->tables = {
        {"trivial", "a note", {{"mean grey", {{"auroc", 0.8, 0.7, 0.9}, {"pairs", 116, nan, nan}}, "worse"}}}};
    run.measures = with_table;
    const Json json = Json::parse(read(material::write("report.json", run, folder_) / "report.json"));
    EXPECT_EQ(json["judgements"][0]["anomalies"], true);
    EXPECT_EQ(json["judgements"][0]["caution"], "few");
    EXPECT_EQ(json["judgements"][0]["plots"],
              Json::parse(R"([{"name":"bend","x_name":"recall","y_name":"precision","x":[0.0,1.0],"y":[1.0,null],
                               "low":[0.5,0.25],"high":[1.0,0.75]}])"));
    EXPECT_EQ(json["tables"], Json::parse(R"([{"title":"trivial","note":"a note","rows":[{"name":"mean grey","figures":[
        {"name":"auroc","value":0.8,"interval":[0.7,0.9]},{"name":"pairs","value":116.0,"interval":null}],"verdict":"worse"}]}])"));
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
    EXPECT_THAT(json["remarks"].get<std::vector<std::string>>(),
                ElementsAre(HasSubstr("1 score of `ssim mean` is not finite and written as null: that of")));
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
    const auto images = fettle::lazy_images(rows, [](std::size_t, std::uint32_t) { return material::drawn(1, false); });
    run.examples = {std::make_shared<fakes::FixedMaps>("ssim", rows, std::vector(rows.size(), fettle::Plane{1, 1, {1}}),
                                                       images, images)};
    const auto shown = [&](int samples) {
        std::vector<std::string> out;
        const Json gallery = data_of(written(run, {{"samples", samples}}))["gallery"];
        EXPECT_EQ(gallery["held"], 9);
        for (const Json& row : gallery["rows"]) out.push_back(rows.at(row.get<std::size_t>()).id);
        return out;
    };
    EXPECT_THAT(shown(100).size(), 9u);
    // In the table's order; the next of each kind in turn, those without a label last.
    EXPECT_THAT(shown(8), Not(::testing::Contains("nobody knows")));
    EXPECT_THAT(shown(4), ElementsAre("missed most", "loudest alarm", "clearest", "cleanest"));
    EXPECT_THAT(shown(6),
                ElementsAre("missed a little", "missed most", "alarm", "loudest alarm", "clearest", "cleanest"));
    EXPECT_THAT(shown(0), IsEmpty());
}

// Maps of how unusual an image is have no second one; it would be shown twice.
TEST_F(ReportHtml, ShowsAReconstructionWhereThereIsOne) {
    material::Run run = material::make({.calibrate = 4, .normal = 4, .anomalous = 4});
    EXPECT_THAT(written(run), HasSubstr("\"reconstruction\":"));
    const auto& maps = dynamic_cast<const fettle::Maps&>(*run.examples.front());
    std::vector<fettle::SampleInfo> infos;
    std::vector<fettle::Plane> planes;
    for (std::size_t i = 0; i < maps.size(); ++i) {
        infos.push_back(maps.info(i));
        planes.push_back(maps.read({&i, 1})->plane(0));
    }
    run.examples = {
        std::make_shared<fakes::FixedMaps>(maps.label(), infos, planes, maps.reference(), maps.reference())};
    const std::string page = written(run);
    EXPECT_THAT(page, Not(HasSubstr("\"reconstruction\":")));
    EXPECT_THAT(page, HasSubstr("\"original\":"));
}

TEST_F(ReportHtml, KeepsPicturesWithinTheirRoom) {
    const material::Run run = material::make({.calibrate = 4, .normal = 40, .anomalous = 40});
    const auto bytes = [&](double megabytes, std::size_t& rows, int& side) {
        const std::string page = written(run, {{"megabytes", megabytes}});
        const Json gallery = data_of(page)["gallery"];
        rows = gallery["rows"].size();
        side = gallery["side"];
        return page.size() - page.find("id=\"pictures0\"");
    };
    std::size_t rows = 0;
    int side = 0;
    bytes(24, rows, side);
    EXPECT_EQ(rows, 80u);
    EXPECT_EQ(side, 160);
    EXPECT_LT(bytes(0.8, rows, side), 0.9e6);  // smaller pictures
    EXPECT_EQ(rows, 80u);
    EXPECT_LT(side, 160);
    EXPECT_LT(bytes(0.1, rows, side), 0.12e6);  // and then fewer
    EXPECT_LT(rows, 80u);
    EXPECT_GT(rows, 0u);
}

TEST_F(ReportHtml, WantsTheRunsRecordWhereNoNameCanTakeItsPlace) {
    fettle::Judgement judged;
    judged.cut = {"@fettle-run-record@", 0, "manual", 0};
    material::Run run;
    run.measures =
        measures({fakes::info("@fettle-run-record@", fettle::Split::test, fettle::Label::normal)}, {1}, judged);
    const auto files = material::files("report.html", run, folder_);
    EXPECT_THAT(files->records, ElementsAre("report.html"));
    const std::string page = read(files->folder / "report.html"), mark(fettle::run_record_mark);
    EXPECT_EQ(page.find(mark), page.find("id=\"run\">") + 9);
}

TEST_F(ReportJson, WantsTheRunsRecordBeforeAnyNameThatLooksLikeIt) {
    fettle::Judgement judged;
    judged.cut = {"@fettle-run-record@", 0, "manual", 0};
    material::Run run;
    run.measures =
        measures({fakes::info("@fettle-run-record@", fettle::Split::test, fettle::Label::normal)}, {1}, judged);
    const auto files = material::files("report.json", run, folder_);
    EXPECT_THAT(files->records, ElementsAre("report.json"));
    std::string text = read(files->folder / "report.json");
    const std::string mark(fettle::run_record_mark);
    ASSERT_NE(text.find(mark), std::string::npos);
    text.replace(text.find(mark), mark.size(), R"({"seed":7})");
    const Json json = Json::parse(text);
    EXPECT_EQ(json["record"]["seed"], 7);
    EXPECT_EQ(json["samples"][0]["id"], "@fettle-run-record@");
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
    const std::string page = written(run);
    EXPECT_EQ(data_of(page)["gallery"]["sets"][0]["high"], 3);
    const auto picture = map_shown(page);
    ASSERT_EQ(picture.width, 40);
    EXPECT_GT(picture.at(15, 15)[0], 220);  // inside the bright half
    EXPECT_LT(picture.at(25, 15)[0], 30);   // the dark half
    EXPECT_LT(picture.at(3, 15)[0], 30);    // the border
    EXPECT_LT(picture.at(15, 3)[0], 30);

    // One number for the whole image covers it.
    run.examples = {
        std::make_shared<fakes::FixedMaps>("gmsd", infos, std::vector{fettle::Plane{1, 1, {0.3f}}}, images, images)};
    judged.cut.column = "gmsd mean";
    run.measures = measures(infos, {1}, judged);
    const auto whole = map_shown(written(run));
    for (const auto& [x, y] : {std::pair{1, 1}, std::pair{20, 15}, std::pair{38, 28}})
        EXPECT_GT(whole.at(x, y)[0], 220);
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
    try {
        written(run);
        FAIL();
    } catch (const fettle::Error& error) {
        EXPECT_STREQ(error.what(), "`x`: a map of 5x4 is larger than its image of 4x4");
    }
}

}  // namespace
