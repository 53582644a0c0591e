#include "paste_settings.hpp"

#include <algorithm>
#include <utility>

namespace {

std::size_t place_of(const std::vector<std::string>& names, const std::string& name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

Blend PasteSettings::blend() const { return static_cast<Blend>(place_of(blend_names(), blending)); }
Match PasteSettings::match() const { return static_cast<Match>(place_of(match_names(), matching)); }

std::string PasteSettings::contradiction() const {
    for (const std::string& words : {ranges_ascend(), sizes_agree(), limits_agree()})
        if (!words.empty()) return words;
    return "";
}

std::string PasteSettings::ranges_ascend() const {
    if (count.empty() || count.size() > 2) return "`count` is a number, or a list of the least and the most";
    if (count.front() > count.back()) return "`count` begins with the greater number";
    for (const auto& [name, range] : {std::pair{"scale", scale}, std::pair{"stretch", stretch},
                                      std::pair{"angle", angle}, std::pair{"opacity", opacity}})
        if (range[0] > range[1]) return std::string("`") + name + "` begins with the greater number";
    return "";
}

std::string PasteSettings::sizes_agree() const {
    if (size.empty()) return "";
    if (size.size() > 2) return "`size` is a number of pixels, or a list of the least and the greatest";
    if (size.front() > size.back()) return "`size` begins with the greater number";
    if (scale != PasteSettings().scale) return "`scale` and `size` both say how large objects are: give one of them";
    return "";
}

std::string PasteSettings::limits_agree() const {
    for (const auto& [name, edge, far] : {std::tuple{"left", left, "right"}, std::tuple{"top", top, "bottom"}}) {
        const std::string its = std::string("`") + name + "`";
        if (edge.empty()) continue;
        if (edge.size() != 2) return its + " is a list of the least and the greatest place";
        if (edge[0] > edge[1]) return its + " begins with the greater number";
        if (limits == "shares" && (edge[0] < -10 || edge[1] > 10))
            return its +
                   " is given in shares of the image's side, and goes beyond ten times that: for pixels, say "
                   "`limits = \"pixels\"`";
        if (edge[1] < 0 && stick_out == 0)
            return its + " ends before the image's " + name + " edge, and `stick_out = 0` lets no object lie there";
        if (limits == "shares" && edge[0] >= 1)
            return its + " begins at the image's " + far + " edge, so nothing of an object would be seen";
    }
    return "";
}
