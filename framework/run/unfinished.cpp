#include "run/unfinished.hpp"
#include "run/replace.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* record = "unfinished.json";

fs::path folder_of(const Cache& cache, const std::string& key) { return cache.folder() / "checkpoints" / key; }

/// When the stage itself wrote there last; empty: it left nothing.
std::optional<fs::file_time_type> left_at(const fs::path& folder) {
    std::optional<fs::file_time_type> newest;
    std::error_code error;
    for (fs::recursive_directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
        std::error_code gone;
        if (!file->is_regular_file(gone) || file->path().filename().string().starts_with(record)) continue;
        const auto written = file->last_write_time(gone);
        if (!gone) newest = std::max(newest.value_or(written), written);
    }
    return newest;
}

}  // namespace

void remember_unfinished(const Cache& cache, const std::string& key, const Unfinished& work) noexcept {
    try {
        const Json out{{"graph", work.graph},     {"stage", work.stage}, {"use", work.use},
                       {"reached", work.reached}, {"done", work.done},   {"total", work.total},
                       {"seconds", work.seconds}};
        replace_quietly(folder_of(cache, key) / record,
                        out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    } catch (const std::exception&) {  // no memory: a later plan knows less
    }
}

std::optional<Unfinished> unfinished(const Cache& cache, const std::string& key) {
    try {
        std::ifstream stream(folder_of(cache, key) / record, std::ios::binary);
        if (!stream) return {};
        const Json in = Json::parse(stream);
        return Unfinished{in.at("graph"), in.at("stage"), in.at("use"),    in.at("reached"),
                          in.at("done"),  in.at("total"), in.at("seconds")};
    } catch (const std::exception&) {  // not what was written
        return {};
    }
}

std::optional<Halfway> halfway(const Cache& cache, const std::string& key) {
    const auto left = left_at(folder_of(cache, key));
    if (!left) return {};
    const Unfinished work = unfinished(cache, key).value_or(Unfinished{});
    Halfway out;
    out.seconds = work.seconds;
    if (work.done > 0 && work.total >= work.done)
        out.left = work.seconds / static_cast<double>(work.done) * static_cast<double>(work.total - work.done);
    const auto since = std::chrono::floor<std::chrono::seconds>(std::chrono::file_clock::to_sys(*left));
    if (cache.is_being_made(key))
        out.words = "another process is at it now";
    else if (work.reached.empty())
        out.words = fmt::format("it stopped half-way; what it left is of {:%Y-%m-%d %H:%M} UTC", fmt::gmtime(since));
    else
        out.words = "it stopped half-way, and carries on from its checkpoint: " + work.reached;
    return out;
}

}  // namespace fettle::runtime
