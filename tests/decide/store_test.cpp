#include "fakes.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>

#include <gmock/gmock.h>

#include <bit>
#include <fstream>
#include <functional>
#include <limits>

namespace {

using fettle::Label;
using fettle::Split;
namespace fs = std::filesystem;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

class Store : public ::testing::Test {
   protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  (std::string("fettle-store-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    template <class T>
    fettle::Ref<T> again(const T& value) {
        fettle::save_value(value, folder_);
        return std::dynamic_pointer_cast<const T>(fettle::load_value(T::type_name, folder_));
    }
    fs::path folder_;
};

/// To the last bit; every NaN counts as the same.
bool same(double a, double b) {
    return (a != a && b != b) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

void expect_same(const std::vector<double>& a, const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(same(a[i], b[i])) << a[i] << " became " << b[i];
}

void expect_same(const fettle::Scores& a, const fettle::Scores& b) {
    ASSERT_EQ(a.rows.size(), b.rows.size());
    for (std::size_t i = 0; i < a.rows.size(); ++i) {
        EXPECT_EQ(a.rows[i].id, b.rows[i].id);
        EXPECT_EQ(a.rows[i].label, b.rows[i].label);
        EXPECT_EQ(a.rows[i].split, b.rows[i].split);
        EXPECT_EQ(a.rows[i].category, b.rows[i].category);
        EXPECT_EQ(a.rows[i].published, b.rows[i].published);
    }
    ASSERT_EQ(a.columns.size(), b.columns.size());
    for (std::size_t c = 0; c < a.columns.size(); ++c) {
        EXPECT_EQ(a.columns[c].name, b.columns[c].name);
        expect_same(a.columns[c].values, b.columns[c].values);
    }
}

void expect_same(const fettle::Cut& a, const fettle::Cut& b) {
    EXPECT_EQ(a.column, b.column);
    EXPECT_TRUE(same(a.threshold, b.threshold));
    EXPECT_EQ(a.method, b.method);
    EXPECT_EQ(a.fitted, b.fitted);
}

/// Every kind of double there is, and names that give trouble.
fettle::Scores scores() {
    fettle::Scores out;
    fettle::Random random(4);
    std::vector<double> values{nan,
                               infinity,
                               -infinity,
                               0.0,
                               -0.0,
                               0.1,
                               1e300,
                               -1e-300,
                               std::numeric_limits<double>::denorm_min(),
                               std::numeric_limits<double>::max(),
                               std::numeric_limits<double>::epsilon(),
                               1.0,
                               9007199254740993.0};
    while (values.size() < 5000) {
        const auto bits = std::uint64_t{random.bits()} << 32 | random.bits();
        values.push_back(std::bit_cast<double>(bits));  // any pattern of bits
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        out.rows.push_back({"folder/" + std::to_string(i), static_cast<Label>(i % 3), static_cast<Split>(i % 4),
                            "class", i % 2 ? "train" : ""});
    out.rows[0].id = "quotes \" and \\ and \n and </script> and \xc3\xa4\xe6\xbc\xa2";
    out.rows[1].id = "caf\xe9.png";  // Latin-1: no UTF-8
    out.rows[2].category = std::string("\0\x01\xff", 3);
    out.rows[3].id = "";
    out.columns.push_back({"ssim(window=7) mean", values});
    out.columns.push_back({"\xff", std::vector<double>(values.rbegin(), values.rend())});
    return out;
}

TEST_F(Store, ScoresToTheLastBit) {
    const fettle::Scores before = scores();
    expect_same(before, *again(before));
    expect_same(fettle::Scores{}, *again(fettle::Scores{}));
}

TEST_F(Store, DecisionsToTheLastBit) {
    fettle::Decisions before;
    before.scores = scores();
    for (const double threshold : {nan, infinity, -infinity, -0.0, 0.1})
        before.cuts.push_back({"ssim(window=7) mean", threshold, "quantile(at=0.95)", before.cuts.size()});
    const auto after = again(before);
    expect_same(before.scores, after->scores);
    ASSERT_EQ(after->cuts.size(), before.cuts.size());
    for (std::size_t i = 0; i < before.cuts.size(); ++i) expect_same(before.cuts[i], after->cuts[i]);
}

TEST_F(Store, MeasuresToTheLastBit) {
    fettle::Measures before;
    before.scores = scores();
    fettle::Judgement judged;
    judged.cut = {"m", 0.3, "manual", 7};
    judged.figures = {{"auroc", 1.0 / 3, nan, infinity}, {"f1", -0.0, -infinity, 0.1}};
    judged.confusion = {1, 2, 3, std::size_t{1} << 40};
    judged.roc = {{0, 0}, {1.0 / 3, 0.1}, {nan, infinity}, {1, 1}};
    judged.remarks = {"no anomalous sample", "\"quoted\" \xff"};
    before.judgements = {judged, fettle::Judgement{}};
    const auto after = again(before);
    expect_same(before.scores, after->scores);
    ASSERT_EQ(after->judgements.size(), 2u);
    const auto& found = after->judgements[0];
    expect_same(judged.cut, found.cut);
    ASSERT_EQ(found.figures.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(found.figures[i].name, judged.figures[i].name);
        EXPECT_TRUE(same(found.figures[i].value, judged.figures[i].value));
        EXPECT_TRUE(same(found.figures[i].low, judged.figures[i].low));
        EXPECT_TRUE(same(found.figures[i].high, judged.figures[i].high));
    }
    EXPECT_EQ(found.confusion.true_positive, 1u);
    EXPECT_EQ(found.confusion.false_positive, 2u);
    EXPECT_EQ(found.confusion.true_negative, 3u);
    EXPECT_EQ(found.confusion.false_negative, std::size_t{1} << 40);
    ASSERT_EQ(found.roc.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_TRUE(same(found.roc[i].first, judged.roc[i].first) && same(found.roc[i].second, judged.roc[i].second))
            << i;
    EXPECT_EQ(found.remarks, judged.remarks);
}

TEST_F(Store, NetworksByteForByte) {
    fettle::Network before;
    for (int i = 0; i < 100000; ++i) before.script += static_cast<char>(i * 31 % 256);
    before.architecture = "use = \"model.autoencoder\"\n";
    before.channels = 1;
    before.height = 128;
    before.width = 96;
    before.parameters = 123456;
    before.history = {{"loss", {1, 2, 3}, {0.1, nan, infinity}}, {"empty", {}, {}}};
    const auto after = again(before);
    EXPECT_EQ(after->script, before.script);
    EXPECT_EQ(after->architecture, before.architecture);
    EXPECT_EQ(after->channels, 1);
    EXPECT_EQ(after->height, 128);
    EXPECT_EQ(after->width, 96);
    EXPECT_EQ(after->parameters, 123456u);
    ASSERT_EQ(after->history.size(), 2u);
    EXPECT_EQ(after->history[0].name, "loss");
    expect_same(after->history[0].steps, before.history[0].steps);
    expect_same(after->history[0].values, before.history[0].values);
}

TEST_F(Store, FilesWithWhatTheRuntimeMustKnowOfThem) {
    const fs::path written = folder_ / "written", kept = folder_ / "kept";
    for (const auto& each : {written, kept}) fs::create_directories(each);
    std::ofstream(written / "page.html") << fettle::run_record_mark;
    fettle::Files before;
    before.folder = written;
    before.records = {"page.html"};
    before.gates = {{"auroc >= 0.95", false, "ssim mean: auroc is 0.93"}, {"f1 > 0.5", true, "\"f1\" is 0.9"}};
    fettle::save_value(before, kept);
    const auto after = std::dynamic_pointer_cast<const fettle::Files>(fettle::load_value("files/1", kept));
    EXPECT_EQ(after->records, before.records);
    ASSERT_EQ(after->gates.size(), 2u);
    for (std::size_t g = 0; g < 2; ++g) {
        EXPECT_EQ(after->gates[g].condition, before.gates[g].condition);
        EXPECT_EQ(after->gates[g].held, before.gates[g].held);
        EXPECT_EQ(after->gates[g].found, before.gates[g].found);
    }
    // Nothing was added to the folder itself: it is copied to where people look.
    EXPECT_EQ(std::distance(fs::directory_iterator(kept), fs::directory_iterator()), 1);
}

TEST_F(Store, FilesWithTheirFolders) {
    const fs::path written = folder_ / "written", kept = folder_ / "kept";
    fs::create_directories(written / "inner");
    fs::create_directories(kept);
    std::ofstream(written / "inner" / "a.txt") << "text";
    fettle::Files before;
    before.folder = written;
    fettle::save_value(before, kept);
    const auto after = std::dynamic_pointer_cast<const fettle::Files>(fettle::load_value("files/1", kept));
    std::ifstream file(after->folder / "inner" / "a.txt");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "text");
}

fettle::Fault fault_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const fettle::Error& error) {
        return error.fault();
    }
    throw std::logic_error("nothing was thrown");
}

TEST_F(Store, DamageIsAnErrorAndNeverAValue) {
    const auto load = [&](const char* type) { return fault_of([&] { fettle::load_value(type, folder_); }); };
    EXPECT_EQ(load("scores/1"), fettle::Fault::storage);  // nothing there
    EXPECT_EQ(fault_of([&] { fettle::load_value("files/1", folder_ / "absent"); }), fettle::Fault::storage);
    fettle::save_value(scores(), folder_);
    EXPECT_EQ(load("measures/1"), fettle::Fault::storage);
    EXPECT_EQ(load("network/1"), fettle::Fault::storage);
    EXPECT_EQ(load("images/1"), fettle::Fault::storage);
    fs::resize_file(folder_ / "value.json", fs::file_size(folder_ / "value.json") / 2);
    EXPECT_EQ(load("scores/1"), fettle::Fault::storage);
    std::ofstream(folder_ / "value.json") << R"({"rows": [["a", "good", "test", "", ""]], "columns": []})";
    EXPECT_EQ(load("scores/1"), fettle::Fault::storage);
    std::ofstream(folder_ / "value.json")
        << R"({"rows": [["a", "normal", "test", "", ""]], "columns": [{"name": "m", "values": []}]})";
    EXPECT_EQ(load("scores/1"), fettle::Fault::storage);  // a column shorter than the table
}

TEST_F(Store, AFullDiskIsAnError) {
    if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
    fs::create_symlink("/dev/full", folder_ / "value.json");
    EXPECT_EQ(fault_of([&] { fettle::save_value(scores(), folder_); }), fettle::Fault::storage);
    fettle::Files absent;
    absent.folder = folder_ / "absent";
    EXPECT_EQ(fault_of([&] { fettle::save_value(absent, folder_); }), fettle::Fault::storage);
}

}  // namespace
