#include "show/terminal.hpp"

#include <fmt/format.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

namespace fettle::runtime {
namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// Calls use(character, cells) for each character of a text, `?` for one that can't be shown, until it says no. The C
/// library knows how wide they are, in a locale of UTF-8.
void for_each_character(std::string_view text, const std::function<bool(std::string_view, std::size_t)>& use) {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    const locale_t before = utf8 == nullptr ? nullptr : uselocale(utf8);
    std::mbstate_t state{};
    while (!text.empty()) {
        wchar_t letter = 0;
        const std::size_t length = std::mbrtowc(&letter, text.data(), text.size(), &state);
        const bool whole = length != 0 && length <= text.size();
        if (!whole) state = {};
        const int cells = whole ? wcwidth(letter) : -1;
        const std::size_t taken = whole ? length : 1;
        if (!(cells < 0 ? use("?", 1) : use(text.substr(0, taken), static_cast<std::size_t>(cells)))) break;
        text.remove_prefix(taken);
    }
    if (before != nullptr) uselocale(before);
}

}  // namespace

TerminalSize terminal_size() {
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
    return {size.ws_col, size.ws_row};
}

bool terminal_reflows() {
    if (!variable("TMUX").empty()) return true;
    if (!variable("XTERM_VERSION").empty()) return false;
    constexpr const char* old[] = {"linux", "rxvt", "screen", "vt"};
    return std::none_of(std::begin(old), std::end(old),
                        [](const char* each) { return variable("TERM").starts_with(each); });
}

bool terminal_has_unicode() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (const auto value = variable(name); !value.empty())
            return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
    return false;
}

std::size_t cells_of(std::string_view text) {
    std::size_t sum = 0;
    for_each_character(text, [&](std::string_view, std::size_t cells) { return sum += cells, true; });
    return sum;
}

std::string fitted(std::string_view text, std::size_t cells) {
    std::string whole, cut;
    std::size_t taken = 0;
    for_each_character(text, [&](std::string_view letter, std::size_t width) {
        if (taken + width > cells) return taken = cells + 1, false;
        taken += width;
        whole += letter;
        if (taken + 1 <= cells) cut = whole;  // as far as an ellipsis still fits behind it
        return true;
    });
    return taken <= cells ? whole : cells == 0 ? "" : cut + "…";
}

std::string padded(std::string_view text, std::size_t cells) {
    std::string out = fitted(text, cells);
    return out.append(cells - std::min(cells, cells_of(out)), ' ');
}

std::string Painter::painted(const char* colour, const std::string& text) const {
    return colour_ && *colour != '\0' ? fmt::format("\033[{}m{}\033[0m", colour, text) : text;
}

/// By what was painted last; never more than can be gone up.
std::size_t Painter::rows_taken(TerminalSize size) const {
    std::size_t rows = 0;
    for (const Line& line : shown_) {
        const std::size_t cells = cells_of(line.mark) + cells_of(line.text);
        rows += reflows_ && cells > size.columns ? (cells + size.columns - 1) / size.columns : 1;
    }
    return std::min(rows, size.rows - 1);
}

std::string Painter::paint(const std::vector<Line>& lines, const std::string& above, TerminalSize size) {
    constexpr const char *begin = "\033[?2026h", *end = "\033[?2026l";
    std::string out;
    if (!above.empty() || lines.size() != shown_.size() || (size_ != size && !shown_.empty())) {
        if (const std::size_t rows = rows_taken(size); rows > 0) out = fmt::format("\033[{}A", rows);
        out += "\r\033[J" + above;
        for (const Line& line : lines) out += text_of(line) + "\n";
    } else {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (lines[i] == shown_[i]) continue;
            const std::size_t up = lines.size() - i;
            out += fmt::format("\033[{}A\r{}\033[K\033[{}B\r", up, text_of(lines[i]), up);
        }
    }
    shown_ = lines;
    size_ = size;
    return out.empty() ? out : begin + out + end;
}

}  // namespace fettle::runtime
