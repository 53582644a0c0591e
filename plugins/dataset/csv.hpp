// Tables as text: comma-separated, quoted where a cell holds a comma or a quote, names of columns in the first line.
#pragma once

#define CSV_IO_NO_THREAD
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-truncation"  // it cuts long names of files on purpose
#include <libfccp/csv.h>
#pragma GCC diagnostic pop

#include <fettle/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

/// Calls use(line, cells) for every row of a table, its line counted from 1, and refuse(line, why) for every row that
/// can't be parsed. `cells` are those of `columns`, null for a column that the table hasn't got; other columns are
/// passed over. `name` is used in errors alone. Throws Error(Fault::data) where there is no line of names, one stands
/// twice in it, or one of the first `needed` is missing.
template <std::size_t count, class Use, class Refuse>
void read_csv(std::vector<std::uint8_t> bytes, const std::string& name, const std::array<const char*, count>& columns,
              std::size_t needed, const Use& use, const Refuse& refuse) {
    using Trim = io::trim_chars<' ', '\t'>;
    using Reader =
        io::CSVReader<count, Trim, io::double_quote_escape<',', '"'>, io::throw_on_overflow, io::empty_line_comment>;
    const auto fail = [&](const std::string& why) {
        std::string known;
        for (const char* column : columns) known += (known.empty() ? "" : ", ") + std::string(column);
        throw fettle::Error(fettle::Fault::data, "the table `" + name + "` " + why)
            .help("its first line names the columns, with commas between: " + known);
    };
    if (bytes.empty()) fail("is empty");
    bytes.push_back('\n');  // the reader looks beyond the end where the last line has none
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    Reader reader(name, text, text + bytes.size());
    try {
        std::apply(
            [&](const auto*... column) {
                reader.read_header(io::ignore_extra_column | io::ignore_missing_column, std::string(column)...);
            },
            columns);
    } catch (const io::error::duplicated_column_in_header& error) {
        fail("has two columns `" + std::string(error.column_name) + "`");
    } catch (const io::error::base&) {
        fail("has no line that names its columns");
    }
    for (std::size_t i = 0; i < needed; ++i)
        if (!reader.has_column(columns[i])) fail("has no column `" + std::string(columns[i]) + "`");
    for (;;) {
        std::array<const char*, count> cells{};
        try {
            if (!std::apply([&](auto&... cell) { return reader.read_row(cell...); }, cells)) return;
        } catch (const io::error::too_few_columns&) {
            refuse(reader.get_file_line(), "has fewer cells than there are columns");
            continue;
        } catch (const io::error::too_many_columns&) {
            refuse(reader.get_file_line(), "has more cells than there are columns");
            continue;
        } catch (const io::error::escaped_string_not_closed&) {
            refuse(reader.get_file_line(), "has a quote that isn't closed");
            continue;
        } catch (const io::error::base& error) {
            fail("can't be read: " + std::string(error.what()));
        }
        use(reader.get_file_line(), cells);
    }
}
