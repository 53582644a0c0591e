#include "learn.hpp"

namespace {

using fettle::Tensor;
using learn::Folder;
using learn::TestContext;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// One trained network for all tests here.
const fettle::Ref<fettle::Network>& network() {
    static const auto made = [] {
        const Folder folder;
        TestContext context(folder.path);
        const auto images = learn::pictures(8, 128, 128);
        return learn::trained(images, images, context, {{"epochs", 2}},
                              learn::make<fettle::Autoencoder>("model.dilated_autoencoder"));
    }();
    return made;
}

struct Rebuilt {
    fettle::Ref<fettle::Images> images, originals;
};

Rebuilt rebuilt(const std::vector<fettle::ValueRef>& images, fettle::Context& context,
                const fettle::Ref<fettle::Network>& net = network()) {
    auto& plugin = learn::library("infer");
    static const auto stage = plugin.make("infer.reconstruct");
    const auto out = plugin.run("infer.reconstruct", *stage, {{"network", {net}}, {"images", images}}, context);
    return {std::dynamic_pointer_cast<const fettle::Images>(out.at("images")),
            std::dynamic_pointer_cast<const fettle::Images>(out.at("originals"))};
}

std::vector<std::size_t> range(std::size_t first, std::size_t count) {
    std::vector<std::size_t> indices(count);
    for (std::size_t i = 0; i < count; ++i) indices[i] = first + i;
    return indices;
}

TEST(Inference, TypesSayAllTheyShould) {
    for (const auto& type : learn::library("infer").entries())
        EXPECT_THAT(fettle::testing::complaints(type), IsEmpty()) << type.info.id;
}

TEST(Inference, SplitsComeFromTheImagesNotTheNetwork) {
    const auto& ports = learn::library("infer").entry("infer.reconstruct").info.inputs;
    ASSERT_EQ(ports.size(), 2u);
    EXPECT_FALSE(ports[0].carries_split);
    EXPECT_TRUE(ports[1].carries_split);
    EXPECT_TRUE(ports[1].many);
}

TEST(Inference, GivesWhatTheScriptGives) {
    TestContext context;
    const auto images = learn::pictures(5, 128, 128);
    const auto batch = rebuilt({images}, context).images->read(range(0, 5));
    const torch::NoGradGuard no_gradients;
    const Tensor expected =
        learn::loaded(*network()).forward({fettle::tensor_of(*images->read(range(0, 5)), {})}).toTensor();
    EXPECT_TRUE(torch::allclose(fettle::tensor_of(*batch, {}), expected, 0, 1e-6));
    EXPECT_EQ(batch->info(3).id, "picture-3");
    // On the host: the same values as bytes.
    const fettle::Image& image = batch->sample(2)->image;
    EXPECT_EQ(image.width, 128);
    EXPECT_NEAR(image.at(70, 40)[1], 255 * expected[2][1][40][70].item<float>(), 0.51);
}

TEST(Inference, IsLazyAndTakesSeveralSetsOneAfterAnother) {
    TestContext context;
    std::atomic<int> reads = 0;
    const auto first = std::make_shared<learn::Watched>(learn::pictures(3, 128, 128),
                                                        [&](std::span<const std::size_t>, std::uint32_t) { ++reads; });
    const auto second = fettle::select_images(learn::pictures(4, 128, 128), {3, 2},
                                              [](fettle::SampleInfo& info) { info.split = fettle::Split::test; });
    const auto out = rebuilt({fettle::ValueRef(first), fettle::ValueRef(second)}, context);
    EXPECT_EQ(reads, 0);
    ASSERT_EQ(out.images->size(), 5u);
    ASSERT_EQ(out.originals->size(), 5u);
    EXPECT_EQ(out.images->info(2).split, fettle::Split::train);
    EXPECT_EQ(out.images->info(3).id, "picture-3");
    EXPECT_EQ(out.images->info(3).split, fettle::Split::test);
    const auto batch = out.images->read(range(0, 5));
    EXPECT_EQ(batch->info(4).split, fettle::Split::test);
    EXPECT_EQ(out.originals->read(range(3, 1))->sample(0)->image, learn::picture(3, 128, 128));
    EXPECT_EQ(reads, 1);
}

TEST(Inference, AndSimilarityGiveTheSameBitsWithOneThreadAndTwo) {
    const auto planes = [](int threads, const char* similarity) {
        TestContext context({}, 1, threads);
        const auto out = rebuilt({learn::pictures(40, 128, 128, /*hole=*/true)}, context);
        auto& plugin = learn::library("similarity");
        const auto stage = plugin.make(similarity);
        const auto maps = std::dynamic_pointer_cast<const fettle::Maps>(
            plugin.run(similarity, *stage, {{"reference", {out.originals}}, {"candidate", {out.images}}}, context)
                .at("maps"));
        std::vector<std::vector<float>> values;
        fettle::for_each_batch(*maps, 16, [&](std::size_t, const fettle::Batch& batch) {
            for (std::size_t i = 0; i < batch.size(); ++i) values.push_back(batch.plane(i).values);
        });
        return values;
    };
    for (const char* similarity : {"similarity.ssim", "similarity.l2", "similarity.gradient_magnitude",
                                   "similarity.multiscale_gradient_magnitude",
                                   "similarity.local_normalised_correlation", "similarity.colour_difference"}) {
        const auto alone = planes(1, similarity), pair = planes(2, similarity);
        ASSERT_EQ(alone.size(), 40u);
        for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i], pair[i]) << similarity << " of image " << i;
    }
}

TEST(Inference, ABatchThatMemoryDoesNotHoldSaysWhatTakesLess) {
    torch::jit::Module hungry("M");
    hungry.define(
        "def forward(self, x):\n"
        "    assert x.size(0) == 1, 'DefaultCPUAllocator: not enough memory'\n"
        "    return x\n");
    std::ostringstream bytes;
    hungry.save(bytes);
    auto net = std::make_shared<fettle::Network>(*network());
    net->script = bytes.str();
    TestContext context;
    const auto out = rebuilt({learn::pictures(20, 128, 128)}, context, net);
    const auto error = learn::error_of([&] { out.images->read(range(0, 16)); });
    EXPECT_EQ(error.fault(), fettle::Fault::memory);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("16 images of 128x128"), HasSubstr("doesn't fit into memory")));
    EXPECT_THAT(error.help(), HasSubstr("fewer --threads"));
    EXPECT_EQ(out.images->read(range(3, 1))->size(), 1u);
}

TEST(Inference, TakesWhatItWantsOfANetworkThatGivesMore) {
    torch::jit::Module more("M");
    more.define("def forward(self, x):\n    return x * 0.5, x.mean()\n");
    std::ostringstream bytes;
    more.save(bytes);
    auto net = std::make_shared<fettle::Network>(*network());
    net->script = bytes.str();
    TestContext context;
    const auto out = rebuilt({learn::pictures(9, 128, 128)}, context, net);
    const Tensor given = fettle::tensor_of(*out.images->read(range(0, 9)), {});
    const Tensor shown = fettle::tensor_of(*out.originals->read(range(0, 9)), {});
    EXPECT_TRUE(learn::same_bits(given, shown * 0.5));

    torch::jit::Module fewer("M");
    fewer.define("def forward(self, x):\n    return x.mean(0, keepdim=True)\n");
    std::ostringstream others;
    fewer.save(others);
    net = std::make_shared<fettle::Network>(*net);
    net->script = others.str();
    const auto none = rebuilt({learn::pictures(9, 128, 128)}, context, net);
    EXPECT_THAT(learn::error_of([&] { none.images->read(range(0, 9)); }).what(),
                HasSubstr("doesn't give one image for each"));
}

TEST(Inference, RepeatsToTheBit) {
    TestContext context;
    const auto out = rebuilt({learn::pictures(16, 128, 128)}, context);
    const Tensor first = fettle::tensor_of(*out.images->read(range(0, 16)), {});
    for (int again = 0; again < 3; ++again)
        EXPECT_TRUE(learn::same_bits(first, fettle::tensor_of(*out.images->read(range(0, 16)), {})));
}

TEST(Inference, SaysBothSizesWhereTheyDiffer) {
    TestContext context;
    const auto out = rebuilt({learn::pictures(3, 96, 112)}, context);
    const auto error = learn::error_of([&] { out.images->read(range(0, 1)); });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("`picture-0` is 96x112"), HasSubstr("128x128")));
}

TEST(Inference, SaysWhereTheNetworkIsNone) {
    TestContext context;
    for (const std::string& script : {std::string(), std::string("no archive"), network()->script.substr(0, 5000)}) {
        auto broken = std::make_shared<fettle::Network>(*network());
        broken->script = script;
        const auto out = rebuilt({learn::pictures(2, 128, 128)}, context, broken);
        for (int again = 0; again < 2; ++again)  // the second reader is told too
            EXPECT_EQ(learn::error_of([&] { out.images->read(range(0, 1)); }).fault(), fettle::Fault::data);
    }
}

}  // namespace
