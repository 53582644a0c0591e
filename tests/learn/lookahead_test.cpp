// A training's batches that are made before they are needed keep to what the runtime allows.
#include "learn.hpp"

#include <fettle/ahead.hpp>

namespace {

using learn::Folder;
using learn::TestContext;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// How many batches were begun and not yet computed with, at most. The look at one image and the trial of a step cancel
/// each other out.
struct InFlight {
    std::atomic<int> read = 0, used = 0, most = 0;
    void begin() {
        const int now = ++read - used;
        for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
        }
    }
};

/// Squared differences; tells of every batch that it is asked about.
struct Telling final : fettle::Similarity {
    explicit Telling(InFlight& flight) : flight(flight) {}
    fettle::Tensor compare(const fettle::Tensor& reference, const fettle::Tensor& candidate) const override {
        ++flight.used;
        return (reference - candidate).square().mean(1, /*keepdim=*/true);
    }
    InFlight& flight;
};

/// Bytes of a batch: 4 pictures of 32 x 32 with 3 channels of float32, as inputs and as targets.
constexpr std::size_t one_batch = std::size_t{2} * 4 * 3 * 32 * 32 * 4;

struct Trained {
    std::string script;
    int most;
    std::vector<std::string> warnings;
};

Trained trained(std::size_t limit) {
    const Folder folder;
    TestContext context(folder.path);
    InFlight flight;
    const auto watched = [&](const fettle::Ref<fettle::Images>& images) {
        return std::make_shared<learn::Watched>(images,
                                                [&](std::span<const std::size_t>, std::uint32_t) { flight.begin(); });
    };
    const fettle::AheadLimit allowed(limit);
    // Inputs and targets are two sequences: only one of them counts.
    const auto network = learn::trained(
        {{"inputs", {watched(learn::pictures(24))}},
         {"targets", {learn::pictures(24)}},
         {"calibrate", {watched(learn::pictures(12, 32, 32, /*hole=*/true))}}},
        context, {{"epochs", 3}}, {{"model", {learn::small_model()}}, {"loss", {std::make_shared<Telling>(flight)}}});
    return {network->script, flight.most, context.warnings_this_time()};
}

TEST(Lookahead, KeepsToWhatIsAllowedAndChangesNoBit) {
    const Trained free = trained(fettle::AheadLimit::none);
    EXPECT_GT(free.most, 2);
    EXPECT_THAT(free.warnings, IsEmpty());
    const Trained one = trained(one_batch);  // beside the one that is needed next
    EXPECT_LE(one.most, 2);
    EXPECT_EQ(one.script, free.script);
    EXPECT_THAT(one.warnings, IsEmpty());
    const Trained none = trained(one_batch / 2 - 1);  // calibration images are inputs and targets at once
    EXPECT_EQ(none.most, 1);
    EXPECT_EQ(none.script, free.script);
    EXPECT_THAT(none.warnings, ElementsAre(HasSubstr("more than a quarter of `--memory`")));
}

}  // namespace
