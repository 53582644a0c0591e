// Bytes as eight values of 16 bits and back, for arithmetic on all of them at once.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// The eight bytes at `from`. GCC 12 takes __builtin_convertvector apart into single values, where x86-64 has one
/// instruction for it.
template <class Lanes>
inline Lanes widened(const std::uint8_t* from) {
#if defined(__SSE2__)
    return (Lanes)_mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)), _mm_setzero_si128());
#else
    std::uint8_t bytes __attribute__((vector_size(8)));
    std::memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, Lanes);
#endif
}

/// The first `count` (at most eight) values, each from 0 to 255, as bytes to `to`.
template <class Lanes>
inline void narrow(Lanes values, std::uint8_t* to, std::size_t count) {
#if defined(__SSE2__)
    const __m128i packed = _mm_packus_epi16((__m128i)values, (__m128i)values);
    if (count == 8) return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), packed);
#else
    using Bytes = std::uint8_t __attribute__((vector_size(8)));
    const Bytes packed = __builtin_convertvector(values, Bytes);
#endif
    std::memcpy(to, &packed, count);
}
