#include "unet.hpp"

namespace model {

JoinBlockImpl::JoinBlockImpl(int coarse, int fine, const std::string& upsample, bool joined)
    : doubling(register_module("doubling", Doubling(coarse, fine, upsample, /*bias=*/false))),
      norm(nn::BatchNorm2d(fine)) {
    if (joined) convolution = register_module("convolution", convolution3(fine, fine));
    register_module("norm", norm);
}

torch::Tensor JoinBlockImpl::forward(const torch::Tensor& coarse, const torch::Tensor& fine) {
    return leaky(norm(convolution ? doubling(coarse) + convolution(fine) : doubling(coarse)));
}

UNetImpl::UNetImpl(const Settings& settings)
    : down(register_module("down", nn::Sequential())),
      middle(register_module("middle", nn::Sequential())),
      up(register_module("up", nn::ModuleList())),
      skip(register_module("skip", nn::Dropout2d(settings.skip_dropout))),
      last(register_module("last", nn::Sequential())) {
    const std::vector<int>& widths = settings.widths;
    for (std::size_t level = 0; level < widths.size(); ++level)
        down->push_back(
            Block(level == 0 ? settings.from : widths[level - 1], widths[level], level == 0 && settings.whole ? 1 : 2));
    if (settings.bottleneck > 0) {
        middle->push_back(convolution1(widths.back(), settings.bottleneck));
        middle->push_back(Block(settings.bottleneck, widths.back()));
    }
    for (std::size_t level = widths.size() - 1; level > 0; --level)
        up->push_back(JoinBlock(widths[level], widths[level - 1], settings.upsample,
                                static_cast<int>(up->size()) < settings.connections));
    if (settings.whole)
        last->push_back(convolution3(widths.front(), settings.to, 1, 1, /*bias=*/true));
    else
        last->push_back(Doubling(widths.front(), settings.to, settings.upsample, /*bias=*/true));
}

torch::Tensor UNetImpl::forward(const torch::Tensor& x) {
    std::vector<torch::Tensor> levels;
    for (nn::AnyModule& block : *down) levels.push_back(block.forward(levels.empty() ? x : levels.back()));
    torch::Tensor coarse = middle->is_empty() ? levels.back() : middle->forward(levels.back());
    for (std::size_t step = 0; step < up->size(); ++step) {
        auto& block = up->at<JoinBlockImpl>(step);
        coarse = block.forward(coarse, block.convolution ? skip(levels[levels.size() - 2 - step]) : torch::Tensor());
    }
    return last->forward(coarse);
}

}  // namespace model
