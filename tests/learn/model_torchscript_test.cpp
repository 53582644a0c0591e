#include "learn.hpp"
#include "python.hpp"

#include <torch/serialize.h>

#include <fstream>

namespace {

using fettle::Tensor;
using learn::Settings;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A folder with programs that are written as TorchScript.
struct Programs {
    std::string save(const std::string& name, const std::string& forward,
                     const std::map<std::string, Tensor>& parameters = {}) const {
        torch::jit::Module module("M");
        module.register_attribute("training", c10::BoolType::get(), true);
        for (const auto& [key, value] : parameters) module.register_parameter(key, value, false);
        module.define(forward);
        const auto path = folder.path / name;
        module.save(path.string());
        return path.string();
    }
    learn::Folder folder;
};

fettle::Network network(const std::string& path, Settings settings = {}, std::vector<std::string>* warnings = nullptr) {
    settings.try_emplace("size", fettle::Setting::List{32, 16});
    settings["path"] = path;
    learn::TestContext context;
    const auto made = learn::make<fettle::Pretrained>("model.torchscript", settings)->network(context);
    if (warnings != nullptr) *warnings = context.warnings();
    return made;
}

std::vector<Tensor> features(const std::string& path, const Tensor& images, Settings settings = {}) {
    settings["path"] = path;
    return learn::make<fettle::Pretrained>("model.torchscript", settings)->features(images);
}

fettle::Setting three(double r, double g, double b) { return fettle::Setting::List{r, g, b}; }

TEST(TorchScript, AsAStageIsANetworkThatInferenceTakes) {
    const Programs programs;
    const auto path =
        programs.save("darker.pt", "def forward(self, x):\n    return x * self.w\n", {{"w", torch::full({1}, 0.5f)}});
    std::vector<std::string> warnings;
    const auto net = network(path, {}, &warnings);
    EXPECT_THAT(warnings, IsEmpty());
    EXPECT_EQ(net.width, 32);
    EXPECT_EQ(net.height, 16);
    EXPECT_EQ(net.channels, 3);
    EXPECT_EQ(net.parameters, 1u);
    EXPECT_FALSE(net.segments);
    EXPECT_THAT(net.architecture, HasSubstr("darker.pt"));
    ASSERT_EQ(net.lineage.size(), 1u);
    EXPECT_THAT(net.lineage.front(), HasSubstr("darker.pt"));

    const auto images = learn::pictures(3, 32, 16);
    auto& infer = learn::library("infer");
    const auto stage = infer.make("infer.reconstruct");
    learn::TestContext context;
    const auto out = infer.run("infer.reconstruct", *stage,
                               {{"network", {std::make_shared<fettle::Network>(net)}}, {"images", {images}}}, context);
    const auto made =
        std::dynamic_pointer_cast<const fettle::Images>(out.at("images"))->read(std::vector<std::size_t>{2});
    const auto expected = tensor_of(*images->read(std::vector<std::size_t>{2}), {}) / 2;
    EXPECT_LT((tensor_of(*made, {}) - expected).abs().max().item<float>(), 1e-6);
}

TEST(TorchScript, KnowsANetworkThatSegments) {
    const Programs programs;
    const auto path = programs.save("pair.pt", "def forward(self, x):\n    return x, x.mean(1, keepdim=True)\n");
    EXPECT_TRUE(network(path).segments);
}

TEST(TorchScript, NormalisesBeforeTheNetworkAndBeforeItsFeatures) {
    const Programs programs;
    const auto path = programs.save("same.pt", "def forward(self, x):\n    return torch.sigmoid(x)\n");
    const Settings settings{{"mean", three(0.485, 0.456, 0.406)}, {"deviation", three(0.229, 0.224, 0.225)}};
    const Tensor images = torch::rand({2, 3, 16, 32});
    const Tensor mean = torch::tensor({0.485, 0.456, 0.406}).view({1, 3, 1, 1}),
                 deviation = torch::tensor({0.229, 0.224, 0.225}).view({1, 3, 1, 1});
    const Tensor expected = torch::sigmoid((images - mean) / deviation);
    EXPECT_LT((features(path, images, settings).at(0) - expected).abs().max().item<float>(), 1e-6);
    auto program = learn::loaded(network(path, settings));
    EXPECT_LT((program.forward({images}).toTensor() - expected).abs().max().item<float>(), 1e-6);
    EXPECT_TRUE(learn::same_bits(learn::loaded(network(path)).forward({images}).toTensor(), torch::sigmoid(images)));
}

TEST(TorchScript, TakesEveryTensorForAFeature) {
    const Programs programs;
    const Tensor images = torch::rand({2, 3, 16, 32});
    const std::string halves = "x, torch.max_pool2d(x, [2, 2])";
    for (const auto& [name, given] :
         {std::pair{"tuple.pt", "(" + halves + ")"}, std::pair{"list.pt", "[" + halves + "]"},
          std::pair{"dictionary.pt", std::string("{'fine': x, 'coarse': torch.max_pool2d(x, [2, 2])}")}}) {
        const auto made = features(programs.save(name, "def forward(self, x):\n    return " + given + "\n"), images);
        ASSERT_EQ(made.size(), 2u) << name;
        EXPECT_EQ(made[0].size(3), 32) << name;
        EXPECT_EQ(made[1].size(3), 16) << name;
    }
}

TEST(TorchScript, ThatFindsNoMemoryIsNotSaidToTakeOtherImages) {
    const Programs programs;
    const auto path = programs.save(
        "hungry.pt", "def forward(self, x):\n    assert x.size(0) > 1, \"can't allocate memory\"\n    return x\n");
    try {
        features(path, torch::rand({1, 3, 16, 32}));
        ADD_FAILURE() << "no error was thrown";
    } catch (const fettle::Error& error) {
        ADD_FAILURE() << error.what();
    } catch (const std::exception& error) {
        EXPECT_THAT(error.what(), HasSubstr("can't allocate memory"));
    }
}

TEST(TorchScript, FeaturesAreFrozenAndLetGradientsThrough) {
    const Programs programs;
    const auto path = programs.save("weighted.pt",
                                    "def forward(self, x):\n    return torch.dropout(x * self.w, 0.5, self.training)\n",
                                    {{"w", torch::full({1}, 2.0f)}});
    const auto component = learn::make<fettle::Pretrained>("model.torchscript", {{"path", path}});
    EXPECT_FALSE(component->features(torch::rand({1, 3, 8, 8})).at(0).requires_grad());
    const Tensor images = torch::rand({1, 3, 8, 8}).requires_grad_(true);
    component->features(images).at(0).sum().backward();
    EXPECT_TRUE(learn::same_bits(images.grad(), torch::full({1, 3, 8, 8}, 2.0f)));  // no dropout: it evaluates
}

TEST(TorchScript, RefusesWhatIsNone) {
    const Programs programs;
    const auto text = programs.folder.path / "notes.pt";
    std::ofstream(text) << "not a network\n";
    const auto weights = programs.folder.path / "weights.pt";
    {
        const auto bytes = torch::pickle_save(torch::rand({3}));  // what torch.save makes of a tensor
        std::ofstream(weights, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    const auto whole = programs.save("whole.pt", "def forward(self, x):\n    return x\n");
    const auto cut = programs.folder.path / "cut.pt";
    std::filesystem::copy_file(whole, cut);
    std::filesystem::resize_file(cut, std::filesystem::file_size(whole) / 2);
    for (const auto& path : {text, weights, cut}) {
        const auto error = learn::error_of([&] { network(path.string()); });
        EXPECT_EQ(error.fault(), fettle::Fault::data) << path;
        EXPECT_EQ(error.parameter(), "path");
        EXPECT_THAT(error.what(), AllOf(HasSubstr("`" + path.filename().string() + "`"), HasSubstr("TorchScript")));
        EXPECT_EQ(std::string(error.what()).find("Exception raised"), std::string::npos) << error.what();
        EXPECT_THAT(error.help(), HasSubstr("torch.jit"));
    }
}

TEST(TorchScript, NamesTheSizeThatItWants) {
    const Programs programs;
    const auto path = programs.save(
        "fixed.pt", "def forward(self, x):\n    return x.reshape([-1, 3, 64, 64]) + torch.zeros([1, 3, 64, 64])\n");
    // 32 x 16 images of 3 channels fill an eighth of it.
    const auto error = learn::error_of([&] { network(path, {{"size", fettle::Setting::List{30, 30}}}); });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("`fixed.pt`"), HasSubstr("1 x 3 x 30 x 30")));
    EXPECT_THAT(error.help(), HasSubstr("64x64"));
    EXPECT_NO_THROW(network(path, {{"size", fettle::Setting::List{64, 64}}}));
}

TEST(TorchScript, NamesTheChannelsThatItWants) {
    const Programs programs;
    const auto path = programs.save("grey.pt", "def forward(self, x):\n    return torch.conv2d(x, self.w)\n",
                                    {{"w", torch::rand({1, 1, 1, 1})}});
    const auto error = learn::error_of([&] { features(path, torch::rand({2, 3, 8, 8})); });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_THAT(error.help(), AllOf(HasSubstr("1 channel"), HasSubstr("RGB")));
}

TEST(TorchScript, RefusesNetworksThatGiveNoImages) {
    const Programs programs;
    for (const auto& [name, forward, shape] :
         {std::tuple{"features.pt", "torch.max_pool2d(x, [2, 2])", "N x 3 x 8 x 16"},
          std::tuple{"number.pt", "x.mean()", "one number"}, std::tuple{"three.pt", "(x, x, x)", "N x 3 x 16 x 32"}}) {
        const auto path = programs.save(name, "def forward(self, x):\n    return " + std::string(forward) + "\n");
        const auto error = learn::error_of([&] { network(path); });
        EXPECT_EQ(error.fault(), fettle::Fault::shape) << name;
        EXPECT_THAT(error.what(), HasSubstr(shape));
        EXPECT_THAT(error.help(), HasSubstr("component"));
    }
    const auto text = programs.save("text.pt", "def forward(self, x):\n    return 'x'\n");
    EXPECT_THAT(learn::error_of([&] { network(text); }).what(), HasSubstr("String"));
}

TEST(TorchScript, RefusesNetworksOfOneImageAtATime) {
    const Programs programs;
    const auto path = programs.save("single.pt", "def forward(self, x):\n    return x.reshape([1, 3, 16, 32])\n");
    const auto error = learn::error_of([&] { network(path); });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_THAT(error.help(), HasSubstr("batches of 1"));
}

TEST(TorchScript, AsAStageNeedsASize) {
    const Programs programs;
    const auto path = programs.save("same.pt", "def forward(self, x):\n    return x\n");
    const auto error = learn::error_of([&] { network(path, {{"size", fettle::Setting::List{0, 0}}}); });
    EXPECT_EQ(error.parameter(), "size");
    EXPECT_EQ(features(path, torch::rand({1, 3, 5, 7})).at(0).size(3), 7);  // as a component it needs none
}

TEST(TorchScript, WarnsOfValuesThatAreNoImages) {
    const Programs programs;
    std::vector<std::string> warnings;
    network(programs.save("signed.pt", "def forward(self, x):\n    return 2 * x - 1\n"), {}, &warnings);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_THAT(warnings.front(), AllOf(HasSubstr("signed.pt"), HasSubstr("-1")));
}

TEST(TorchScript, WarnsOfValuesThatAreNotFinite) {
    const Programs programs;
    std::vector<std::string> warnings;
    network(programs.save("none.pt", "def forward(self, x):\n    return x / x\n"), {}, &warnings);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_THAT(warnings.front(), AllOf(HasSubstr("none.pt"), HasSubstr("not finite"), Not(HasSubstr("map"))));
    network(programs.save("map.pt", "def forward(self, x):\n    return x, 1 / x.mean(1, keepdim=True)\n"), {},
            &warnings);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_THAT(warnings.front(), AllOf(HasSubstr("map.pt"), HasSubstr("not finite in its map of anomalies")));
}

TEST(TorchScript, GivesWhatPythonComputes) {
    if (!support::has_python("torch, numpy")) GTEST_SKIP() << "needs Python with torch and numpy";
    const learn::Folder folder;
    support::run_python(folder.path, R"(
import sys, torch, torch.nn as nn
torch.manual_seed(1)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 12, 3, stride=2, padding=1)
    def forward(self, x):
        first = torch.relu(self.a(x))
        return first, self.b(first)
net = Net().eval()
images = torch.rand(2, 3, 20, 24)
torch.jit.trace(net, images).save(sys.argv[1] + "/net.pt")
class Seen(nn.Module):
    def __init__(self, values):
        super().__init__()
        for name, value in values.items(): self.register_buffer(name, value)
with torch.no_grad():
    first, second = net(images)
torch.jit.script(Seen({"images": images, "first": first, "second": second})).save(sys.argv[1] + "/seen.pt")
)",
                        "torch, numpy");
    const torch::jit::Module seen = torch::jit::load((folder.path / "seen.pt").string());
    const auto made = features((folder.path / "net.pt").string(), seen.attr("images").toTensor());
    ASSERT_EQ(made.size(), 2u);
    EXPECT_LT((made[0] - seen.attr("first").toTensor()).abs().max().item<float>(), 1e-6);
    EXPECT_LT((made[1] - seen.attr("second").toTensor()).abs().max().item<float>(), 1e-6);
}

}  // namespace
