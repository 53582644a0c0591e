#include "audit_page.hpp"

#include <fettle/image.hpp>

#include <openssl/evp.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <set>

namespace {

using fettle::Copies;
using Json = nlohmann::ordered_json;

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
    return out;
}

std::string rounded(double value, int digits = 1) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string counted(std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string turn_in_words(int turn) {
    std::string out = turn % 4 == 0 ? "" : "turned by " + std::to_string(turn % 4 * 90) + "°";
    if (turn >= 4) out += out.empty() ? "mirrored" : " and mirrored";
    return out.empty() ? "as it is" : out;
}

/// At most 160 pixels a side, as a data URL.
std::string thumbnail(const fettle::Image& image) {
    constexpr double longest = 160;
    const double scale = std::min(1.0, longest / std::max(image.width, image.height));
    const auto side = [&](int length) { return std::max(1, static_cast<int>(length * scale + 0.5)); };
    const auto bytes =
        fettle::encode_image(fettle::resize_image(image, side(image.width), side(image.height)), ".jpg", 80);
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    text.resize(static_cast<std::size_t>(
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()))));
    return "data:image/jpeg;base64," + text;
}

/// Equal pixels may hide in files of other names; pairs across parts matter most, then contradictions, then likeness.
std::vector<Copies> worth_showing(const Audit& audit, std::size_t most) {
    std::vector<Copies> pairs = audit.copies;
    const auto rank = [&](const Copies& pair) {
        return std::tuple(!audit.crosses(pair), !audit.contradicts(pair), -pair.correlation, pair.left, pair.right);
    };
    std::sort(pairs.begin(), pairs.end(), [&](const Copies& a, const Copies& b) { return rank(a) < rank(b); });
    // Each image once, as far as there are others to show.
    std::set<std::size_t> shown;
    std::stable_partition(pairs.begin(), pairs.end(), [&](const Copies& pair) {
        if (shown.count(pair.left) > 0 || shown.count(pair.right) > 0) return false;
        shown.insert({pair.left, pair.right});
        return true;
    });
    pairs.resize(std::min(pairs.size(), most));
    return pairs;
}

std::string answer(const Audit& audit) {
    const std::size_t equal = static_cast<std::size_t>(
        std::count_if(audit.copies.begin(), audit.copies.end(), [](const auto& p) { return p.equal; }));
    const std::size_t across = static_cast<std::size_t>(
        std::count_if(audit.copies.begin(), audit.copies.end(), [&](const auto& pair) { return audit.crosses(pair); }));
    const std::size_t contradictions = static_cast<std::size_t>(std::count_if(
        audit.copies.begin(), audit.copies.end(), [&](const auto& pair) { return audit.contradicts(pair); }));
    std::string out = "<p><b>" + counted(audit.infos.size(), "image", "images") + "</b>; ";
    if (audit.copies.empty()) {
        out += "no two of them show the same thing.</p>";
    } else {
        out += "<b>" + counted(audit.copies.size(), "pair", "pairs") + "</b> of them show the same thing (" +
               std::to_string(equal) + " equal in every pixel), in " + counted(audit.groups, "group", "groups") +
               " of up to " + std::to_string(audit.largest_group) + ".</p><p><b>" + std::to_string(across) +
               "</b> pairs lie across parts.";
        for (const auto& [name, part] : audit.parts)
            if (const std::size_t seen = audit.seen_elsewhere(name); seen > 0)
                out += " Of " + std::to_string(part.count()) + " images of <code>" + escaped(name) + "</code>, <b>" +
                       std::to_string(seen) + "</b> have a copy elsewhere.";
        if (contradictions > 0)
            out += " <b>" + counted(contradictions, "pair is", "pairs are") + "</b> labelled both sound and damaged.";
        out += "</p>";
    }
    if (!audit.left_out.empty())
        out += "<p><b>" + counted(audit.left_out.size(), "file", "files") +
               "</b> could not be read and were left out.</p>";
    return out;
}

std::string parts_table(const Audit& audit) {
    std::string out =
        "<h2>Parts</h2><table><tr><th>part<th>images<th>normal<th>anomalous<th>unknown<th>with mask<th>grey<th>red "
        "mean ± dev.<th>green<th>blue<th>brightness of images<th>sizes</tr>";
    for (const auto& [name, part] : audit.parts) {
        out += "<tr><td>" + escaped(name);
        for (const std::size_t count : {part.count(), part.normal, part.anomalous, part.unknown, part.masks, part.grey})
            out += "<td>" + std::to_string(count);
        for (std::size_t c = 0; c < 3; ++c)
            out += "<td>" + rounded(part.colour_mean[c]) + " ± " + rounded(part.colour_deviation[c]);
        out += "<td>" + rounded(part.brightness_mean) + " ± " + rounded(part.brightness_deviation) + "<td>";
        std::vector<std::pair<std::size_t, std::pair<int, int>>> sizes;
        for (const auto& [size, count] : part.sizes) sizes.emplace_back(count, size);
        std::sort(sizes.rbegin(), sizes.rend());
        for (std::size_t i = 0; i < std::min<std::size_t>(sizes.size(), 4); ++i)
            out += (i > 0 ? ", " : "") + std::to_string(sizes[i].second.first) + "×" +
                   std::to_string(sizes[i].second.second) + " (" + std::to_string(sizes[i].first) + ")";
        if (sizes.size() > 4) out += " and " + std::to_string(sizes.size() - 4) + " more";
        out += "</tr>";
    }
    out += "</table><h2>Classes</h2><table><tr><th>part<th>class<th>images</tr>";
    for (const auto& [name, part] : audit.parts)
        for (const auto& [category, count] : part.categories)
            out += "<tr><td>" + escaped(name) + "<td>" + escaped(category.empty() ? "(none)" : category) + "<td>" +
                   std::to_string(count) + "</tr>";
    return out + "</table>";
}

std::string pictures_of(const Audit& audit, const fettle::Images& images, std::size_t most) {
    const auto pairs = worth_showing(audit, most);
    if (pairs.empty()) return {};
    std::string out = "<h2>Copies</h2><p>" +
                      (pairs.size() < audit.copies.size()
                           ? std::to_string(pairs.size()) + " of " + std::to_string(audit.copies.size()) +
                                 " pairs; all of them are in copies.csv. "
                           : std::string()) +
                      "The right image is shown as it fits the left one.</p><div class=pairs>";
    for (const Copies& pair : pairs) {
        const std::size_t both[] = {pair.left, pair.right};
        const auto batch = images.read(both);
        out += std::string("<figure") + (audit.crosses(pair) ? " class=across" : "") + "><img alt='' src='" +
               thumbnail(batch->sample(0)->image) + "'><img alt='' src='" +
               thumbnail(fettle::turned(batch->sample(1)->image, pair.turn)) + "'><figcaption>" +
               escaped(audit.part_of[pair.left]) + ": " + escaped(audit.infos[pair.left].id) + "<br>" +
               escaped(audit.part_of[pair.right]) + ": " + escaped(audit.infos[pair.right].id) + ", " +
               turn_in_words(pair.turn) + "<br>" + (pair.equal ? "every pixel equal; " : "") + "correlation " +
               rounded(pair.correlation, 4) + ", " + std::to_string(pair.distance) + " bits" +
               (audit.contradicts(pair) ? "; <b>labels differ</b>" : "") + "</figcaption></figure>";
    }
    return out + "</div>";
}

constexpr auto style =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark;"
    "background:Canvas;color:CanvasText}table{border-collapse:collapse;display:block;overflow-x:auto}"
    "th,td{border:1px solid GrayText;padding:.2rem .6rem;text-align:right}td:first-child,th{text-align:left}"
    ".pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(21rem,1fr));gap:1rem}"
    "figure{margin:0;padding:.5rem;border:1px solid GrayText;overflow-wrap:anywhere}"
    "figure.across{border:3px solid #c2410c}figure img{max-width:48%;margin-right:1%}figcaption{font-size:.8rem}";

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

}  // namespace

std::string audit_page(const Audit& audit, const fettle::Images& images, std::size_t pictures) {
    std::string out =
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
        "content='width=device-width,initial-scale=1'><title>Audit</title><style>" +
        std::string(style) + "</style><h1>Audit of a data set</h1>" + answer(audit) + parts_table(audit) +
        pictures_of(audit, images, pictures);
    if (!audit.left_out.empty()) {
        out += "<h2>Left out</h2><ul>";
        for (const std::string& sentence : audit.left_out) out += "<li>" + escaped(sentence);
        out += "</ul>";
    }
    return out + "</html>\n";
}

std::string audit_json(const Audit& audit) {
    Json parts = Json::object();
    for (const auto& [name, part] : audit.parts) {
        Json sizes = Json::array();
        for (const auto& [size, count] : part.sizes)
            sizes.push_back({{"width", size.first}, {"height", size.second}, {"images", count}});
        parts[name] = {{"images", part.count()},
                       {"normal", part.normal},
                       {"anomalous", part.anomalous},
                       {"unknown", part.unknown},
                       {"with_mask", part.masks},
                       {"grey", part.grey},
                       {"have_a_copy_elsewhere", audit.seen_elsewhere(name)},
                       {"colour_mean", part.colour_mean},
                       {"colour_deviation", part.colour_deviation},
                       {"brightness_mean", part.brightness_mean},
                       {"brightness_deviation", part.brightness_deviation},
                       {"sizes", std::move(sizes)},
                       {"classes", part.categories}};
    }
    const auto count = [&](const auto& property) {
        return std::count_if(audit.copies.begin(), audit.copies.end(), property);
    };
    const Json json{{"images", audit.infos.size()},
                    {"pairs", audit.copies.size()},
                    {"equal_pairs", count([](const Copies& pair) { return pair.equal; })},
                    {"pairs_across_parts", count([&](const Copies& pair) { return audit.crosses(pair); })},
                    {"pairs_with_other_labels", count([&](const Copies& pair) { return audit.contradicts(pair); })},
                    {"groups", audit.groups},
                    {"largest_group", audit.largest_group},
                    {"parts", std::move(parts)},
                    {"left_out", audit.left_out}};
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string copies_csv(const Audit& audit) {
    std::string out = "left,right,left_part,right_part,left_label,right_label,turn,mirrored,bits,correlation,equal\r\n";
    for (const Copies& pair : audit.copies)
        out += field(audit.infos[pair.left].id) + ',' + field(audit.infos[pair.right].id) + ',' +
               audit.part_of[pair.left] + ',' + audit.part_of[pair.right] + ',' +
               std::string(to_string(audit.infos[pair.left].label)) + ',' +
               std::string(to_string(audit.infos[pair.right].label)) + ',' + std::to_string(pair.turn % 4 * 90) + ',' +
               (pair.turn >= 4 ? "true" : "false") + ',' + std::to_string(pair.distance) + ',' +
               rounded(pair.correlation, 6) + ',' + (pair.equal ? "true" : "false") + "\r\n";
    return out;
}
