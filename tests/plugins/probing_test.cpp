// Several files tried in one child process: each is told of as if it had been alone.
#include "plugins/plugins.hpp"

#include <gmock/gmock.h>

namespace {

using namespace fettle::runtime;
using std::chrono::milliseconds;
using testing::HasSubstr;

std::filesystem::path file(const char* name) {
    return std::filesystem::path(TEST_PLUGINS) / (std::string(name) + ".so");
}

std::string code_of(const Probed& probed) {
    return probed.info ? probed.info->name : probed.diagnostics.empty() ? "nothing" : probed.diagnostics.front().code;
}

TEST(Probing, OneThatCrashesTakesNoOtherAlong) {
    const std::vector<std::filesystem::path> files{file("good"),           file("crashes_at_once"),
                                                   file("rival"),          file("throws_on_entry"),
                                                   file("leaves_at_once"), file("good")};
    const auto probed = probe_plugins(files);
    ASSERT_EQ(probed.size(), files.size());
    const char* const expected[] = {"good", "P105", "rival", "P106", "P105", "good"};
    for (std::size_t i = 0; i < files.size(); ++i) EXPECT_EQ(code_of(probed[i]), expected[i]) << files[i];
}

TEST(Probing, OneThatHangsIsGivenUp) {
    const std::vector<std::filesystem::path> files{file("good"), file("hangs"), file("rival")};
    const auto probed = probe_plugins(files, milliseconds(1500));
    ASSERT_EQ(probed.size(), 3u);
    EXPECT_EQ(code_of(probed[0]), "good");
    EXPECT_EQ(code_of(probed[1]), "P105");
    EXPECT_THAT(probed[1].diagnostics.front().message, HasSubstr("not done after 1500 ms"));
    EXPECT_EQ(code_of(probed[2]), "rival");
}

TEST(Probing, NothingIsTriedWhereThereIsNothing) { EXPECT_TRUE(probe_plugins({}).empty()); }

}  // namespace
