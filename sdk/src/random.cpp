#include <fettle/random.hpp>

#include <numbers>
#include <numeric>

namespace fettle {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    constexpr std::uint64_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
    constexpr std::uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = multiplier0 * counter[0], product1 = multiplier1 * counter[2];
        counter = {
            static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
            static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
        key[0] += weyl0;
        key[1] += weyl1;
    }
    return counter;
}

Random::Random(std::uint64_t seed, std::uint64_t item, std::uint32_t round)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, round, static_cast<std::uint32_t>(item), static_cast<std::uint32_t>(item >> 32)} {}

std::uint32_t Random::bits() {
    if (left_ == 0) {
        block_ = philox(counter_, key_);
        ++counter_[0];
        left_ = 4;
    }
    return block_[static_cast<std::size_t>(--left_)];
}

double Random::uniform() {
    const std::uint64_t high = bits() >> 5, low = bits() >> 6;
    return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

int Random::integer(int low, int high) {
    const std::uint64_t range = static_cast<std::uint64_t>(static_cast<std::int64_t>(high) - low) + 1;
    // The largest multiple of `range` that 32 bits hold; draws beyond it would favour small results.
    const std::uint64_t limit = (std::uint64_t{1} << 32) / range * range;
    std::uint64_t draw;
    do draw = bits();
    while (draw >= limit);
    return static_cast<int>(low + static_cast<std::int64_t>(draw % range));
}

bool Random::chance(double probability) { return uniform() < probability; }

double Random::normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
}

std::vector<std::size_t> Random::permutation(std::size_t count) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = count; i > 1; --i)
        std::swap(order[i - 1], order[static_cast<std::size_t>(integer(0, static_cast<int>(i - 1)))]);
    return order;
}

std::uint64_t derive_seed(std::uint64_t seed, std::string_view name) {
    // Chained Philox blocks over the name's bytes: every bit of seed, bytes and length reaches the result.
    std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
    std::array<std::uint32_t, 4> state = philox({static_cast<std::uint32_t>(name.size()), 0, 0, 0x66657474}, key);
    for (std::size_t i = 0; i < name.size(); i += 4) {
        std::uint32_t word = 0;
        for (std::size_t k = 0; k < 4 && i + k < name.size(); ++k)
            word |= static_cast<std::uint32_t>(static_cast<unsigned char>(name[i + k])) << (8 * k);
        state[0] ^= word;
        state = philox(state, key);
    }
    return static_cast<std::uint64_t>(state[1]) << 32 | state[0];
}

}  // namespace fettle
