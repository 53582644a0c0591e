// Pieces that overlap, blended into a whole.
#pragma once

#include <cstddef>
#include <vector>

/// Sums pieces with weights that fall off towards each piece's edges, so that no seam shows where they disagree; where
/// they agree, the result is what they agree on.                                    [one thread each]
class Mosaic {
   public:
    Mosaic(int width, int height, int channels)
        : width_(width), height_(height), channels_(channels), sums_(size() * channels), weights_(size()) {}

    /// A piece's pixels, interleaved, its left and top edge at (x, y); it must lie inside.
    template <class Value>
    void add(const Value* pixels, int x, int y, int width, int height) {
        for (int row = 0; row < height; ++row)
            for (int column = 0; column < width; ++column) {
                const double weight = ramp(column, width) * ramp(row, height);
                const std::size_t at = static_cast<std::size_t>(y + row) * width_ + x + column;
                weights_[at] += weight;
                for (int c = 0; c < channels_; ++c)
                    sums_[at * channels_ + c] += weight * static_cast<double>(*pixels++);
            }
    }

    /// The weighted means; 0 where no piece lies.
    std::vector<float> means() const {
        std::vector<float> out(sums_.size());
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double weight = weights_[i / channels_];
            out[i] = weight > 0 ? static_cast<float>(sums_[i] / weight) : 0;
        }
        return out;
    }

   private:
    std::size_t size() const { return static_cast<std::size_t>(width_) * height_; }
    /// 1 at the edges, rising by 1 a pixel to the middle.
    static double ramp(int at, int length) { return at < length - at ? at + 1 : length - at; }

    int width_, height_, channels_;
    std::vector<double> sums_, weights_;
};
