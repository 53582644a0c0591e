#include <fettle/bits.hpp>

#include <fettle/error.hpp>

namespace fettle {

std::string to_hex(const Bits& bits) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    unsigned digit = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        digit = digit << 1 | bits[i];
        if ((bits.size() - i - 1) % 4 == 0) {
            out += digits[digit];
            digit = 0;
        }
    }
    return out;
}

int bit_distance(const Bits& left, const Bits& right) {
    if (left.size() != right.size())
        throw Error(Fault::shape, "hashes of " + std::to_string(left.size()) + " and " + std::to_string(right.size()) +
                                      " bits can't be compared");
    int different = 0;
    for (std::size_t i = 0; i < left.size(); ++i) different += left[i] != right[i];
    return different;
}

}  // namespace fettle
