// What computes with tensors, on a device that isn't the host: the same numbers as there.
#include "learn/learn.hpp"
#include "stand_in.hpp"

#include <limits>

namespace {

using fettle::Tensor;
using learn::Folder;
using learn::TestContext;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const fettle::Device cpu, gpu{fettle::Device::Type::cuda, 0};

struct OnDevice : testing::Test {
    void SetUp() override {
        if (!stand_in::missing().empty()) GTEST_SKIP() << stand_in::missing();
        stand_in::forget();
    }
    void TearDown() override { stand_in::set_memory(std::numeric_limits<std::size_t>::max()); }
};

std::vector<std::size_t> range(std::size_t count) {
    std::vector<std::size_t> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i] = i;
    return all;
}

void expect_same(const fettle::Network& a, const fettle::Network& b, double tolerance) {
    ASSERT_EQ(a.history.size(), b.history.size());
    for (std::size_t c = 0; c < a.history.size(); ++c) {
        const auto &one = a.history[c], &other = b.history[c];
        EXPECT_EQ(one.name, other.name);
        ASSERT_EQ(one.values.size(), other.values.size());
        if (one.name == "images per second") continue;
        for (std::size_t i = 0; i < one.values.size(); ++i)
            EXPECT_NEAR(one.values[i], other.values[i], tolerance * std::max(1.0, std::abs(one.values[i])))
                << one.name << " at " << one.steps[i];
    }
}

void expect_near(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(a[i].size(), b[i].size());
        for (std::size_t p = 0; p < a[i].size(); ++p)
            ASSERT_NEAR(a[i][p], b[i][p], 1e-4) << "pixel " << p << " of " << i;
    }
}

using Loss = std::vector<std::shared_ptr<fettle::Component>>;

fettle::Ref<fettle::Network> trained_on(const fettle::Device& device, const learn::Settings& settings,
                                        const std::shared_ptr<fettle::Component>& model = learn::small_model(),
                                        const Loss& loss = learn::usual_loss()) {
    const Folder folder;
    TestContext context(folder.path);
    context.set_device(device);
    return learn::trained(learn::pictures(10, 32, 32, /*hole=*/true), learn::pictures(10), context, settings, model,
                          loss);
}

TEST_F(OnDevice, EveryArchitectureLearnsTheSame) {
    using List = fettle::Setting::List;
    const std::map<std::string, learn::Settings> models = {
        {"model.autoencoder", {{"width", 8}, {"depth", 2}}},
        {"model.dilated_autoencoder", {{"width", 8}, {"depth", 2}, {"bottleneck", 8}, {"dilations", List{1, 2}}}},
        {"model.unet_autoencoder", {{"width", 8}, {"depth", 2}}},
        {"model.variational_autoencoder", {{"width", 8}, {"depth", 2}}},
        {"model.memory_autoencoder", {{"width", 8}, {"depth", 2}}},
    };
    for (const auto& [id, settings] : models) {
        const auto model = learn::make<fettle::Autoencoder>(id, settings);
        const auto here = trained_on(cpu, {{"epochs", 3}}, model);
        stand_in::forget();
        const auto there = trained_on(gpu, {{"epochs", 3}}, model);
        SCOPED_TRACE(id);
        expect_same(*here, *there, 1e-3);
        EXPECT_GT(stand_in::done().operations, 100u);
        EXPECT_GE(stand_in::done().sent_ahead, 2u * 3 * 3);  // inputs and targets of three epochs of three batches
        const auto script = learn::loaded(*there);           // for whoever has no GPU
        for (const auto& parameter : script.parameters()) EXPECT_TRUE(parameter.device().is_cpu());
    }
}

TEST_F(OnDevice, EveryWayOfTrainingLearnsTheSame) {
    const std::vector<learn::Settings> ways = {
        {{"optimiser", "adamw"}, {"average", 0.9}},
        {{"optimiser", "sgd"}, {"schedule", "plateau"}, {"clip", 0.5}},
        {{"schedule", "step"}},
    };
    for (const learn::Settings& way : ways) expect_same(*trained_on(cpu, way), *trained_on(gpu, way), 1e-3);
}

TEST_F(OnDevice, StoppedAndCarriedOnItEndsWithTheSameBits) {
    const auto finished = [](const Folder& folder, std::size_t stop_after) {
        TestContext context(folder.path);
        context.set_device(gpu);
        if (stop_after != 0) context.stop_after(stop_after);
        return learn::trained(learn::pictures(10), learn::pictures(10), context)->script;
    };
    const Folder whole, broken;
    const std::string unbroken = finished(whole, 0);
    EXPECT_THROW(finished(broken, 5), fettle::Interrupted);
    EXPECT_EQ(finished(broken, 0), unbroken);
}

TEST_F(OnDevice, ACheckpointOfTheHostCarriesOnThere) {
    const Folder folder;
    TestContext context(folder.path);
    context.stop_after(5);
    const auto images = learn::pictures(10);
    EXPECT_THROW(learn::trained(images, images, context), fettle::Interrupted);
    TestContext next(folder.path);
    next.set_device(gpu);
    const auto carried = learn::trained(images, images, next);
    EXPECT_THAT(next.warnings(), IsEmpty());
    const Folder other;
    TestContext unbroken(other.path);
    expect_same(*learn::trained(images, images, unbroken), *carried, 1e-3);
}

TEST_F(OnDevice, ADiscriminativeNetworkLearnsAndSegmentsTheSame) {
    std::vector<fettle::SampleInfo> infos;
    for (int i = 0; i < 8; ++i) infos.push_back({"picture-" + std::to_string(i), {}, fettle::Split::train});
    const auto damaged = fettle::lazy_images(std::move(infos), [](std::size_t index, std::uint32_t) {
        fettle::Sample sample;
        sample.image = learn::picture(index, 32, 32, /*hole=*/true);
        sample.mask = fettle::Image(32, 32, 1);
        const fettle::Image whole = learn::picture(index, 32, 32);
        for (int y = 0; y < 32; ++y)
            for (int x = 0; x < 32; ++x)
                sample.mask.at(x, y)[0] = sample.image.at(x, y)[0] == whole.at(x, y)[0] ? 0 : 255;
        return sample;
    });
    const auto network = [&](const fettle::Device& device) {
        const Folder folder;
        TestContext context(folder.path);
        context.set_device(device);
        const auto model =
            learn::library("model").make("model.discriminative", {{"widths", fettle::Setting::List{8, 16}}},
                                         {{"reconstruction", learn::small_model()}});
        const Loss marks = {learn::make<fettle::Similarity>("similarity.focal", {{"weight", 10}}),
                            learn::make<fettle::Similarity>("similarity.dice")};
        return learn::trained({{"inputs", {damaged}}, {"targets", {learn::pictures(8)}}}, context, {},
                              {{"model", {model}}, {"loss", learn::usual_loss()}, {"segmentation", marks}},
                              "train.discriminative");
    };
    const auto here = network(cpu), there = network(gpu);
    expect_same(*here, *there, 1e-3);
    const auto planes = [&](const fettle::Device& device) {
        TestContext context;
        context.set_device(device);
        auto& plugin = learn::library("infer");
        const auto stage = plugin.make("infer.segment");
        const auto maps = std::dynamic_pointer_cast<const fettle::Maps>(
            plugin.run("infer.segment", *stage, {{"network", {here}}, {"images", {learn::pictures(6)}}}, context)
                .at("maps"));
        const auto batch = maps->read(range(6));
        std::vector<std::vector<float>> out;
        for (std::size_t i = 0; i < 6; ++i) out.push_back(batch->plane(i).values);
        return out;
    };
    expect_near(planes(cpu), planes(gpu));
}

TEST_F(OnDevice, WhereItsMemoryRunsOutABatchThatFitsIsNamed) {
    const auto images = learn::pictures(16, 64, 64);
    const auto train = [&](int batch) {
        const Folder folder;
        TestContext context(folder.path);
        context.set_device(gpu);
        return learn::trained(images, images, context, {{"epochs", 1}, {"batch", batch}});
    };
    train(4);
    stand_in::set_memory(stand_in::done().peak * 5 / 4);
    const auto error = learn::error_of([&] { train(16); });
    EXPECT_EQ(error.fault(), fettle::Fault::memory);
    EXPECT_THAT(error.what(), HasSubstr("a step on 16 images of 64x64 doesn't fit into memory"));
    EXPECT_THAT(error.help(), HasSubstr("say batch = 4"));
    EXPECT_NO_THROW(train(4));
}

TEST_F(OnDevice, AnExportedNetworkComparesTheSame) {
    const Folder folder;
    torch::jit::Module exported("Layers");
    exported.register_parameter("kernel", torch::rand({6, 3, 3, 3}), /*is_buffer=*/false);
    exported.define("def forward(self, x):\n    return torch.conv2d(x, self.kernel, None, [2, 2], [1, 1])\n");
    exported.save((folder.path / "layers.pt").string());
    const auto map = [&](const Tensor& x, const Tensor& y) {
        const auto network =
            learn::library("model").make("model.torchscript", {{"path", (folder.path / "layers.pt").string()}});
        return std::dynamic_pointer_cast<fettle::Similarity>(
                   learn::library("similarity").make("similarity.feature_distance", {}, {{"network", network}}))
            ->compare(x, y);
    };
    const Tensor x = torch::rand({2, 3, 16, 16}), y = torch::rand({2, 3, 16, 16});
    const Tensor there = map(x.cuda(), y.cuda());
    EXPECT_TRUE(there.is_cuda());
    EXPECT_TRUE(torch::allclose(map(x, y), there.cpu(), 1e-5, 1e-6));
}

TEST_F(OnDevice, FromImagesToScoresNothingComesBackButTheMaps) {
    const auto network = trained_on(cpu, {});
    std::vector<std::vector<float>> values[2];
    for (const fettle::Device& device : {cpu, gpu}) {
        TestContext context;
        context.set_device(device);
        stand_in::forget();
        auto &infer = learn::library("infer"), &similarity = learn::library("similarity");
        const auto rebuild = infer.make("infer.reconstruct");
        const auto out = infer.run("infer.reconstruct", *rebuild,
                                   {{"network", {network}}, {"images", {learn::pictures(8)}}}, context);
        const auto ssim = similarity.make("similarity.ssim");
        const auto maps = std::dynamic_pointer_cast<const fettle::Maps>(
            similarity
                .run("similarity.ssim", *ssim,
                     {{"reference", {out.at("originals")}}, {"candidate", {out.at("images")}}}, context)
                .at("maps"));
        const auto batch = maps->read(range(8));
        for (std::size_t i = 0; i < 8; ++i) values[device.type == cpu.type ? 0 : 1].push_back(batch->plane(i).values);
        if (device.type == cpu.type) continue;
        EXPECT_EQ(stand_in::done().sent_ahead, 2u);  // the images, for each reader: the runtime's memo is not here
        EXPECT_EQ(stand_in::done().brought, 1u);
    }
    expect_near(values[0], values[1]);
}

}  // namespace
