#include <fettle/parameter.hpp>

#include <charconv>
#include <cmath>

namespace fettle {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\r':
                out += "\\r";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    constexpr char digits[] = "0123456789ABCDEF";
                    out += "\\u00";
                    out += digits[c >> 4 & 15];
                    out += digits[c & 15];
                } else {
                    out += c;
                }
        }
    }
    return out + '"';
}

std::string shortest(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    std::string out(buffer, end);
    if (out.find_first_of(".e") == std::string::npos) out += ".0";
    return out;
}

}  // namespace

std::string Setting::text() const {
    struct Writer {
        std::string operator()(std::monostate) const { return ""; }
        std::string operator()(bool value) const { return value ? "true" : "false"; }
        std::string operator()(std::int64_t value) const { return std::to_string(value); }
        std::string operator()(double value) const { return shortest(value); }
        std::string operator()(const std::string& value) const { return quoted(value); }
        std::string operator()(const List& list) const {
            std::string out = "[";
            for (const Setting& element : list) out += (out.size() > 1 ? ", " : "") + element.text();
            return out + "]";
        }
    };
    return std::visit(Writer{}, value_);
}

}  // namespace fettle
