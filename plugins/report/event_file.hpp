// TensorBoard's event file: records of protocol buffers, unchanged since 2015.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace report {

/// CRC-32C (Castagnoli; RFC 3720): that of "123456789" is 0xe3069283.                [any thread, concurrent]
std::uint32_t crc32c(std::string_view bytes);

/// A histogram as TensorBoard keeps it: counts[i] numbers lie above limits[i - 1] (above all below: `lowest`), up to
/// limits[i].
struct Buckets {
    double lowest = 0, highest = 0, count = 0, sum = 0, sum_of_squares = 0;
    std::vector<double> limits, counts;
};
/// Of the finite values, in `most` buckets of one width over [from, to], without empty ones at the ends; none where no
/// value is finite.                                                                   [any thread, concurrent]
Buckets buckets_of(const std::vector<double>& values, double from, double to, std::size_t most);

/// An event file that grows in memory; every prefix that ends with a record is a valid file. Not for several threads.
class EventFile {
   public:
    /// `seconds`: when every event happened, since 1970.
    explicit EventFile(double seconds);

    /// Float32 on disk, as everywhere in TensorBoard; NaN and infinities are taken.
    void scalar(std::string_view tag, std::int64_t step, double value);
    void image(std::string_view tag, std::int64_t step, int width, int height, std::string_view png);
    void histogram(std::string_view tag, std::int64_t step, const Buckets& buckets);
    /// Shown as Markdown.
    void text(std::string_view tag, std::int64_t step, std::string_view words);

    const std::string& bytes() const { return bytes_; }

   private:
    void event(std::int64_t step, std::string_view value);
    void record(std::string_view data);

    double seconds_;
    std::string bytes_;
};

}  // namespace report
