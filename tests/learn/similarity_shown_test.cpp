// Similarities as a user meets them: the README's graph, two files on the command line, a network from Python.
#include "process.hpp"
#include "python.hpp"

#include <fettle/image.hpp>

#include <gmock/gmock.h>

namespace {

using namespace testing_fettle;
using ::testing::HasSubstr;
using ::testing::Not;

/// The README's TOML block that is a whole graph.
std::string graph_of_readme() {
    const std::string text = text_of(fs::path(FETTLE_SOURCE_FOLDER) / "plugins/similarity/README.md");
    const auto begin = text.find("```toml\nformat = 1");
    return begin == std::string::npos ? "" : text.substr(begin + 8, text.find("```", begin + 8) - begin - 8);
}

class SimilaritiesShown : public Workshop {
   protected:
    /// Half dark red, half grey.
    void picture(const std::string& name, int width, int height, std::uint8_t level) const {
        fettle::Image image(width, height, 3);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                for (int c = 0; c < 3; ++c)
                    image.at(x, y)[c] = x >= width / 2 ? level : static_cast<std::uint8_t>(c == 0 ? 120 : 20);
        const auto bytes = fettle::encode_image(image, ".png");
        write_text(folder() / name, {bytes.begin(), bytes.end()});
    }
};

TEST_F(SimilaritiesShown, ScoreSideBySideAndFillAReport) {
    graph("shown.toml", graph_of_readme());
    const Outcome run = call({"run", "shown.toml", "--threads", "2", "--set", "parts.count=40", "--set",
                              "parts.anomalous=10", "--set", "split.calibrate=15"});
    ASSERT_EQ(run.status, 0) << run.err;
    const Json measures = Json::parse(text_of(run_folder(run) / "measures.json"));
    std::set<std::string> columns;
    for (const Json& judged : measures.at("judgements")) columns.insert(judged.at("cut").at("column"));
    EXPECT_EQ(columns.size(), 10u) << measures.dump(1).substr(0, 2000);
    EXPECT_TRUE(columns.count("gradient_magnitude(deviation=true) maximum"));
    EXPECT_THAT(text_of(run_folder(run) / "report.html"), HasSubstr("psnr"));
}

/// libgomp reads the environment once, when the first plugin brings it in: that may be while the graph is checked.
TEST_F(SimilaritiesShown, ComputeWithThreadsThatWaitAwakeForMicroseconds) {
    graph("shown.toml", graph_of_readme());
    Launch check = fettle({"check", "shown.toml"});
    check.environment["OMP_WAIT_POLICY"] = check.environment["GOMP_SPINCOUNT"] = "";
    check.environment["OMP_DISPLAY_ENV"] = "verbose";
    const Outcome plain = call(check);
    EXPECT_EQ(plain.status, 0) << plain.err;
    EXPECT_THAT(plain.err, HasSubstr("GOMP_SPINCOUNT = '3000'"));
    check.environment["OMP_WAIT_POLICY"] = "passive";  // whoever says so knows better
    check.environment["FETTLE_CACHE"] = (folder() / "another").string();
    EXPECT_THAT(call(check).err, HasSubstr("GOMP_SPINCOUNT = '0'"));
}

TEST_F(SimilaritiesShown, CompareTwoFiles) {
    picture("a.png", 40, 30, 128), picture("b.png", 40, 30, 120), picture("small.png", 30, 30, 128);
    for (const char* id : {"l1", "charbonnier", "psnr", "gradient_magnitude", "multiscale_gradient_magnitude",
                           "colour_difference", "local_normalised_correlation", "divergence", "focal", "dice"}) {
        const Outcome outcome = call({"metric", std::string("similarity.") + id, "a.png", "b.png"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_THAT(outcome.out, HasSubstr(std::string(id) + " mean ")) << id;
    }
    const Outcome same = call({"metric", "similarity.psnr", "a.png", "a.png"});
    EXPECT_THAT(same.out,
                HasSubstr("psnr mean 0 (PSNR infinite; 0 where the images are equal, higher where they differ "
                          "more; Decibels of peak signal-to-noise ratio below the best"));
    // 8 levels of 255 in half of the pixels: 20 log10(255 / 8) + 10 log10(2).
    const Outcome known = call({"metric", "similarity.psnr", "a.png", "b.png", "--json"});
    const Json line = Json::parse(known.out);
    EXPECT_EQ(line.at("known_as"), "PSNR 33.079 dB");
    EXPECT_EQ(line.at("direction"), "0 where the images are equal, higher where they differ more");
    EXPECT_THAT(line.at("meaning").get<std::string>(), HasSubstr("below the best"));
    EXPECT_THAT(call({"metric", "similarity.ssim", "a.png", "b.png"}).out,
                AllOf(HasSubstr("(0 where the images are equal, higher where they differ more; One minus structural "
                                "similarity"),
                      Not(HasSubstr("PSNR"))));
    const Outcome unlike = call({"metric", "similarity.l1", "a.png", "small.png"});
    EXPECT_EQ(unlike.status, 1);
    EXPECT_THAT(unlike.err, AllOf(HasSubstr("40x30"), HasSubstr("30x30")));
    const Outcome large =
        call({"metric", "similarity.local_normalised_correlation", "a.png", "b.png", "--set", "metric.window=31"});
    EXPECT_EQ(large.status, 1);
    EXPECT_THAT(large.err, AllOf(HasSubstr("images of 40x30 are too small for the window of 31"),
                                 HasSubstr("take images of at least 31x31, or a smaller `window`")));
}

TEST_F(SimilaritiesShown, CompareFeaturesOfANetworkFromPython) {
    const std::string modules = "torch";
    if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has PyTorch";
    support::run_python(folder(), R"(
import sys, torch
torch.manual_seed(1)
first, second = torch.nn.Conv2d(3, 8, 3, 2, 1), torch.nn.Conv2d(8, 16, 3, 2, 1)
class Layers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = first, second
    def forward(self, x):
        a = torch.relu(self.first(x))
        return a, torch.relu(self.second(a))
torch.jit.script(Layers().eval()).save(sys.argv[1] + '/layers.pt')
)",
                        modules);
    picture("a.png", 40, 32, 128), picture("b.png", 40, 32, 60);
    const auto distance = [&](const std::string& other) {
        const Outcome outcome = call({"metric", "similarity.feature_distance", "a.png", other, "--set",
                                      "metric.network={use=\"model.torchscript\", path=\"layers.pt\"}"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome.out;
    };
    EXPECT_THAT(distance("a.png"), HasSubstr("feature_distance mean 0 ("));
    EXPECT_THAT(distance("b.png"), HasSubstr("feature_distance mean 0."));
    const Outcome without = call({"metric", "similarity.feature_distance", "a.png", "b.png"});
    EXPECT_EQ(without.status, 1);
    EXPECT_THAT(without.err, AllOf(HasSubstr("needs the component `network`"),
                                   HasSubstr("add --set 'metric.network={use=\"model.torchscript\", path=\"...\"}'"),
                                   Not(HasSubstr("[stage"))));
    const Outcome half =
        call({"metric", "similarity.feature_distance", "a.png", "b.png", "--set", "network.use=model.torchscript"});
    EXPECT_EQ(half.status, 1);
    EXPECT_THAT(half.err, AllOf(HasSubstr("needs the parameter `path`"), HasSubstr("add --set network.path=...")));
    const Outcome whole = call({"metric", "similarity.feature_distance", "a.png", "b.png", "--set",
                                "network.use=model.torchscript", "--set", "network.path=layers.pt"});
    EXPECT_EQ(whole.out, distance("b.png")) << whole.err;
}

}  // namespace
