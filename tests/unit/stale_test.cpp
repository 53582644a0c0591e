// Why work is stale, what it took in the past, and which member of a list an error means.
#include "graph/keys.hpp"
#include "run/failure.hpp"
#include "run/times.hpp"
#include "unit/support.hpp"

#include <fettle/error.hpp>

#include <gmock/gmock.h>

#include <thread>

namespace {

using namespace fettle::runtime;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string before =
    "fettle 3 sdk abc\nuse train.x revision 1\nsource s1\nabi sdk=3;torch=1.13\nset epochs = 5\nread path = a.zip 11\n"
    "loss[0] use similarity.l2 revision 1\nloss[0] source s2\nloss[0] abi sdk=3\nloss[0] set weight = 1.0\n"
    "in images = k1 0\nin images = k2 0\nseed 07\ndevice cpu\n";

std::string with(std::string from, const std::string& to) {
    std::string text = before;
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("there is no " + from);
    return text.replace(at, from.size(), to);
}

TEST(Differences, EachKindOfLineIsSaidInWords) {
    EXPECT_THAT(differences(before, before), IsEmpty());
    const auto words = [](const std::string& from, const std::string& to) {
        return differences(before, with(from, to));
    };
    EXPECT_THAT(words("epochs = 5", "epochs = 6"), ElementsAre("epochs = 6 (was epochs = 5)"));
    EXPECT_THAT(words("weight = 1.0", "weight = 2.0"), ElementsAre("loss[0].weight = 2.0 (was weight = 1.0)"));
    EXPECT_THAT(words("a.zip 11", "a.zip 12"), ElementsAre("the files of path changed"));
    EXPECT_THAT(words("a.zip 11", "b.zip 12"), ElementsAre("path names b.zip (was a.zip)"));
    EXPECT_THAT(words("in images = k2 0", "in images = k3 0"), ElementsAre("its input images[1] changed"));
    EXPECT_THAT(words("in images = k1 0", "in images = k1 1"),
                ElementsAre("its input images is another output of the same stage"));
    EXPECT_THAT(words("in images = k2 0\n", ""), ElementsAre("its input images[1] is gone"));
    EXPECT_THAT(words("seed 07", "seed 08"), ElementsAre("its seed changed: the graph's seed, or the stage's name"));
    EXPECT_THAT(words("device cpu", "device cuda"), ElementsAre("it runs on cuda (was cpu)"));
    EXPECT_THAT(words("torch=1.13", "torch=2.6"),
                ElementsAre("its plugin was built against other libraries: torch=2.6 (was torch=1.13)"));
    EXPECT_THAT(words("source s1", "source s9"), ElementsAre("its plugin's source changed"));
    EXPECT_THAT(words("source s2", "source s9"), ElementsAre("its plugin's source changed (of loss[0])"));
    EXPECT_THAT(words("similarity.l2 revision 1", "similarity.l1 revision 1"),
                ElementsAre("loss[0].use is similarity.l1 revision 1 (was similarity.l2 revision 1)"));
    EXPECT_THAT(words("sdk abc", "sdk def"), ElementsAre("fettle itself changed: its version, or the SDK's libraries"));
    EXPECT_THAT(words("set epochs = 5\n", "set epochs = 5\nset rate = 1\n"), ElementsAre("rate = 1 is new"));
}

TEST(Differences, AllAreSaidNotTheFirstAlone) {
    std::string now = with("epochs = 5", "epochs = 6");
    now.replace(now.find("seed 07"), 7, "seed 08");
    EXPECT_EQ(differences(before, now).size(), 2u);
}

TEST(Times, AStagesOwnGoBeforeItsTypes) {
    const support::Folder folder;
    const Times times(folder.path());
    EXPECT_FALSE(times.expected("g", "train", "train.x"));
    times.remember("g", "train", "train.x", 12.5);
    times.remember("h", "other", "train.x", 3);
    EXPECT_EQ(times.expected("g", "train", "train.x"), 12.5);
    EXPECT_EQ(times.expected("new", "train", "train.x"), 3);
    EXPECT_FALSE(times.expected("g", "train", "train.y"));  // another type under its name
    folder.write("latest/g/train.seconds", "damaged");
    EXPECT_EQ(times.expected("g", "train", "train.x"), 3);
}

TEST(SharedClock, SharesAddUpToTheTimeInWhichAnyRan) {
    using Clock = std::chrono::steady_clock;
    SharedClock clock;
    const auto begin = Clock::now();
    double first = 0, second = 0;
    {
        SharedClock::Lap one(clock);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        {
            SharedClock::Lap two(clock);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            second = two.seconds();
        }
        first = one.seconds();
    }
    const double all = std::chrono::duration<double>(Clock::now() - begin).count();
    EXPECT_LE(first + second, all);
    EXPECT_GT(first, second);
    EXPECT_GE(second, 0.0099);  // half of what it slept
    EXPECT_GE(first, second + 0.0099);
}

TEST(Failure, AnErrorOfAListPointsAtTheMemberThatIsMeant) {
    using fettle::Kind;
    fettle::TypeInfo part, whole;
    part.parameters.resize(1);
    part.parameters[0].name = "weight";
    whole.components = {{"loss", "similarity", "", true, false}};
    const auto at = [](std::size_t line) { return Span{make_source("graph.toml", ""), line, 1, 1}; };
    const auto loss = [&](std::size_t line, bool is_default) {
        Use use{&part, nullptr, at(line), {}, {}};
        use.parameters.push_back({1.0, is_default ? at(line) : at(line + 1), is_default, {}});
        return use;
    };
    StageUse stage;
    stage.name = "train";
    stage.use = Use{&whole, nullptr, at(1), {}, {{loss(10, true), loss(20, false), loss(30, true)}}};
    const auto line = [&](const std::string& parameter) {
        const auto error = fettle::Error(fettle::Fault::data, "wrong").parameter(parameter);
        return explain_exception(stage, std::make_exception_ptr(error)).span.line;
    };
    EXPECT_EQ(line("loss.0.weight"), 10u);
    EXPECT_EQ(line("loss.1.weight"), 21u);
    EXPECT_EQ(line("loss.2"), 30u);
    EXPECT_EQ(line("loss.weight"), 21u);  // the one that sets it
    EXPECT_EQ(line("epochs"), 1u);
}

}  // namespace
