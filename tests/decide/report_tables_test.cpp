// report.csv, report.markdown and report.jsonlines; what all reports for other programs have in common.
#include "report_files.hpp"

#include "../../plugins/report/output.hpp"

#include <clocale>
#include <sstream>

namespace {

using namespace written;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using ReportCsv = Written;
using ReportMarkdown = Written;
using ReportJsonLines = Written;

TEST_F(ReportCsv, Conforms) {
    for (const char* id : {"report.csv", "report.markdown", "report.jsonlines", "report.images", "report.junit",
                           "report.tensorboard", "report.wandb", "report.mlflow"})
        EXPECT_THAT(fettle::testing::complaints(material::plugin("report").entry(id)), IsEmpty()) << id;
}

TEST_F(ReportCsv, PythonReadsEveryFieldBackAsItWas) {
    if (!support::has_python("csv")) GTEST_SKIP() << "no Python";
    const material::Run run = awkward();
    const Output out = write("report.csv", run);
    Json expected;
    for (const auto& row : run.measures->scores.rows)
        if (row.id.find('\xFF') == std::string::npos) expected["ids"].push_back(row.id);
    for (const auto& column : run.measures->scores.columns) expected["columns"].push_back(column.name);
    std::ofstream(folder_ / "expected.json") << expected;
    support::run_python(folder_, R"(
import csv, json, math, sys
folder = sys.argv[1]
expected = json.load(open(folder + '/expected.json'))
def read(name):
    bytes = open(folder + '/out/output/' + name, 'rb').read()
    assert bytes.endswith(b'\r\n'), name
    return list(csv.reader(bytes.decode('utf-8', 'surrogateescape').splitlines(keepends=True), strict=True))
samples = read('samples.csv')
assert [row[0] for row in samples[1:4]] == expected['ids'], samples
assert samples[4][0].encode('utf-8', 'surrogateescape') == b'bytes \xff\xfe'
assert samples[0][:4] == ['sample', 'label', 'split', 'category']
assert samples[0][4:6] == expected['columns']
assert samples[0][6] == expected['columns'][0] + ' > quantile(at=0.95)'
assert all(len(row) == len(samples[0]) for row in samples)
values = [float(row[4]) for row in samples[1:]]
assert values[0] == 0.1 and math.isnan(values[1]) and values[2] == math.inf and values[3] == 1 / 3, values
assert [row[6] for row in samples[1:]] == ['1', '', '', '1']       # what isn't finite isn't called anything
figures = read('figures.csv')
assert figures[0] == ['column', 'method', 'figure', 'value', 'low', 'high']
assert figures[1][0] == expected['columns'][0] and figures[1][2] == 'accuracy'
assert float(figures[1][3]) == 1 / 3 and float(figures[1][4]) == 0.1 and float(figures[1][5]) == math.inf
assert figures[2][2:] == ['auroc', 'nan', '', '']
assert ['false_positive', '2', '', ''] in [row[2:] for row in figures]
assert ['missing_scores', '1', '', ''] in [row[2:] for row in figures]
tables = read('tables.csv')
assert tables[1] == ['Trivial | scores', 'mean grey', 'auroc_high', '0.75', '0.5', '1', 'higher'], tables
assert tables[3] == ['Trivial | scores', 'mean grey', '', '', '', '', 'undefined']
curves = read('curves.csv')
assert curves[1:5] == [['1', 'loss', '1', '0.5'], ['1', 'loss', '2', 'inf'], ['1', 'loss', '3', 'nan'],
                       ['1', 'calibration loss', '2', '0.25']]
assert curves[5][0] == '2'
)",
                        "csv");
}

TEST_F(ReportCsv, LosesNoDigitWhateverTheLocale) {
    std::vector<fettle::SampleInfo> rows;
    std::vector<double> values;
    fettle::Random random(3, 5);
    for (int i = 0; i < 300; ++i) {
        rows.push_back(fakes::info(std::to_string(i), Split::test, Label::normal));
        values.push_back(std::ldexp(random.normal(), random.integer(-60, 60)));
    }
    auto measures = std::make_shared<fettle::Measures>();
    measures->scores = *fakes::table("ssim", rows, values);
    material::Run run;
    run.measures = measures;
    const char* before = std::setlocale(LC_ALL, nullptr);
    const std::string kept = before == nullptr ? "C" : before;
    std::setlocale(LC_ALL, "de_DE.UTF-8");  // a decimal comma, where it is installed
    std::istringstream lines(text_of(write("report.csv", run).folder / "samples.csv"));
    std::setlocale(LC_ALL, kept.c_str());
    std::string line;
    std::getline(lines, line);
    for (const double value : values) {
        ASSERT_TRUE(std::getline(lines, line));
        EXPECT_EQ(std::stod(line.substr(line.rfind(',') + 1)), value) << line;
    }
}

TEST_F(ReportMarkdown, TellsFiguresConfusionAndTables) {
    const material::Run run = material::make();
    const std::string text = text_of(write("report.markdown", run).folder / "report.md");
    const auto& judged = run.measures->judgements[0];
    EXPECT_TRUE(text.starts_with("# cast \\<ing\\>\n"));
    EXPECT_THAT(text, HasSubstr("| calibrate | 60 | 0 | 0 |\n| test | 60 | 60 | 0 |\n"));
    EXPECT_THAT(text, HasSubstr("\n## l1 mean\n\nAnomalous above **"));
    EXPECT_THAT(text, HasSubstr("| anomalous | " + std::to_string(judged.confusion.true_positive) + " ("));
    EXPECT_THAT(text, HasSubstr("| auroc | 0."));
    EXPECT_THAT(text, HasSubstr("| training\\: loss | 40 | "));
    EXPECT_THAT(text, HasSubstr("````toml\nformat = 1\n"));  // longer than the fence in the graph
}

TEST_F(ReportMarkdown, WhatComesFromDataIsNoMarkup) {
    if (!support::has_python("markdown")) GTEST_SKIP() << "no Python with markdown";
    write("report.markdown", awkward());
    support::run_python(folder_, R"(
import markdown, re, sys
text = open(sys.argv[1] + '/out/output/report.md', encoding='utf-8').read()
text = text[:text.index('<details>')]
page = markdown.markdown(text, extensions=['tables'])
assert '<b>' not in page and '<script>' not in page, page
assert page.count('<h1>') == 1, page
assert len(re.findall('<h2>', page)) == 3 + 1 + 1, page                 # judgements, a table, training
trivial = page[page.index('Trivial'):]
first = trivial[trivial.index('<tbody>'):trivial.index('</tr>', trivial.index('<tbody>'))]
assert re.findall('<td[^>]*>(.*?)</td>', first) == ['mean grey', '0.75 (0.5 to 1)', '116', 'higher'], first
assert 'not a number' in page and 'minus infinite' in page
)",
                        "markdown");
}

TEST_F(ReportMarkdown, SaysThatNothingWasJudged) {
    material::Run run;
    run.measures = std::make_shared<fettle::Measures>();
    EXPECT_THAT(text_of(write("report.markdown", run).folder / "report.md"), HasSubstr("Nothing was judged."));
}

TEST_F(ReportJsonLines, EveryLineIsWholeAndSaysWhatIsNotFinite) {
    const Output out = write("report.jsonlines", awkward());
    EXPECT_THAT(out.records, ElementsAre("report.jsonl"));
    std::istringstream lines(text_of(out.folder / "report.jsonl"));
    std::map<std::string, std::vector<Json>> kinds;
    for (std::string line; std::getline(lines, line);) {
        const Json json = Json::parse(line);  // throws where NaN or a bare byte stands in it
        kinds[json.at("kind")].push_back(json);
    }
    EXPECT_EQ(kinds["graph"].at(0)["name"], "cast <ing>");
    EXPECT_EQ(kinds["setting"].size(), graph().settings.size());
    ASSERT_EQ(kinds["step"].size(), 8u);
    EXPECT_EQ(kinds["step"][0],
              Json::parse(R"({"kind":"step","of":"training","curve":"loss","step":1.0,"value":0.5})"));
    EXPECT_TRUE(kinds["step"][1]["value"].is_null());
    EXPECT_EQ(kinds["step"][1]["nan"], "inf");
    EXPECT_EQ(kinds["step"][2]["nan"], "nan");
    EXPECT_EQ(kinds["step"][4]["of"], "training 2");
    EXPECT_EQ(kinds["figure"][0]["of"], bad_name() + ", quantile(at=0.95)");
    EXPECT_EQ(kinds["figure"][0]["value"].get<double>(), 1.0 / 3);
    ASSERT_EQ(kinds["score"].size(), 8u);
    EXPECT_EQ(kinds["score"][0]["sample"], "quo\"ted,\r\nline");
    EXPECT_EQ(kinds["score"][4]["nan"], "inf");
    ASSERT_EQ(kinds["run"].size(), 1u);
    EXPECT_EQ(kinds["run"][0]["record"].dump(), fettle::run_record_mark);
}

/// The runtime replaces the mark that comes first: no name can stand before the run's own line.
TEST_F(ReportJsonLines, ANameCannotTakeTheRecord) {
    material::Run run = awkward();
    auto measures = std::make_shared<fettle::Measures>(*run.measures);
    const std::string mark = Json::parse(fettle::run_record_mark).get<std::string>();
    measures->scores.rows[0].id = mark;
    run.measures = measures;
    auto text = graph();
    text.name = text.summary = mark;
    const std::string file = text_of(write("report.jsonlines", run, {}, text).folder / "report.jsonl");
    EXPECT_EQ(file.substr(0, file.find('\n')),
              "{\"kind\":\"run\",\"record\":" + std::string(fettle::run_record_mark) + "}");
}

TEST_F(ReportJsonLines, TheSameFiguresAreTheSameRun) {
    const auto id = [&](const material::Run& run, const fettle::GraphText& text) {
        const std::string file = text_of(write("report.jsonlines", run, {}, text).folder / "report.jsonl");
        const auto second = file.find('\n') + 1;  // the first line is the run's
        return Json::parse(file.substr(second, file.find('\n', second) - second)).at("id").get<std::string>();
    };
    const material::Run run = awkward();
    const std::string first = id(run, graph());
    setenv("SOURCE_DATE_EPOCH", "1800000000", 1);
    EXPECT_EQ(id(run, graph()), first);
    auto other = graph();
    other.toml += "# epochs = 4\n";
    EXPECT_NE(id(run, other), first);
    auto measures = std::make_shared<fettle::Measures>(*run.measures);
    measures->scores.columns[0].values[0] = std::nextafter(0.1, 1);
    material::Run changed = run;
    changed.measures = measures;
    EXPECT_NE(id(changed, graph()), first);
}

// ---- All reports for other programs ----

using Trackers = Written;

TEST_F(Trackers, TheSameFiguresGiveTheSameFilesWhereTimeStandsStill) {
    const material::Run run = awkward();
    for (const char* id :
         {"report.tensorboard", "report.wandb", "report.mlflow", "report.jsonlines", "report.csv", "report.markdown"}) {
        const auto first = files_of(write(id, run, {}, graph(), "first").folder);
        EXPECT_EQ(files_of(write(id, run, {}, graph(), "second").folder), first) << id;
        for (const auto& [name, bytes] : first) EXPECT_THAT(name, ::testing::Not(::testing::EndsWith(".part"))) << id;
        fs::remove_all(folder_ / "first");
        fs::remove_all(folder_ / "second");
    }
}

TEST_F(Trackers, ATimeThatIsNoneIsRefused) {
    for (const char* bad : {"now", "-1", "1e9", "17 ", "99999999999999999999", "300000000000"}) {
        setenv("SOURCE_DATE_EPOCH", bad, 1);
        EXPECT_THROW(report::milliseconds_now(), fettle::Error) << bad;
    }
    setenv("SOURCE_DATE_EPOCH", "", 1);
    EXPECT_GT(report::milliseconds_now(), 1700000000000);
}

TEST_F(Trackers, AFolderThatCantBeWrittenIsNamed) {
    std::ofstream(folder_ / "file") << "in the way";
    try {
        report::put_file(folder_ / "file" / "below", "text");
        ADD_FAILURE() << "it was written";
    } catch (const fettle::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr((folder_ / "file" / "below").string()));
    }
}

TEST_F(Trackers, NothingToTellIsWrittenAllTheSame) {
    material::Run run;
    run.measures = std::make_shared<fettle::Measures>();
    for (const char* id : {"report.tensorboard", "report.wandb", "report.mlflow", "report.jsonlines", "report.csv"}) {
        EXPECT_FALSE(files_of(write(id, run, {}, {}, "nothing").folder).empty()) << id;
        fs::remove_all(folder_ / "nothing");
    }
}

}  // namespace
