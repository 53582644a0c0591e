// As many open files as a process may have, and no more.
#include "faults/trouble.hpp"

namespace {

using namespace testing_fettle;
using testing::HasSubstr;
using testing::Not;

class Descriptors : public Troubled {
   protected:
    /// With so many files open at most, those of every process among them.
    static Launch with(int most, const Launch& inner) {
        Launch launch = inner;
        launch.program = "/bin/sh";
        launch.arguments = {
            "-c", "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n " + std::to_string(most) + "; exec \"$0\" \"$@\"",
            inner.program};
        launch.arguments.insert(launch.arguments.end(), inner.arguments.begin(), inner.arguments.end());
        return launch;
    }
    fs::path many_cells() const {
        std::string steps;
        for (int cell = 0; cell < 60; ++cell) steps += (cell > 0 ? ", " : "") + std::to_string(cell);
        return graph("many.toml", "format = 1\n[sweep.over]\nsums.steps = [" + steps + "]\n" +
                                      begin("many").substr(std::string("format = 1\n").size()) + made() + sums("sums") +
                                      hash("hash", 8));
    }
};

TEST_F(Descriptors, ASweepMayHaveMoreCellsThanAProcessOpenFiles) {
    const Outcome outcome = call(with(64, run_of(many_cells(), {"--sweep", "--threads", "2"})));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const fs::path sweep = folder() / "runs/many/latest-sweep";
    const Json json = Json::parse(text_of(sweep / "sweep.json"), nullptr, false);
    ASSERT_TRUE(json.is_object()) << outcome.err;
    EXPECT_EQ(json.at("cells").size(), 60u);
    for (const Json& cell : json.at("cells")) {
        EXPECT_EQ(cell.at("status"), "done");
        EXPECT_EQ(journal_of(sweep / cell.at("folder").get<std::string>()).back().at("event"), "end");
    }
}

TEST_F(Descriptors, ThatThereAreTooFewIsSaid) {
    if (has_shadow_memory) GTEST_SKIP() << "UndefinedBehaviorSanitizer opens files to tell whether memory is there";
    for (const int most : {5, 6, 7}) {  // for the run's folder, for a plugin, for what a stage wrote
        const Outcome outcome = call(with(most, run_of(small(), {"--threads", "1"})));
        EXPECT_EQ(outcome.status, 1) << most << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("Too many open files")) << most;
        EXPECT_THAT(outcome.err, HasSubstr("`ulimit -n` says how many")) << most;
        EXPECT_THAT(outcome.err, Not(HasSubstr("ldd"))) << most;
    }
}

}  // namespace
