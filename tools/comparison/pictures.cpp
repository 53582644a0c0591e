#include "pictures.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <string_view>

namespace comparison {
namespace {

using Json = nlohmann::json;

/// The JSON in the script element of that id; null where there is none.
Json element(std::string_view page, const std::string& id) {
    const std::string open = "<script type=\"application/json\" id=\"" + id + "\">";
    const auto begin = page.find(open);
    if (begin == page.npos) return {};
    const auto end = page.find("</script>", begin);
    return Json::parse(page.substr(begin + open.size(), end - begin - open.size()));
}

/// Which set of maps a column was made from: the longest label that its name begins with.
std::size_t set_of(const Json& sets, const std::string& column) {
    std::size_t best = 0, length = 0;
    for (std::size_t s = 0; s < sets.size(); ++s) {
        const std::string label = sets[s].at("label");
        if (column.starts_with(label) && label.size() > length) best = s, length = label.size();
    }
    return best;
}

Pictures pictures_of(const Json& entry, std::size_t set) {
    const auto picture = [&](const Json& shown, const char* what) {
        return shown.contains(what) ? entry.at("pictures").at(shown.at(what).get<std::size_t>()).get<std::string>()
                                    : std::string();
    };
    for (const Json& shown : entry.at("sets"))
        if (shown.at("set") == set)
            return {picture(shown, "original"), picture(shown, "reconstruction"), picture(shown, "map")};
    return {};
}

}  // namespace

std::map<std::string, Pictures> pictures_in(const std::filesystem::path& run, const std::set<std::string>& ids,
                                            const std::string& column) {
    std::map<std::string, Pictures> out;
    std::ifstream file(run / "report.html", std::ios::binary);
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    if (!file) return out;
    try {
        const Json data = element(page, "data");
        const Json& gallery = data.at("gallery");
        const std::size_t each = gallery.at("each"), set = set_of(gallery.at("sets"), column);
        Json part;
        std::size_t read = static_cast<std::size_t>(-1);
        for (std::size_t place = 0; place < gallery.at("rows").size(); ++place) {
            const std::string id = data.at("rows").at(gallery.at("rows")[place].get<std::size_t>()).at(0);
            if (!ids.contains(id)) continue;
            if (place / each != read) part = element(page, "pictures" + std::to_string(read = place / each));
            out[id] = pictures_of(part.at(place % each), set);
        }
    } catch (const Json::exception&) {  // a page of another make
        out.clear();
    }
    return out;
}

}  // namespace comparison
