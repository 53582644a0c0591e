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

/// Prewitt's gradient, N x C x (H-2) x (W-2) each.
struct Slopes {
    Tensor across, down, steepness;
};

Slopes slopes_of(const Tensor& images) {
    const Tensor across = sloped(images, 2, 3), down = sloped(images, 3, 2);
    return {across, down, torch::addcmul(across.square(), down, down).sqrt_()};
}

/// What the images of these slopes get back where their steepness gets `upstream`; nothing where they are flat.
Tensor back_to_images(const Tensor& upstream, const Slopes& slopes) {
    const Tensor& steep = slopes.steepness;
    const Tensor share = (upstream / steep).masked_fill_(steep == 0, 0);
    auto shape = steep.sizes().vec();
    shape[2] += 2, shape[3] += 2;
    Tensor gradient = torch::zeros(shape, steep.options());
    slope_back(gradient, share * slopes.across, 2, 3);
    slope_back(gradient, share * slopes.down, 3, 2);
    return gradient;
}

/// With its own derivative, d(map)/dn = 2 (n - m - map n) / (m^2 + n^2 + c): fewer passes over memory than LibTorch
/// would need for that of each step.
struct Difference : torch::autograd::Function<Difference> {
    static Tensor forward(AutogradContext* context, const Tensor& reference, const Tensor& candidate, double c) {
        const Slopes r = slopes_of(reference), s = slopes_of(candidate);
        const Tensor &m = r.steepness, &n = s.steepness;
        const Tensor sum = torch::addcmul(m.square(), n, n).add_(c);
        Tensor map = (n - m).square_().div_(sum);
        const auto kept = [](const Tensor& images, const Tensor& slope) {
            return images.requires_grad() ? slope : Tensor();
        };
        context->save_for_backward({map, sum, m, n, kept(reference, r.across), kept(reference, r.down),
                                    kept(candidate, s.across), kept(candidate, s.down)});
        return map;
    }
    static variable_list backward(AutogradContext* context, variable_list upstream) {
        if (torch::GradMode::is_enabled())
            throw fettle::Error(fettle::Fault::plugin,
                                "the gradient of gradient magnitudes has no gradient of its own");
        const auto saved = context->get_saved_variables();
        const Tensor &map = saved[0], &sum = saved[1], &m = saved[2], &n = saved[3];
        const Tensor factor = (2 * upstream[0]).div_(sum);
        const auto to = [&](const Tensor& own, const Tensor& other, const Tensor& across, const Tensor& down) {
            if (!across.defined()) return Tensor();
            return back_to_images(torch::addcmul(own - other, map, own, -1).mul_(factor), {across, down, own});
        };
        return {to(m, n, saved[4], saved[5]), to(n, m, saved[6], saved[7]), Tensor()};
    }
};

}  // namespace

Tensor gradient_difference(const Tensor& reference, const Tensor& candidate, double c) {
    return Difference::apply(reference.contiguous(), candidate.contiguous(), c);
}

}  // namespace similarity
