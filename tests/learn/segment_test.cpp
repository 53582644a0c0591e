// Networks that tell where images are anomalous: train.discriminative and infer.segment.
#include "learn.hpp"

#include "python.hpp"

#include <fstream>

namespace {

using fettle::Fault;
using fettle::Tensor;
using learn::Folder;
using learn::TestContext;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::size_t> range(std::size_t count) {
    std::vector<std::size_t> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i] = i;
    return all;
}

/// Pictures of which all but every fourth have a bright square; `masked` says in the mask where.
fettle::Ref<fettle::Images> damaged(std::size_t count, bool masked = true, int mask_side = 32) {
    std::vector<fettle::SampleInfo> infos;
    for (std::size_t i = 0; i < count; ++i)
        infos.push_back({"picture-" + std::to_string(i), fettle::Label::normal, fettle::Split::train});
    return fettle::lazy_images(std::move(infos), [=](std::size_t index, std::uint32_t) {
        fettle::Sample sample;
        sample.image = learn::picture(index, 32, 32);
        if (masked) sample.mask = fettle::Image(mask_side, mask_side, 1);
        if (index % 4 == 3) {
            if (index % 8 == 3) sample.mask = {};  // nothing anomalous, and no mask to say so
            return sample;
        }
        fettle::Random random(5, index);
        const int x0 = random.integer(2, 22), y0 = random.integer(2, 22);
        for (int y = y0; y < y0 + 8; ++y)
            for (int x = x0; x < x0 + 8; ++x) {
                for (int c = 0; c < 3; ++c) sample.image.at(x, y)[c] = 255;
                if (masked && mask_side == 32) sample.mask.at(x, y)[0] = 255;
            }
        return sample;
    });
}

std::shared_ptr<fettle::Component> model() {
    return learn::library("model").make("model.discriminative", {{"widths", fettle::Setting::List{8, 16}}},
                                        {{"reconstruction", learn::small_model()}});
}

std::vector<std::shared_ptr<fettle::Component>> segmentation() {
    return {learn::make<fettle::Similarity>("similarity.focal", {{"weight", 10}}),
            learn::make<fettle::Similarity>("similarity.dice", {{"weight", 0.2}})};
}

fettle::Ref<fettle::Network> trained(const fettle::Ref<fettle::Images>& inputs, fettle::Context& context,
                                     const learn::Settings& settings = {},
                                     const std::shared_ptr<fettle::Component>& net = model(),
                                     const fettle::Ref<fettle::Images>& calibrate = nullptr) {
    std::map<std::string, std::vector<fettle::ValueRef>> ports{{"inputs", {inputs}},
                                                               {"targets", {learn::pictures(inputs->size())}}};
    if (calibrate) ports["calibrate"] = {calibrate};
    return learn::trained(ports, context, settings,
                          {{"model", {net}}, {"loss", learn::usual_loss()}, {"segmentation", segmentation()}},
                          "train.discriminative");
}

/// One trained network for all tests here.
const fettle::Ref<fettle::Network>& network() {
    static const auto made = [] {
        const Folder folder;
        TestContext context(folder.path);
        return trained(damaged(32), context, {{"epochs", 60}, {"batch", 8}});
    }();
    return made;
}

fettle::Error failure(const fettle::Ref<fettle::Images>& inputs,
                      const std::shared_ptr<fettle::Component>& net = model()) {
    const Folder folder;
    TestContext context(folder.path);
    return learn::error_of([&] { trained(inputs, context, {}, net); });
}

struct Found {
    fettle::Ref<fettle::Maps> maps;
    fettle::Ref<fettle::Images> images, originals;
};

Found segmented(const fettle::Ref<fettle::Images>& images, fettle::Context& context,
                const fettle::Ref<fettle::Network>& net = network()) {
    auto& plugin = learn::library("infer");
    static const auto stage = plugin.make("infer.segment");
    const auto out = plugin.run("infer.segment", *stage, {{"network", {net}}, {"images", {images}}}, context);
    return {std::dynamic_pointer_cast<const fettle::Maps>(out.at("maps")),
            std::dynamic_pointer_cast<const fettle::Images>(out.at("images")),
            std::dynamic_pointer_cast<const fettle::Images>(out.at("originals"))};
}

/// How often a pixel that is anomalous has a higher value than one that isn't, over pairs: the area under the ROC.
double separation(const Tensor& maps, const Tensor& masks) {
    const Tensor high = maps.masked_select(masks > 0.5), low = maps.masked_select(masks < 0.5);
    return (high.unsqueeze(1) > low.slice(0, 0, low.numel(), 7).unsqueeze(0)).to(torch::kFloat64).mean().item<double>();
}

TEST(Segmenting, IsLearntFromMasksAndHoldsForImagesNeverSeen) {
    EXPECT_TRUE(network()->segments);
    TestContext context;
    // Others than those trained on: shifted by 32.
    std::vector<std::size_t> later;
    for (std::size_t i = 32; i < 48; ++i) later.push_back(i);
    const auto unseen = fettle::select_images(damaged(48), later);
    const auto maps = segmented(unseen, context).maps->read(range(16));
    Tensor masks = torch::zeros({16, 1, 32, 32});
    const auto batch = unseen->read(range(16));
    for (std::size_t i = 0; i < 16; ++i) {
        const fettle::Image& mask = batch->sample(i)->mask;
        for (std::size_t p = 0; p < mask.pixels.size(); ++p)
            masks.view({16, -1})[i][static_cast<std::int64_t>(p)] = mask.pixels[p] / 255.0f;
    }
    EXPECT_GT(separation(fettle::tensor_of(*maps, {}), masks), 0.97);
}

/// A variational autoencoder's divergence counts inside a discriminative network as it does alone.
TEST(Segmenting, WhatRebuildsGetsThePenaltyItAsksFor) {
    const auto penalties = [](double divergence) {
        const auto rebuilding = learn::make<fettle::Autoencoder>(
            "model.variational_autoencoder", {{"width", 4}, {"depth", 2}, {"divergence", divergence}});
        const auto net = learn::library("model").make("model.discriminative", {{"widths", fettle::Setting::List{8}}},
                                                      {{"reconstruction", rebuilding}});
        const Folder folder;
        TestContext context(folder.path);
        const auto made = trained(damaged(8), context, {}, net);
        for (const fettle::Curve& curve : made->history)
            if (curve.name == "penalty") return curve.values;
        return std::vector<double>();
    };
    const auto light = penalties(0.001), heavy = penalties(10);
    ASSERT_EQ(light.size(), 4u);
    ASSERT_EQ(heavy.size(), 4u);
    EXPECT_GT(light.front(), 0);
    EXPECT_GT(heavy.front(), 100 * light.front());
    EXPECT_LT(heavy.back(), heavy.front());  // it is made small
}

TEST(Segmenting, OnePassServesMapsAndImages) {
    TestContext context;
    std::atomic<int> reads = 0;
    const auto images =
        std::make_shared<learn::Watched>(damaged(16), [&](std::span<const std::size_t>, std::uint32_t) { ++reads; });
    const auto found = segmented(images, context);
    EXPECT_EQ(found.maps->size(), 16u);
    EXPECT_EQ(found.maps->reference(), found.originals);
    EXPECT_EQ(found.maps->candidate(), found.images);
    EXPECT_EQ(found.maps->label(), "label");
    EXPECT_EQ(reads, 0);
    const auto maps = found.maps->read(range(16));
    const auto mended = found.images->read(range(16));
    EXPECT_EQ(reads, 1);
    const torch::NoGradGuard no_gradients;
    const auto direct =
        learn::loaded(*network()).forward({fettle::tensor_of(*damaged(16)->read(range(16)), {})}).toTuple();
    EXPECT_TRUE(torch::allclose(fettle::tensor_of(*mended, {}), direct->elements()[0].toTensor(), 0, 1e-5));
    EXPECT_TRUE(torch::allclose(fettle::tensor_of(*maps, {}), direct->elements()[1].toTensor(), 0, 1e-5));
    EXPECT_EQ(maps->plane(3).width, 32);
    EXPECT_EQ(maps->info(3).id, "picture-3");
    // Asked again, it is computed again, to the same bits.
    EXPECT_TRUE(learn::same_bits(fettle::tensor_of(*maps, {}), fettle::tensor_of(*found.maps->read(range(16)), {})));
}

TEST(Segmenting, ReconstructGivesItsImages) {
    TestContext context;
    auto& plugin = learn::library("infer");
    const auto stage = plugin.make("infer.reconstruct");
    const auto out =
        plugin.run("infer.reconstruct", *stage, {{"network", {network()}}, {"images", {damaged(8)}}}, context);
    const auto images = std::dynamic_pointer_cast<const fettle::Images>(out.at("images"))->read(range(8));
    const auto mended = segmented(damaged(8), context).images->read(range(8));
    EXPECT_TRUE(learn::same_bits(fettle::tensor_of(*images, {}), fettle::tensor_of(*mended, {})));
}

TEST(Segmenting, ANetworkThatOnlyRebuildsIsRefused) {
    const Folder folder;
    TestContext context(folder.path);
    const auto plain = learn::trained(learn::pictures(4), learn::pictures(4), context);
    const auto error = learn::error_of([&] { segmented(damaged(4), context, plain); });
    EXPECT_EQ(error.fault(), Fault::data);
    EXPECT_THAT(error.help(), HasSubstr("infer.reconstruct"));
    // One that claims to segment, and gives a single tensor.
    auto liar = std::make_shared<fettle::Network>(*plain);
    liar->segments = true;
    const auto late = learn::error_of([&] { segmented(damaged(4), context, liar).maps->read(range(4)); });
    EXPECT_EQ(late.fault(), Fault::data);
    EXPECT_THAT(late.what(), HasSubstr("no map of anomalies"));
}

TEST(Segmenting, InputsWithoutAnyMaskTeachNothing) {
    const auto error = failure(damaged(8, /*masked=*/false));
    EXPECT_EQ(error.fault(), Fault::data);
    EXPECT_THAT(error.what(), HasSubstr("nothing anomalous to learn"));
}

TEST(Segmenting, NorDoTheyAfterAnInterruption) {
    const auto images = damaged(8, /*masked=*/false);
    const Folder folder;
    TestContext stopped(folder.path), resumed(folder.path);
    stopped.stop_after(1);
    EXPECT_THROW(trained(images, stopped), fettle::Interrupted);
    const auto error = learn::error_of([&] { trained(images, resumed); });
    EXPECT_EQ(error.fault(), Fault::data);
    EXPECT_THAT(error.what(), HasSubstr("nothing anomalous to learn"));
}

/// 4 epochs of 8 images, of which 6 have a mask that shows something.
struct Calibrated {
    explicit Calibrated(const fettle::Ref<fettle::Images>& calibrate, const learn::Settings& settings = {}) {
        const Folder folder;
        TestContext context(folder.path);
        network = trained(damaged(8), context, settings, model(), calibrate);
        warnings = context.warnings();
        for (const fettle::Curve& curve : network->history)
            if (curve.name == "calibrate loss") loss = curve.values.back();
    }
    fettle::Ref<fettle::Network> network;
    std::vector<std::string> warnings;
    double loss = 0;  ///< after the last epoch, with the weights that are stored
};

/// The means of the terms that compare masks, and of those that compare images with themselves.
std::array<double, 2> terms_of(const fettle::Network& network, const fettle::Ref<fettle::Images>& images) {
    const torch::NoGradGuard no_gradients;
    const auto batch = images->read(range(images->size()));
    const Tensor shown = fettle::tensor_of(*batch, {});
    Tensor masks = torch::zeros({shown.size(0), 1, shown.size(2), shown.size(3)});
    for (std::size_t i = 0; i < batch->size(); ++i)
        for (std::size_t p = 0; p < batch->sample(i)->mask.pixels.size(); ++p)
            masks[static_cast<std::int64_t>(i)].view({-1})[static_cast<std::int64_t>(p)] =
                batch->sample(i)->mask.pixels[p] / 255.0f;
    const auto made = learn::loaded(network).forward({shown}).toTuple();
    const auto sum = [](const auto& parts, const Tensor& reference, const Tensor& candidate) {
        double total = 0;
        for (const auto& part : parts)
            total +=
                dynamic_cast<fettle::Similarity&>(*part).weighted(reference, candidate).mean().template item<double>();
        return total;
    };
    return {sum(segmentation(), masks, made->elements()[1].toTensor()),
            sum(learn::usual_loss(), shown, made->elements()[0].toTensor())};
}

TEST(Segmenting, DamagedCalibrationImagesAreJudgedByTheirMasksAlone) {
    // In one batch: dice isn't a mean over pixels.
    const Calibrated with(damaged(4), {{"patience", 4}, {"epochs", 1}, {"warm_up", 0}});
    const auto [masks, images] = terms_of(*with.network, damaged(4));
    EXPECT_NEAR(with.loss, masks, 1e-4 * masks);
    EXPECT_GT(images, 0.01) << "to be left out";
    EXPECT_THAT(with.warnings, IsEmpty());
    EXPECT_THAT(with.network->lineage.front(),
                ::testing::AllOf(HasSubstr("\"calibration_images\":4"),
                                 HasSubstr("\"calibration_images_with_masks\":3"), HasSubstr("\"images\":8"),
                                 HasSubstr("\"targets\":\"others\""), HasSubstr("\"images_seen_with_masks\":6")));
}

TEST(Segmenting, SoundCalibrationImagesAreJudgedByAllAndOnlyWarnedOfWhereTheyDecide) {
    const Calibrated curve(learn::pictures(4), {{"epochs", 1}, {"warm_up", 0}});
    const auto [masks, images] = terms_of(*curve.network, learn::pictures(4));
    EXPECT_NEAR(curve.loss, masks + images, 1e-4 * (masks + images));
    EXPECT_THAT(curve.warnings, IsEmpty());
    for (const learn::Settings& deciding : {learn::Settings{{"patience", 4}}, {{"schedule", "plateau"}}}) {
        const auto [name, value] = *deciding.begin();
        const Calibrated warned(learn::pictures(4), deciding);
        EXPECT_THAT(warned.warnings,
                    ::testing::ElementsAre(::testing::AllOf(HasSubstr("nothing on `in.calibrate` has a mask"),
                                                            HasSubstr("`" + name + "`"), HasSubstr("false alarms"))));
    }
}

TEST(Segmenting, MasksHaveTheSizeOfTheirImages) {
    const auto error = failure(damaged(8, /*masked=*/true, /*mask_side=*/16));
    EXPECT_EQ(error.fault(), Fault::shape);
    EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr("is 16x16"), HasSubstr("its image 32x32")));
}

TEST(Segmenting, ImagesThatWereComputedHaveNoMasks) {
    TestContext context;
    const auto error = failure(segmented(damaged(8), context).images);
    EXPECT_EQ(error.fault(), Fault::data);
    EXPECT_THAT(error.what(), HasSubstr("no masks"));
}

/// A network whose map is half as large as its images.
struct Small final : fettle::Discriminative {
    struct Net final : fettle::DiscriminativeNet {
        Net() { register_parameter("one", torch::ones({1})); }
        Judged forward(Tensor images) override {
            images = images * parameters().front();
            return {images, torch::avg_pool2d(images.mean(1, true), 2).clamp(0, 1)};
        }
    };
    std::shared_ptr<fettle::DiscriminativeNet> build(const fettle::ImageShape&) const override {
        return std::make_shared<Net>();
    }
};

TEST(Segmenting, AMapOfAnotherSizeIsRefused) {
    const auto error = failure(damaged(8), std::make_shared<Small>());
    EXPECT_EQ(error.fault(), Fault::shape);
    EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr("16x16"), HasSubstr("32x32")));
}

TEST(Segmenting, StopsAndResumesToTheSameBits) {
    const auto run = [](TestContext& context) { return trained(damaged(8), context, {{"average", 0.9}})->script; };
    const Folder whole, broken;
    TestContext one(whole.path), stopped(broken.path), resumed(broken.path);
    stopped.stop_after(3);
    EXPECT_THROW(run(stopped), fettle::Interrupted);
    EXPECT_EQ(run(resumed), run(one));
}

/// Python loads what was saved, reads its description and gets the same scores: the mean of the map of each image.
TEST(Segmenting, PythonReadsTheDescriptionAndScoresTheSame) {
    if (!support::has_python("torch")) GTEST_SKIP() << "no python3 with torch is here to load the script with";
    const Folder folder;
    std::ofstream(folder.path / "network.pt", std::ios::binary) << network()->script;
    TestContext context;
    const auto images = damaged(16);
    const auto originals = images->read(range(16));
    const auto maps = segmented(images, context).maps->read(range(16));
    std::ofstream scores(folder.path / "scores.txt");
    scores.precision(9);
    for (std::size_t i = 0; i < 16; ++i) {
        double sum = 0;
        for (const float value : maps->plane(i).values) sum += value;
        scores << sum / (32 * 32) << '\n';
        const fettle::Image& image = originals->sample(i)->image;
        std::ofstream(folder.path / (std::to_string(i) + ".rgb"), std::ios::binary)
            .write(reinterpret_cast<const char*>(image.pixels.data()),
                   static_cast<std::streamsize>(image.pixels.size()));
    }
    scores.close();
    support::run_python(folder.path, R"(
import json, sys
import torch
extra = {"fettle.json": ""}
net = torch.jit.load(sys.argv[1] + "/network.pt", _extra_files=extra)
told = json.loads(extra["fettle.json"])
assert told["segments"] and (told["channels"], told["height"], told["width"]) == (3, 32, 32), told
assert told["preprocessing"] == "RGB, value / 255, 32x32", told
assert told["lineage"]["stage"] == "train.discriminative" and told["lineage"]["epochs"] == 60, told
assert told["parameters"] == sum(p.numel() for p in net.parameters())
scores = [float(line) for line in open(sys.argv[1] + "/scores.txt")]
for i, ours in enumerate(scores):
    pixels = torch.tensor(list(open(f"{sys.argv[1]}/{i}.rgb", "rb").read()), dtype=torch.float32)
    with torch.no_grad(): images, anomaly = net(pixels.view(1, 32, 32, 3).permute(0, 3, 1, 2) / 255)
    theirs = anomaly.mean().item()
    assert abs(ours - theirs) < 1e-5, (i, ours, theirs)
)",
                        "torch");
}

}  // namespace
