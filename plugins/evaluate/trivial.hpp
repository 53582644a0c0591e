// Scores that know nothing of anomalies: what any reader of a figure should hold beside it.
#pragma once

#include <fettle/image.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evaluate {

/// One image's: each a plain number of its pixels. Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), 0 to 255.
struct Trivial {
    static constexpr std::array names{"mean grey", "contrast", "sharpness", "entropy", "jpeg size"};

    double mean_grey = 0;  ///< 0 to 255
    double contrast = 0;   ///< standard deviation of grey
    double sharpness = 0;  ///< variance of grey's Laplacian (4 neighbours, inside the image only)
    double entropy = 0;    ///< of the histogram of grey rounded to 256 levels, in bits
    double jpeg_size = 0;  ///< bytes of the image as JPEG at quality 90: a file's size, whatever file it came from

    std::array<double, 5> values() const { return {mean_grey, contrast, sharpness, entropy, jpeg_size}; }
};
/// The columns of scores that are made of them: "mean grey departure" of a trivial score, and a departure by itself.
inline std::string departure_of(const std::string& name) { return name + " departure"; }
constexpr const char* distance_name = "distance to the mean image";
/// Whether a column is one of those.
bool is_trivial(const std::string& column);

/// Of an RGB image with pixels.                                                       [any thread, concurrent]
Trivial trivial_scores(const fettle::Image& image);

/// The mean of images of one size.
class MeanImage {
   public:
    /// Whole sums: the same in any order. An image of another size than the first ends it: there is no mean.
    void add(const fettle::Image& image);
    /// How many were added.
    std::size_t count() const { return count_; }
    /// Root of the mean square difference of all pixels and channels, 0 to 255; none where sizes differ or nothing was
    /// added.
    std::optional<double> distance(const fettle::Image& image) const;

   private:
    int width_ = 0, height_ = 0;
    bool same_size_ = true;
    std::size_t count_ = 0;
    std::vector<std::uint64_t> sums_;
};

/// Pairs of one number of each list, nearest pairs first, each number in one pair at most, none farther apart than
/// `reach`: (place in `left`, place in `right`). Of equally near pairs the one that comes first.
std::vector<std::pair<std::size_t, std::size_t>> matched(const std::vector<double>& left,
                                                         const std::vector<double>& right, double reach);

}  // namespace evaluate
