// Nearest upsampling by two and a 3x3 convolution of it in one: at the lower resolution, with four ninths of the
// products.
#pragma once

#include <torch/torch.h>

namespace model {

/// The four 2x2 kernels that a 3x3 one becomes where each value stands four times: 4 x out x in x 2 x 2, by the place
/// of the result within its square (row by row). Of three neighbouring rows two are the same one; so are columns.
inline torch::Tensor kernels_of_places(const torch::Tensor& weight) {
    const auto paired = [](const torch::Tensor& taps, std::int64_t dim) {
        const auto tap = [&](std::int64_t k) { return taps.select(dim, k); };
        return std::array{torch::stack({tap(0), tap(1) + tap(2)}, dim), torch::stack({tap(0) + tap(1), tap(2)}, dim)};
    };
    std::vector<torch::Tensor> kernels;
    for (const torch::Tensor& rows : paired(weight, 2))
        for (const torch::Tensor& kernel : paired(rows, 3)) kernels.push_back(kernel);
    return torch::stack(kernels);
}

/// What the four kernels made, N x 4 O x h+1 x w+1, put together: N x O x 2 h x 2 w, channels last in memory.
inline torch::Tensor woven(const torch::Tensor& places) {
    const auto channels = places.permute({0, 2, 3, 1}).chunk(4, 3);
    std::vector<torch::Tensor> rows;
    for (std::int64_t row = 0; row < 2; ++row) {
        const auto place = [&](std::int64_t column) {
            const torch::Tensor whole = channels[static_cast<std::size_t>(2 * row + column)];
            const torch::Tensor lines = row == 0 ? whole.slice(1, 0, -1) : whole.slice(1, 1);
            return column == 0 ? lines.slice(2, 0, -1) : lines.slice(2, 1);
        };
        rows.push_back(torch::stack({place(0), place(1)}, 3).flatten(2, 3));
    }
    return torch::stack(rows, 2).flatten(1, 2).permute({0, 3, 1, 2});
}

/// `woven` with a backward pass that writes every value once: slices would each fill a gradient of their own with
/// zeros.
struct Weaving : torch::autograd::Function<Weaving> {
    static torch::Tensor forward(torch::autograd::AutogradContext*, const torch::Tensor& places) {
        return woven(places);
    }
    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext*,
                                                 torch::autograd::tensor_list grads) {
        const torch::Tensor fine = grads[0].permute({0, 2, 3, 1});
        const std::int64_t height = fine.size(1) / 2, width = fine.size(2) / 2, channels = fine.size(3);
        torch::Tensor places = torch::zeros({fine.size(0), height + 1, width + 1, 4, channels}, fine.options());
        const torch::Tensor squares = fine.unflatten(2, {width, 2}).unflatten(1, {height, 2});
        for (std::int64_t row = 0; row < 2; ++row)
            for (std::int64_t column = 0; column < 2; ++column)
                places.narrow(1, row, height)
                    .narrow(2, column, width)
                    .select(3, 2 * row + column)
                    .copy_(squares.select(4, column).select(2, row));
        return {places.flatten(3, 4).permute({0, 3, 1, 2})};
    }
};

/// `conv2d(interpolate(images, 2, nearest), weight, bias, padding = 1)`, to within rounding. `weight` is O x I x 3 x 3;
/// `bias` may be undefined. Traceable where no gradients are asked for.
inline torch::Tensor upsampled_convolution(const torch::Tensor& images, const torch::Tensor& weight,
                                           const torch::Tensor& bias) {
    const torch::Tensor kernels = kernels_of_places(weight).flatten(0, 1).contiguous(at::MemoryFormat::ChannelsLast);
    const torch::Tensor places = torch::conv2d(images, kernels, bias.defined() ? bias.repeat({4}) : bias, 1, 1);
    return places.requires_grad() ? Weaving::apply(places) : woven(places);
}

}  // namespace model
