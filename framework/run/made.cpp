#include "run/made.hpp"
#include "run/replace.hpp"

#include <nlohmann/json.hpp>

#include <exception>
#include <fstream>

namespace fettle::runtime {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path made_file(const Cache& cache, const std::string& key) {
    return cache.folder() / "made" / key.substr(0, 2) / (key + ".json");
}

void remember_made(const Cache& cache, const std::string& key, const std::vector<Made>& parts) noexcept {
    try {
        Json out = Json::array();
        for (const Made& part : parts)
            out.push_back({{"key", part.key},
                           {"seconds", part.seconds},
                           {"items", part.items},
                           {"batches", to_json(part.batches)},
                           {"warnings", part.warnings}});
        const fs::path file = made_file(cache, key);
        fs::create_directories(file.parent_path());
        replace_quietly(file, out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    } catch (const std::exception&) {  // no memory, no room: a later run knows less
    }
}

std::vector<Made> made_before(const Cache& cache, const std::string& key) {
    std::vector<Made> parts;
    try {
        std::ifstream stream(made_file(cache, key), std::ios::binary);
        for (const Json& part : Json::parse(stream))
            parts.push_back({part.at("key"), part.at("seconds"), part.at("items"),
                             part.contains("batches") ? batches_from(part["batches"]) : Batches{},
                             part.at("warnings")});
    } catch (const std::exception&) {  // not there, or not what was written
        parts.clear();
    }
    return parts;
}

}  // namespace fettle::runtime
