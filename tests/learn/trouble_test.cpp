// Trainings that can't be: what is said, and what is left behind.
#include "learn.hpp"

#include "python.hpp"

namespace {

using fettle::Fault;
using fettle::Tensor;
using learn::Folder;
using learn::Settings;
using learn::TestContext;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A network that runs out of memory, or fails otherwise, on batches of more than `most` images.
struct Hungry final : fettle::Autoencoder {
    enum class How { allocator, torch, both_differ };
    struct Net final : fettle::ReconstructionNet {
        Net(std::int64_t most, bool by_torch) : most(most), by_torch(by_torch) {
            register_parameter("one", torch::ones({1}));
        }
        Tensor forward(Tensor images) override {
            if (images.size(0) > most) {
                if (!by_torch) throw std::bad_alloc();
                TORCH_CHECK(false, "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory");
            }
            return images * parameters().front();
        }
        std::int64_t most;
        bool by_torch;
    };
    Hungry(std::int64_t most, bool by_torch) : most(most), by_torch(by_torch) {}
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape&) const override {
        return std::make_shared<Net>(most, by_torch);
    }
    std::int64_t most;
    bool by_torch;
};

fettle::Error failure(const fettle::Ref<fettle::Images>& images, const Settings& settings,
                      const std::shared_ptr<fettle::Component>& model = learn::small_model(),
                      const fettle::Ref<fettle::Images>& calibrate = nullptr) {
    const Folder folder;
    TestContext context(folder.path);
    std::map<std::string, std::vector<fettle::ValueRef>> inputs{{"inputs", {images}}, {"targets", {images}}};
    if (calibrate) inputs["calibrate"] = {calibrate};
    return learn::error_of([&] {
        learn::trained(inputs, context, settings, {{"model", {model}}, {"loss", learn::usual_loss()}});
    });
}

TEST(Trouble, OutOfMemoryNamesABatchThatFits) {
    for (const bool by_torch : {true, false}) {
        const auto error = failure(learn::pictures(40), {{"batch", 40}}, std::make_shared<Hungry>(12, by_torch));
        EXPECT_EQ(error.fault(), Fault::memory);
        EXPECT_EQ(error.parameter(), "batch");
        EXPECT_THAT(error.what(), HasSubstr("40 images of 32x32 doesn't fit"));
        EXPECT_THAT(error.help(), HasSubstr("batch = 10"));
    }
    const auto none = failure(learn::pictures(4), {}, std::make_shared<Hungry>(0, true));
    EXPECT_EQ(none.fault(), Fault::memory);
    EXPECT_THAT(none.help(), HasSubstr("smaller images"));
}

/// One that fits at first: memory went elsewhere in the meantime.
struct Growing final : fettle::Autoencoder {
    struct Net final : fettle::ReconstructionNet {
        Net() { register_parameter("one", torch::ones({1})); }
        Tensor forward(Tensor images) override {
            if (++passes > 4) throw std::bad_alloc();
            return images * parameters().front();
        }
        int passes = 0;
    };
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape&) const override {
        return std::make_shared<Net>();
    }
};

TEST(Trouble, OutOfMemoryLaterSaysWhereAndHalvesTheBatch) {
    const auto error = failure(learn::pictures(8), {{"batch", 4}}, std::make_shared<Growing>());
    EXPECT_EQ(error.fault(), Fault::memory);
    EXPECT_THAT(error.what(), HasSubstr("epoch 3, batch 1 of 2"));
    EXPECT_THAT(error.help(), HasSubstr("batch = 2"));
}

TEST(Trouble, PatienceNeedsCalibrationImages) {
    const auto unconnected = failure(learn::pictures(8), {{"patience", 3}});
    EXPECT_EQ(unconnected.parameter(), "patience");
    EXPECT_THAT(unconnected.what(), HasSubstr("nothing is connected"));
    EXPECT_THAT(unconnected.help(), HasSubstr("`in.calibrate`"));
    const auto empty = failure(learn::pictures(8), {{"patience", 3}}, learn::small_model(), learn::pictures(0));
    EXPECT_EQ(empty.parameter(), "patience");
    EXPECT_THAT(empty.what(), HasSubstr("no image there"));
}

TEST(Trouble, CalibrationImagesHaveTheSizeOfTheOthers) {
    const auto error = failure(learn::pictures(8), {}, learn::small_model(), learn::pictures(4, 32, 40));
    EXPECT_EQ(error.fault(), Fault::shape);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("`picture-0`"), HasSubstr("32x40"), HasSubstr("32x32")));
}

TEST(Trouble, DamagedCalibrationImagesAreNoMeasureOfReconstruction) {
    const auto anomalous = fettle::select_images(learn::pictures(4), {0, 1, 2, 3}, [](fettle::SampleInfo& info) {
        if (info.id == "picture-2") info.label = fettle::Label::anomalous;
    });
    const auto error = failure(learn::pictures(8), {}, learn::small_model(), anomalous);
    EXPECT_EQ(error.fault(), Fault::data);
    EXPECT_THAT(error.what(), HasSubstr("`picture-2`"));
}

TEST(Trouble, ABatchBeyondTheSetAndAWarmUpBeyondTheEndAreSaid) {
    const Folder folder;
    TestContext context(folder.path);
    learn::trained(learn::pictures(5), learn::pictures(5), context, {{"batch", 64}, {"warm_up", 100}});
    ASSERT_EQ(context.warnings().size(), 2u);
    EXPECT_THAT(context.warnings()[0], HasSubstr("`batch` is 64 and there are 5 images"));
    EXPECT_THAT(context.warnings()[1], AllOf(HasSubstr("4 steps"), HasSubstr("100")));
}

TEST(Trouble, ASingleValuePerChannelIsSaidInWords) {
    const auto error =
        failure(learn::pictures(1, 16, 16), {}, learn::make<fettle::Autoencoder>("model.autoencoder", {{"depth", 4}}));
    EXPECT_EQ(error.fault(), Fault::shape);
    EXPECT_THAT(error.what(), HasSubstr("batch norm needs more than one value per channel"));
    EXPECT_THAT(error.help(), HasSubstr("more than one image"));
}

/// Python finds in the file what the step was fed with.
TEST(Trouble, TheBatchWhoseLossIsNotFiniteIsLeftForPython) {
    const Folder folder;
    TestContext context(folder.path);
    const auto error = learn::error_of([&] {
        learn::trained(learn::pictures(8), learn::pictures(8), context, {{"learning_rate", 1e30}, {"warm_up", 0}});
    });
    const auto file = folder.path / "checkpoint" / "not-finite.pt";
    ASSERT_TRUE(std::filesystem::exists(file));
    EXPECT_THAT(error.help(), HasSubstr(file.string()));
    if (!support::has_python("torch")) GTEST_SKIP() << "no python3 with torch is here to read the batch with";
    support::run_python(folder.path, R"(
import math, sys
import torch
lesson = torch.load(sys.argv[1] + "/checkpoint/not-finite.pt", weights_only=False)
assert lesson["inputs"].shape == lesson["targets"].shape == (4, 3, 32, 32)
assert 0 <= lesson["inputs"].min() and lesson["inputs"].max() <= 1
assert len(lesson["samples"]) == 4 and all(name.startswith("picture-") for name in lesson["samples"])
assert not all(math.isfinite(lesson[key]) for key in lesson if key.startswith("loss "))
)",
                        "torch");
}

/// Images that turn bad in the last step of all.
struct Poisoned final : fettle::Autoencoder {
    struct Net final : fettle::ReconstructionNet {
        Net() : one(register_parameter("one", torch::ones({1}))) {}
        Tensor forward(Tensor images) override {
            const bool last = is_training() && ++passes == 8;
            return last ? images * (one + 0 * (one - 1).abs().sqrt()) : images * one;  // the root's slope at 0 is none
        }
        Tensor one;
        int passes = 0;
    };
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape&) const override {
        return std::make_shared<Net>();
    }
};

TEST(Trouble, WeightsThatAreNotFiniteAreNotHandedOn) {
    // The targets are the inputs and the factor is 1: nothing moves until the last step's gradient is none.
    const auto error = failure(learn::pictures(8), {}, std::make_shared<Poisoned>());
    EXPECT_EQ(error.fault(), Fault::numeric);
    EXPECT_THAT(error.what(), HasSubstr("last step"));
}

}  // namespace
