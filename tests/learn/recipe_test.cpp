// What a recipe's parameters do to a training: schedules, optimisers, averages, early stopping, the terms of a loss.
#include "learn.hpp"

#include "python.hpp"

#include <fstream>

namespace {

using fettle::Tensor;
using learn::Folder;
using learn::Settings;
using learn::TestContext;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

const fettle::Curve& curve(const fettle::Network& network, const std::string& name) {
    for (const fettle::Curve& each : network.history)
        if (each.name == name) return each;
    throw std::out_of_range("there is no curve " + name);
}

/// 8 images in 2 batches, for 12 epochs unless `settings` say otherwise.
fettle::Ref<fettle::Network> trained(const Settings& settings,
                                     const std::shared_ptr<fettle::Component>& model = learn::small_model(),
                                     const fettle::Ref<fettle::Images>& calibrate = nullptr) {
    const Folder folder;
    TestContext context(folder.path);
    const auto images = learn::pictures(8);
    std::map<std::string, std::vector<fettle::ValueRef>> inputs{{"inputs", {images}}, {"targets", {images}}};
    if (calibrate) inputs["calibrate"] = {calibrate};
    return learn::trained(inputs, context, learn::with({{"epochs", 12}, {"warm_up", 0}}, settings),
                          {{"model", {model}}, {"loss", learn::usual_loss()}});
}

TEST(Recipe, TheCurvesOfTheTermsAddUpToTheLoss) {
    const auto network = trained({});
    std::vector<std::string> names;
    for (const auto& each : network->history) names.push_back(each.name);
    EXPECT_THAT(names, ElementsAre("loss", "loss 2", "loss 3", "rate"));  // the test's context calls all "loss"
    for (std::size_t e = 0; e < 12; ++e)
        EXPECT_NEAR(curve(*network, "loss").values[e],
                    curve(*network, "loss 2").values[e] + curve(*network, "loss 3").values[e], 1e-9);
}

/// PyTorch's own schedulers, fed with the same losses, are at the same rates.
TEST(Recipe, SchedulesAreThoseOfPython) {
    if (!support::has_python("torch")) GTEST_SKIP() << "no python3 with torch is here to compare with";
    const Folder folder;
    const Settings half{{"fall_after", 2}, {"fall_factor", 0.5}, {"final_rate", 0.01}};
    const auto write = [&](const std::string& name, const fettle::Network& network) {
        std::ofstream rates(folder.path / (name + ".txt"));
        rates.precision(17);
        for (std::size_t e = 0; e < 12; ++e)
            rates << curve(network, "rate").values[e] << ' ' << curve(network, "loss").values[e] << '\n';
    };
    write("cosine", *trained({{"final_rate", 0.05}}));
    write("step", *trained(learn::with(half, {{"schedule", "step"}})));
    // So fast that the loss doesn't fall in every epoch.
    write("plateau", *trained(learn::with(half, {{"schedule", "plateau"}, {"learning_rate", 0.5}, {"fall_after", 1}})));
    support::run_python(folder.path, R"(
import sys, warnings
import torch
warnings.simplefilter("ignore")  # the optimiser takes no step here
def check(name, rate, make, feed=False, per_epoch=1):
    rows = [[float(x) for x in line.split()] for line in open(f"{sys.argv[1]}/{name}.txt")]
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    scheduler = make(optimiser)
    for ours, loss in rows:
        for _ in range(per_epoch - 1): scheduler.step()
        theirs = optimiser.param_groups[0]["lr"]
        assert abs(ours - theirs) <= 1e-9 * theirs, (name, ours, theirs)
        scheduler.step(loss) if feed else scheduler.step()
    return len({ours for ours, _ in rows})
s = torch.optim.lr_scheduler
assert check("cosine", 2e-3, lambda o: s.CosineAnnealingLR(o, 24, 0.05 * 2e-3), per_epoch=2) == 12
assert check("step", 2e-3, lambda o: s.StepLR(o, 2, 0.5)) == 6
falls = check("plateau", 0.5, lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=0, threshold=0, min_lr=0.01 * 0.5), True)
assert falls > 1, "the loss fell in every epoch, so nothing was compared"
)",
                        "torch");
}

TEST(Recipe, TheRateRisesWithTheWarmUpThroughEverySchedule) {
    for (const char* schedule : {"cosine", "step", "plateau", "constant"}) {
        const auto rates =
            curve(*trained({{"schedule", schedule}, {"warm_up", 8}, {"fall_after", 100}}), "rate").values;
        for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(rates[e], 2e-3 * (2.0 * e + 2) / 8, 1e-12) << schedule;
    }
}

TEST(Recipe, EveryOptimiserLearnsAndIsAnother) {
    std::set<double> last;
    for (const Settings& settings :
         {Settings{{"optimiser", "adam"}}, Settings{{"optimiser", "adamw"}, {"weight_decay", 0.1}},
          Settings{{"optimiser", "adam"}, {"weight_decay", 0.1}},
          Settings{{"optimiser", "sgd"}, {"learning_rate", 0.02}},
          Settings{{"optimiser", "sgd"}, {"learning_rate", 0.02}, {"momentum", 0.5}},
          Settings{{"clip", 1e-3}, {"optimiser", "sgd"}, {"learning_rate", 0.02}}}) {
        const auto losses = curve(*trained(settings), "loss").values;
        EXPECT_LT(losses.back(), losses.front());
        last.insert(losses.back());
    }
    EXPECT_EQ(last.size(), 6u);
}

/// An architecture that remembers its weights at the beginning of every step.
class Diary final : public fettle::Autoencoder {
   public:
    struct Net final : fettle::ReconstructionNet {
        explicit Net(std::shared_ptr<fettle::ReconstructionNet> inner) : inner(register_module("inner", inner)) {}
        Tensor forward(Tensor images) override {
            if (is_training()) pages.push_back(torch::nn::utils::parameters_to_vector(parameters()).detach().clone());
            return inner->forward(std::move(images));
        }
        std::shared_ptr<fettle::ReconstructionNet> inner;
        std::vector<Tensor> pages;
    };
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const override {
        return net = std::make_shared<Net>(learn::small_model()->build(input));
    }
    mutable std::shared_ptr<Net> net;
};

TEST(Recipe, TheAverageOfTheWeightsIsKept) {
    const auto diary = std::make_shared<Diary>();
    trained({{"schedule", "constant"}}, diary);
    std::vector<Tensor> weights = diary->net->pages;  // before each of 24 steps, and after the last
    weights.push_back(torch::nn::utils::parameters_to_vector(diary->net->parameters()).detach().clone());
    ASSERT_EQ(weights.size(), 25u);
    Tensor expected = weights.front().to(torch::kFloat64);
    for (std::size_t step = 0; step < 24; ++step) {
        const double stays = std::min(0.8, (1.0 + step) / (10.0 + step));
        expected = stays * expected + (1 - stays) * weights[step + 1];
    }
    trained({{"schedule", "constant"}, {"average", 0.8}}, diary);
    const Tensor kept = torch::nn::utils::parameters_to_vector(diary->net->parameters()).to(torch::kFloat64);
    EXPECT_TRUE(torch::allclose(kept, expected, 1e-4, 1e-6));
    EXPECT_FALSE(torch::allclose(kept, weights.back().to(torch::kFloat64), 1e-4, 1e-6));
}

/// The mean of the usual loss over images, by the network as it is stored.
double loss_on(const fettle::Network& network, const fettle::Ref<fettle::Images>& images) {
    const torch::NoGradGuard no_gradients;
    std::vector<std::size_t> all(images->size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    const Tensor input = fettle::tensor_of(*images->read(all), {});
    const Tensor output = learn::loaded(network).forward({input}).toTensor();
    double sum = 0;
    for (const auto& part : learn::usual_loss())
        sum += dynamic_cast<fettle::Similarity&>(*part).weighted(input, output).mean().item<double>();
    return sum;
}

TEST(Recipe, PatienceStopsEarlyAndKeepsTheBestWeights) {
    const auto apart = fettle::select_images(learn::pictures(14), {9, 10, 11, 12, 13});
    for (const double average : {0.0, 0.5}) {
        // Steps too long to settle: the loss on the calibration images goes up and down.
        const auto network = trained(
            {{"epochs", 200}, {"patience", 4}, {"schedule", "constant"}, {"learning_rate", 0.02}, {"average", average}},
            learn::small_model(), apart);
        const auto& values = curve(*network, "calibrate loss").values;
        ASSERT_LT(values.size(), 200u) << "it never stopped early";
        const auto best = std::min_element(values.begin(), values.end());
        EXPECT_EQ(values.end() - best, 5) << "four epochs without a better one";
        EXPECT_NEAR(loss_on(*network, apart), *best, 1e-4 * *best) << "average " << average;
        EXPECT_THAT(network->lineage.front(), HasSubstr("\"best_epoch\":" + std::to_string(best - values.begin() + 1)));
    }
}

TEST(Recipe, CalibrationImagesChangeNothingButTheCurveWithoutPatience) {
    const auto with = trained({}, learn::small_model(), learn::pictures(3)), without = trained({});
    EXPECT_EQ(curve(*with, "loss").values, curve(*without, "loss").values);
    EXPECT_EQ(curve(*with, "calibrate loss").values.size(), 12u);
    ASSERT_EQ(with->examples.size(), 3u);
    ASSERT_EQ(without->examples.size(), 4u);
}

/// A network whose training adds a penalty: the sum of squares of its own weights.
struct Penalised final : fettle::Autoencoder {
    struct Net final : fettle::ReconstructionNet {
        explicit Net(std::shared_ptr<fettle::ReconstructionNet> inner) : inner(register_module("inner", inner)) {}
        Tensor forward(Tensor images) override { return inner->forward(std::move(images)); }
        Learnt learn(Tensor images) override {
            return {forward(std::move(images)),
                    torch::nn::utils::parameters_to_vector(parameters()).square().sum() * 0.1};
        }
        std::shared_ptr<fettle::ReconstructionNet> inner;
    };
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const override {
        return std::make_shared<Net>(learn::small_model()->build(input));
    }
};

TEST(Recipe, ANetworksPenaltyIsMadeSmallWithTheLoss) {
    const auto norm = [](const fettle::Network& network) {
        double sum = 0;
        for (const Tensor& weight : learn::loaded(network).parameters()) sum += weight.square().sum().item<double>();
        return sum;
    };
    const auto free = trained({}), penalised = trained({}, std::make_shared<Penalised>());
    EXPECT_LT(norm(*penalised), 0.9 * norm(*free));
    const auto& penalty = curve(*penalised, "penalty").values;
    EXPECT_LT(penalty.back(), penalty.front());
    EXPECT_GT(curve(*penalised, "loss").values.front(), penalty.front());
}

TEST(Recipe, TheNetworkSaysHowItCameToBe) {
    const auto network = trained({{"average", 0.5}, {"clip", 2.5}});
    EXPECT_EQ(network->preprocessing, "RGB, value / 255, 32x32");
    EXPECT_FALSE(network->segments);
    ASSERT_EQ(network->lineage.size(), 1u);
    const auto line = network->lineage.front();
    for (const auto& parameter : learn::library("train").entry("train.reconstruction").info.parameters)
        EXPECT_EQ(line.find("\"" + parameter.name + "\":") != std::string::npos, parameter.name != "checkpoint_every");
    for (const char* part : {"\"average\":0.5", "\"clip\":2.5", "\"seed\":1", "\"images_seen\":96", "\"images\":8",
                             "\"targets\":\"the inputs\"", "\"calibration_images\":0",
                             "\"libtorch\":", "\"stage\":\"train.reconstruction\"", "\"model\":"})
        EXPECT_THAT(line, HasSubstr(part));
    ASSERT_EQ(network->examples.size(), 4u);
    EXPECT_EQ(network->examples[2].info.id, "picture-2");
    EXPECT_EQ(network->examples[2].input, learn::picture(2, 32, 32));
    EXPECT_EQ(network->examples[2].target, learn::picture(2, 32, 32));
    const torch::NoGradGuard no_gradients;
    const Tensor output = learn::loaded(*network)
                              .forward({fettle::tensor_of(*learn::pictures(8)->read(std::vector<std::size_t>{2}), {})})
                              .toTensor();
    EXPECT_NEAR(network->examples[2].output.at(20, 9)[1], 255 * output[0][1][9][20].item<float>(), 0.6);
}

TEST(Recipe, BFloat16LearnsAlmostTheSame) {
    const auto images = learn::pictures(8);
    const auto exact = trained({});
    fettle::Ref<fettle::Network> rough;
    try {
        rough = trained({{"precision", "bfloat16"}});
    } catch (const fettle::Error& error) {
        EXPECT_EQ(error.fault(), fettle::Fault::device);
        EXPECT_EQ(error.parameter(), "precision");
        GTEST_SKIP() << error.what();
    }
    EXPECT_NE(rough->script, exact->script);
    EXPECT_NEAR(curve(*rough, "loss").values.back(), curve(*exact, "loss").values.back(),
                0.15 * curve(*exact, "loss").values.back());
    for (const Tensor& weight : learn::loaded(*rough).parameters()) EXPECT_EQ(weight.scalar_type(), torch::kFloat32);
}

TEST(Recipe, ChannelsLastOnlyRoundsOtherwise) {
    const auto last = trained({}), first = trained({{"channels_last", false}});
    EXPECT_NEAR(curve(*last, "loss").values.back(), curve(*first, "loss").values.back(),
                0.05 * curve(*first, "loss").values.back());
}

}  // namespace
