#include "diagnose/diagnose.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace fettle::runtime {
namespace {

/// Columns that a text takes on a terminal, near enough: code points.
std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string_view name(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

}  // namespace

Source make_source(std::string name, std::string_view text) {
    auto source = std::make_shared<SourceFile>();
    source->name = std::move(name);
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        source->lines.push_back(std::move(line));
    }
    return source;
}

Span narrowed(const Span& span, std::string_view text) {
    if (!span.file || span.line == 0 || span.line > span.file->lines.size() || text.empty()) return span;
    const std::string& line = span.file->lines[span.line - 1];
    const std::size_t start = std::min(span.column - 1, line.size());
    const auto at = std::string_view(line).substr(start, span.length).rfind(text);
    return at == std::string_view::npos ? span : Span{span.file, span.line, start + at + 1, text.size()};
}

void Diagnostics::add(Diagnostic diagnostic) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(diagnostic));
}

bool Diagnostics::has_errors() const {
    const std::lock_guard lock(mutex_);
    return std::any_of(all_.begin(), all_.end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::vector<Diagnostic> Diagnostics::all() const {
    const std::lock_guard lock(mutex_);
    return all_;
}

std::string render(const Diagnostic& d, bool colour) {
    const auto paint = [colour](const char* code, std::string text) {
        return colour ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
    };
    const bool error = d.severity == Severity::error;
    std::string out = paint(error ? "1;31" : "1;33", fmt::format("{}[{}]", name(d.severity), d.code)) + ": " +
                      paint("1", d.message) + "\n";
    std::string margin = " ";
    if (d.span.file && d.span.line > 0) {
        const std::string number = std::to_string(d.span.line);
        margin.assign(number.size(), ' ');
        out +=
            fmt::format("{}{} {}:{}:{}\n", margin, paint("34", "-->"), d.span.file->name, d.span.line, d.span.column);
        if (d.span.line <= d.span.file->lines.size()) {
            const std::string& line = d.span.file->lines[d.span.line - 1];
            const std::size_t start = std::min(d.span.column - 1, line.size());
            const std::size_t length = std::min(d.span.length, line.size() - start);
            std::string before;  // as wide as what stands before the caret
            for (const char c : line.substr(0, start))
                if ((c & 0xC0) != 0x80) before += c == '\t' ? '\t' : ' ';
            const std::string carets(std::max<std::size_t>(1, columns(line.substr(start, length))), '^');
            out += fmt::format("{} |\n{} | {}\n{} | {}{}\n", margin, number, line, margin, before,
                               paint(error ? "31" : "33", carets + (d.hint.empty() ? "" : " " + d.hint)));
        }
    } else if (!d.hint.empty()) {
        out += fmt::format("{} = {}\n", margin, d.hint);
    }
    for (const std::string& help : d.help) out += fmt::format("{} = {} {}\n", margin, paint("1", "help:"), help);
    return out;
}

std::string render(std::vector<Diagnostic> diagnostics, bool colour) {
    std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
        const auto place = [](const Diagnostic& d) {
            return std::tuple(d.span.file ? d.span.file->name : std::string(), d.span.line, d.span.column);
        };
        return place(a) < place(b);
    });
    std::string out;
    std::size_t errors = 0, warnings = 0;
    for (const Diagnostic& d : diagnostics) {
        out += render(d, colour) + "\n";
        ++(d.severity == Severity::error ? errors : warnings);
    }
    const auto count = [](std::size_t n, const char* what) {
        return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    if (errors > 0 && warnings > 0)
        out += count(errors, "error") + ", " + count(warnings, "warning") + "\n";
    else if (errors + warnings > 0)
        out += errors > 0 ? count(errors, "error") + "\n" : count(warnings, "warning") + "\n";
    return out;
}

std::string render_json(const Diagnostic& d) {
    nlohmann::ordered_json json{{"code", d.code}, {"severity", name(d.severity)}, {"message", d.message}};
    if (d.span.file) {
        json["file"] = d.span.file->name;
        json["line"] = d.span.line;
        json["column"] = d.span.column;
        json["length"] = d.span.length;
    }
    if (!d.hint.empty()) json["hint"] = d.hint;
    if (!d.help.empty()) json["help"] = d.help;
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);  // file names hold any bytes
}

}  // namespace fettle::runtime
