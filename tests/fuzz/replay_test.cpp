// What fuzzers found stays mended: every file in tests/fuzz/found is fed to its target again, and so are right inputs
// that are cut short and have bits turned.
#include "targets.hpp"

#include <fettle/random.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

namespace fs = std::filesystem;

class Fuzzed : public ::testing::TestWithParam<fuzz::Target> {
   protected:
    static void feed(const std::string& bytes, const std::string& what) {
        SCOPED_TRACE(what);
        const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
        EXPECT_NO_THROW(GetParam().feed({first, bytes.size()}));
    }
};

TEST_P(Fuzzed, WhatWasFoundStaysMended) {
    const fs::path folder = fs::path(FETTLE_SOURCE_FOLDER "/tests/fuzz/found") / GetParam().name;
    if (!fs::is_directory(folder)) GTEST_SKIP() << "nothing was ever found in " << GetParam().name;
    for (const auto& file : fs::directory_iterator(folder)) {
        std::ifstream stream(file.path(), std::ios::binary);
        feed({std::istreambuf_iterator<char>(stream), {}}, file.path().filename().string());
    }
}

TEST_P(Fuzzed, TakesRightInputsAndDamagedOnes) {
    fettle::Random random(1);
    for (const std::string& seed : fuzz::seeds(GetParam().name)) {
        ASSERT_FALSE(seed.empty());
        feed(seed, "a right one");
        for (int trial = 0; trial < 300; ++trial) {
            std::string damaged = seed;
            for (int flips = random.integer(0, 4); flips > 0; --flips)
                damaged[static_cast<std::size_t>(random.integer(0, static_cast<int>(seed.size()) - 1))] =
                    static_cast<char>(random.integer(0, 255));
            if (random.chance(0.3))
                damaged.resize(static_cast<std::size_t>(random.integer(0, static_cast<int>(seed.size()))));
            feed(damaged, "trial " + std::to_string(trial));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzzed, ::testing::ValuesIn(fuzz::targets),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
