#include "gradient.hpp"

namespace similarity {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Sums of three neighbours along `sums`, then differences of what lies two apart along `differences`. Shifted views
/// and not a convolution: LibTorch's is very slow on the CPU where every channel has a kernel of its own.
Tensor sloped(const Tensor& images, int sums, int differences) {
    const auto rows = images.size(sums) - 2, columns = images.size(differences) - 2;
    Tensor summed = images.narrow(sums, 0, rows) + images.narrow(sums, 1, rows);
    summed += images.narrow(sums, 2, rows);
    return (summed.narrow(differences, 2, columns) - summed.narrow(differences, 0, columns)).div_(3);
}

/// Adds to `gradient` what `sloped` hands back of its own.
void slope_back(Tensor& gradient, const Tensor& upstream, int sums, int differences) {
    const auto rows = upstream.size(sums), columns = upstream.size(differences);
    auto shape = upstream.sizes().vec();
    shape[static_cast<std::size_t>(differences)] += 2;
    Tensor summed = torch::zeros(shape, upstream.options());
    summed.narrow(differences, 2, columns).copy_(upstream);
    summed.narrow(differences, 0, columns).sub_(upstream);
    for (int k = 0; k < 3; ++k) gradient.narrow(sums, k, rows).add_(summed, 1.0 / 3);
}

struct Steepness : torch::autograd::Function<Steepness> {
    static Tensor forward(AutogradContext* context, const Tensor& images) {
        const Tensor across = sloped(images, 2, 3), down = sloped(images, 3, 2);
        Tensor steep = torch::addcmul(across.square(), down, down).sqrt_();
        context->save_for_backward({across, down, steep});
        return steep;
    }
    static variable_list backward(AutogradContext* context, variable_list upstream) {
        const auto saved = context->get_saved_variables();
        const Tensor &across = saved[0], &down = saved[1], &steep = saved[2];
        const Tensor share = (upstream[0] / steep).masked_fill_(steep == 0, 0);
        Tensor gradient =
            torch::zeros({steep.size(0), steep.size(1), steep.size(2) + 2, steep.size(3) + 2}, steep.options());
        slope_back(gradient, share * across, 2, 3);
        slope_back(gradient, share * down, 3, 2);
        return {gradient};
    }
};

}  // namespace

Tensor steepness(const Tensor& images) { return Steepness::apply(images.contiguous()); }

Tensor gradient_difference(const Tensor& reference, const Tensor& candidate, double c) {
    const Tensor m = steepness(reference), n = steepness(candidate);
    return (m - n).square() / (torch::addcmul(m.square(), n, n) + c);
}

}  // namespace similarity
