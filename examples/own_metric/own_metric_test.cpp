#include "own_metric.cpp"

#include <fettle/testing.hpp>

#include <gtest/gtest.h>

namespace {

FETTLE_CONFORMS(Charbonnier)

TEST(Charbonnier, IsZeroWhereImagesAreEqual) {
    torch::manual_seed(1);
    const auto image = torch::rand({2, 3, 8, 8});
    EXPECT_EQ(Charbonnier().compare(image, image).abs().max().item<float>(), 0);
}

TEST(Charbonnier, ChangesFromSquareToAbsolute) {
    Charbonnier metric;
    metric.epsilon = 0.3;
    const auto black = torch::zeros({1, 3, 4, 4});
    const auto map = metric.compare(black, torch::full_like(black, 0.4));
    EXPECT_EQ(map.sizes(), (std::vector<std::int64_t>{1, 1, 4, 4}));
    EXPECT_NEAR(map.max().item<float>(), 0.2, 1e-6);  // sqrt(0.16 + 0.09) - 0.3
}

TEST(Charbonnier, CanBeALoss) {
    const auto reference = torch::rand({1, 3, 4, 4}), candidate = torch::rand({1, 3, 4, 4}).requires_grad_();
    Charbonnier().compare(reference, candidate).mean().backward();
    EXPECT_GT(candidate.grad().abs().sum().item<float>(), 0);
}

}  // namespace
