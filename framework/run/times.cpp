#include "run/times.hpp"
#include "run/replace.hpp"

#include <fmt/format.h>

#include <chrono>
#include <fstream>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

fs::path of_stage(const fs::path& cache, const std::string& graph, const std::string& stage) {
    return cache / "latest" / graph / (stage + ".seconds");  // no stage's name has a dot
}
fs::path of_type(const fs::path& cache, const std::string& type) { return cache / "types" / (type + ".seconds"); }

/// "type seconds"; nothing where the file isn't that, or tells of another type.
std::optional<double> read(const fs::path& file, const std::string& type) {
    std::ifstream stream(file);
    std::string whose;
    double seconds = 0;
    return stream >> whose >> seconds && whose == type && seconds >= 0 ? std::optional(seconds) : std::nullopt;
}

void write(const fs::path& file, const std::string& type, double seconds) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    replace_quietly(file, fmt::format("{} {:.6g}\n", type, seconds));
}

}  // namespace

std::optional<double> Times::expected(const std::string& graph, const std::string& stage,
                                      const std::string& type) const {
    if (const auto own = read(of_stage(cache_, graph, stage), type)) return own;
    return read(of_type(cache_, type), type);
}

void Times::remember(const std::string& graph, const std::string& stage, const std::string& type,
                     double seconds) const noexcept {
    try {
        write(of_stage(cache_, graph, stage), type, seconds);
        write(of_type(cache_, type), type, seconds);
    } catch (const std::exception&) {  // no memory, a name that is no path: the
                                       // next run knows less
    }
}

double SharedClock::change(int more) {
    const std::lock_guard lock(mutex_);
    const double now = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    if (running_ > 0) share_ += (now - last_) / running_;
    last_ = now;
    running_ += more;
    return share_;
}

}  // namespace fettle::runtime
