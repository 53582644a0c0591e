#include <fettle/parallel.hpp>
#include <fettle/random.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

TEST(Parallel, DoesEveryIndexOnce) {
    std::vector<std::atomic<int>> done(1000);
    fettle::parallel_for_each_index(done.size(), [&](std::size_t i) { ++done[i]; });
    for (const auto& each : done) EXPECT_EQ(each, 1);
}

TEST(Parallel, TheErrorIsThatOfTheLowestIndexWhateverTheThreads) {
    for (std::uint64_t trial = 0; trial < 300; ++trial) {
        fettle::Random random(3, trial);
        const auto first = static_cast<std::size_t>(random.integer(0, 40));
        try {
            fettle::parallel_for_each_index(64, [&](std::size_t i) {
                // The later ones are at their errors sooner.
                for (volatile std::size_t work = 0; work < (64 - i) * 200; work = work + 1) {
                }
                if (i == first || i > 45) throw std::runtime_error(std::to_string(i));
            });
            FAIL() << "nothing was thrown";
        } catch (const std::runtime_error& error) {
            ASSERT_EQ(error.what(), std::to_string(first)) << "trial " << trial;
        }
    }
}

}  // namespace
