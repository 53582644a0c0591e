// `score.read`: tables as other programs write them.
#include "python.hpp"

#include <fettle/error.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace {

using fettle::Label;
using fettle::Setting;
using fettle::Split;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/score.so");
    return library;
}

class Read : public ::testing::Test {
   protected:
    Read() {
        std::string name = (fs::temp_directory_path() / "fettle-test-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~Read() override { fs::remove_all(folder_); }

    fs::path write(const std::string& text) const {
        std::ofstream(folder_ / "scores.csv", std::ios::binary) << text;
        return folder_ / "scores.csv";
    }
    struct Result {
        fettle::Ref<fettle::Scores> scores;
        fettle::Ref<fettle::Decisions> decisions;
        std::vector<std::string> warnings;
    };
    static Result read(const fs::path& file, fettle::testing::Settings settings = {}) {
        settings["path"] = file.string();
        fettle::testing::TestContext context;
        auto out = plugin().run("score.read", *plugin().make("score.read", settings), {}, context);
        return {std::dynamic_pointer_cast<const fettle::Scores>(out.at("scores")),
                std::dynamic_pointer_cast<const fettle::Decisions>(out.at("decisions")), context.warnings()};
    }
    std::vector<std::string> warnings(const std::string& text) const { return read(write(text)).warnings; }
    /// What it says of a table that it can't read: the error, then the help.
    std::string complaint(const std::string& text, const fettle::testing::Settings& settings = {}) const {
        try {
            read(write(text), settings);
        } catch (const fettle::Error& error) {
            EXPECT_FALSE(error.help().empty());
            EXPECT_FALSE(error.parameter().empty());
            return std::string(error.what()) + " | " + error.help();
        }
        return "no complaint";
    }

    fs::path folder_;
};

TEST_F(Read, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(plugin().entry("score.read")), ::testing::IsEmpty());
    for (const auto& port : plugin().entry("score.read").info.outputs) EXPECT_EQ(port.split, "test");
}

TEST_F(Read, TakesTestRowsWithTheirScores) {
    const auto [scores, decisions, warnings] = read(
        write("sample,label,split,category,ssim,l2\r\na,normal,calibrate,good,1,2\r\nb,normal,test,good,0.1,-3e-5\r\n"
              "c,anomalous,test,crack,nan,inf\r\n"));
    ASSERT_EQ(scores->rows.size(), 2u);
    EXPECT_EQ(scores->rows[0], (fettle::SampleInfo{"b", Label::normal, Split::test, "good", ""}));
    EXPECT_EQ(scores->rows[1], (fettle::SampleInfo{"c", Label::anomalous, Split::test, "crack", ""}));
    ASSERT_EQ(scores->columns.size(), 2u);
    EXPECT_EQ(scores->columns[0].name, "ssim");
    EXPECT_EQ(scores->columns[0].values[0], 0.1);
    EXPECT_TRUE(std::isnan(scores->columns[0].values[1]));
    EXPECT_EQ(scores->columns[1].values[0], -3e-5);
    EXPECT_TRUE(std::isnan(scores->columns[1].values[1]));  // infinite: as much a missing score as NaN
    EXPECT_THAT(warnings, ::testing::IsSupersetOf({HasSubstr("`ssim`: 1 of 2 test samples has no finite score, `c`"),
                                                   HasSubstr("`l2`: 1 of 2 test samples has no finite score, `c`")}));
    EXPECT_TRUE(decisions->cuts.empty());
    EXPECT_EQ(decisions->scores.rows, scores->rows);
}

TEST_F(Read, TakesATableWithoutSplitsForTest) {
    const auto scores = read(write("label,score,sample\nanomalous,2,x\nunknown,1,y\n")).scores;
    ASSERT_EQ(scores->rows.size(), 2u);
    EXPECT_EQ(scores->rows[0].id, "x");
    EXPECT_EQ(scores->rows[1].label, Label::unknown);
    EXPECT_EQ(scores->rows[1].split, Split::test);
}

TEST_F(Read, TakesTheColumnsAskedForWithTheirThresholds) {
    const auto out = read(write("sample,label,a,b,c\nx,normal,1,2,3\n"),
                          {{"columns", Setting::List{"c", "a"}}, {"thresholds", Setting::List{0.5, 7.0}}});
    ASSERT_EQ(out.scores->columns.size(), 2u);
    EXPECT_EQ(out.scores->columns[0].name, "c");
    EXPECT_THAT(out.scores->columns[1].values, ElementsAre(1));
    ASSERT_EQ(out.decisions->cuts.size(), 2u);
    EXPECT_EQ(out.decisions->cuts[0].column, "c");
    EXPECT_EQ(out.decisions->cuts[1].threshold, 7);
    EXPECT_EQ(out.decisions->cuts[0].method, out.decisions->cuts[1].method);  // so that they are compared
}

TEST_F(Read, ReadsWhatPythonWrites) {
    if (!support::has_python("csv")) GTEST_SKIP() << "there is no Python to write a table";
    support::run_python(folder_, R"(
import csv, json, random, struct, sys
random.seed(3)
names = ['top 1%, "ssim"', 'l2\nmean', '検査']
odd = ['a,b', 'say "no"', 'two\nlines', 'carriage\r\nreturn', '<script>', 'ä' * 300, 'plain']
def number():
    while True:
        value = struct.unpack('d', struct.pack('Q', random.getrandbits(64)))[0]
        if value == value and abs(value) != float('inf'): return value
rows = [(odd[i] if i < len(odd) else 'sample/%d' % i, random.choice(['normal', 'anomalous']), [number() for _ in names]) for i in range(200)]
with open(sys.argv[1] + '/scores.csv', 'w', newline='', encoding='utf-8') as file:
    writer = csv.writer(file)
    writer.writerow(['sample', 'label', *names])
    for name, label, values in rows: writer.writerow([name, label, *[repr(value) for value in values]])
json.dump({'names': names, 'rows': rows}, open(sys.argv[1] + '/rows.json', 'w'))
)",
                        "csv");
    const auto scores = read(folder_ / "scores.csv").scores;
    std::ifstream file(folder_ / "rows.json");
    const auto expected = nlohmann::json::parse(file);
    ASSERT_EQ(scores->rows.size(), expected["rows"].size());
    ASSERT_EQ(scores->columns.size(), 3u);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(scores->columns[c].name, expected["names"][c]);
    for (std::size_t i = 0; i < scores->rows.size(); ++i) {
        EXPECT_EQ(scores->rows[i].id, expected["rows"][i][0]);
        EXPECT_EQ(to_string(scores->rows[i].label), expected["rows"][i][1]);
        for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(scores->columns[c].values[i], expected["rows"][i][2][c]);
    }
}

TEST_F(Read, TakesAnEmptyCellForAMissingScore) {  // pandas' to_csv writes NaN so
    const auto [scores, decisions, warnings] = read(write("sample,label,a\nx,normal,1\ny,anomalous,\n"));
    EXPECT_EQ(scores->columns[0].values[0], 1);
    EXPECT_TRUE(std::isnan(scores->columns[0].values[1]));
    EXPECT_THAT(warnings, ::testing::Contains(HasSubstr("1 of 2 test samples has no finite score, `y`")));
}

TEST_F(Read, SaysWhatIsWrongWithATable) {
    EXPECT_THAT(complaint(""), HasSubstr("is empty"));
    EXPECT_THAT(complaint("sampel,label,a\nx,normal,1\n"),
                AllOf(HasSubstr("has no column `sample`"), HasSubstr("is `sampel` meant?")));
    EXPECT_THAT(complaint("sample,a\nx,1\n"), HasSubstr("has no column `label`"));
    EXPECT_THAT(complaint("sample,label\nx,normal\n"), HasSubstr("has no column of scores"));
    EXPECT_THAT(complaint("sample,label,a,a\nx,normal,1,2\n"), HasSubstr("two columns `a`"));
    EXPECT_THAT(complaint("sample,label,a\nx,normal,1\ny,normal\n"), HasSubstr("has 2 cells in row 2, and 3 columns"));
    EXPECT_THAT(complaint("sample,label,a\nx,normal,1\ny,good,1\n"), AllOf(HasSubstr("row 2"), HasSubstr("good")));
    EXPECT_THAT(complaint("sample,label,split,a\nx,normal,dev,1\n"), AllOf(HasSubstr("row 1"), HasSubstr("dev")));
    EXPECT_THAT(complaint("sample,label,a\nx,normal,0;5\n"),
                HasSubstr("holds `0;5` instead of a number in column `a` of row 1"));
    EXPECT_THAT(complaint("sample,label,a\nx,normal,1\nx,normal,1\n"), HasSubstr("two rows of the sample `x`"));
    EXPECT_THAT(complaint("sample,label,a\nx,\"normal,1\n"), HasSubstr("is no such table from row 1 on"));
    EXPECT_THAT(complaint("sample,label,split,a\nx,normal,calibrate,1\n"), HasSubstr("has no row of `test` among 1"));
    EXPECT_THAT(complaint("sample,label,ssim,l2\nx,normal,1,1\n", {{"columns", Setting::List{"smim"}}}),
                AllOf(HasSubstr("has no column `smim`; did you mean `ssim`?"), HasSubstr("`ssim`, `l2`")));
    EXPECT_THAT(complaint("sample,label,a,b\nx,normal,1,1\n", {{"thresholds", Setting::List{1.0}}}),
                HasSubstr("`thresholds` has 1 numbers, and the scores have 2 columns"));
}

TEST_F(Read, SaysHowManyRowsItLeavesOut) {
    EXPECT_THAT(warnings("sample,label,split,a\nx,normal,calibrate,1\ny,normal,test,1\nz,normal,train,2\n"),
                ElementsAre(HasSubstr("2 of 3 rows of `scores.csv` are no test samples by its column `split`")));
    EXPECT_THAT(warnings("sample,label,a\nx,normal,1\n"), ::testing::IsEmpty());
}

TEST_F(Read, SaysThatThereIsNoFile) {
    try {
        read(folder_ / "nothing.csv");
        ADD_FAILURE() << "no complaint";
    } catch (const fettle::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("nothing.csv` can't be read"));
    }
}

}  // namespace
