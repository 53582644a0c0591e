// A training that was stopped, killed or left with a damaged checkpoint ends with the bits of an unbroken one.
#include "disk_calls.hpp"
#include "learn.hpp"

#include <fstream>

namespace {

namespace fs = std::filesystem;
using learn::Folder;
using learn::TestContext;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double never = 1e9;

/// 10 samples in 4 epochs of 3 batches: 12 steps.
fettle::Ref<fettle::Images> images() { return learn::pictures(10); }

std::string finished(const fettle::Context& context, double checkpoint_every = never) {
    return learn::trained(images(), images(), const_cast<fettle::Context&>(context),
                          {{"checkpoint_every", checkpoint_every}})
        ->script;
}

std::string unbroken(int threads = 1) {
    const Folder folder;
    return finished(TestContext(folder.path, 1, threads));
}

void stop_after(std::size_t steps, const Folder& folder, double checkpoint_every = never, int threads = 1) {
    TestContext context(folder.path, 1, threads);
    context.stop_after(steps);
    EXPECT_THROW(finished(context, checkpoint_every), fettle::Interrupted);
}

/// A run that ends like one that was killed: nothing is written on the way out.
void die_after(std::size_t reads, const Folder& folder, double checkpoint_every) {
    std::atomic<std::size_t> count = 0;
    const auto dying = std::make_shared<learn::Watched>(images(), [&](std::span<const std::size_t>, std::uint32_t) {
        if (++count > reads) throw std::runtime_error("killed");
    });
    TestContext context(folder.path);
    EXPECT_THROW(learn::trained(dying, dying, context, {{"checkpoint_every", checkpoint_every}}), std::runtime_error);
}

fs::path newest(const Folder& folder) { return folder.path / "checkpoint" / "training.checkpoint"; }

void cut(const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); }

TEST(Checkpoints, AStoppedTrainingEndsWithTheBitsOfAnUnbrokenOne) {
    for (const int threads : {1, 2}) {
        const std::string expected = unbroken(threads);
        for (const std::size_t step : {1, 3, 5, 11}) {
            const Folder folder;
            stop_after(step, folder, never, threads);
            EXPECT_EQ(finished(TestContext(folder.path, 1, threads)), expected)
                << step << ", " << threads << " threads";
        }
    }
}

TEST(Checkpoints, SoDoesOneThatWasStoppedAgainAndAgain) {
    const Folder folder;
    for (const std::size_t step : {2, 4, 9}) stop_after(step, folder);
    EXPECT_EQ(finished(TestContext(folder.path)), unbroken());
}

TEST(Checkpoints, SoDoesOneThatWasKilled) {
    const std::string expected = unbroken();
    {
        const Folder folder;  // a checkpoint at step 4; the steps after it are lost
        stop_after(4, folder);
        die_after(1 + 5, folder, never);
        EXPECT_EQ(finished(TestContext(folder.path)), expected);
    }
    {
        const Folder folder;  // a checkpoint after every step
        die_after(1 + 7, folder, 0);
        EXPECT_TRUE(fs::exists(newest(folder)));
        EXPECT_EQ(finished(TestContext(folder.path)), expected);
    }
}

TEST(Checkpoints, AreOnTheDiskBeforeTheOneBeforeGivesWay) {
    const Folder folder;
    disk_calls::taken();
    stop_after(2, folder);
    const auto calls = disk_calls::taken();
    const std::string place = (folder.path / "checkpoint").string(), beside = place + "/training.unfinished";
    const std::size_t written = disk_calls::place_of("sync " + beside, calls),
                      renamed = disk_calls::place_of("rename " + beside + " " + newest(folder).string(), calls),
                      named = disk_calls::place_of("sync " + place, calls);
    EXPECT_LT(written, renamed);
    EXPECT_LT(renamed, named);
    EXPECT_LT(named, calls.size());
}

TEST(Checkpoints, TheStepsBeforeACheckpointAreNotDoneAgain) {
    const Folder folder;
    stop_after(9, folder);
    std::atomic<std::size_t> reads = 0;
    const auto counted =
        std::make_shared<learn::Watched>(images(), [&](std::span<const std::size_t>, std::uint32_t) { ++reads; });
    TestContext context(folder.path);
    learn::trained(counted, counted, context);
    EXPECT_EQ(reads, 1 + 3 + 1u);  // the look at one image, steps 10 to 12, and the images that are shown
}

TEST(Checkpoints, KnowWhatTheStepsBeforeThemTookInAllProcesses) {
    const Folder folder;
    const auto spent = [&](double before, std::size_t stop) {
        TestContext context(folder.path);
        context.set_seconds(before);
        context.stop_after(stop);
        if (stop > 0)
            EXPECT_THROW(finished(context), fettle::Interrupted);
        else
            finished(context);
        return context.seconds();
    };
    EXPECT_EQ(spent(100, 2), 100);
    EXPECT_EQ(spent(20, 5), 120);
    EXPECT_EQ(spent(3, 0), 123);
}

TEST(Checkpoints, ADamagedOneGivesWayToTheOneBefore) {
    const std::string expected = unbroken();
    for (const bool truncated : {true, false}) {
        const Folder folder;
        stop_after(6, folder, /*checkpoint_every=*/0);
        if (truncated) {
            cut(newest(folder));
        } else {  // one byte in the middle
            std::fstream file(newest(folder), std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(static_cast<std::streamoff>(fs::file_size(newest(folder)) / 2));
            const char flipped = static_cast<char>(file.peek() ^ 1);
            file.seekp(file.tellg());
            file.put(flipped);
        }
        const TestContext context(folder.path);
        EXPECT_EQ(finished(context), expected);
        ASSERT_EQ(context.warnings_this_time().size(), 1u);
        EXPECT_THAT(context.warnings_this_time().front(), HasSubstr("damaged"));
    }
}

TEST(Checkpoints, WhereNoneIsWholeTrainingStartsAnew) {
    const Folder folder;
    stop_after(6, folder, /*checkpoint_every=*/0);
    for (const auto& file : fs::directory_iterator(folder.path / "checkpoint")) cut(file.path());
    const TestContext context(folder.path);
    EXPECT_EQ(finished(context), unbroken());
    EXPECT_EQ(context.warnings_this_time().size(), 2u);
}

TEST(Checkpoints, AnUnfinishedOneIsNotBelieved) {
    const Folder folder;
    stop_after(6, folder);
    std::ofstream(folder.path / "checkpoint" / "training.unfinished") << "half";
    const TestContext context(folder.path);
    EXPECT_EQ(finished(context), unbroken());
    EXPECT_THAT(context.warnings_this_time(), IsEmpty());
}

TEST(Checkpoints, OneOfAnotherTrainingIsPassedOver) {
    const Folder folder;
    stop_after(6, folder);
    TestContext context(folder.path, /*seed=*/2);
    const std::string resumed = finished(context);
    ASSERT_EQ(context.warnings_this_time().size(), 1u);
    EXPECT_THAT(context.warnings_this_time().front(), HasSubstr("another training"));
    const Folder other;
    EXPECT_EQ(resumed, finished(TestContext(other.path, 2)));
}

TEST(Checkpoints, OneOfAnotherVersionOrArchitectureIsPassedOverWithTheReason) {
    const auto warned = [](const Folder& folder, const fettle::Ref<fettle::Network>& expected) {
        TestContext context(folder.path);
        EXPECT_EQ(learn::trained(images(), images(), context)->script, expected->script);
        EXPECT_EQ(context.warnings_this_time().size(), 1u);
        return context.warnings_this_time().front();
    };
    const Folder fresh, newer, other;
    TestContext unbroken(fresh.path);
    const auto expected = learn::trained(images(), images(), unbroken);

    stop_after(6, newer);
    std::string bytes;
    {
        std::ifstream file(newest(newer), std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    ASSERT_EQ(bytes.substr(0, 29), "fettle training checkpoint 4\n");
    bytes[27] = '9';
    std::ofstream(newest(newer), std::ios::binary) << bytes;
    EXPECT_THAT(warned(newer, expected), HasSubstr("is of version 9, and this program reads version 4"));

    /// A run whose model has another text.
    class Renamed final : public fettle::Context {
       public:
        explicit Renamed(TestContext& inner) : inner_(inner) {}
        std::uint64_t seed() const override { return inner_.seed(); }
        fettle::Device device() const override { return {}; }
        int threads() const override { return 1; }
        std::string label() const override { return inner_.label(); }
        std::string component_text(std::string_view name) const override {
            return inner_.component_text(name) + (name == "model" ? "width = 16\n" : "");
        }
        const fettle::GraphText& graph() const override { return inner_.graph(); }
        fs::path output_folder() const override { return inner_.output_folder(); }
        fs::path checkpoint_folder() const override { return inner_.checkpoint_folder(); }
        void progress(std::size_t done, std::size_t total, std::string_view note) const override {
            inner_.progress(done, total, note);
        }
        void warn(std::string_view text) const override { inner_.warn(text); }
        void warn_this_time(std::string_view text) const override { inner_.warn_this_time(text); }
        void note(std::string_view, std::string_view) const override {}
        void traced(std::string_view, std::chrono::steady_clock::time_point) const override {}
        void waited_since(std::chrono::steady_clock::time_point) const override {}
        double seconds() const override { return inner_.seconds(); }
        void carried_on(double seconds) const override { inner_.carried_on(seconds); }
        bool stop_requested() const override { return inner_.stop_requested(); }
        std::unique_lock<std::mutex> use_device() const override { return inner_.use_device(); }

       private:
        TestContext& inner_;
    };
    TestContext inner(other.path);
    inner.stop_after(6);
    Renamed renamed(inner);
    EXPECT_THROW(learn::trained(images(), images(), renamed), fettle::Interrupted);
    EXPECT_THAT(warned(other, expected), ::testing::AllOf(HasSubstr("another architecture"), HasSubstr("width = 16")));
}

/// Everything that a training remembers: momentum, falls of the rate, averages, the best weights so far.
TEST(Checkpoints, NothingThatARecipeRemembersIsForgotten) {
    const learn::Settings everything{{"optimiser", "sgd"}, {"learning_rate", 0.05}, {"schedule", "plateau"},
                                     {"fall_after", 1},    {"average", 0.9},        {"patience", 3},
                                     {"clip", 0.5},        {"epochs", 12},          {"checkpoint_every", never}};
    const auto run = [&](TestContext& context) {
        const auto apart = learn::pictures(5, 32, 32, /*hole=*/true);
        return learn::trained({{"inputs", {images()}}, {"targets", {images()}}, {"calibrate", {apart}}}, context,
                              everything, {{"model", {learn::small_model()}}, {"loss", learn::usual_loss()}});
    };
    const Folder whole;
    TestContext unbroken(whole.path);
    const auto expected = run(unbroken);
    for (const std::vector<std::size_t>& stops : {std::vector<std::size_t>{1}, {3}, {6, 7}, {8}, {2, 5, 9}}) {
        const Folder folder;
        for (const std::size_t step : stops) {
            TestContext context(folder.path);
            context.stop_after(step);
            EXPECT_THROW(run(context), fettle::Interrupted);
        }
        TestContext last(folder.path);
        const auto resumed = run(last);
        EXPECT_EQ(resumed->script, expected->script) << stops.front();
        ASSERT_EQ(resumed->history.size(), expected->history.size());
        for (std::size_t c = 0; c < resumed->history.size(); ++c) {
            EXPECT_EQ(resumed->history[c].name, expected->history[c].name);
            EXPECT_EQ(resumed->history[c].values, expected->history[c].values) << resumed->history[c].name;
        }
    }
}

TEST(Checkpoints, AFolderThatCannotBeWrittenIsSaid) {
    const Folder folder;
    fs::create_directories(folder.path / "checkpoint" / "training.unfinished");  // in the way of the file
    TestContext context(folder.path);
    const auto error = learn::error_of([&] { finished(context, 0); });
    EXPECT_EQ(error.fault(), fettle::Fault::storage);
    EXPECT_THAT(error.what(), HasSubstr(folder.path.string()));
}

}  // namespace
