#include "table_rows.hpp"

#include "csv.hpp"
#include "tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace {

/// The three words by which splits know a part, however the table spells them; any other word as it is. One that
/// isn't understood would let test images train.
std::string published_of(const std::string& word) {
    const std::string small = lower(word);
    if (small == "test" || small == "testing") return "test";
    if (small == "train" || small == "training") return "train";
    if (small == "calibrate" || small == "calibration") return "calibrate";
    return word;
}

using Json = nlohmann::ordered_json;
using Cells = std::array<const char*, table_columns.size()>;

std::string folder_of(const std::string& table) {
    const auto slash = table.rfind('/');
    return slash == std::string::npos ? "" : table.substr(0, slash + 1);
}

/// "a/./b/../c" as "a/c"; none where it leads out or is absolute.
std::optional<std::string> normal_path(std::string path) {
    std::replace(path.begin(), path.end(), '\\', '/');
    if (path.starts_with('/') || (path.size() > 1 && path[1] == ':')) return {};
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t slash = std::min(path.find('/', begin), path.size());
        std::string part = path.substr(begin, slash - begin);
        begin = slash + 1;
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            parts.push_back(std::move(part));
        } else if (parts.empty()) {
            return {};
        } else {
            parts.pop_back();
        }
    }
    std::string out;
    for (const auto& part : parts) out += (out.empty() ? "" : "/") + part;
    return out;
}

/// Makes samples of a table's rows; a row that can't be taken throws Error with the end of a sentence about it.
class RowReader {
   public:
    RowReader(const std::string& table, const std::vector<std::string>& names)
        : folder_(folder_of(table)), files_(index_of(names)) {}

    LaidOut operator()(const Cells& cells) const {
        const auto& [path, label, id, split, mask, category, alpha, lineage] = cells;
        LaidOut image;
        image.file = file_of(text(path), "path");
        image.info.id = text(id).empty() ? text(path) : text(id);
        image.info.label = label_of(text(label));
        image.info.published = published_of(text(split));
        image.info.category = text(category);
        if (!text(mask).empty() && !text(alpha).empty()) refuse("has both a mask and an alpha");
        if (!text(mask).empty()) image.mask = file_of(text(mask), "mask");
        if (!text(alpha).empty()) image.mask = file_of(text(alpha), "alpha"), image.mask_level = soft;
        try {
            if (!text(lineage).empty()) image.lineage = lineage_from(text(lineage));
        } catch (const std::exception&) {
            refuse("has a lineage that is no JSON array");
        }
        return image;
    }

   private:
    static std::string text(const char* cell) { return cell != nullptr ? cell : ""; }
    [[noreturn]] static void refuse(const std::string& why) { throw fettle::Error(fettle::Fault::data, why); }

    std::size_t file_of(const std::string& path, const char* column) const {
        if (path.empty()) refuse("has no " + std::string(column));
        const auto normal = normal_path(path.starts_with('/') ? path : folder_ + path);
        if (!normal) refuse("has the " + std::string(column) + " `" + path + "`, which leads out of the set");
        const auto file = files_.find(*normal);
        if (file == files_.end()) refuse("names `" + path + "`, and there is no such file");
        return file->second;
    }

    static fettle::Label label_of(const std::string& word) {
        try {
            return fettle::label_from(word);
        } catch (const fettle::Error& error) {
            refuse("has the label `" + word + "`; " + error.help());
        }
    }

    std::string folder_;
    NameIndex files_;
};

}  // namespace

TableRows read_rows(std::vector<std::uint8_t> bytes, const std::string& table, const std::vector<std::string>& names) {
    TableRows rows;
    const RowReader reader(table, names);
    const auto refuse = [&](unsigned line, const std::string& why) {
        rows.refused.push_back("line " + std::to_string(line) + " of `" + table + "` " + why);
    };
    read_csv(
        std::move(bytes), table, table_columns, 2,
        [&](unsigned line, const Cells& cells) {
            try {
                rows.images.push_back(reader(cells));
            } catch (const fettle::Error& error) {
                refuse(line, error.what());
            }
        },
        refuse);
    return rows;
}

std::string lineage_text(const std::vector<std::string>& lineage) {
    Json steps = Json::array();
    for (const auto& step : lineage) {
        Json parsed = Json::parse(step, nullptr, false);
        const bool exact = parsed.is_object() && parsed.dump() == step;
        steps.push_back(exact ? std::move(parsed) : Json(step));
    }
    return steps.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> lineage_from(const std::string& text) {
    const Json steps = Json::parse(text);
    if (!steps.is_array()) throw std::invalid_argument("no array");
    std::vector<std::string> lineage;
    for (const Json& step : steps) lineage.push_back(step.is_string() ? step.get<std::string>() : step.dump());
    return lineage;
}

std::string csv_line(const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += ',';
        if (cells[i].find_first_of(",\" \t") == std::string::npos) {
            line += cells[i];
            continue;
        }
        line += '"';
        for (const char c : cells[i]) line += c == '"' ? std::string("\"\"") : std::string(1, c);
        line += '"';
    }
    return line + '\n';
}
