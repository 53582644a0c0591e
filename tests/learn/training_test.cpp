#include "learn.hpp"

#include "python.hpp"

#include <fstream>
#include <mutex>
#include <set>

namespace {

using fettle::Fault;
using fettle::Tensor;
using learn::Folder;
using learn::TestContext;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Tensor tensor(const fettle::Ref<fettle::Images>& images) {
    std::vector<std::size_t> all(images->size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return fettle::tensor_of(*images->read(all), {});
}

/// What training with these settings and images fails with.
fettle::Error failure(const fettle::Ref<fettle::Images>& inputs, const fettle::Ref<fettle::Images>& targets,
                      const learn::Settings& settings = {},
                      const std::shared_ptr<fettle::Autoencoder>& model = learn::small_model()) {
    const Folder folder;
    TestContext context(folder.path);
    return learn::error_of([&] { learn::trained(inputs, targets, context, settings, model); });
}

TEST(Training, TypesSayAllTheyShould) {
    for (const auto& type : learn::library("train").entries()) {
        EXPECT_THAT(fettle::testing::complaints(type), IsEmpty()) << type.info.id;
        for (const auto& port : type.info.inputs) EXPECT_TRUE(port.learns) << port.name;
    }
}

TEST(Training, LossFallsToAThird) {
    const Folder folder;
    TestContext context(folder.path);
    const auto images = learn::pictures(16);
    const auto network = learn::trained(images, images, context, {{"epochs", 30}});
    const fettle::Curve& curve = network->history.front();
    EXPECT_EQ(curve.name, "loss");
    ASSERT_EQ(curve.values.size(), 30u);
    EXPECT_EQ(curve.steps.front(), 1);
    EXPECT_EQ(curve.steps.back(), 30);
    EXPECT_LT(curve.values.back(), curve.values.front() / 3);
}

TEST(Training, LearnsToMendWhatItIsShownDamaged) {
    const Folder folder;
    TestContext context(folder.path);
    const auto whole = learn::pictures(16), damaged = learn::pictures(16, 32, 32, /*hole=*/true);
    const auto network = learn::trained(damaged, whole, context, {{"epochs", 80}});
    const torch::NoGradGuard no_gradients;
    const Tensor mended = learn::loaded(*network).forward({tensor(damaged)}).toTensor();
    const double before = torch::mse_loss(tensor(damaged), tensor(whole)).item<double>();
    EXPECT_LT(torch::mse_loss(mended, tensor(whole)).item<double>(), before / 3);
}

TEST(Training, TheStoredNetworkIsTheTrainedOne) {
    const Folder folder;
    TestContext context(folder.path);
    const auto images = learn::pictures(8, 48, 32);
    const auto kept = std::make_shared<learn::Kept>(learn::small_model());
    const auto network = learn::trained(images, images, context, {}, kept);
    EXPECT_EQ(network->channels, 3);
    EXPECT_EQ(network->height, 32);
    EXPECT_EQ(network->width, 48);
    EXPECT_EQ(network->architecture, context.component_text("model"));

    const torch::NoGradGuard no_gradients;
    auto script = learn::loaded(*network);
    EXPECT_FALSE(script.is_training());
    std::set<std::string> names, expected;
    std::size_t numbers = 0;
    for (const auto& parameter : script.named_parameters()) names.insert(parameter.name);
    for (const auto& parameter : kept->net->named_parameters()) {
        expected.insert(parameter.key());
        numbers += static_cast<std::size_t>(parameter.value().numel());
    }
    EXPECT_EQ(names, expected);
    EXPECT_EQ(network->parameters, numbers);
    kept->net->eval();
    for (const std::int64_t count : {1, 2, 7}) {
        const Tensor some = torch::rand({count, 3, 32, 48});
        EXPECT_TRUE(torch::allclose(script.forward({some}).toTensor(), kept->net->forward(some), 0, 1e-6)) << count;
    }
}

/// The network of a run is no prisoner of fettle: plain PyTorch loads it and computes the same.
TEST(Training, PythonLoadsTheScriptAndComputesTheSame) {
    const std::string python = support::python_with("torch");
    if (python.empty()) GTEST_SKIP() << "no python3 with torch is here to load the script with";
    const Folder folder;
    TestContext context(folder.path);
    const auto images = learn::pictures(4);
    const auto network = learn::trained(images, images, context);
    std::ofstream(folder.path / "network.pt", std::ios::binary) << network->script;
    const torch::NoGradGuard no_gradients;
    const Tensor input = torch::linspace(0, 1, 3 * 32 * 32).view({1, 3, 32, 32});
    const Tensor ours = learn::loaded(*network).forward({input}).toTensor().flatten();
    std::ofstream(folder.path / "load.py")
        << "import torch\n"
           "net = torch.jit.load('network.pt')\n"
           "with torch.no_grad(): out = net(torch.linspace(0, 1, 3 * 32 * 32).view(1, 3, 32, 32)).flatten()\n"
           "print(net.training, *out.tolist())\n";
    const std::string command = "cd '" + folder.path.string() + "' && " + python + " load.py > out.txt 2> errors.txt";
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream words(folder.path / "out.txt");
    std::string training;
    words >> training;
    EXPECT_EQ(training, "False");
    for (std::int64_t i = 0; i < ours.numel(); ++i) {
        double theirs = -1;
        ASSERT_TRUE(words >> theirs) << "only " << i << " of " << ours.numel() << " values";
        ASSERT_NEAR(theirs, ours[i].item<double>(), 1e-5);
    }
}

TEST(Training, RepeatsToTheBitWithOneSeed) {
    const auto images = learn::pictures(10);
    for (const int threads : {1, 2}) {
        const auto script = [&](std::uint64_t seed) {
            const Folder folder;
            TestContext context(folder.path, seed, threads);
            torch::rand({3});  // what else draws from LibTorch's generator must not matter
            const auto network = learn::trained(images, images, context);
            return network->script;
        };
        const std::string first = script(1);
        EXPECT_EQ(first, script(1)) << threads << " threads";
        EXPECT_NE(first, script(2)) << threads << " threads";
    }
}

TEST(Training, EveryEpochSeesEverySampleOnceInAnOrderOfItsOwn) {
    const Folder folder;
    TestContext context(folder.path);
    std::mutex mutex;
    std::map<std::uint32_t, std::vector<std::vector<std::size_t>>> read;  // round -> batches
    const auto images = std::make_shared<learn::Watched>(
        learn::pictures(10), [&](std::span<const std::size_t> indices, std::uint32_t round) {
            const std::lock_guard lock(mutex);
            read[round].emplace_back(indices.begin(), indices.end());
        });
    learn::trained(images, images, context, {{"epochs", 3}, {"batch", 4}});
    read[0].erase(read[0].begin());  // the one image that is looked at before training
    read[0].pop_back();              // and those that are shown after it
    std::set<std::vector<std::size_t>> orders;
    for (const auto& [round, batches] : read) {
        std::vector<std::size_t> order;
        for (const auto& batch : batches) {
            EXPECT_THAT(batch.size(), ::testing::AnyOf(3, 4)) << "batches are even";
            order.insert(order.end(), batch.begin(), batch.end());
        }
        orders.insert(order);
        std::sort(order.begin(), order.end());
        EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)) << "epoch " << round;
    }
    EXPECT_EQ(read.size(), 3u);
    EXPECT_EQ(orders.size(), 3u);
}

TEST(Training, ADivergingLossEndsItWithThePlace) {
    const auto images = learn::pictures(8);
    const auto error = failure(images, images, {{"learning_rate", 1e30}, {"warm_up", 0}});
    EXPECT_EQ(error.fault(), Fault::numeric);
    EXPECT_EQ(error.parameter(), "learning_rate");
    EXPECT_THAT(error.what(), ::testing::MatchesRegex("the loss is not finite in epoch [1-4], batch [1-2] of 2: .+"));
    EXPECT_THAT(error.help(), HasSubstr("smaller `learning_rate`"));
}

TEST(Training, InputsAndTargetsMustMatch) {
    const auto counts = failure(learn::pictures(8), learn::pictures(9));
    EXPECT_EQ(counts.fault(), Fault::shape);
    EXPECT_THAT(counts.what(), AllOf(HasSubstr("`inputs` has 8"), HasSubstr("`targets` 9")));
    const auto sizes = failure(learn::pictures(8, 32, 32), learn::pictures(8, 32, 40));
    EXPECT_EQ(sizes.fault(), Fault::shape);
    EXPECT_THAT(sizes.what(), AllOf(HasSubstr("`picture-0` is 32x32 in `inputs`"), HasSubstr("32x40 in `targets`")));
}

TEST(Training, ImagesMustHaveOneSize) {
    const auto mixed = fettle::join_images({learn::pictures(6, 32, 32), learn::pictures(6, 32, 40)});
    const auto error = failure(mixed, mixed);
    EXPECT_EQ(error.fault(), Fault::shape);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("32x32"), HasSubstr("32x40")));
    // Batches that are each of one size, and still not all of one.
    const auto single = failure(mixed, mixed, {{"batch", 1}});
    EXPECT_EQ(single.fault(), Fault::shape);
    EXPECT_THAT(single.what(), AllOf(HasSubstr("32x32"), HasSubstr("32x40")));
}

TEST(Training, WhatDoesNotFitIsSaidBeforeTheFirstStep) {
    const auto odd = learn::pictures(8, 30, 32), tiny = learn::pictures(8, 8, 8);
    const auto sides = failure(odd, odd);
    EXPECT_EQ(sides.fault(), Fault::shape);
    EXPECT_EQ(sides.parameter(), "model.depth");
    EXPECT_THAT(sides.help(), HasSubstr("28x32 or 32x32"));
    const auto window = failure(tiny, tiny);
    EXPECT_EQ(window.fault(), Fault::shape);
    EXPECT_EQ(window.parameter(), "loss.window");
}

/// A network that doesn't give back what it should.
struct Halving final : fettle::Autoencoder {
    struct Net final : fettle::ReconstructionNet {
        Net() { register_parameter("one", torch::ones({1})); }
        Tensor forward(Tensor images) override { return torch::avg_pool2d(images, 2) * parameters().front(); }
    };
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape&) const override {
        return std::make_shared<Net>();
    }
};

TEST(Training, ANetworkThatChangesTheSizeIsRefused) {
    const auto error = failure(learn::pictures(8), learn::pictures(8), {}, std::make_shared<Halving>());
    EXPECT_EQ(error.fault(), Fault::shape);
    EXPECT_THAT(error.what(), HasSubstr("16x16 with 3 channels of 32x32"));
}

TEST(Training, ABatchLargerThanTheSetIsTheSet) {
    const Folder folder;
    TestContext context(folder.path);
    const auto images = learn::pictures(5);
    EXPECT_EQ(learn::trained(images, images, context, {{"batch", 64}})->history.front().values.size(), 4u);
}

TEST(Training, OneImageIsEnoughWhereBatchNormHasPixelsToAverage) {
    const Folder folder;
    TestContext context(folder.path);
    const auto image = learn::pictures(1), small = learn::pictures(1, 16, 16);
    EXPECT_EQ(learn::trained(image, image, context)->history.front().values.size(), 4u);
    const auto error = failure(small, small, {}, learn::make<fettle::Autoencoder>("model.autoencoder", {{"depth", 4}}));
    EXPECT_EQ(error.fault(), Fault::shape);
    EXPECT_THAT(error.what(), HasSubstr("16x16 in batches of 1"));
}

TEST(Training, NoImageIsSaid) {
    const auto none = learn::pictures(0);
    EXPECT_EQ(failure(none, none).fault(), Fault::data);
}

}  // namespace
