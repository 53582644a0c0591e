#include "pair.hpp"

namespace similarity {
namespace {

using torch::autograd::AutogradContext;

std::string counted(const Tensor& images) {
    const auto count = images.size(0), channels = images.size(1);
    return std::to_string(count) + (count == 1 ? " image of " : " images of ") + sides(images) + " with " +
           std::to_string(channels) + (channels == 1 ? " channel" : " channels");
}

struct Root : torch::autograd::Function<Root> {
    static Tensor forward(AutogradContext* context, const Tensor& values) {
        Tensor roots = values.sqrt();
        context->save_for_backward({roots});
        return roots;
    }
    static torch::autograd::variable_list backward(AutogradContext* context, torch::autograd::variable_list upstream) {
        const Tensor roots = context->get_saved_variables()[0];
        return {(upstream[0] / (2 * roots)).masked_fill(roots == 0, 0)};
    }
};

}  // namespace

std::string sides(const Tensor& images) {
    return std::to_string(images.size(3)) + "x" + std::to_string(images.size(2));
}

void require_same(const Tensor& reference, const Tensor& candidate) {
    if (reference.sizes() == candidate.sizes()) return;
    throw fettle::Error(fettle::Fault::shape,
                        "`reference` is " + counted(reference) + ", `candidate` " + counted(candidate))
        .help("what is compared has to be of one size, with as many channels");
}

void require_side(const Tensor& images, std::int64_t least, const std::string& why, const std::string& parameter) {
    if (images.size(2) >= least && images.size(3) >= least) return;
    const std::string room = parameter.empty() ? "" : ", or a smaller `" + parameter + "`";
    throw fettle::Error(fettle::Fault::shape, "images of " + sides(images) + " are too small for " + why)
        .parameter(parameter)
        .help("take images of at least " + std::to_string(least) + "x" + std::to_string(least) + room);
}

Tensor over_channels(const Tensor& values) {
    return values.size(1) == 1 ? values : values.mean(/*dim=*/1, /*keepdim=*/true);
}

Tensor over_sides(const Tensor& values) { return values.mean(/*dim=*/3, true).mean(/*dim=*/2, true); }

Tensor root(const Tensor& values) { return Root::apply(values); }

}  // namespace similarity
