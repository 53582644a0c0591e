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

Bits bits_from_hex(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
        throw Error(Fault::data, "`" + std::string(text) + "` is no hash: it must be hexadecimal digits");
    Bits bits;
    for (const char digit : text) {
        const int value = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
        for (int bit = 3; bit >= 0; --bit) bits.push_back((value >> bit & 1) != 0);
    }
    return bits;
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
