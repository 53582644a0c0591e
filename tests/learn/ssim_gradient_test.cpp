// The gradients of similarity.ssim and similarity.multiscale_ssim, which its kernel makes itself.
#include "ssim.hpp"

namespace {

using namespace ssim_tests;
using learn::Settings;

const char* const single = "similarity.ssim";
const char* const multiscale = "similarity.multiscale_ssim";

/// Gradients of `loss` with respect to both images, or to those that are asked for.
template <class Loss>
std::vector<Tensor> gradients(std::vector<Tensor> images, const Loss& loss, bool reference = true,
                              bool candidate = true) {
    images[0] = images[0].detach().requires_grad_(reference);
    images[1] = images[1].detach().requires_grad_(candidate);
    loss(images[0], images[1]).backward();
    return {images[0].grad(), images[1].grad()};
}

double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

const auto mean_of_map = [](const Tensor& a, const Tensor& b) { return compare(single, a, b).mean(); };

TEST(SsimGradient, IsThatOfFiniteDifferences) {
    for (const Settings& settings : std::vector<Settings>{
             {}, {{"window", 5}, {"sigma", 1}}, {{"variant", "scikit"}}, {{"variant", "torchmetrics"}, {"sigma", 0.9}}})
        learn::expect_gradient([&](const Tensor& a, const Tensor& b) { return compare(single, a, b, settings); },
                               noise({2, 2, 14, 13}, 21));
}

TEST(SsimGradient, OfSeveralScalesIsThatOfFiniteDifferences) {
    const Settings settings{{"scales", 3}, {"window", 3}, {"sigma", 0.8}};
    learn::expect_gradient([&](const Tensor& a, const Tensor& b) { return compare(multiscale, a, b, settings); },
                           noise({2, 2, 15, 12}, 22));
}

/// Where contrast is negative the product is 0, and its gradient is, too: not infinite, not NaN.
TEST(SsimGradient, OfSeveralScalesIsFiniteWhereAProductIsZero) {
    auto images = noise({1, 1, 30, 30}, 23);
    images[1] = 1 - images[0];
    const auto found = gradients(images, [](const Tensor& a, const Tensor& b) {
        return compare(multiscale, a, b, {{"scales", 2}}).mean();
    });
    EXPECT_EQ(found[0].abs().max().item<double>(), 0);
    EXPECT_EQ(found[1].abs().max().item<double>(), 0);
}

TEST(SsimGradient, IsThatOfMatrixProducts) {
    const auto images = noise({3, 3, 40, 37}, 24);
    const auto ours = gradients(images, mean_of_map);
    const auto theirs = gradients(images, [](const Tensor& a, const Tensor& b) { return by_matrices(a, b).mean(); });
    EXPECT_LT(apart(ours[0], theirs[0]), 1e-15);
    EXPECT_LT(apart(ours[1], theirs[1]), 1e-15);
    const auto singles = noise({3, 3, 40, 37}, 24);
    const auto coarse = gradients({singles[0].to(torch::kFloat32), singles[1].to(torch::kFloat32)}, mean_of_map);
    EXPECT_LT(apart(coarse[1], theirs[1]), 1e-6 * theirs[1].abs().max().item<double>());
}

/// Losses that aren't the mean: a factor, one per image, one per pixel, and pixels left out.
TEST(SsimGradient, IsThatOfAnyLossOfTheMap) {
    const auto images = noise({3, 3, 40, 37}, 25);
    const Tensor weights = torch::rand({3, 1, 30, 27}, torch::kFloat64);
    const std::vector<std::function<Tensor(const Tensor&)>> losses{
        [](const Tensor& map) { return (0.3 * map).mean(); },
        [](const Tensor& map) { return map.sum(); },
        [](const Tensor& map) {
            return map.mean({1, 2, 3}).square().sum();
        },
        [&](const Tensor& map) { return (weights * map).sum(); },
        [&](const Tensor& map) { return (weights.transpose(2, 3) * map.transpose(2, 3)).sum(); },
        [](const Tensor& map) { return map.slice(2, 3, 9).max(); }};
    for (std::size_t k = 0; k < losses.size(); ++k) {
        const auto ours =
            gradients(images, [&](const Tensor& a, const Tensor& b) { return losses[k](compare(single, a, b)); });
        const auto theirs =
            gradients(images, [&](const Tensor& a, const Tensor& b) { return losses[k](by_matrices(a, b)); });
        const double largest = theirs[1].abs().max().item<double>();
        EXPECT_LT(apart(ours[0], theirs[0]), 1e-11 * largest) << "loss " << k;
        EXPECT_LT(apart(ours[1], theirs[1]), 1e-11 * largest) << "loss " << k;
    }
}

TEST(SsimGradient, IsMadeForThoseThatNeedIt) {
    const auto images = noise({2, 3, 30, 31}, 26);
    const auto both = gradients(images, mean_of_map);
    const auto first = gradients(images, mean_of_map, true, false),
               second = gradients(images, mean_of_map, false, true);
    EXPECT_LT(apart(first[0], both[0]), 1e-17);
    EXPECT_LT(apart(second[1], both[1]), 1e-17);
    EXPECT_FALSE(first[1].defined());
    EXPECT_FALSE(second[0].defined());
    const torch::NoGradGuard no_gradients;
    EXPECT_FALSE(compare(single, images[0].detach().requires_grad_(true), images[1]).requires_grad());
}

/// A network's output lies channels-last; so does the gradient that it gets.
TEST(SsimGradient, LiesAsItsImageDoes) {
    const auto images = noise({2, 3, 40, 37}, 27, torch::kFloat32);
    const auto last = images[1].contiguous(at::MemoryFormat::ChannelsLast);
    const auto plain = gradients(images, mean_of_map), mixed = gradients({images[0], last}, mean_of_map);
    EXPECT_TRUE(mixed[1].is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(mixed[0].is_contiguous());
    EXPECT_TRUE(torch::equal(mixed[0], plain[0]));
    EXPECT_TRUE(torch::equal(mixed[1], plain[1]));
}

TEST(SsimGradient, HasTheSameBitsWithOneThreadAndTwo) {
    const auto images = noise({3, 3, 200, 61}, 28, torch::kFloat32);
    const auto found = [&](int threads) {
        return with_threads(threads, [&] { return gradients(images, mean_of_map); });
    };
    const auto one = found(1), two = found(2);
    EXPECT_TRUE(torch::equal(one[0], two[0]));
    EXPECT_TRUE(torch::equal(one[1], two[1]));
    const auto alone = gradients({images[0].slice(0, 1, 2), images[1].slice(0, 1, 2)},
                                 [](const Tensor& a, const Tensor& b) { return compare(single, a, b).mean() / 3; });
    EXPECT_LT(apart(alone[1], one[1].slice(0, 1, 2)), 1e-9);
}

/// The way back can be gone twice, and the second gradient is added to the first.
TEST(SsimGradient, CanBeTakenAgain) {
    auto images = noise({2, 3, 30, 31}, 29);
    images[1].requires_grad_(true);
    const Tensor map = compare(single, images[0], images[1]);
    map.mean().backward({}, /*retain_graph=*/true);
    const Tensor once = images[1].grad().clone();
    map.mean().backward({}, /*retain_graph=*/true);
    EXPECT_LT(apart(images[1].grad(), 2 * once), 1e-17);
    (map * map).mean().backward();
    EXPECT_GT(apart(images[1].grad(), 2 * once), 1e-9);
}

/// A gradient of the gradient's norm, as penalties have it.
TEST(SsimGradient, HasAGradientOfItsOwn) {
    const auto norm = [](const Tensor& a, const Tensor& b) {
        Tensor image = b.requires_grad() ? b : b.detach().requires_grad_(true);
        return torch::autograd::grad({compare(single, a, image, {{"window", 5}}).mean()}, {image}, {},
                                     /*retain_graph=*/true, /*create_graph=*/true)[0]
            .square()
            .sum();
    };
    auto images = noise({1, 1, 8, 9}, 30);
    Tensor image = images[1].detach().requires_grad_(true);
    norm(images[0], image).backward();
    constexpr double step = 1e-6;
    double* const values = images[1].data_ptr<double>();
    for (int i = 0; i < images[1].numel(); i += 5) {
        const double kept = values[i];
        values[i] = kept + step;
        const double above = norm(images[0], images[1]).item<double>();
        values[i] = kept - step;
        const double below = norm(images[0], images[1]).item<double>();
        values[i] = kept;
        EXPECT_NEAR(image.grad().flatten()[i].item<double>(), (above - below) / (2 * step), 1e-7) << "element " << i;
    }
}

/// Map and gradients from the GPU's kernels, where there are some: all variants that are compiled.
TEST(SsimGradient, IsTheSameOnCuda) {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch sees no GPU here to compare on";
    for (const auto precision : {torch::kFloat32, torch::kFloat64})
        for (const bool both : {true, false}) {  // as a loss it is asked for the candidate's gradient alone
            const auto images = noise({3, 3, 70, 61}, 32, precision);
            const std::vector<Tensor> there{images[0].cuda(),
                                            images[1].cuda().contiguous(at::MemoryFormat::ChannelsLast)};
            const double least = precision == torch::kFloat32 ? 1e-6 : 1e-13;
            EXPECT_LT(apart(compare(single, there[0], there[1]).cpu(), compare(single, images[0], images[1])), least);
            const auto here = gradients(images, mean_of_map, both), found = gradients(there, mean_of_map, both);
            const double largest = here[1].abs().max().item<double>();
            for (const std::size_t image : both ? std::vector<std::size_t>{0, 1} : std::vector<std::size_t>{1})
                EXPECT_LT(apart(found[image].cpu(), here[image]), 10 * least * largest) << image;
        }
}

TEST(SsimGradient, NoticesThatAnImageWasChanged) {
    auto images = noise({1, 1, 20, 20}, 31);
    Tensor image = images[1].detach().requires_grad_(true) * 1;
    const Tensor loss = compare(single, images[0], image).mean();
    image.add_(1);
    EXPECT_THROW(loss.backward(), c10::Error);
}

}  // namespace
