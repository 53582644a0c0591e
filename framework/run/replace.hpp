// Small files that are remembered between runs, and that a run can do without.
#pragma once

#include <filesystem>
#include <string_view>

namespace fettle::runtime {

/// Writes a file in the place of the one that is there: by another name first, so that whoever reads it finds the whole
/// of one or of the other, whichever processes write at once. Where it can't be written (a full disk, no such folder)
/// what was there stays.                                                                    [any thread, concurrent]
void replace_quietly(const std::filesystem::path& file, std::string_view text) noexcept;

}  // namespace fettle::runtime
