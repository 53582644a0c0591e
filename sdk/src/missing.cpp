// Scores that are not there: who counts them, and where they may not be missing.
#include <fettle/roles/decide.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace fettle {
namespace {

constexpr auto look_at_it =
    "look at the image and its reconstruction; a network whose training diverged gives such scores and maps";

}  // namespace

bool Missing::holds(double score, const std::string& id) {
    add(id, std::isfinite(score));
    return std::isfinite(score);
}

void Missing::add(const std::string& id, bool finite) {
    ++of_;
    if (finite) return;
    if (count_++ == 0) first_ = id;
}

std::string Missing::words(const std::string& samples, const std::string& thing) const {
    if (count_ == 0) return "";
    return std::to_string(count_) + " of " + std::to_string(of_) + " " + samples +
           (count_ == 1 ? " has no finite " + thing + ", `" : " have no finite " + thing + ", the first `") + first_ +
           "`: the figures are of the other " + std::to_string(of_ - count_);
}

void Missing::require_any(const std::string& thing, const std::string& samples) const {
    if (count_ == 0 || count_ < of_) return;
    throw Error(Fault::numeric, thing + " of `" + first_ + "` is not finite" +
                                    (of_ == 1 ? ", and there are no other "
                                              : ", nor that of any other of " + std::to_string(of_) + " ") +
                                    samples)
        .help(look_at_it);
}

void settle_missing(Scores::Column& column, const std::vector<SampleInfo>& rows, const Context& context) {
    Missing missing;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool there = std::isfinite(column.values[i]);
        if (rows[i].split == Split::test) {
            missing.add(rows[i].id, there);
            if (!there) column.values[i] = std::numeric_limits<double>::quiet_NaN();
        } else {
            require_finite(column.values[i], column.name, rows[i].id);
        }
    }
    missing.require_any("the score `" + column.name + "`");
    if (missing.count() > 0)
        context.warn("`" + column.name + "`: " + missing.words() +
                     "; look at such an image and its reconstruction, and at what the metric makes of them");
}

void require_finite(double score, const std::string& column, const std::string& id) {
    if (!std::isfinite(score))
        throw Error(Fault::numeric, "the score `" + column + "` of `" + id + "` is not finite").help(look_at_it);
}

bool can_be_scored(const Plane& map, const SampleInfo& info, const std::string& label) {
    if (map.values.empty()) throw Error(Fault::data, "the map `" + label + "` of `" + info.id + "` is empty");
    if (std::all_of(map.values.begin(), map.values.end(), [](float v) { return std::isfinite(v); })) return true;
    if (info.split == Split::test) return false;
    throw Error(Fault::numeric, "the map `" + label + "` of `" + info.id + "` holds a value that is not finite")
        .help(look_at_it);
}

}  // namespace fettle
