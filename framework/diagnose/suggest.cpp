#include "diagnose/diagnose.hpp"

#include <fettle/suggest.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

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

std::string too_many_files(const std::string& what) {
    return what.find(std::strerror(EMFILE)) == std::string::npos
               ? ""
               : "this process has as many files open as it may: `ulimit -n` says how many, `ulimit -n 1024` allows "
                 "more";
}

}  // namespace fettle::runtime
