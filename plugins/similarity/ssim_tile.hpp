// SSIM of one tile of an image, by many threads that share a block's memory: what the CUDA kernels do, in phases
// between which all threads wait for each other. Nothing here needs a GPU: whoever calls every phase for every thread
// gets the same result.
#pragma once

#include "ssim_formula.hpp"

#ifdef __CUDACC__
#define SSIM_UNROLL _Pragma("unroll")
#else
#define SSIM_UNROLL
#endif

namespace ssim {

/// Taps: their number where it is known when compiling, else 0. Planes: how many derivatives are spread back over the
/// image: 0 makes a tile of the map; 3 one of the candidate's gradient, 4 one of both.
template <class T, int Taps, int Planes>
struct Tile {
    static constexpr int width = 32, height = 16, threads = 256;
    static constexpr int run = 4;  ///< values that a thread makes side by side: what it reads serves all of them

    const Job<T>& job;
    T* shared;
    std::int64_t image;
    int left, top;  ///< of the tile: in the map for the map, in the image for gradients

    SSIM_INLINE int taps() const { return Taps != 0 ? Taps : job.count; }
    SSIM_INLINE int reach() const { return taps() - 1; }
    /// The places that are compared lie as far above and left of a gradient's tile as a window reaches.
    SSIM_INLINE int margin() const { return Planes == 0 ? 0 : reach(); }
    SSIM_INLINE int compared_rows() const { return whole(height + margin()); }
    SSIM_INLINE int compared_columns() const { return whole(width + margin()); }
    SSIM_INLINE int rows() const { return compared_rows() + reach(); }
    SSIM_INLINE int columns() const { return compared_columns() + reach(); }
    static SSIM_INLINE int whole(int count) { return (count + run - 1) / run * run; }

    // Rows of odd length: threads one below the other meet different banks of the memory.
    SSIM_INLINE int input_pitch() const { return columns() | 1; }
    SSIM_INLINE int sum_pitch() const { return compared_columns() | 1; }
    SSIM_INLINE int spread_pitch() const { return width | 1; }
    SSIM_INLINE T* input(int plane) const { return shared + plane * rows() * input_pitch(); }
    SSIM_INLINE T* sum(int plane) const { return input(2) + plane * rows() * sum_pitch(); }
    SSIM_INLINE T* derivative(int plane) const { return sum(4) + plane * compared_rows() * sum_pitch(); }
    /// Takes the place of the sums, which have been used by then. As large: Planes is at most 4.
    SSIM_INLINE T* spread(int plane) const { return input(2) + plane * compared_rows() * spread_pitch(); }
    SSIM_INLINE T* map() const { return sum(4); }  ///< there are no derivatives where it is made
    SSIM_INLINE int shared_values() const {
        const int last = Planes == 0 ? width * height : Planes * compared_rows() * sum_pitch();
        return 2 * rows() * input_pitch() + 4 * rows() * sum_pitch() + last;
    }

    /// Sums of Count values under the window at `run` places in a row; read(i, value) gives those at the i-th.
    template <int Count, class Read>
    SSIM_INLINE void window(const Read& read, T (&total)[run][Count]) const {
        for (int r = 0; r < run; ++r)
            for (int m = 0; m < Count; ++m) total[r][m] = 0;
        SSIM_UNROLL
        for (int i = 0; i < (Taps != 0 ? Taps : taps()) + run - 1; ++i) {
            T value[Count];
            read(i, value);
            SSIM_UNROLL
            for (int r = 0; r < run; ++r) {
                if (i < r || i - r >= taps()) continue;
                const T tap = job.taps[i - r];
                SSIM_UNROLL
                for (int m = 0; m < Count; ++m) total[r][m] += tap * value[m];
            }
        }
    }

    SSIM_INLINE void clear(int thread) const {
        for (int i = thread; i < width * height; i += threads) map()[i] = 0;
    }

    /// s and d of a channel; zero beyond the image.
    SSIM_INLINE void read(std::int64_t c, int thread) const {
        for (int i = thread; i < rows() * columns(); i += threads) {
            const int v = i / columns(), u = i % columns();
            const std::int64_t y = top - margin() + v, x = left - margin() + u;
            T sum = 0, difference = 0;
            if (y >= 0 && y < job.height && x >= 0 && x < job.width) {
                const T a = job.reference.at(image, c, y)[x * job.reference.column];
                const T b = job.candidate.at(image, c, y)[x * job.candidate.column];
                sum = a + b - 1;
                difference = a - b;
            }
            input(0)[v * input_pitch() + u] = sum;
            input(1)[v * input_pitch() + u] = difference;
        }
    }

    /// Along the rows: sums of s, d, s^2 and d^2 under the window.
    SSIM_INLINE void sum_across(int thread) const {
        for (int i = thread; i < rows() * (compared_columns() / run); i += threads) {
            const int v = i % rows(), first = i / rows() * run;
            T total[run][4];
            window<4>(
                [&](int k, T(&value)[4]) {
                    value[0] = input(0)[v * input_pitch() + first + k];
                    value[1] = input(1)[v * input_pitch() + first + k];
                    value[2] = value[0] * value[0];
                    value[3] = value[1] * value[1];
                },
                total);
            for (int r = 0; r < run; ++r)
                for (int m = 0; m < 4; ++m) sum(m)[v * sum_pitch() + first + r] = total[r][m];
        }
    }

    /// Down the columns, then the comparison: into the map, or derivatives that are zero where there is no map.
    SSIM_INLINE void compare(int thread) const {
        for (int i = thread; i < compared_columns() * (compared_rows() / run); i += threads) {
            const int u = i % compared_columns(), first = i / compared_columns() * run;
            T total[run][4];
            window<4>(
                [&](int k, T(&value)[4]) {
                    for (int m = 0; m < 4; ++m) value[m] = sum(m)[(first + k) * sum_pitch() + u];
                },
                total);
            for (int r = 0; r < run; ++r) place(u, first + r, total[r]);
        }
    }
    SSIM_INLINE void place(int u, int v, const T (&mean)[4]) const {
        const std::int64_t y = top - margin() + v, x = left - margin() + u;
        const bool inside = y >= 0 && y <= job.height - taps() && x >= 0 && x <= job.width - taps();
        const T part = 1 / static_cast<T>(job.channels);
        T of[4] = {0, 0, 0, 0}, weight = 0, difference = 0;
        if constexpr (Planes != 0)
            if (inside) weight = part * (job.share.data != nullptr ? job.share.at(image, 0, y)[x] : job.even_share);
        if (inside) difference = part * dissimilarity(job, mean, weight, of);
        if constexpr (Planes == 0) {
            if (v < height && u < width) map()[v * width + u] += difference;
        } else {
            const int at = v * sum_pitch() + u;
            derivative(0)[at] = of[0];
            derivative(1)[at] = of[1];
            derivative(2)[at] = Planes == 3 ? of[2] - of[3] : of[2];
            if constexpr (Planes == 4) derivative(3)[at] = of[3];
        }
    }

    /// The derivatives along the rows: a pixel is under the windows of the places before it.
    SSIM_INLINE void spread_across(int thread) const {
        if constexpr (Planes != 0)
            for (int i = thread; i < compared_rows() * (width / run); i += threads) {
                const int v = i % compared_rows(), first = i / compared_rows() * run;
                T total[run][Planes];
                window<Planes>(
                    [&](int k, T(&value)[Planes]) {
                        for (int m = 0; m < Planes; ++m) value[m] = derivative(m)[v * sum_pitch() + first + k];
                    },
                    total);
                for (int r = 0; r < run; ++r)
                    for (int m = 0; m < Planes; ++m) spread(m)[v * spread_pitch() + first + r] = total[r][m];
            }
    }

    /// Down the columns, into the gradients.
    SSIM_INLINE void write_gradients(std::int64_t c, int thread) const {
        if constexpr (Planes != 0)
            for (int i = thread; i < width * (height / run); i += threads) {
                const int u = i % width, first = i / width * run;
                T total[run][Planes];
                window<Planes>(
                    [&](int k, T(&value)[Planes]) {
                        for (int m = 0; m < Planes; ++m) value[m] = spread(m)[(first + k) * spread_pitch() + u];
                    },
                    total);
                for (int r = 0; r < run; ++r) {
                    const std::int64_t y = top + first + r, x = left + u;
                    if (y >= job.height || x >= job.width) continue;
                    const int at = (first + r + reach()) * input_pitch() + u + reach();
                    const T by_s = 2 * input(0)[at] * total[r][0], by_d = 2 * input(1)[at] * total[r][1];
                    T* const candidate = job.candidate_gradient.at(image, c, y) + x * job.candidate_gradient.column;
                    if constexpr (Planes == 3) {
                        *candidate = total[r][2] + by_s - by_d;
                    } else {
                        *candidate = total[r][2] - total[r][3] + by_s - by_d;
                        job.reference_gradient.at(image, c, y)[x * job.reference_gradient.column] =
                            total[r][2] + total[r][3] + by_s + by_d;
                    }
                }
            }
    }

    SSIM_INLINE void write_map(int thread) const {
        for (int i = thread; i < width * height; i += threads) {
            const std::int64_t y = top + i / width, x = left + i % width;
            if (y <= job.height - taps() && x <= job.width - taps()) job.map.at(image, 0, y)[x] = map()[i];
        }
    }

    /// All of it; `phase(body)` calls body(thread) for every thread and waits until all are through.
    template <class Phase>
    SSIM_INLINE void make(const Phase& phase) const {
        if constexpr (Planes == 0) phase([&](int thread) { clear(thread); });
        for (std::int64_t c = 0; c < job.channels; ++c) {
            phase([&](int thread) { read(c, thread); });
            phase([&](int thread) { sum_across(thread); });
            phase([&](int thread) { compare(thread); });
            if constexpr (Planes != 0) {
                phase([&](int thread) { spread_across(thread); });
                phase([&](int thread) { write_gradients(c, thread); });
            }
        }
        if constexpr (Planes == 0) phase([&](int thread) { write_map(thread); });
    }
};

}  // namespace ssim
