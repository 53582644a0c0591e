#include "table.hpp"

#include <fettle/error.hpp>
#include <fettle/suggest.hpp>

#include <csv.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <unordered_set>

namespace score {
namespace {

using fettle::Error;
using fettle::Fault;
using Rows = std::vector<std::vector<std::string>>;

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what, const std::string& help) {
    throw Error(Fault::data, "`" + file.string() + "` " + what).parameter("path").help(help);
}

constexpr auto shape_help =
    "it is a table with commas between: names in the first line (`sample`, `label`, metrics), then a row per image";

/// All cells, by libcsv, which refuses what RFC 4180 doesn't allow.
Rows cells_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    if (!stream) fail(file, "can't be read", "name a file with `path`");
    if (bytes.starts_with("\xef\xbb\xbf")) bytes.erase(0, 3);  // a mark that spreadsheets put before UTF-8
    csv_parser parser;
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
    const std::unique_ptr<csv_parser, void (*)(csv_parser*)> freed(&parser, csv_free);
    Rows rows(1);
    const auto cell = [](void* text, std::size_t length, void* out) {
        static_cast<Rows*>(out)->back().emplace_back(static_cast<const char*>(text), length);
    };
    const auto line = [](int, void* out) { static_cast<Rows*>(out)->emplace_back(); };
    if (csv_parse(&parser, bytes.data(), bytes.size(), cell, line, &rows) != bytes.size() ||
        csv_fini(&parser, cell, line, &rows) != 0)
        fail(
            file,
            "is no such table from row " + std::to_string(rows.size() - 1) + " on: " + csv_strerror(csv_error(&parser)),
            shape_help);
    rows.pop_back();
    return rows;
}

double number_of(const std::string& text, const std::string& where, const std::filesystem::path& file) {
    if (text.empty()) return std::numeric_limits<double>::quiet_NaN();  // as pandas writes what isn't there
    double value = 0;
    const char *begin = text.data(), *end = begin + text.size();
    const auto [rest, error] = std::from_chars(begin, end, value);
    if (error == std::errc() && rest == end) return value;
    fail(file, "holds `" + text + "` instead of a number in " + where,
         "columns beside `sample`, `label`, `split` and `category` are metrics: numbers with a point");
}

/// Where the columns with a meaning of their own stand; npos where they don't.
struct Places {
    static constexpr auto none = static_cast<std::size_t>(-1);
    std::size_t sample, label, split, category;

    explicit Places(const std::vector<std::string>& names)
        : sample(of(names, "sample")),
          label(of(names, "label")),
          split(of(names, "split")),
          category(of(names, "category")) {}
    bool holds(std::size_t column) const {
        return column == sample || column == label || column == split || column == category;
    }

   private:
    static std::size_t of(const std::vector<std::string>& names, const char* name) {
        const auto found = std::find(names.begin(), names.end(), name);
        return found == names.end() ? none : static_cast<std::size_t>(found - names.begin());
    }
};

void require_names(const std::vector<std::string>& names, const Places& places, const std::filesystem::path& file) {
    for (const auto& [place, name] : {std::pair{places.sample, "sample"}, std::pair{places.label, "label"}})
        if (place == Places::none) {
            const auto meant = fettle::nearest(name, names);
            fail(file, std::string("has no column `") + name + "`",
                 meant ? "is `" + *meant + "` meant? " + shape_help : shape_help);
        }
    std::unordered_set<std::string> seen;
    for (const std::string& name : names)
        if (!seen.insert(name).second) fail(file, "has two columns `" + name + "`", "give each column its own name");
    if (names.size() ==
        static_cast<std::size_t>(2 + (places.split != Places::none) + (places.category != Places::none)))
        fail(file, "has no column of scores", shape_help);
}

}  // namespace

Table read_table(const std::filesystem::path& file) {
    const Rows rows = cells_of(file);
    if (rows.empty()) fail(file, "is empty", shape_help);
    const auto& names = rows.front();
    const Places places(names);
    require_names(names, places, file);
    Table table;
    for (std::size_t c = 0; c < names.size(); ++c)
        if (!places.holds(c)) table.names.push_back(names[c]);
    std::unordered_set<std::string> seen;
    for (std::size_t r = 1; r < rows.size(); ++r) {
        const auto& cells = rows[r];
        const std::string where = "row " + std::to_string(r);
        if (cells.size() != names.size())
            fail(file,
                 "has " + std::to_string(cells.size()) + " cells in " + where + ", and " +
                     std::to_string(names.size()) + " columns",
                 shape_help);
        Table::Row row;
        row.info.id = cells[places.sample];
        if (!seen.insert(row.info.id).second)
            fail(file, "has two rows of the sample `" + row.info.id + "`", "each sample stands once");
        try {
            row.info.label = fettle::label_from(cells[places.label]);
            row.info.split =
                places.split == Places::none ? fettle::Split::test : fettle::split_from(cells[places.split]);
        } catch (const Error& error) {
            fail(file, "can't be understood in " + where + ": " + error.what(), error.help());
        }
        if (places.category != Places::none) row.info.category = cells[places.category];
        for (std::size_t c = 0; c < cells.size(); ++c)
            if (!places.holds(c))
                row.values.push_back(number_of(cells[c], "column `" + names[c] + "` of " + where, file));
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace score
