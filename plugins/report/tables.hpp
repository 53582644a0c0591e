// Figures as JSON: what report.json writes and report.html draws from.
#pragma once

#include <fettle/ports.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace report {

/// Keys keep the order they are given in, so that two reports can be compared line by line.
using Json = nlohmann::ordered_json;

/// A number with the digits that read back equal; null where it isn't finite (JSON has no word for it).
Json number(double value);

/// How many samples of each label there are in each split: {"test": {"normal": 300, "anomalous": 500, "unknown": 0}}.
Json counts(const fettle::Scores& scores);

/// Cut, figures with intervals, confusion, ROC corners, further curves and remarks. Every null that stands for a number
/// that isn't finite has a remark; a figure without an interval has "interval": null.
Json judgement(const fettle::Judgement& judged);

/// Rows of figures, each with its interval or null, and a verdict in words. What isn't finite is null.
Json table(const fettle::Table& table);

/// As text. Bytes that aren't UTF-8 (a file name from an old archive) become U+FFFD.
std::string text(const Json& json, int indent = -1);

/// Writes a file whole. Throws Error(Fault::storage).
void write_file(const std::filesystem::path& path, const std::string& bytes);

}  // namespace report
