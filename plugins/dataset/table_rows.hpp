// The rows of a table of samples: what `dataset.table` reads and `dataset.write` writes.
#pragma once

#include "layout.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// The columns of a table of samples. Read are path and label at least; written are all but `mask` or `alpha`, of
/// which a sample has one or none.
///   path      the image, from the table's folder
///   label     "normal", "anomalous" or "unknown"
///   id        where it isn't the path
///   split     "train", "calibrate", "test" or the name of a fold
///   category  the class
///   mask      a picture whose grey values above 127 are anomalous
///   alpha     in a mask's stead, of an object to paste: a picture whose grey values are its opacity
///   lineage   how the image came to be: a JSON array
constexpr std::array<const char*, 8> table_columns{"path", "label",    "id",    "split",
                                                   "mask", "category", "alpha", "lineage"};

struct TableRows {
    std::vector<LaidOut> images;
    std::vector<std::string> refused;  ///< a sentence for each row that can't be taken, with its line
};

/// The rows of the table `table` (a name among `names`). Paths are looked up among `names`, from the table's folder.
/// Throws Error(Fault::data) where it isn't a table.
TableRows read_rows(std::vector<std::uint8_t> bytes, const std::string& table, const std::vector<std::string>& names);

/// A lineage in one cell: an array of its steps, and back. A step that isn't canonical JSON is kept as a text.
std::string lineage_text(const std::vector<std::string>& lineage);
/// Throws std::exception where the text is no JSON array.
std::vector<std::string> lineage_from(const std::string& text);

/// One line of cells, quoted where they need it, with its end. Cells hold no line break.
std::string csv_line(const std::vector<std::string>& cells);
