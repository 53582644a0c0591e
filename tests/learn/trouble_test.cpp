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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

/// A network that learns, and makes nothing of an image as it evaluates.
struct Blind final : fettle::Autoencoder {
    struct Net final : fettle::ReconstructionNet {
        Net() { register_parameter("one", torch::ones({1})); }
        Tensor forward(Tensor images) override {
            images = images * parameters().front();
            return is_training() ? images : (images - images) / (images - images);
        }
    };
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape&) const override {
        return std::make_shared<Net>();
    }
};

TEST(Trouble, ANetworkThatMakesNoNumbersIsNotHandedOn) {
    const auto error = failure(learn::pictures(8), {}, std::make_shared<Blind>());
    EXPECT_EQ(error.fault(), Fault::numeric);
    EXPECT_EQ(error.parameter(), "learning_rate");
    EXPECT_THAT(error.what(), AllOf(HasSubstr("not finite"), HasSubstr("`picture-0`")));
}

TEST(Trouble, ACalibrationLossThatIsNotFiniteEndsTheTraining) {
    for (const int patience : {0, 1}) {
        const auto error =
            failure(learn::pictures(8), {{"patience", patience}}, std::make_shared<Blind>(), learn::pictures(3));
        EXPECT_EQ(error.fault(), Fault::numeric);
        EXPECT_EQ(error.parameter(), "learning_rate");
        EXPECT_THAT(error.what(), HasSubstr("the loss on `in.calibrate` is not finite after epoch 1: loss 2"));
    }
}

TEST(Trouble, ARateBeyondSinglePrecisionIsSaidBeforeTheTraining) {
    const auto error = failure(learn::pictures(8), {{"learning_rate", 1e38}, {"warm_up", 0}});
    EXPECT_EQ(error.fault(), Fault::numeric);
    EXPECT_EQ(error.parameter(), "learning_rate");
    EXPECT_THAT(error.what(), HasSubstr("1e+38"));
    // What is allowed may diverge, and takes its steps.
    const auto allowed = failure(learn::pictures(8), {{"learning_rate", 3e37}, {"warm_up", 0}});
    EXPECT_THAT(allowed.what(), HasSubstr("not finite"));
}

TEST(Trouble, TheSmallestBatchIsTriedToo) {
    std::atomic<std::size_t> reads = 0;
    const auto images = std::make_shared<learn::Watched>(learn::pictures(5, 16, 16),
                                                         [&](std::span<const std::size_t>, std::uint32_t) { ++reads; });
    const auto deep = learn::make<fettle::Autoencoder>("model.autoencoder", {{"depth", 4}});
    const auto error = failure(images, {{"batch", 2}}, deep);
    EXPECT_EQ(error.fault(), Fault::shape);
    EXPECT_EQ(error.parameter(), "batch");
    EXPECT_THAT(error.what(), AllOf(HasSubstr("16x16 in batches of 1"), HasSubstr("batch norm needs more than one")));
    EXPECT_THAT(error.help(), HasSubstr("batches of 2 and of 1: with a larger `batch`"));
    EXPECT_EQ(reads, 1u) << "the one image that is tried";
    // Batches of 3 and 2.
    const Folder folder;
    TestContext context(folder.path);
    EXPECT_NO_THROW(learn::trained(images, images, context, {{"batch", 3}}, deep));
}

/// The warnings of a training of `epochs` epochs in 2 steps each; `stop` breaks it off after a step first.
std::vector<std::string> warned(double rate, int epochs, const std::shared_ptr<fettle::Component>& model,
                                std::size_t stop = 0) {
    const Folder folder;
    const auto run = [&](TestContext& context) {
        learn::trained(learn::pictures(8), learn::pictures(8), context,
                       {{"learning_rate", rate}, {"warm_up", 0}, {"epochs", epochs}}, model);
    };
    if (stop > 0) {
        TestContext stopped(folder.path);
        stopped.stop_after(stop);
        EXPECT_THROW(run(stopped), fettle::Interrupted);
    }
    TestContext context(folder.path);
    run(context);
    return context.warnings();
}

/// A network that asks for much while it learns.
struct Taxed final : fettle::Autoencoder {
    struct Net final : fettle::ReconstructionNet {
        explicit Net(std::shared_ptr<fettle::ReconstructionNet> inner) : inner(register_module("inner", inner)) {}
        Tensor forward(Tensor images) override { return inner->forward(std::move(images)); }
        Learnt learn(Tensor images) override { return {forward(std::move(images)), torch::full({1}, 100.0f)}; }
        std::shared_ptr<fettle::ReconstructionNet> inner;
    };
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const override {
        return std::make_shared<Net>(learn::small_model()->build(input));
    }
};

TEST(Trouble, ARateThatIsFarTooLargeIsSaidAfterAnyNumberOfEpochs) {
    for (const int epochs : {1, 2, 6})
        EXPECT_THAT(warned(100, epochs, learn::small_model()),
                    ElementsAre(AllOf(HasSubstr("learnt next to nothing"), HasSubstr("`learning_rate`"))))
            << epochs;
    const auto whole = warned(100, 2, learn::small_model());
    EXPECT_THAT(whole, ElementsAre(HasSubstr("the loss on `picture-0` was ")));
    for (const std::size_t step : {1, 3, 4}) EXPECT_EQ(warned(100, 2, learn::small_model(), step), whole) << step;
    EXPECT_THAT(warned(100, 1, std::make_shared<Taxed>()), ElementsAre(HasSubstr("the loss on `picture-0` was ")))
        << "what the network asks for itself doesn't count";
}

TEST(Trouble, AShortTrainingThatLearnsIsNotWarnedOf) {
    for (const int epochs : {1, 2, 4})
        for (const char* id : {"model.autoencoder", "model.variational_autoencoder", "model.memory_autoencoder",
                               "model.unet_autoencoder", "model.dilated_autoencoder"})
            EXPECT_THAT(warned(2e-3, epochs, learn::make<fettle::Autoencoder>(id, {{"depth", 3}})), IsEmpty())
                << id << ", " << epochs << " epochs";
}

}  // namespace
