// The log of records that Weights & Biases keeps of a run: LevelDB's log format behind a header of its own.
#pragma once

#include <string>
#include <string_view>

namespace report {

/// A log that grows in memory; every prefix that ends with a record is a valid log. Blocks are 32 KiB, counted from the
/// beginning of the file, header included; a record that doesn't fit is divided. Not for several threads.
class RecordLog {
   public:
    RecordLog();
    /// One record, of any length.
    void add(std::string_view record);
    const std::string& bytes() const { return bytes_; }

   private:
    enum class Part : char { full = 1, first, middle, last };
    void chunk(Part part, std::string_view data);

    std::string bytes_;
};

}  // namespace report
