// Text in JSON files.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace fettle {

/// JSON holds UTF-8 alone; other bytes, as in a file's name from an old archive, are written as numbers.
inline nlohmann::json words(const std::string& text) {
    try {
        nlohmann::json(text).dump();
        return text;
    } catch (const nlohmann::json::type_error&) {
        return std::vector<std::uint8_t>(text.begin(), text.end());
    }
}

inline std::string words(const nlohmann::json& json) {
    if (json.is_string()) return json;
    const auto bytes = json.get<std::vector<std::uint8_t>>();
    return {bytes.begin(), bytes.end()};
}

}  // namespace fettle
