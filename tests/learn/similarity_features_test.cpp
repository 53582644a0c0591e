// Distances of a frozen network's features, which Python made and Python computes as well.
#include "similarity.hpp"

namespace {

using fettle::Tensor;
using ::testing::HasSubstr;

/// A network that a test hands to the stage: whatever a function says of the images.
class Given final : public fettle::Pretrained {
   public:
    using Function = std::function<std::vector<Tensor>(const Tensor&)>;
    explicit Given(Function function) : function_(std::move(function)) {}

    std::vector<Tensor> features(const Tensor& images) const override { return function_(images); }
    fettle::Network network(fettle::Context&) const override { return {}; }

   private:
    Function function_;
};

std::shared_ptr<fettle::Similarity> distance_by(const Given::Function& function) {
    return std::dynamic_pointer_cast<fettle::Similarity>(
        learn::library("similarity")
            .make("similarity.feature_distance", {}, {{"network", std::make_shared<Given>(function)}}));
}

/// A module of TorchScript as a feature extractor: a tensor or a tuple of them.
std::vector<Tensor> outputs_of(torch::jit::Module& module, const Tensor& images) {
    const auto out = module.forward({images});
    if (out.isTensor()) return {out.toTensor()};
    std::vector<Tensor> layers;
    for (const auto& each : out.toTupleRef().elements()) layers.push_back(each.toTensor());
    return layers;
}

constexpr const char* network_in_python = R"(
import sys, torch
import torch.nn.functional as F
folder = sys.argv[1] + '/'
class Layers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.second = torch.nn.Conv2d(8, 12, 3, stride=2, padding=1)
    def forward(self, x):
        a = F.relu(self.first(x))
        return a, self.second(a)
torch.manual_seed(4)
net = Layers().double().eval()
torch.jit.script(net).save(folder + 'net.pt')
x, y = (torch.from_numpy(__import__('numpy').fromfile(folder + n)).view(2, 3, 24, 32) for n in 'xy')
total = 0
for a, b in zip(net(x), net(y)):
    d = (F.normalize(a, dim=1) - F.normalize(b, dim=1)).pow(2).sum(1, keepdim=True)
    total = total + F.interpolate(d, size=(24, 32), mode='bilinear', align_corners=False)
total.detach().numpy().tofile(folder + 'out')
)";

TEST(FeatureDistance, IsThatOfPyTorchForANetworkThatPythonMade) {
    const std::string modules = "numpy, torch";
    if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has NumPy and PyTorch";
    torch::manual_seed(1);
    const Tensor x = torch::rand({2, 3, 24, 32}, torch::kFloat64), y = torch::rand_like(x);
    const learn::Folder folder;
    learn::write_numbers(folder.path / "x", x);
    learn::write_numbers(folder.path / "y", y);
    support::run_python(folder.path, network_in_python, modules);
    auto module = torch::jit::load((folder.path / "net.pt").string());
    const auto distance = distance_by([&](const Tensor& images) { return outputs_of(module, images); });
    const Tensor ours = distance->compare(x, y);
    ASSERT_EQ(ours.sizes(), (std::vector<std::int64_t>{2, 1, 24, 32}));
    EXPECT_LT((ours.flatten() - learn::read_numbers(folder.path / "out")).abs().max().item<double>(), 1e-8);
    EXPECT_EQ(distance->compare(x, x).abs().max().item<double>(), 0);
    EXPECT_TRUE(torch::allclose(ours, distance->compare(y, x)));
    for (auto parameter : module.parameters()) parameter.requires_grad_(false);
    learn::expect_gradient([&](const Tensor& a, const Tensor& b) { return distance->compare(a, b); }, {x, y}, 97);
}

TEST(FeatureDistance, SeesDirectionsAlone) {
    const auto distance = distance_by([](const Tensor& images) { return std::vector<Tensor>{images}; });
    torch::manual_seed(2);
    const Tensor x = torch::rand({1, 5, 8, 8}, torch::kFloat64) + 0.1;
    EXPECT_LT(distance->compare(x, 3 * x).max().item<double>(), 1e-8);
    EXPECT_NEAR(distance->compare(x, -x).max().item<double>(), 4, 1e-8);
}

TEST(FeatureDistance, HasADefinedAnswerWhereNoFeatureResponds) {
    const auto distance = distance_by([](const Tensor& images) { return std::vector<Tensor>{torch::relu(images)}; });
    const Tensor silent = torch::full({1, 3, 4, 4}, -1.0), loud = torch::full({1, 3, 4, 4}, 1.0);
    Tensor learnt = silent.clone().requires_grad_(true);
    const Tensor map = distance->compare(silent, learnt);
    EXPECT_EQ(map.max().item<float>(), 0);
    map.mean().backward();
    EXPECT_TRUE(torch::isfinite(learnt.grad()).all().item<bool>());
    EXPECT_NEAR(distance->compare(silent, loud).max().item<float>(), 1, 1e-6);
}

TEST(FeatureDistance, SaysWhichFeaturesItCanNotPlace) {
    const Tensor x = torch::rand({2, 3, 8, 8});
    const auto vectors = distance_by([](const Tensor& images) { return std::vector<Tensor>{images.mean({2, 3})}; });
    const auto error = learn::error_of([&] { vectors->compare(x, x); });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_EQ(error.parameter(), "network");
    EXPECT_THAT(error.what(), HasSubstr("features of 2 x 3 for 2 images"));
    const auto nothing = distance_by([](const Tensor&) { return std::vector<Tensor>{}; });
    EXPECT_THAT(learn::error_of([&] { nothing->compare(x, x); }).what(), HasSubstr("no features"));
    EXPECT_THAT(learn::error_of([&] { nothing->compare(x, x.narrow(2, 0, 7)); }).what(),
                AllOf(HasSubstr("8x8"), HasSubstr("8x7")));
}

}  // namespace
