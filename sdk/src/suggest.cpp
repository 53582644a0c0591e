#include <fettle/suggest.hpp>

#include <algorithm>

namespace fettle {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        if (candidate == word) return {};  // it is right as it stands; something else is wrong
        const std::size_t d = distance(word, candidate);
        if (d < best_distance) {
            best_distance = d;
            best = candidate;
        }
    }
    return best;
}

std::optional<std::string> nearest_path(const std::filesystem::path& missing) {
    namespace fs = std::filesystem;
    fs::path existing;
    for (const auto& part : missing) {
        std::error_code error;
        if (fs::exists(existing / part, error)) {
            existing /= part;
            continue;
        }
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(existing.empty() ? "." : existing, error))
            names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return nearest(part.string(), names);
    }
    return {};
}

}  // namespace fettle
