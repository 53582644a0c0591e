// The sweep over an image that computes SSIM's map and gradients; included once per instruction set, with
// SSIM_NAMESPACE, SSIM_VECTOR_BYTES (width of a register) and SSIM_BLOCK (rows that are made together: as many as
// leave the accumulators in registers) defined.
//
// With s = x + y - 1 and d = x - y, whose windowed means are ms and md and whose variances vs and vd,
//
//     2 m_x m_y = (ms^2 - md^2) / 2,   m_x^2 + m_y^2 = (ms^2 + md^2) / 2,   the same for 2 s_xy and s_x^2 + s_y^2,
//
// where ms has its 1 back. So four windowed means suffice, of s, d, s^2 and d^2, and one minus SSIM is
//
//     a + b - a b,   a = md^2 / (m_x^2 + m_y^2 + c1),   b = vd / (s_x^2 + s_y^2 + c2),
//
// without a difference of nearly equal numbers where the images are alike; the 1 centres images in [0, 1], which keeps
// s^2 - ms^2 exact to single precision where they are bright.
//
// The gradient with respect to s and d is the window's transposed correlation of the map's derivatives by those four
// means (`Derivatives`), for s^2 and d^2 times 2s and 2d; that for y is the one for s less the one for d, so three
// planes suffice for it, four for both images.
//
// Rows stream through rings of `count + SSIM_BLOCK - 1` rows: nothing here is the size of an image. Every row is made
// by the same operations whichever strip or block it falls into.
//
// No function of another header is called: the linker keeps one copy of an inline function, and it must not be the one
// that was compiled for this file's instruction set.
#pragma once

#include "ssim_job.hpp"

namespace ssim::SSIM_NAMESPACE {

template <class T>
struct Lanes {
    typedef T Vector __attribute__((vector_size(SSIM_VECTOR_BYTES)));
    typedef T Unaligned __attribute__((vector_size(SSIM_VECTOR_BYTES), aligned(alignof(T)), may_alias));
    static constexpr std::int64_t count = SSIM_VECTOR_BYTES / sizeof(T);
};
template <class T>
using Vector = typename Lanes<T>::Vector;

template <class T>
inline Vector<T> load(const T* from) {
    return *reinterpret_cast<const typename Lanes<T>::Unaligned*>(from);
}
template <class T>
inline void store(T* to, Vector<T> values) {
    *reinterpret_cast<typename Lanes<T>::Unaligned*>(to) = values;
}
template <class T>
inline Vector<T> all(T value) {
    return value - Vector<T>{};
}
template <class T>
inline std::int64_t whole_vectors(std::int64_t count) {
    return (count + Lanes<T>::count - 1) / Lanes<T>::count * Lanes<T>::count;
}

inline std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
inline std::int64_t most(std::int64_t a, std::int64_t b) { return a < b ? b : a; }
template <class T>
inline void clear(T* from, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) from[i] = 0;
}

/// A number that the compiler knows.
template <std::int64_t Value>
struct Known {
    constexpr operator std::int64_t() const { return Value; }
};

/// body(0), body(1) ... body(count - 1): unrolled where the number is known.
template <int Times, class Body>
inline __attribute__((always_inline)) void repeat(int count, const Body& body) {
    if constexpr (Times != 0) {
#pragma GCC unroll 64
        for (int i = 0; i < Times; ++i) body(i);
    } else {
        for (int i = 0; i < count; ++i) body(i);
    }
}

/// Calls body with a stride that the compiler knows, for one or three interleaved channels.
template <class Body>
inline void with_stride(std::int64_t stride, const Body& body) {
    if (stride == 1) return body(Known<1>{});
    if (stride == 3) return body(Known<3>{});
    body(stride);
}

/// Taps: their number where it is known when compiling, else 0. Planes: how many derivatives are spread back over the
/// images, 0 (the map alone), 3 (the candidate's gradient) or 4 (both).
template <class T, int Taps, int Planes>
class Strip {
    using V = Vector<T>;
    static constexpr int block = SSIM_BLOCK;

   public:
    Strip(const Job<T>& job, std::int64_t image, T* scratch)
        : job_(job),
          image_(image),
          taps_(Taps != 0 ? Taps : job.count),
          reach_(taps_ - 1),
          depth_(taps_ + block - 1),
          map_height_(job.height - reach_),
          map_width_(job.width - reach_),
          pitch_(whole_vectors<T>(job.width + 2 * reach_) + 2 * Lanes<T>::count),
          inputs_(scratch),
          derivatives_(inputs_ + job.channels * depth_ * 2 * pitch_),
          columns_(derivatives_ + job.channels * depth_ * Planes * pitch_),
          maps_(columns_ + block * 4 * pitch_),
          gradients_(maps_ + block * pitch_) {}

    void run(std::int64_t from, std::int64_t to) {
        // A row of the gradient is made of the `reach` rows of the map before it, too.
        const std::int64_t first = Planes == 0 ? from : most(from - reach_, 0);
        const std::int64_t end = Planes == 0 ? least(to, map_height_) : to;
        std::int64_t next = first;
        for (std::int64_t top = first; top < end; top += block) {
            for (; next < least(job_.height, top + depth_); ++next) read(next);
            clear(maps_, block * pitch_);
            for (std::int64_t c = 0; c < job_.channels; ++c) compare(c, top);
            for (std::int64_t y = most(top, from); y < least(least(top + block, to), map_height_); ++y)
                write_map(top, y);
            if constexpr (Planes != 0)
                for (std::int64_t c = 0; c < job_.channels; ++c) spread(c, top, from, to);
        }
    }

   private:
    T* input(std::int64_t c, std::int64_t y) { return inputs_ + (c * depth_ + y % depth_) * 2 * pitch_; }
    T* derivative(std::int64_t c, std::int64_t y) { return derivatives_ + (c * depth_ + y % depth_) * Planes * pitch_; }

    /// s and d of one row.
    void read(std::int64_t y) {
        for (std::int64_t c = 0; c < job_.channels; ++c) {
            const T *a = job_.reference.at(image_, c, y), *b = job_.candidate.at(image_, c, y);
            T* const __restrict sum = input(c, y), * const __restrict difference = sum + pitch_;
            with_stride(job_.reference.column, [&](auto step_a) {
                with_stride(job_.candidate.column, [&](auto step_b) {
                    for (std::int64_t x = 0; x < job_.width; ++x) {
                        const T left = a[x * step_a], right = b[x * step_b];
                        sum[x] = left + right - 1;
                        difference[x] = left - right;
                    }
                });
            });
        }
    }

    /// The map and its derivatives in `block` rows of a channel.
    void compare(std::int64_t c, std::int64_t top) {
        if (top < map_height_) moments_down(c, top);
        for (int r = 0; r < block; ++r) {
            T* const derivatives = Planes == 0 ? nullptr : derivative(c, top + r);
            if (top + r >= map_height_)
                clear(derivatives, Planes * pitch_);
            else
                moments_across(columns_ + r * 4 * pitch_, maps_ + r * pitch_, derivatives, top + r);
        }
    }

    /// Down the columns: the windowed sums of s, d, s^2 and d^2 for `block` rows from `top` on.
    void moments_down(std::int64_t c, std::int64_t top) {
        const T* rows[most_taps + block];
        for (std::int64_t i = 0; i < depth_; ++i) rows[i] = input(c, top + i);
        down<4>(rows, job_.width, [this](const T* at, V(&value)[4]) {
            value[0] = load(at);
            value[1] = load(at + pitch_);
            value[2] = value[0] * value[0];
            value[3] = value[1] * value[1];
        });
    }

    /// Sums of Count values under the window down the columns, `block` rows at a time, into `columns_`. Each row that
    /// is read goes into all rows that it is part of: a load serves up to `block` of them.
    template <int Count, class Read>
    void down(const T* const* rows, std::int64_t width, const Read& read) {
        constexpr int known = Taps == 0 ? 0 : Taps + block - 1;
        for (std::int64_t x = 0; x < width; x += Lanes<T>::count) {
            V total[block][Count] = {};
            repeat<known>(
                taps_ + block - 1, [&](int i) __attribute__((always_inline)) {
                    V value[Count];
                    read(rows[i] + x, value);
#pragma GCC unroll 8
                    for (int r = 0; r < block; ++r) {
                        if (i < r || i - r >= taps_of()) continue;
                        const V tap = all(job_.taps[folded(i - r)]);
#pragma GCC unroll 8
                        for (int m = 0; m < Count; ++m) total[r][m] += tap * value[m];
                    }
                });
            for (int r = 0; r < block; ++r)
                for (int m = 0; m < Count; ++m) store(columns_ + (r * Count + m) * pitch_ + x, total[r][m]);
        }
    }
    /// Sums of Count rows under the window along the row, at one vector's place.
    template <int Count>
    void across(const T* rows, std::int64_t x, V (&total)[Count]) const {
        for (V& each : total) each = V{};
        repeat<Taps>(
            taps_, [&](int k) __attribute__((always_inline)) {
                const V tap = all(job_.taps[k]);
#pragma GCC unroll 8
                for (int m = 0; m < Count; ++m) total[m] += tap * load(rows + m * pitch_ + x + k);
            });
    }
    int taps_of() const { return Taps != 0 ? Taps : taps_; }
    /// A symmetric window has half as many weights: more of them stay in registers.
    int folded(int k) const { return k < taps_of() - 1 - k ? k : taps_of() - 1 - k; }

    /// A row of the map from its windowed sums down the columns, and the map's derivatives by the four means.
    void moments_across(const T* columns, T* map, T* derivatives, std::int64_t y) {
        const T* const share = job_.share.data != nullptr ? job_.share.at(image_, 0, y) : nullptr;
        const V part = all(1 / static_cast<T>(job_.channels)), one = all(T(1)), half = all(T(0.5));
        for (std::int64_t x = 0; x < map_width_; x += Lanes<T>::count) {
            V sum[4];
            across<4>(columns, x, sum);
            const V ms = sum[0] + one, md = sum[1];
            const V vs = sum[2] - sum[0] * sum[0], vd = sum[3] - md * md;
            const V means = half * (ms * ms + md * md) + job_.c1;
            const V variances = half * job_.correction * (vs + vd) + job_.c2;
            const V inverse = one / (means * variances);
            const V by_means = job_.luminance * inverse * variances, by_variances = job_.correction * inverse * means;
            const V a = md * md * by_means, b = vd * by_variances;
            store(map + x, load(map + x) + part * (a + b - a * b));
            if constexpr (Planes != 0) {
                const V weight = part * (share != nullptr ? load_share(share, x) : all(job_.even_share));
                const V of_b = weight * (one - a) * by_variances, of_a = weight * (one - b) * by_means;
                const V of_ss = -half * b * of_b, of_dd = of_b + of_ss;
                const V of_s = -of_a * a * ms - (sum[0] + sum[0]) * of_ss;
                const V of_d = of_a * md * (one + one - a) - (md + md) * of_dd;
                T* const to = derivatives + reach_ + x;
                store(to, of_ss);
                store(to + pitch_, of_dd);
                store(to + 2 * pitch_, Planes == 3 ? of_s - of_d : of_s);
                if constexpr (Planes == 4) store(to + 3 * pitch_, of_d);
            }
        }
        // The last vector reached beyond the map, where there is nothing to spread.
        for (int m = 0; m < Planes; ++m)
            clear(derivatives + m * pitch_ + reach_ + map_width_, pitch_ - reach_ - map_width_);
    }
    /// The share ends with its row: what lies beyond may be no memory of ours.
    V load_share(const T* share, std::int64_t x) const {
        if (x + Lanes<T>::count <= map_width_) return load(share + x);
        V value = {};
        for (std::int64_t i = 0; x + i < map_width_; ++i) value[i] = share[x + i];
        return value;
    }

    void write_map(std::int64_t top, std::int64_t y) {
        if (job_.map.data == nullptr) return;
        const T* const from = maps_ + (y - top) * pitch_;
        T* const __restrict to = job_.map.at(image_, 0, y);
        for (std::int64_t x = 0; x < map_width_; ++x) to[x] = from[x];
    }

    /// The gradients in `block` rows of a channel: those of the map that they are part of end with them.
    void spread(std::int64_t c, std::int64_t top, std::int64_t from, std::int64_t to) {
        if (top + block <= from) return;
        const T* rows[most_taps + block];
        for (std::int64_t i = 0; i < depth_; ++i) rows[i] = derivative(c, top + block + i);  // that is top - reach + i
        down<Planes>(rows, job_.width + reach_, [this](const T* at, V(&value)[Planes]) {
            for (int m = 0; m < Planes; ++m) value[m] = load(at + m * pitch_);
        });
        for (std::int64_t y = most(top, from); y < least(top + block, to); ++y) {
            gradient_row(columns_ + (y - top) * Planes * pitch_, input(c, y));
            write_gradient(job_.candidate_gradient, gradients_, c, y);
            if constexpr (Planes == 4) write_gradient(job_.reference_gradient, gradients_ + pitch_, c, y);
        }
    }
    void gradient_row(const T* columns, const T* input) {
        for (std::int64_t x = 0; x < job_.width; x += Lanes<T>::count) {
            V sum[Planes];
            across<Planes>(columns, x, sum);
            const V s = load(input + x), d = load(input + pitch_ + x);
            const V by_s = (s + s) * sum[0], by_d = (d + d) * sum[1];
            if constexpr (Planes == 3) {
                store(gradients_ + x, sum[2] + by_s - by_d);
            } else {
                store(gradients_ + x, sum[2] - sum[3] + by_s - by_d);
                store(gradients_ + pitch_ + x, sum[2] + sum[3] + by_s + by_d);
            }
        }
    }
    void write_gradient(const View<T>& view, const T* row, std::int64_t c, std::int64_t y) {
        T* const __restrict to = view.at(image_, c, y);
        with_stride(view.column, [&](auto step) {
            for (std::int64_t x = 0; x < job_.width; ++x) to[x * step] = row[x];
        });
    }

    const Job<T>& job_;
    std::int64_t image_;
    int taps_;
    std::int64_t reach_, depth_, map_height_, map_width_, pitch_;
    T* inputs_;       ///< ring of rows, per channel: s, d
    T* derivatives_;  ///< ring of rows, per channel: Planes of them, with `reach` zeros on both sides
    T* columns_;      ///< `block` rows of up to four sums down the columns
    T* maps_;         ///< `block` rows
    T* gradients_;    ///< one row of each gradient
};

template <class T, int Taps>
void sweep_taps(const Job<T>& job, std::int64_t image, std::int64_t from, std::int64_t to, T* scratch) {
    if (job.reference_gradient.data != nullptr)
        Strip<T, Taps, 4>(job, image, scratch).run(from, to);
    else if (job.candidate_gradient.data != nullptr)
        Strip<T, Taps, 3>(job, image, scratch).run(from, to);
    else
        Strip<T, Taps, 0>(job, image, scratch).run(from, to);
}
template <class T>
void sweep(const Job<T>& job, std::int64_t image, std::int64_t from, std::int64_t to, T* scratch) {
    if (job.count == 11)
        sweep_taps<T, 11>(job, image, from, to, scratch);
    else
        sweep_taps<T, 0>(job, image, from, to, scratch);
}

}  // namespace ssim::SSIM_NAMESPACE
