// The graphs that train every architecture on the published sets.
#include "errors/program.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

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
