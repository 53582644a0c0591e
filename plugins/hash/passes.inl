// The two passes of a resize, in tiles of 16x16. grey.cpp includes this once for every kind of processor it knows, each
// time within a namespace and under compiler options of its own: so nothing is included here, and no function here may
// be one that other files have too (the linker would keep either).
// Written in vectors that any GCC or Clang compiles for any processor. GCC 12 turns a conversion between vectors into
// single numbers unless the processor has an instruction for it, so those that all have are spelt as shuffles.
// LANES is how many int32 the processor computes with at a time: 4 or 8.

using Bytes [[gnu::vector_size(16), gnu::may_alias]] = std::uint8_t;
using Words [[gnu::vector_size(16), gnu::may_alias]] = std::uint16_t;
using Lanes [[gnu::vector_size(4 * LANES), gnu::may_alias]] = std::int32_t;

constexpr int side = 16;  ///< of a tile
constexpr int parts = side / LANES;

/// 16 numbers.
struct Numbers {
    Lanes part[parts];
};

template <class To, class From>
[[gnu::always_inline]] inline To as(const From& from) {
    To to;
    static_assert(sizeof to == sizeof from);
    __builtin_memcpy(&to, &from, sizeof to);
    return to;
}

[[gnu::always_inline]] inline Lanes at(const std::int32_t* numbers, int part) {
    Lanes out;
    __builtin_memcpy(&out, numbers + part * LANES, sizeof out);
    return out;
}

[[gnu::always_inline]] inline Bytes low_bytes(Bytes a, Bytes b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
[[gnu::always_inline]] inline Bytes high_bytes(Bytes a, Bytes b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/// Four perfect shuffles turn rows into columns.
[[gnu::always_inline]] inline void transpose(Bytes (&tile)[side]) {
    Bytes next[side];
    for (int stage = 0; stage < 4; ++stage) {
        for (int i = 0; i < side / 2; ++i) {
            next[2 * i] = low_bytes(tile[i], tile[i + side / 2]);
            next[2 * i + 1] = high_bytes(tile[i], tile[i + side / 2]);
        }
        for (int i = 0; i < side; ++i) tile[i] = next[i];
    }
}

[[gnu::always_inline]] inline void widen(const Bytes& bytes, Numbers& out) {
    const Words left = as<Words>(low_bytes(bytes, Bytes{})), right = as<Words>(high_bytes(bytes, Bytes{}));
#if LANES == 8
    out.part[0] = __builtin_convertvector(left, Lanes);
    out.part[1] = __builtin_convertvector(right, Lanes);
#else
    const Words none = {};
    out.part[0] = as<Lanes>(__builtin_shufflevector(left, none, 0, 8, 1, 9, 2, 10, 3, 11));
    out.part[1] = as<Lanes>(__builtin_shufflevector(left, none, 4, 12, 5, 13, 6, 14, 7, 15));
    out.part[2] = as<Lanes>(__builtin_shufflevector(right, none, 0, 8, 1, 9, 2, 10, 3, 11));
    out.part[3] = as<Lanes>(__builtin_shufflevector(right, none, 4, 12, 5, 13, 6, 14, 7, 15));
#endif
}

/// Sums of pixel times weight, rounded and kept within 0..255.
[[gnu::always_inline]] inline Bytes settled(const Numbers& sums) {
    Lanes value[parts];
    const Lanes none = {}, most = none + 255;
    for (int p = 0; p < parts; ++p) {
        value[p] = (sums.part[p] + (1 << 21)) >> 22;
        value[p] = value[p] < none ? none : value[p];
        value[p] = value[p] > most ? most : value[p];
    }
#if LANES == 8
    const Words left = __builtin_convertvector(value[0], Words), right = __builtin_convertvector(value[1], Words);
#else
    const Words left = __builtin_shufflevector(as<Words>(value[0]), as<Words>(value[1]), 0, 2, 4, 6, 8, 10, 12, 14);
    const Words right = __builtin_shufflevector(as<Words>(value[2]), as<Words>(value[3]), 0, 2, 4, 6, 8, 10, 12, 14);
#endif
    return __builtin_shufflevector(as<Bytes>(left), as<Bytes>(right), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26,
                                   28, 30);
}

/// Up to 16 rows from `y` on, in grey, as columns: row r of column x at columns[16 x + r]. Rows that aren't there repeat
/// the last one.
inline void grey_columns(const Source& source, int y, std::int32_t* columns) {
    const int row_bytes = source.width * source.channels;
    for (int x = 0; x < source.width; x += side) {
        Bytes bytes[3][side];
        for (int c = 0; c < source.channels; ++c) {
            const int at = x * source.channels + c * side, there = row_bytes - at;
            for (int r = 0; r < side; ++r) {
                const int row = y + r < source.height ? y + r : source.height - 1;
                const std::uint8_t* from = source.pixels + static_cast<std::size_t>(row) * row_bytes + at;
                bytes[c][r] = Bytes{};
                if (there >= side)
                    __builtin_memcpy(&bytes[c][r], from, side);
                else if (there > 0)
                    __builtin_memcpy(&bytes[c][r], from, static_cast<std::size_t>(there));
            }
            transpose(bytes[c]);
        }
        const Bytes* column = &bytes[0][0];
        for (int i = 0; i < side; ++i, column += source.channels) {
            Numbers grey, green, blue;
            widen(column[0], grey);
            if (source.channels == 3) {
                widen(column[1], green);
                widen(column[2], blue);
                for (int p = 0; p < parts; ++p)
                    grey.part[p] =
                        (19595 * grey.part[p] + 38470 * green.part[p] + 7471 * blue.part[p] + 0x8000) >> 16;
            }
            std::int32_t* to = columns + static_cast<std::size_t>(x + i) * side;
            for (int p = 0; p < parts; ++p) __builtin_memcpy(to + p * LANES, &grey.part[p], sizeof(Lanes));
        }
    }
}

/// The grey of a source at another width. `scratch` has room for 16 numbers for every column of the source, its width
/// rounded up to 16; `out` has rows of `stride` bytes, whole tiles in both directions.
inline void across(const Source& source, const Taps& taps, int width, std::int32_t* scratch, std::uint8_t* out,
                   std::size_t stride) {
    for (int y = 0; y < source.height; y += side) {
        grey_columns(source, y, scratch);
        for (int x = 0; x < width; x += side) {
            Bytes tile[side] = {};
            for (int i = 0; i < side && x + i < width; ++i) {
                const std::int32_t* weights = taps.values + static_cast<std::size_t>(x + i) * taps.stride;
                const std::int32_t* from = scratch + static_cast<std::size_t>(taps.first[x + i]) * side;
                Numbers sums = {};
                for (int k = 0; k < taps.count[x + i]; ++k, from += side) {
                    for (int p = 0; p < parts; ++p) sums.part[p] += at(from, p) * weights[k];
                }
                tile[i] = settled(sums);
            }
            transpose(tile);
            for (int r = 0; r < side; ++r)
                __builtin_memcpy(out + static_cast<std::size_t>(y + r) * stride + x, &tile[r], side);
        }
    }
}

/// Rows of `stride` bytes, a multiple of 16, at another height; both sides have that stride.
inline void down(const std::uint8_t* rows, const Taps& taps, int height, std::uint8_t* out, std::size_t stride) {
    for (int y = 0; y < height; ++y) {
        const std::int32_t* weights = taps.values + static_cast<std::size_t>(y) * taps.stride;
        for (std::size_t x = 0; x < stride; x += side) {
            const std::uint8_t* from = rows + static_cast<std::size_t>(taps.first[y]) * stride + x;
            Numbers sums = {}, pixels;
            for (int k = 0; k < taps.count[y]; ++k, from += stride) {
                Bytes bytes;
                __builtin_memcpy(&bytes, from, side);
                widen(bytes, pixels);
                for (int p = 0; p < parts; ++p) sums.part[p] += pixels.part[p] * weights[k];
            }
            const Bytes line = settled(sums);
            __builtin_memcpy(out + static_cast<std::size_t>(y) * stride + x, &line, side);
        }
    }
}
