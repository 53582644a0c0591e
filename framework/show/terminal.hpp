// A block of lines at the bottom of a terminal, written anew as they change; a folder's own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fettle::runtime {

struct TerminalSize {
    std::size_t columns = 80, rows = 24;
    friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};

/// Of the terminal behind standard error; 80 by 24 where it doesn't say.
TerminalSize terminal_size();
/// Whether that terminal breaks long lines anew when it gets narrower: what most do, by the variables they set. The
/// old ones cut them off.
bool terminal_reflows();
/// Whether the environment's locale is one of UTF-8.
bool terminal_has_unicode();

/// How many cells a UTF-8 text takes: 2 for wide letters, 0 for marks above others. What can't be shown takes 1.
std::size_t cells_of(std::string_view text);
/// The text in at most so many cells, cut with an ellipsis where it is longer; what can't be shown (control
/// characters, bytes that are no UTF-8) becomes `?`.
std::string fitted(std::string_view text, std::size_t cells);
/// The same, filled up with blanks.
std::string padded(std::string_view text, std::size_t cells);

/// A line: a mark in a colour, and text. Neither holds control characters; together they are narrower than the
/// terminal.
struct Line {
    std::string mark;
    const char* colour = "";  ///< of the mark: what stands between ESC [ and m; empty for none
    std::string text;
    friend bool operator==(const Line&, const Line&) = default;
};

/// What brings the terminal from what was painted last to new lines: one text to be written at once, in which only
/// lines that changed stand, between the marks of a synchronised update. The cursor rests below the last line.
///
/// After a change of size the block is written anew from its top. Terminals that reflow have broken lines that no
/// longer fitted, so its top lies higher there.                                              [one thread at a time]
class Painter {
   public:
    Painter(bool colour, bool reflows) : colour_(colour), reflows_(reflows) {}

    /// `above` is text that stays, with its line breaks, before the block. Empty where nothing changed.
    std::string paint(const std::vector<Line>& lines, const std::string& above, TerminalSize size);
    /// The text in a colour, where colours are wanted.
    std::string painted(const char* colour, const std::string& text) const;

   private:
    std::string text_of(const Line& line) const { return painted(line.colour, line.mark) + line.text; }
    std::size_t rows_taken(TerminalSize size) const;

    bool colour_, reflows_;
    std::vector<Line> shown_;
    TerminalSize size_;
};

}  // namespace fettle::runtime
