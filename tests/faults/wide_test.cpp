// A network that has no room to learn in.
#include "faults/training.hpp"

namespace {

using namespace testing_fettle;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Wide : public Training {
   protected:
    Wide() { threads = "1"; }
    void SetUp() override {
        if (testing_fettle::has_shadow_memory) GTEST_SKIP() << "a sanitizer's shadow memory fits under no limit";
        Training::SetUp();
    }

    /// `fettle run`, where the process may take so many kB.
    Outcome within(int kilobytes, Arguments more) {
        Launch launch = training(std::move(more));
        Arguments words{"-c",
                        "ulimit -d " + std::to_string(kilobytes) + " && OPENBLAS_NUM_THREADS=1 exec \"$0\" \"$@\"",
                        launch.program};
        words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
        launch.program = "/bin/sh";
        launch.arguments = words;
        return call(launch);
    }
};

/// 160 MB of weights: there is room for them and a step, and none for what adam remembers of them and their average.
TEST_F(Wide, IsRefusedBeforeItLearns) {
    const Arguments wide{"--set", "train.model.width=1024", "--set", "train.average=0.9", "--set", "train.batch=1",
                         "--set", "train.epochs=1",         "--json"};
    const Outcome outcome = within(700'000, wide);
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    // What LibTorch takes for itself differs by version and machine, and with it which of the two it is that can't be.
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("R504"), HasSubstr("`width`"),
                                   AnyOf(HasSubstr("has no room to learn in: it needs"),
                                         HasSubstr("weights and gradients alone need more"))));
    EXPECT_THAT(outcome.err, Not(HasSubstr("loss ")));
}

}  // namespace
