#include "safe_names.hpp"

#include "layout.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace {

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// What Windows keeps for devices, whatever the extension, and what listings of sets pass over.
bool is_reserved(const std::string& part) {
    constexpr std::array<std::string_view, 5> words{"con", "prn", "aux", "nul", "__macosx"};
    const std::string word = lower(part.substr(0, part.find('.')));
    const bool numbered = word.size() == 4 && (word.starts_with("com") || word.starts_with("lpt"));
    return (numbered && word[3] >= '0' && word[3] <= '9') || std::find(words.begin(), words.end(), word) != words.end();
}

/// A folder gets no point, so that it never has the name of a file.
std::string safe_part(const std::string& part, bool folder) {
    constexpr std::size_t longest = 80;
    std::string out;
    for (const char c : part) {
        if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;  // a further byte of a letter in UTF-8
        out += is_plain(c) || (c == '.' && !folder && !out.empty()) ? c : '_';
    }
    if (out.empty()) out = "_";
    if (out.size() > longest) out.resize(longest);
    return is_reserved(out) ? "_" + out : out;
}

}  // namespace

std::string SafeNames::of(const std::string& id) {
    const PathParts parts = taken_apart(id);
    std::string folders;
    constexpr std::size_t deepest = 8;  // what lies deeper loses its outermost folders
    for (std::size_t i = parts.folders.size() > deepest ? parts.folders.size() - deepest : 0; i < parts.folders.size();
         ++i)
        folders += safe_part(parts.folders[i], true) + '/';
    const std::string name = folders + safe_part(is_image_file(parts) ? parts.stem : parts.file(), false);
    std::string unique = name;
    for (int number = 2; !taken_.insert(lower(unique)).second; ++number) unique = name + '-' + std::to_string(number);
    return unique;
}
