// What the reports for other programs share: numbers and names as those programs take them, files that are whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

namespace report {

/// A number with the fewest digits that read back equal, whatever the locale; "nan", "inf" or "-inf" where it isn't
/// finite, which Python, C and pandas read back.                                     [any thread, concurrent]
std::string digits(double value);

/// The text with every byte that isn't UTF-8 (a file's name from an old archive) as U+FFFD. [any thread, concurrent]
std::string utf8(std::string_view text);

/// Writes a file whole: beside its place, then renamed into it, so that nobody ever finds half of it. Makes the folders
/// above it. Throws Error(Fault::storage) naming it.                                  [any thread]
void put_file(const std::filesystem::path& file, std::string_view bytes);

/// Milliseconds since 1970: the clock's, or those of the environment's SOURCE_DATE_EPOCH (seconds; the convention of
/// reproducible-builds.org) where it is set, so that the same figures give the same bytes. Throws Error(Fault::data)
/// where that is no number.                                                           [any thread]
std::int64_t milliseconds_now();

/// Names as another program takes them, no two alike. One object for the names of one kind in one place.
class Names {
   public:
    /// What a program takes beside letters and digits of ASCII.
    struct Rules {
        std::string_view marks = "_";    ///< of ASCII; never '/', which joins the parts
        bool beyond_ascii = false;       ///< any other letter
        std::size_t longest_part = 120;  ///< bytes
    };
    explicit Names(Rules rules) : rules_(rules) {}

    /// The parts with '/' between. What isn't taken becomes '_'; a part that is too long is cut and ends in a digest
    /// of the whole; a name that was given already gets a number.
    std::string operator()(std::initializer_list<std::string_view> parts);

   private:
    std::string part(std::string_view text) const;

    Rules rules_;
    std::set<std::string> given_;
};

}  // namespace report
