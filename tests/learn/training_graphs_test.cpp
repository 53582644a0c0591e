// Trainings through graphs that can't be, as a user meets them: the code, the place in the file, the way out.
#include "process.hpp"

#include <fettle/sdk.hpp>

#include <gmock/gmock.h>
#include <torch/script.h>

namespace {

using namespace testing_fettle;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Everything between the drawn parts and the network, small; what a test changes it gives as `--set`.
constexpr const char* training = R"(format = 1
[graph]
name = "trouble"
seed = 7
[stage.parts]
use       = "dataset.procedural"
kind      = "brushed_metal"
count     = 40
anomalous = 8
size      = [32, 32]
[stage.split]
use       = "split.one_class"
in.images = "parts"
train     = 20
calibrate = 6
[stage.train]
use          = "train.reconstruction"
in.inputs    = "split.train"
in.targets   = "split.train"
epochs       = 2
batch        = 4
warm_up      = 2
[stage.train.model]
use   = "model.autoencoder"
width = 4
depth = 2
[[stage.train.loss]]
use    = "similarity.ssim"
window = 5
[stage.rebuilt]
use        = "infer.reconstruct"
in.network = "train"
in.images  = ["split.calibrate", "split.test"]
[stage.l2]
use          = "similarity.l2"
in.reference = "rebuilt.originals"
in.candidate = "rebuilt.images"
[stage.score]
use     = "score.pool"
in.maps = ["l2"]
by      = "mean"
[stage.cut]
use       = "threshold.quantile"
in.scores = ["score"]
at        = 0.8
)";

/// The same with a network that somebody exported in the place of the training.
constexpr const char* borrowing = R"(extends = "trouble.toml"
format  = 1
[stage.train]
drop = true
[stage.theirs]
use  = "model.torchscript"
path = "net.pt"
size = [32, 32]
[stage.rebuilt]
in.network = "theirs"
)";

class TrainingGraphs : public Workshop {
   protected:
    TrainingGraphs() { graph("trouble.toml", training); }

    Outcome run(const Arguments& sets, const std::string& file = "trouble.toml", const Arguments& more = {}) {
        Arguments arguments{"run", file, "--threads", "1"};
        for (const std::string& set : sets) arguments.insert(arguments.end(), {"--set", set});
        arguments.insert(arguments.end(), more.begin(), more.end());
        return call(arguments);
    }
    /// What is said of a run that is the user's fault.
    std::string refusal(const Arguments& sets, const std::string& file = "trouble.toml", const Arguments& more = {}) {
        const Outcome outcome = run(sets, file, more);
        EXPECT_EQ(outcome.status, 1) << outcome.err;
        EXPECT_EQ(count_of("error[", outcome.err), 1u) << outcome.err;
        return outcome.err;
    }

    /// A program as `net.pt`, and what is said of a run that takes it for a network.
    std::string refusal_of(const std::string& forward, const std::map<std::string, torch::Tensor>& parameters = {}) {
        torch::jit::Module module("M");
        for (const auto& [key, value] : parameters) module.register_parameter(key, value, false);
        module.define(forward);
        module.save((folder() / "net.pt").string());
        graph("borrowing.toml", borrowing);
        return refusal({}, "borrowing.toml");
    }
};

TEST_F(TrainingGraphs, WhatTheOthersSpoilRunsToTheEnd) {
    const Outcome outcome = run({});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("warning")));
}

TEST_F(TrainingGraphs, SidesThatCannotBeHalvedNameTheNearestThatCan) {
    const std::string words = refusal({"parts.size=[50, 34]", "train.model.depth=3"});
    EXPECT_THAT(words, AllOf(HasSubstr("error[G406]"), HasSubstr("stage `train`"), HasSubstr("50x34"),
                             HasSubstr("48x32 or 56x40"), HasSubstr("--set")));
}

TEST_F(TrainingGraphs, AWindowLargerThanTheImagesIsTheLosss) {
    const std::string words = refusal({"parts.size=[16, 16]", "train.loss.0.window=31"});
    EXPECT_THAT(words, AllOf(HasSubstr("error[G406]"), HasSubstr("window"), HasSubstr("16x16")));
}

TEST_F(TrainingGraphs, ASingleImageTrainsOrIsSaidToBeTooFew) {
    const Outcome one = run({"split.train=1"});
    EXPECT_EQ(one.status, 0) << one.err;
    EXPECT_THAT(one.err, HasSubstr("`batch` is 4 and there is 1 image"));
    const std::string words = refusal({"split.train=1", "parts.size=[16, 16]", "train.model.depth=4"});
    EXPECT_THAT(words, AllOf(HasSubstr("error[G406]"), HasSubstr("16x16 in batches of 1"),
                             HasSubstr("train on more than one image")));
}

TEST_F(TrainingGraphs, ASetWithoutImagesIsSaidBeforeTheTraining) {
    fs::create_directories(folder() / "nothing");
    graph("empty.toml", R"(extends = "trouble.toml"
format  = 1
[stage.parts]
drop = true
[stage.files]
use  = "dataset.folder"
path = "nothing"
[stage.split]
in.images = "files"
)");
    const std::string words = refusal({}, "empty.toml");
    EXPECT_THAT(words, AllOf(HasSubstr("error[R502]"), HasSubstr("nothing")));
    EXPECT_THAT(words, Not(HasSubstr("train started")));
}

TEST_F(TrainingGraphs, ABatchLargerThanTheSetTakesAllOfIt) {
    const Outcome outcome = run({"train.batch=500"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("`batch` is 500 and there are 20 images"));
}

TEST_F(TrainingGraphs, ALearningRateThatDivergesLeavesItsBatch) {
    const std::string words = refusal({"train.learning_rate=1e30", "train.warm_up=0"});
    EXPECT_THAT(words, AllOf(HasSubstr("error[R503]"), HasSubstr("not finite in epoch 1, batch "), HasSubstr(" of 5"),
                             HasSubstr("smaller `learning_rate`"), HasSubstr("train.learning_rate=1e30")));
    const auto begin = words.find("lies in `") + 9;
    const fs::path file = words.substr(begin, words.find('`', begin) - begin);
    ASSERT_TRUE(fs::exists(file)) << words;
    std::ifstream stream(file, std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(stream), {});
    const auto lesson = torch::pickle_load(bytes).toGenericDict();
    EXPECT_EQ(lesson.at("inputs").toTensor().size(0), 4);
    EXPECT_EQ(lesson.at("samples").toListRef().size(), 4u);
}

/// One step, after which the weights are huge and finite; a second run doesn't find the network in the cache.
TEST_F(TrainingGraphs, ANetworkThatDivergedInItsLastStepIsNotKept) {
    const Arguments sets{"train.learning_rate=1e4", "train.warm_up=0", "train.epochs=1", "train.batch=100"};
    for (int run = 0; run < 2; ++run) {
        const std::string words = refusal(sets);
        EXPECT_THAT(words, AllOf(HasSubstr("error[R503]: stage `train`"), HasSubstr("not finite of `good/"),
                                 HasSubstr("smaller `learning_rate`"), HasSubstr("train.learning_rate=1e4")));
    }
    graph("watched.toml",
          "extends = \"trouble.toml\"\nformat = 1\n[stage.train]\nin.calibrate = \"split.calibrate\"\n");
    EXPECT_THAT(refusal(sets, "watched.toml"), AllOf(HasSubstr("error[R503]: stage `train`"),
                                                     HasSubstr("`in.calibrate` is not finite after epoch 1")));
}

TEST_F(TrainingGraphs, ADeviceThatIsNotThereIsSaid) {
    const std::string words = refusal({}, "trouble.toml", {"--device", "cuda:77"});
    EXPECT_THAT(words, AllOf(HasSubstr("there is no device `cuda:77` here"), HasSubstr("--device cpu always does")));
    EXPECT_THAT(words, Not(HasSubstr("started")));
}

TEST_F(TrainingGraphs, ADeviceOfTheGraphThatIsNotThereIsShownThere) {
    std::string with = training;
    with.replace(with.find("seed = 7"), 8, "device = \"cuda:77\"");
    graph("elsewhere.toml", with);
    const std::string words = refusal({}, "elsewhere.toml");
    EXPECT_THAT(words, AllOf(HasSubstr("error[R505]"), HasSubstr("elsewhere.toml:4:10"),
                             HasSubstr("there is no device `cuda:77` here")));
}

TEST_F(TrainingGraphs, ARateThatLeavesTheLossWhereItWasIsSaid) {
    const Outcome outcome = run({"train.learning_rate=1000", "train.epochs=4", "train.model.depth=1"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("the network learnt next to nothing"), HasSubstr("`learning_rate`")));
}

TEST_F(TrainingGraphs, AFileThatIsNoTorchScriptIsSaid) {
    graph("borrowing.toml", borrowing);
    write_text(folder() / "net.pt", "not a network\n");
    const std::string words = refusal({}, "borrowing.toml");
    EXPECT_THAT(words, AllOf(HasSubstr("`net.pt` is no TorchScript file"), HasSubstr("torch.jit.trace"),
                             HasSubstr("borrowing.toml:7")));
}

TEST_F(TrainingGraphs, ANetworkForOtherSidesOrChannelsSaysWhich) {
    const std::string sides =
        refusal_of("def forward(self, x):\n    return x.reshape([-1, 3, 64, 64]) + torch.zeros([1, 3, 64, 64])\n");
    EXPECT_THAT(sides, AllOf(HasSubstr("error[G406]"), HasSubstr("1 x 3 x 32 x 32"), HasSubstr("images of 64x64")));
    const std::string grey =
        refusal_of("def forward(self, x):\n    return torch.conv2d(x, self.w)\n", {{"w", torch::rand({1, 1, 1, 1})}});
    EXPECT_THAT(grey, AllOf(HasSubstr("error[G406]"), HasSubstr("it takes images of 1 channel; here they are RGB")));
    const std::string small = [&] {
        refusal_of("def forward(self, x):\n    return x.mean([2, 3])\n");
        graph("larger.toml", "extends = \"borrowing.toml\"\nformat = 1\n[stage.parts]\nsize = [48, 32]\n");
        torch::jit::Module module("M");
        module.define("def forward(self, x):\n    return x * 0.5\n");
        module.save((folder() / "net.pt").string());
        return refusal({}, "larger.toml");
    }();
    EXPECT_THAT(small, AllOf(HasSubstr("error[G406]"), HasSubstr("is 48x32 with 3 channels"),
                             HasSubstr("made for 32x32"), HasSubstr("transform.resize")));
}

/// The numbers of a table of scores, without its words.
std::vector<double> numbers_in(const std::string& table) {
    std::vector<double> numbers;
    std::istringstream stream(table);
    for (std::string cell; std::getline(stream, cell);) {
        char* end = nullptr;
        const char* const last = cell.c_str() + cell.rfind(',') + 1;
        const double number = std::strtod(last, &end);
        if (end != last) numbers.push_back(number);
    }
    return numbers;
}

TEST_F(TrainingGraphs, ANetworksScoresAreTheSameOnCuda) {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch sees no GPU here to compare on";
    torch::manual_seed(3);
    torch::jit::Module module("M");
    module.register_parameter("w", 0.1 * torch::randn({3, 3, 5, 5}), false);
    module.define("def forward(self, x):\n    return torch.sigmoid(torch.conv2d(x, self.w, None, [1, 1], [2, 2]))\n");
    module.save((folder() / "net.pt").string());
    graph("borrowing.toml", borrowing);
    std::vector<std::vector<double>> scores;
    for (const char* device : {"cpu", "cuda"}) {
        const Outcome outcome = run({}, "borrowing.toml", {"--device", device});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        scores.push_back(numbers_in(findings_of(run_folder(outcome)).scores));
    }
    ASSERT_EQ(scores[0].size(), 20u);  // 6 to calibrate, 14 to test
    ASSERT_EQ(scores[1].size(), 20u);
    for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(scores[1][i], scores[0][i], 1e-4 * scores[0][i]) << i;
}

/// Trained there as here, from the same numbers: losses within a percent, and a checkpoint carried on from.
TEST_F(TrainingGraphs, ATrainingOnCudaLearnsTheSame) {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch sees no GPU here to train on";
    std::vector<double> losses;
    for (const char* device : {"cpu", "cuda"}) {
        const Outcome outcome = run({"train.epochs=6"}, "trouble.toml", {"--device", device});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        const auto record = nlohmann::json::parse(text_of(run_folder(outcome) / "network/train/network.json"));
        for (const auto& curve : record.at("history"))
            if (curve.at("name") == "loss") losses.push_back(curve.at("values").back().get<double>());
    }
    ASSERT_EQ(losses.size(), 2u);
    EXPECT_NEAR(losses[1], losses[0], 0.01 * losses[0]);
    const Arguments longer{"run",   "trouble.toml",    "--device", "cuda",
                           "--set", "train.epochs=60", "--set",    "train.checkpoint_every=0"};
    const auto process = start(fettle(longer));
    const fs::path begun = begun_run(*process, folder() / "runs/trouble");
    EXPECT_TRUE(process->wait_until([&] { return stages_with("checkpoint", begun).size() >= 3; }));
    process->send(SIGKILL);
    process->wait();
    const Outcome outcome = call(longer);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_FALSE(stages_with("resumed", run_folder(outcome)).empty());
}

/// Killed with a checkpoint behind it; `spoil` gets that, and what the same command then says is returned.
class DamagedCheckpoints : public TrainingGraphs {
   protected:
    std::string resumed(const std::function<void(const fs::path&)>& spoil) {
        fs::remove_all(folder() / "runs");  // a run that is done isn't the one that begins
        const Arguments longer{"run",   "trouble.toml",    "--threads", "1",
                               "--set", "train.epochs=12", "--set",     "train.checkpoint_every=0"};
        const auto process = start(fettle(longer));
        const fs::path begun = begun_run(*process, folder() / "runs/trouble");
        EXPECT_TRUE(process->wait_until([&] { return stages_with("checkpoint", begun).size() >= 3; }));
        process->send(SIGKILL);
        EXPECT_EQ(process->wait().status, 1000 + SIGKILL) << "it was done before it could be killed";
        for (const auto& entry : fs::recursive_directory_iterator(folder() / "cache/checkpoints"))
            if (entry.path().stem() == "training" && entry.path().extension() != ".unfinished") spoil(entry.path());
        const Outcome outcome = call(longer);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome.err;
    }
};

TEST_F(DamagedCheckpoints, OnesThatWereCutShortArePassedOver) {
    const std::string words = resumed([](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); });
    EXPECT_THAT(words, HasSubstr("is damaged or cut short; it is passed over"));
}

TEST_F(DamagedCheckpoints, OnesOfANewerVersionArePassedOver) {
    const std::string words = resumed([](const fs::path& file) {
        std::string bytes = text_of(file);
        const auto number = bytes.find('\n') - 1;
        bytes[number] = '9';
        write_text(file, bytes);
    });
    EXPECT_THAT(words, HasSubstr("is of version 9, and this program reads version"));
}

/// One of another architecture lies elsewhere, under another key; somebody has to put it there.
TEST_F(DamagedCheckpoints, OnesOfAnotherArchitectureArePassedOver) {
    std::string other;
    resumed([&](const fs::path& file) { other = text_of(file); });
    std::string wider = training;
    wider.replace(wider.find("width = 4"), 9, "width = 6");
    graph("trouble.toml", wider);
    const std::string words = resumed([&](const fs::path& file) { write_text(file, other); });
    EXPECT_THAT(words,
                AllOf(HasSubstr("is of another architecture"), HasSubstr("`width = 4` there, `width = 6` here")));
}

}  // namespace
