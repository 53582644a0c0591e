#include "diagnose/diagnose.hpp"

#include <fettle/suggest.hpp>

#include <fmt/format.h>

namespace fettle::runtime {
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    const auto near = nearest(word, candidates);
    return near ? "did you mean `" + *near + "`?" : "";
}

std::string listed(const std::vector<std::string>& words, const char* last) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : i + 1 == words.size() ? fmt::format(" {} ", last) : ", ") + words[i];
    return out;
}

}  // namespace fettle::runtime
