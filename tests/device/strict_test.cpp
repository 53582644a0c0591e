// Whether the stand-in is as strict as it says: what would go unnoticed otherwise.
#include "stand_in.hpp"

#include <fettle/transfer.hpp>

#include <gtest/gtest.h>

namespace {

struct StandIn : testing::Test {
    void SetUp() override {
        if (!stand_in::missing().empty()) GTEST_SKIP() << stand_in::missing();
    }
    torch::Tensor here = torch::rand({2, 3, 8, 8});
};

TEST_F(StandIn, IsADeviceLikeAnyOther) {
    EXPECT_TRUE(torch::cuda::is_available());
    const torch::Tensor there = here.cuda();
    EXPECT_TRUE(there.is_cuda());
    EXPECT_TRUE((there * 2).is_cuda());
    EXPECT_TRUE(torch::equal((there * 2).cpu(), here * 2));
    EXPECT_TRUE(torch::arange(5, there.options()).is_cuda());
    torch::Tensor part = there[1];
    part.zero_();
    EXPECT_EQ(there[1].abs().max().item<float>(), 0);
    EXPECT_TRUE(torch::equal(there[0].cpu(), here[0]));
}

TEST_F(StandIn, RefusesTensorsOfTwoDevicesAtOnce) {
    const torch::Tensor there = here.cuda();
    EXPECT_THROW(there + here, c10::Error);
    EXPECT_THROW(torch::cat({there, here}), c10::Error);
    EXPECT_THROW(torch::where(there > 0.5, there, here), c10::Error);
    EXPECT_NO_THROW(there + torch::tensor(1.0));  // a number may be anywhere
}

TEST_F(StandIn, NewMemoryIsNoZero) { EXPECT_TRUE(torch::empty({4}, torch::kCUDA).isnan().all().item<bool>()); }

TEST_F(StandIn, ACopyThatNobodyWaitedForIsNotThere) {
    const fettle::Transfer transfer(torch::Device(torch::kCUDA, 0));
    torch::Tensor there = here;
    const fettle::Arrival arrival = transfer.send({&there});
    EXPECT_TRUE(there.isnan().all().item<bool>());
    arrival.wait({there});
    EXPECT_TRUE(torch::equal(there.cpu(), here));
}

}  // namespace
