// What memory there is for a training, and what a network needs of it.
#include "learn.hpp"

#include "memory.hpp"
#include "optimiser.hpp"
#include "room.hpp"
#include "sanitized.hpp"

#include <sys/resource.h>

#include <fstream>
#include <thread>

namespace {

namespace fs = std::filesystem;
using fettle::Fault;
using learn::Folder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using train::Room;

/// A made-up system, its sizes large enough that what the allocator keeps is nothing beside them.
class MemoryLeft : public ::testing::Test {
   protected:
    static constexpr double million = 1e6 * 1024;

    void write(const std::string& file, const std::string& text) const {
        fs::create_directories((folder.path / file).parent_path());
        std::ofstream(folder.path / file) << text;
    }
    void system(const std::string& cgroup) const {
        write("proc/meminfo", "MemTotal:       99000000 kB\nMemAvailable:   50000000 kB\nSwapFree:  1000000 kB\n");
        write("proc/self/cgroup", cgroup);
    }
    /// In units of a million kB.
    double left() const {
        return static_cast<double>(train::memory_left(folder.path / "proc", folder.path / "cgroup")) / million;
    }
    Folder folder;
};

TEST_F(MemoryLeft, IsWhatTheSystemHasAndCouldSwap) {
    system("0::/\n");
    EXPECT_NEAR(left(), 51, 1);
}

TEST_F(MemoryLeft, IsWhatTheTightestOfTheGroupsLeaves) {
    system("0::/batch/job\n");
    write("cgroup/batch/job/memory.max", "max\n");
    write("cgroup/batch/job/memory.current", "3072000000\n");
    EXPECT_NEAR(left(), 51, 1);
    write("cgroup/batch/memory.max", "20480000000\n");
    write("cgroup/batch/memory.current", "10240000000\n");
    EXPECT_NEAR(left(), 10, 1);  // its swap is limited by itself
    write("cgroup/batch/memory.stat", "anon 1\nactive_file 2048000000\ninactive_file 3072000000\n");
    EXPECT_NEAR(left(), 15, 1);  // what is kept of files can be let go
    write("cgroup/batch/job/memory.max", "4096000000\n");
    EXPECT_NEAR(left(), 1, 1);
}

TEST_F(MemoryLeft, KnowsTheGroupsOfTheFirstVersion) {
    system("5:cpu,cpuacct:/x\n4:memory:/job\n0::/\n");
    write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("cgroup/memory/memory.usage_in_bytes", "30720000000\n");
    EXPECT_NEAR(left(), 51, 1);
    write("cgroup/memory/job/memory.limit_in_bytes", "20480000000\n");
    write("cgroup/memory/job/memory.usage_in_bytes", "10240000000\n");
    write("cgroup/memory/job/memory.stat", "total_inactive_file 1024000000\ntotal_active_file 0\n");
    EXPECT_NEAR(left(), 11, 1);
}

TEST_F(MemoryLeft, IsNoMoreThanTheProcessMayTake) {
    if (testing_fettle::has_shadow_memory) GTEST_SKIP() << "a sanitizer's shadow memory fits under no limit";
    system("0::/\n");
    write("proc/self/status", "VmSize:  2000000 kB\nVmData:  1000000 kB\n");
    EXPECT_NEAR(left(), 51, 1);
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_DATA, &before), 0);
    const rlimit limit{8'192'000'000, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
    const double found = left();
    setrlimit(RLIMIT_DATA, &before);
    EXPECT_NEAR(found, 7, 1);
}

TEST_F(MemoryLeft, IsNotLimitedByWhatCannotBeRead) {
    EXPECT_EQ(train::memory_left(folder.path, folder.path), SIZE_MAX);
}

constexpr std::int64_t megabyte = 1'000'000;
torch::Tensor floats(std::int64_t count) { return torch::empty({count}); }

TEST(Rooms, AreWhatTensorsMayTakeTogether) {
    Room room(10 * megabyte);
    torch::Tensor four = floats(megabyte);
    EXPECT_NEAR(static_cast<double>(room.left()), 6e6, 1e3);
    EXPECT_THROW(floats(2 * megabyte), std::bad_alloc);
    { const auto also = floats(megabyte); }
    room.keep(3 * megabyte);
    EXPECT_THROW(floats(megabyte), std::bad_alloc);
    room.keep(0);
    four = torch::Tensor();
    EXPECT_EQ(floats(2 * megabyte).numel(), 2 * megabyte);
    std::thread([] { EXPECT_EQ(floats(4 * megabyte).numel(), 4 * megabyte); }).join();  // another's tensors
}

TEST(Rooms, EndWithTheObject) {
    { const Room room(megabyte); }
    EXPECT_EQ(floats(megabyte).numel(), megabyte);
}

TEST(Rooms, CountWhatIsMadeOnTheWayBack) {
    const Room room(20 * megabyte);
    const torch::Tensor weights = torch::ones({megabyte}, torch::requires_grad());  // 4 MB
    torch::Tensor sum = (weights * weights).sum();                                  // 4 MB, gone again
    const std::size_t before = room.left();
    sum.backward();
    EXPECT_NEAR(static_cast<double>(before - room.left()), 4e6, 1e4);  // the gradient
}

/// 4 MB of weights.
std::shared_ptr<torch::nn::Module> wide() { return torch::nn::Linear(torch::nn::LinearOptions(1000, 1000)).ptr(); }

struct Kind {
    const char* optimiser;
    double momentum, average;
    int patience;
    double copies;  ///< of the weights: themselves, gradients, and what is held besides
};

class Networks : public ::testing::TestWithParam<Kind> {
   protected:
    Networks() {
        recipe.optimiser = GetParam().optimiser;
        recipe.momentum = GetParam().momentum;
        recipe.average = GetParam().average;
        recipe.patience = GetParam().patience;
    }
    /// Needed by abstract roles, never called.
    struct Any final : train::Recipe {
        fettle::Network train(const In&, fettle::Context&) const override { return {}; }
    } recipe;
};

TEST_P(Networks, NeedRoomForWhatLearningHolds) {
    const double bytes = GetParam().copies * 4 * 1001 * 1000;
    {
        Room room(static_cast<std::size_t>(bytes * 1.001));
        EXPECT_NE(train::network_within(room, recipe, wide), nullptr);
    }
    Room room(static_cast<std::size_t>(bytes * 0.999));
    const auto error = learn::error_of([&] { train::network_within(room, recipe, wide); });
    EXPECT_EQ(error.fault(), Fault::memory);
    EXPECT_THAT(error.what(),
                HasSubstr(GetParam().copies > 2 ? "has no room to learn in: it needs" : "weights and gradients alone"));
    EXPECT_THAT(error.help(), HasSubstr("`width`"));
}

/// What LibTorch's optimisers really take is the measure of what is kept for them.
TEST_P(Networks, NeedWhatLearningTakes) {
    Room room(100 * megabyte);
    const auto net = train::network_within(room, recipe, wide);
    const std::size_t promised = room.left();
    room.keep(0);
    const auto optimiser = train::optimiser_of(recipe, net->parameters());
    std::optional<train::Average> average;
    std::optional<train::Weights> best;
    for (int step = 0; step < 2; ++step) {
        for (auto& weight : net->parameters()) weight.mutable_grad() = torch::ones_like(weight);
        optimiser->step();
    }
    if (recipe.average > 0) average.emplace(*net, recipe.average);
    if (recipe.patience > 0) best = train::copy_of(train::tensors_of(*net));
    const double gradients = 4.0 * 1001 * 1000;
    EXPECT_NEAR(static_cast<double>(promised) - gradients, static_cast<double>(room.left()), 1e4);
}

INSTANTIATE_TEST_SUITE_P(Recipes, Networks,
                         ::testing::Values(Kind{"sgd", 0, 0, 0, 2}, Kind{"sgd", 0.9, 0, 0, 3},
                                           Kind{"adam", 0.9, 0, 0, 4}, Kind{"adamw", 0.9, 0.99, 0, 5},
                                           Kind{"adam", 0.9, 0.99, 5, 6}),
                         [](const auto& test) { return std::to_string(test.index); });

}  // namespace
