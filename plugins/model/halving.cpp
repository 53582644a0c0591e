#include "halving.hpp"

#include <algorithm>
#include <bit>

namespace model {

void require_divisible(const fettle::ImageShape& input, int halvings, const std::string& what,
                       const std::string& parameter) {
    const int unit = 1 << halvings;
    if (input.width > 0 && input.height > 0 && input.width % unit == 0 && input.height % unit == 0) return;
    const auto sides = [](int width, int height) { return std::to_string(width) + "x" + std::to_string(height); };
    const auto down = [&](int side) { return std::max(side / unit, 1) * unit; };
    const auto up = [&](int side) { return std::max((side + unit - 1) / unit, 1) * unit; };
    const auto times = [](const fettle::ImageShape& shape) {
        const int most = std::countr_zero(static_cast<unsigned>(shape.width | shape.height));
        return most == 1 ? std::string("once") : std::to_string(most) + " times";
    };
    const std::string smaller = sides(down(input.width), down(input.height));
    const std::string larger = sides(up(input.width), up(input.height));
    throw fettle::Error(fettle::Fault::shape, what + " halves the sides " + std::to_string(halvings) + " times, and " +
                                                  sides(input.width, input.height) + " is not divisible by " +
                                                  std::to_string(unit))
        .parameter(parameter)
        .help("the nearest sizes that work: " + (smaller == larger ? larger : smaller + " or " + larger) + "; " +
              sides(input.width, input.height) + " can be halved " + times(input));
}

nn::Sequential Halving::encoder(int channels) const {
    nn::Sequential levels;
    for (int level = 0; level < depth; ++level)
        levels->push_back(Block(level == 0 ? channels : channels_at(level - 1), channels_at(level), 2));
    return levels;
}

nn::Sequential Halving::decoder(int code, int channels) const {
    nn::Sequential levels{Block(code, deepest())};
    for (int level = depth - 1; level > 0; --level)
        levels->push_back(DoublingBlock(channels_at(level), channels_at(level - 1), upsample));
    levels->push_back(Doubling(width, channels, upsample, /*bias=*/true));
    return levels;
}

}  // namespace model
