// Gates: how they are read, where they are looked for, junit.xml, and `fettle run --fail-on-gate`.
#include "process.hpp"
#include "report_files.hpp"

#include "../../plugins/report/gates.hpp"

namespace {

using namespace written;
using report::read_demand;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using ReportJunit = Written;
using FailOnGate = testing_fettle::Workshop;

std::string complaint(const std::string& gate, const std::vector<std::string>& further = {}) {
    try {
        read_demand(gate, further);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

TEST(Gates, AreReadWithAndWithoutAPlace) {
    const auto demand = read_demand(" auroc>=0.95 ", {});
    EXPECT_EQ(demand.figure, "auroc");
    EXPECT_EQ(demand.relation, ">=");
    EXPECT_EQ(demand.bound, 0.95);
    EXPECT_EQ(demand.where, "");
    const auto placed = read_demand("odd: name > 3: recall_lower < +1e-3", {});
    EXPECT_EQ(placed.where, "odd: name > 3");
    EXPECT_EQ(placed.figure, "recall_lower");
    EXPECT_EQ(placed.bound, 1e-3);
    for (const char* gate : {"detection_at_0.01 > 0.5", "false_positive == 0", "pixel_auroc != 1", "f1_upper <= 1",
                             "auroc_p < 0.05", "auroc_difference_lower > 0", "aupro > 0"})
        EXPECT_EQ(complaint(gate), "") << gate;
}

TEST(Gates, SayWhatIsWrongWithThem) {
    EXPECT_THAT(complaint("aurok >= 0.9"), HasSubstr("did you mean `auroc`?"));
    EXPECT_THAT(complaint("speed > 3"), AllOf(HasSubstr("`speed`"), HasSubstr("`figures`")));
    EXPECT_EQ(complaint("speed > 3", {"speed"}), "");
    EXPECT_THAT(complaint("auroc => 0.9"), HasSubstr("relation `=>`"));
    EXPECT_THAT(complaint("auroc = 0.9"), HasSubstr("relation `=`"));
    EXPECT_THAT(complaint("auroc ~ 0.9"), HasSubstr("relation `~`"));
    EXPECT_THAT(complaint("auroc 0.9"), HasSubstr("has no relation"));
    EXPECT_THAT(complaint(""), HasSubstr("has no relation"));
    EXPECT_THAT(complaint(">= 0.9"), HasSubstr("names no figure"));
    EXPECT_THAT(complaint("auroc >="), HasSubstr("no number"));
    EXPECT_THAT(complaint("auroc >= 90%"), HasSubstr("`90%`, which is no number"));
    EXPECT_THAT(complaint("auroc >= nan"), HasSubstr("no number"));
    EXPECT_THAT(complaint(": auroc >= 0.9"), HasSubstr("names nothing before its colon"));
    EXPECT_THAT(complaint("detection_at_few > 0.9"), HasSubstr("detection_at_few"));
}

TEST(Gates, EveryFigureOfDetectionCanBeDemanded) {
    const material::Run run = material::make({20, 20, 20});
    for (const auto& figure : run.measures->judgements.at(0).figures) EXPECT_EQ(complaint(figure.name + " >= 0"), "");
}

/// NaN meets no demand, not even `!=`.
TEST(Gates, CompareAsTheyAreWritten) {
    const double values[] = {0.4, 0.5, 0.6};
    const std::map<std::string, std::vector<bool>> held{{">=", {false, true, true}},  {">", {false, false, true}},
                                                        {"<=", {true, true, false}},  {"<", {true, false, false}},
                                                        {"==", {false, true, false}}, {"!=", {true, false, true}}};
    for (const auto& [relation, expected] : held) {
        const auto demand = read_demand("f1 " + relation + " 0.5", {});
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(demand.holds(values[i]), expected[static_cast<std::size_t>(i)]) << relation;
        EXPECT_FALSE(demand.holds(not_a_number)) << relation;
    }
}

/// Two judgements and a table of trivial scores whose rows have an AUROC of their own.
material::Run judged() {
    auto measures = std::make_shared<fettle::Measures>();
    fettle::Judgement good, bad;
    good.cut = {"ssim mean", 0.5, "quantile(at=0.95)"};
    good.figures = {{"auroc", 0.97, 0.95, 0.99}, {"f1", 0.9, not_a_number, not_a_number}};
    bad.cut = {"l2 <&> mean", 0.5, "sigma"};
    bad.figures = {{"auroc", 0.6, not_a_number, not_a_number}};
    bad.confusion = {0, 0, 5, 5};
    bad.remarks = {"nothing was called anomalous: f1 is undefined"};
    measures->judgements = {good, bad};
    measures->tables = {
        {"Trivial",
         "",
         {{"mean grey", {{"auroc", 0.7, not_a_number, not_a_number}, {"pairs", 9, not_a_number, not_a_number}}, ""}}}};
    material::Run run;
    run.measures = measures;
    return run;
}

TEST_F(ReportJunit, GatesAreHeldOrNotWithWhatWasFound) {
    const Output out =
        write("report.junit", judged(),
              {{"gates", fettle::Setting::List{"auroc >= 0.95", "f1 > 0.5", "pairs >= 9", "mean grey: auroc > 0.9",
                                               "ssim mean: auroc_lower >= 0.95", "sim mean: auroc > 0"}}});
    std::vector<std::string> found;
    for (const auto& gate : out.gates)
        found.push_back((gate.held ? "held " : "not ") + gate.condition + " | " + gate.found);
    EXPECT_THAT(
        found,
        ElementsAre("held auroc >= 0.95 | `ssim mean`: auroc is 0.97 (0.95 to 0.99)",
                    "not auroc >= 0.95 | `l2 <&> mean`: auroc is 0.6", "held f1 > 0.5 | `ssim mean`: f1 is 0.9",
                    "not f1 > 0.5 | `l2 <&> mean`: f1 is not there; nothing was called anomalous: f1 is undefined",
                    "held pairs >= 9 | `Trivial: mean grey`: pairs is 9",
                    "not mean grey: auroc > 0.9 | `Trivial: mean grey`: auroc is 0.7",
                    "held ssim mean: auroc_lower >= 0.95 | `ssim mean`: auroc_lower is 0.95",
                    "not sim mean: auroc > 0 | there is no auroc of `sim mean`; there is `ssim mean`, "
                    "`l2 <&> mean`, `mean grey`"));
}

/// A figure of fewer samples meets a demand as any other; what it leaves out stands beside it.
TEST_F(ReportJunit, TellsOfMissingScores) {
    const material::Run run = material::make({.calibrate = 8, .normal = 8, .anomalous = 8, .lost = {20, 23}});
    const Output out = write("report.junit", run,
                             {{"gates", fettle::Setting::List{"l1 mean: auroc >= 0", "l1 mean: missing_scores < 2"}}});
    const std::string remark = "2 of 16 test samples have no finite score, the first `";
    ASSERT_EQ(out.gates.size(), 2u);
    EXPECT_TRUE(out.gates[0].held);
    EXPECT_THAT(out.gates[0].found, AllOf(HasSubstr("auroc is "), HasSubstr("; " + remark)));
    EXPECT_FALSE(out.gates[1].held);
    EXPECT_THAT(out.gates[1].found, HasSubstr("missing_scores is 2; " + remark));
    const std::string xml = text_of(out.folder / "junit.xml");
    EXPECT_THAT(xml, AllOf(HasSubstr("\n" + remark), HasSubstr("missing_scores = 2\n")));
    const auto none = write("report.junit", material::make({.calibrate = 8, .normal = 8, .anomalous = 8}),
                            {{"gates", "missing_scores == 0"}});
    for (const auto& gate : none.gates) EXPECT_TRUE(gate.held) << gate.found;
}

/// Of what isn't there the reason is told, where a remark says it, and nothing else that was remarked on.
TEST_F(ReportJunit, OnlyTheReasonIsRepeated) {
    const auto found = [&](const std::string& gate) {
        return write("report.junit", judged(), {{"gates", fettle::Setting::List{"l2 <&> mean: " + gate}}})
            .gates.at(0)
            .found;
    };
    EXPECT_EQ(found("mcc > 0"), "`l2 <&> mean`: mcc is not there");
    EXPECT_EQ(found("f1_lower > 0"),
              "`l2 <&> mean`: f1_lower is not there; nothing was called anomalous: f1 is undefined");
}

TEST_F(ReportJunit, PythonReadsSuitesAndTests) {
    if (!support::has_python("xml.etree.ElementTree")) GTEST_SKIP() << "no Python";
    write("report.junit", judged(), {{"gates", fettle::Setting::List{"auroc >= 0.95", "sim mean: auroc > 0"}}});
    support::run_python(folder_, R"(
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1] + '/out/output/junit.xml').getroot()
assert root.tag == 'testsuites' and root.get('name') == 'cast <ing>'
assert (root.get('tests'), root.get('failures'), root.get('errors')) == ('3', '2', '0')
suites = {suite.get('name'): suite for suite in root}
assert list(suites) == ['ssim mean', 'l2 <&> mean', 'gates'], list(suites)
for suite in suites.values():
    assert int(suite.get('tests')) == len(suite.findall('testcase'))
    assert int(suite.get('failures')) == len(suite.findall('testcase/failure'))
    for attribute in ['errors', 'skipped', 'time']: assert suite.get(attribute) == '0'
test = suites['l2 <&> mean'].find('testcase')
assert (test.get('classname'), test.get('name'), test.get('time')) == ('l2 <&> mean', 'auroc >= 0.95', '0')
failure = test.find('failure')
assert failure.get('message') == '`l2 <&> mean`: auroc is 0.6' and failure.get('type') == 'gate'
assert suites['ssim mean'].find('testcase/failure') is None
assert 'auroc_lower = 0.95' in suites['ssim mean'].find('system-out').text
)",
                        "xml.etree.ElementTree");
}

TEST_F(ReportJunit, StaysXmlWhateverTheNames) {
    if (!support::has_python("xml.etree.ElementTree")) GTEST_SKIP() << "no Python";
    material::Run run = awkward();
    auto measures = std::make_shared<fettle::Measures>(*run.measures);
    measures->judgements[0].remarks.push_back("bell \x07, bytes \xFF, no character \xEF\xBF\xBF");
    run.measures = measures;
    const Output out = write("report.junit", run, {{"gates", "auroc >= 0.5"}});
    for (const auto& gate : out.gates) EXPECT_FALSE(gate.held);
    support::run_python(folder_, R"(
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1] + '/out/output/junit.xml').getroot()
assert len(root) == 3 and root.get('failures') == '3'
assert 'bell \ufffd, bytes \ufffd, no character \ufffd' in root[0].find('system-out').text
)",
                        "xml.etree.ElementTree");
}

TEST_F(ReportJunit, WithoutJudgementsNoGateIsHeld) {
    material::Run run;
    run.measures = std::make_shared<fettle::Measures>();
    const Output out = write("report.junit", run, {{"gates", "auroc >= 0.5"}});
    ASSERT_EQ(out.gates.size(), 1u);
    EXPECT_FALSE(out.gates[0].held);
    EXPECT_THAT(out.gates[0].found, HasSubstr("nothing was judged"));
}

/// A graph that runs in a blink, with these gates.
std::string gated(const std::string& gates) {
    return R"(
format = 1
[stage.parts]
use = "dataset.procedural"
kind = "brushed_metal"
count = 90
anomalous = 20
size = [32, 32]
[stage.split]
use = "split.one_class"
in.images = "parts"
train = 1
calibrate = 30
[stage.coarse]
use = "transform.resize"
in.images = ["split.calibrate", "split.test"]
size = [8, 8]
[stage.whole]
use = "transform.resize"
in.images = ["split.calibrate", "split.test"]
size = [32, 32]
[stage.blurred]
use = "transform.resize"
in.images = ["coarse"]
size = [32, 32]
filter = "cubic"
[stage.hash]
use = "hash.average"
in.reference = "whole"
in.candidate = "blurred"
[stage.cut]
use = "threshold.quantile"
in.scores = ["hash"]
[stage.judge]
use = "evaluate.detection"
in.decisions = ["cut"]
[stage.gate]
use = "report.junit"
in.measures = "judge"
gates = [)" +
           gates + "]\n";
}

TEST_F(FailOnGate, EndsTheRunWithOneAndPrintsWhatWasFoundFromTheCacheToo) {
    const std::string file = graph("gated.toml", gated(R"("accuracy >= 0", "accuracy > 1")"));
    for (int round = 0; round < 2; ++round) {
        const auto outcome = call({"run", file, "--fail-on-gate"});
        EXPECT_EQ(outcome.status, 1) << outcome.err;
        EXPECT_THAT(outcome.out, AllOf(HasSubstr("gate held: accuracy >= 0 (`average`: accuracy is "),
                                       HasSubstr("gate failed: accuracy > 1 (`average`: accuracy is ")));
        EXPECT_THAT(outcome.err, HasSubstr("1 of 2 gates failed"));
        EXPECT_TRUE(fs::exists(run_folder(outcome) / "junit.xml"));
    }
    const auto told = call({"run", file});
    EXPECT_EQ(told.status, 0) << told.err;
    EXPECT_THAT(told.out, HasSubstr("gate failed: accuracy > 1"));
    const auto json = call({"run", file, "--json", "--fail-on-gate"});
    EXPECT_EQ(json.status, 1);
    const auto gates = Json::parse(json.out).at("gates");
    ASSERT_EQ(gates.size(), 2u);
    EXPECT_EQ(gates[0]["held"], true);
    EXPECT_EQ(gates[1]["held"], false);
    // The figures are those that a person reads.
    const auto judgement = Json::parse(json.out).at("judgements").at(0);
    char line[64];
    std::snprintf(line, sizeof line, "  %-18s %.4f", "accuracy",
                  judgement["figures"]["accuracy"]["value"].get<double>());
    EXPECT_THAT(told.out, HasSubstr(line));
    EXPECT_THAT(told.out,
                HasSubstr(judgement["column"].get<std::string>() + ", " + judgement["method"].get<std::string>()));
    EXPECT_EQ(call({"run", file, "--fail-on-gate", "--set", "gate.gates=[\"accuracy >= 0\"]"}).status, 0);
}

TEST_F(FailOnGate, BadGatesAreFoundBeforeAnythingRuns) {
    const auto outcome =
        call({"check", graph("bad.toml", gated(R"("accuracy >= 0", "aurok >= 0.9", "f1 => 0.5")")).string()});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("error[G205]"), HasSubstr("`aurok`"), HasSubstr("did you mean `auroc`?"),
                                   HasSubstr("relation `=>`")));
    EXPECT_THAT(call({"check", graph("none.toml", gated("")).string()}).err, HasSubstr("`gates` is empty"));
}

}  // namespace
