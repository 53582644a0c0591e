// `fettle metric`: two files, or hashes as text, under one metric.
#include "hash_images.hpp"
#include "process.hpp"

#include <gmock/gmock.h>

namespace {

using namespace testing_hash;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_fettle::Outcome;

class Metric : public testing_fettle::Workshop {
   protected:
    void SetUp() override {
        write("a.png", formula());
        write("b.png", painted(70, 90, [](int x, int y) { return std::array{x * y % 256, 3 * x % 256, 2 * y}; }));
        write("c.png", painted(96, 64, [](int x, int y) { return std::array{255 - x, 2 * x, 3 * y}; }));
    }
    void write(const char* name, const fettle::Image& image) const {
        const auto bytes = fettle::encode_image(image, ".png");
        testing_fettle::write_text(folder() / name, std::string(bytes.begin(), bytes.end()));
    }
    /// What `fettle metric` with these arguments says; the status must be as expected.
    Outcome metric(testing_fettle::Arguments arguments, int status) {
        arguments.insert(arguments.begin(), "metric");
        const Outcome outcome = call(arguments);
        EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
        return outcome;
    }
    testing_fettle::Json json(testing_fettle::Arguments arguments) {
        arguments.push_back("--json");
        return testing_fettle::Json::parse(metric(arguments, 0).out);
    }
    fettle::Image image(const char* name) const {
        return fettle::decode_image(fettle::read_bytes(folder() / name), name).image;
    }
};

constexpr auto average_of_a = "1e7cf0e1c3871e3c";

TEST_F(Metric, PrintsTheDistanceOfTwoFiles) {
    const int expected =
        fettle::bit_distance(hash::average_hash(image("a.png"), 8), hash::average_hash(image("b.png"), 8));
    EXPECT_EQ(metric({"hash.average", "a.png", "b.png"}, 0).out, "average " + std::to_string(expected) + "\n");
    EXPECT_EQ(metric({"hash.average", "a.png", "a.png"}, 0).out, "average 0\n");
}

TEST_F(Metric, PrintsHashesAsJson) {
    const auto line = json({"hash.average", "a.png", "b.png"});
    EXPECT_EQ(line.at("metric"), "average");
    EXPECT_EQ(line.at("hashes").at(0), average_of_a);
    EXPECT_EQ(line.at("hashes").at(1), fettle::to_hex(hash::average_hash(image("b.png"), 8)));
}

TEST_F(Metric, TakesParametersOfTheMetricByTheirNames) {
    for (const char* set : {"size=16", "metric.size=16"}) {
        const auto line = json({"hash.difference", "a.png", "b.png", "--set", set});
        EXPECT_EQ(line.at("metric"), "difference(size=16)");
        EXPECT_EQ(line.at("hashes").at(0), fettle::to_hex(hash::difference_hash(image("a.png"), 16)));
    }
    EXPECT_THAT(metric({"hash.average", "a.png", "b.png", "--set", "siz=16"}, 1).err, HasSubstr("did you mean `size`"));
}

TEST_F(Metric, TakesAHashForEitherSide) {
    const Outcome files = metric({"hash.average", "a.png", "b.png"}, 0);
    EXPECT_EQ(metric({"hash.average", average_of_a, "b.png"}, 0).out, files.out);
    EXPECT_EQ(metric({"hash.average", "b.png", "1E7CF0E1C3871E3C"}, 0).out, files.out);
    EXPECT_EQ(metric({"hash.average", "00", "0f"}, 0).out, "average 4\n");
    // 25 bits in 7 digits: the first three bits are padding.
    const std::string odd = fettle::to_hex(hash::average_hash(image("a.png"), 5));
    EXPECT_EQ(metric({"hash.average", odd, "a.png", "--set", "size=5"}, 0).out, "average(size=5) 0\n");
}

TEST_F(Metric, TakesAFileThatIsNamedLikeAHash) {
    std::filesystem::copy_file(folder() / "a.png", folder() / "abc");
    EXPECT_EQ(metric({"hash.average", "abc", "a.png"}, 0).out, "average 0\n");
}

TEST_F(Metric, RefusesHashesThatDoNotFit) {
    const std::string err = metric({"hash.average", "abcd", "b.png"}, 1).err;
    EXPECT_THAT(err, HasSubstr("`abcd` has 4 hexadecimal digits, and the hash of `b.png` 16"));
    EXPECT_THAT(err, HasSubstr("`abcd` is taken for a hash, since there is no file of that name"));
    EXPECT_THAT(err, HasSubstr("--set size=4"));
    EXPECT_THAT(metric({"hash.average", "f000000", "b.png", "--set", "size=5"}, 1).err,
                HasSubstr("`f000000` has more than the 25 bits of `b.png`"));
    EXPECT_THAT(metric({"hash.average", "abcd", "abc"}, 1).err,
                HasSubstr("`abcd` has 4 hexadecimal digits, and `abc` 3"));
    EXPECT_THAT(metric({"hash.average", "ab", "cd", "--set", "size=16"}, 1).err, HasSubstr("nothing to --set"));
    EXPECT_THAT(metric({"hash.average", "ab,cd", "abcd"}, 1).err, HasSubstr("`ab,cd` is no hash"));
}

TEST_F(Metric, TakesTheHashesOfRegions) {
    const auto files = json({"hash.crop_resistant", "a.png", "b.png"});
    const std::string of_a = files.at("hashes").at(0), of_b = files.at("hashes").at(1);
    EXPECT_EQ(of_a, hash::regions_text(hash::crop_resistant_hash(image("a.png"), 8)));
    EXPECT_THAT(of_a, HasSubstr(",")) << "one region would be no test";
    for (const auto& [left, right] :
         {std::pair<std::string, std::string>{of_a, "b.png"}, {"a.png", of_b}, {of_a, of_b}})
        EXPECT_EQ(json({"hash.crop_resistant", left, right}).at("value"), files.at("value")) << left << " " << right;
    EXPECT_EQ(metric({"hash.crop_resistant", "0f0f,ffff", "0f0f"}, 0).out, "crop_resistant 1\n");

    const std::string err = metric({"hash.crop_resistant", "0f0f", "b.png"}, 1).err;
    EXPECT_THAT(err, HasSubstr("the reference's regions have hashes of 16 bits, the candidate's of 64"));
    EXPECT_THAT(err, HasSubstr("`0f0f` is taken for a hash"));
    EXPECT_EQ(metric({"hash.crop_resistant", "0f0f", "b.png", "--set", "size=4"}, 0).status, 0);
    EXPECT_THAT(metric({"hash.crop_resistant", "0f0f,,0f0f", "b.png"}, 1).err, HasSubstr("a region has no digits"));
}

TEST_F(Metric, RefusesASizeThatTheWaveletCannotHave) {
    EXPECT_THAT(metric({"hash.wavelet", "a.png", "b.png", "--set", "size=12"}, 1).err, HasSubstr("8 or 16"));
}

TEST_F(Metric, SaysWhatItCannotFindOrRead) {
    EXPECT_THAT(metric({"hash.averag", "a.png", "b.png"}, 1).err, HasSubstr("did you mean `hash.average`"));
    EXPECT_THAT(metric({"dataset.image", "a.png", "b.png"}, 1).err, HasSubstr("no plugin offers `dataset.image`"));
    EXPECT_THAT(metric({"hash.average", "a.png", "none.png"}, 1).err, HasSubstr("there is no `none.png`"));
    testing_fettle::write_text(folder() / "text.png", "no image");
    const std::string err = metric({"hash.average", "a.png", "text.png"}, 1).err;
    EXPECT_THAT(err, HasSubstr("text.png` is no JPEG"));
    EXPECT_THAT(err, Not(HasSubstr("-->"))) << "places in a graph that the user never wrote";
}

TEST_F(Metric, PrintsTheMeanOfASimilaritysMap) {
    const auto a = image("a.png"), c = image("c.png");
    double squares = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        const double difference = (static_cast<double>(a.pixels[i]) - c.pixels[i]) / 255;
        squares += difference * difference;
    }
    const auto line = json({"similarity.l2", "a.png", "c.png"});
    EXPECT_EQ(line.at("metric"), "l2 mean");
    EXPECT_NEAR(line.at("value").get<double>(), squares / static_cast<double>(a.pixels.size()), 1e-6);
    EXPECT_FALSE(line.contains("hashes"));

    const std::string err = metric({"similarity.l2", "a.png", "b.png"}, 1).err;
    EXPECT_THAT(err, HasSubstr("96x64"));
    EXPECT_THAT(err, HasSubstr("70x90"));
}

}  // namespace
