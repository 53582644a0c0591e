// The graphs that train every architecture on the published sets.
#include "errors/program.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* models[] = {"autoencoder", "dilated_autoencoder", "variational_autoencoder", "unet_autoencoder",
                                  "memory_autoencoder"};

fs::path data() {
    const char* given = std::getenv("FETTLE_DATA");
    return given != nullptr ? given : FETTLE_SOURCE_FOLDER "/../shared/data";
}

TEST(ModelGraphs, AreRightForEveryArchitecture) {
    const fs::path folder = FETTLE_SOURCE_FOLDER "/graphs/models";
    int checked = 0;
    std::string missing;
    for (const auto& [set, archive] :
         {std::pair{"casting", "casting.zip"}, std::pair{"cracks", "cracks.zip"}, std::pair{"tiles", "tiles"}}) {
        if (!fs::exists(data() / archive)) {
            missing += std::string(missing.empty() ? "" : ", ") + archive;
            continue;
        }
        for (const std::string kind : {"", "-discriminative"})
            for (const char* model : models) {
                const std::string graph = set + kind + ".toml";
                const auto result =
                    program::run("check " + graph + " --set parameters.model=model." + model, program::Stream::error,
                                 folder, "FETTLE_DATA='" + data().string() + "'");
                EXPECT_EQ(result.status, 0) << graph << ' ' << model << '\n' << result.text;
                EXPECT_EQ(result.text, "") << graph << ' ' << model;
                ++checked;
            }
    }
    if (!missing.empty()) GTEST_SKIP() << checked << " graphs checked; FETTLE_DATA lacks " << missing;
}

/// The demonstration's graph, small, with another architecture in it: from drawn parts to figures.
void expect_figures(const fs::path& graph, const std::string& sets) {
    const auto result = program::run("run '" + graph.string() +
                                         "' --set parts.count=48 --set parts.anomalous=8 --set split.train=16 --set "
                                         "split.calibrate=16 --set train.epochs=1 " +
                                         sets + " --output runs",
                                     program::Stream::out, FETTLE_TEST_FOLDER);
    EXPECT_EQ(result.status, 0) << sets << '\n' << result.text;
    EXPECT_THAT(result.text, HasSubstr("auroc")) << sets;
}

TEST(ModelGraphs, TrainEveryArchitecture) {
    fs::create_directories(FETTLE_TEST_FOLDER);
    const fs::path demo = FETTLE_SOURCE_FOLDER "/graphs/demo.toml";
    for (const std::string model : models) expect_figures(demo, "--set 'train.model.use=\"model." + model + "\"'");
    const fs::path discriminative = FETTLE_TEST_FOLDER "/discriminative.toml";
    std::ofstream(discriminative) << "format = 1\nextends = \"" << demo.string() << R"("
[stage.train]
use = "train.discriminative"
[stage.train.model]
use = "model.discriminative"
[[stage.train.segmentation]]
use = "similarity.focal"
[stage.rebuilt]
use = "infer.segment"
)";
    expect_figures(discriminative, "");
}

TEST(BestGraphs, AreRight) {
    for (const auto& [set, archive] :
         {std::pair{"casting", "casting.zip"}, std::pair{"cracks", "cracks.zip"}, std::pair{"tiles", "tiles"}}) {
        if (!fs::exists(data() / archive)) GTEST_SKIP() << "FETTLE_DATA lacks " << archive;
        const auto result = program::run(std::string("check ") + set + "-best.toml", program::Stream::error,
                                         FETTLE_SOURCE_FOLDER "/graphs", "FETTLE_DATA='" + data().string() + "'");
        EXPECT_EQ(result.status, 0) << set << '\n' << result.text;
    }
}

// The reconstruction of a discriminative network is a component in a component; what is wrong in it is said in words.
TEST(ModelGraphs, NestedArchitecturesAreChecked) {
    if (!fs::exists(data() / "casting.zip")) GTEST_SKIP() << "FETTLE_DATA lacks casting.zip";
    const auto checked = [&](const std::string& set) {
        return program::run("check casting-discriminative.toml --set '" + set + "'", program::Stream::error,
                            FETTLE_SOURCE_FOLDER "/graphs/models", "FETTLE_DATA='" + data().string() + "'");
    };
    EXPECT_THAT(checked("train.model.reconstruction.width=0").text, HasSubstr("width"));
    EXPECT_THAT(checked("train.model.widths=[]").text, HasSubstr("[24, 48, 96, 128]"));
    EXPECT_EQ(checked("train.model.reconstruction.width=8").status, 0);
}

}  // namespace
