// Floats as integers in the same order: least and largest then need no thought of NaN or of the sign of zero.
//
//   -inf < .. < -0 < +0 < .. < +inf < NaN       (which NaN comes out of several is nobody's business)
//
// The bits of a float without sign are in its order; below zero the order is turned by turning all other bits. That has
// the NaN with a sign below -inf, so all are moved by a step that brings these round to the other end.
#pragma once

#include "simd/vec.h"

namespace px::inline PX_TARGET {

template <class T>
struct OrderOf {
  using Key = T;  // integers are their own
};
template <>
struct OrderOf<half> {
  using Key = std::int16_t;
  using Unsigned = std::uint16_t;
  static constexpr Key infinity = 0x7c00;
};
template <>
struct OrderOf<float> {
  using Key = std::int32_t;
  using Unsigned = std::uint32_t;
  static constexpr Key infinity = 0x7f800000;
};
template <>
struct OrderOf<double> {
  using Key = std::int64_t;
  using Unsigned = std::uint64_t;
  static constexpr Key infinity = 0x7ff0000000000000;
};
template <class T>
using KeyOf = typename OrderOf<T>::Key;

// Both ways; bits and keys, one or a register of them.
template <class T, class V>
PX_HD V turned(V bits) {
  using Key = KeyOf<T>;
  constexpr Key rest = static_cast<Key>(OrderOf<T>::infinity | (OrderOf<T>::infinity - 1));
  constexpr int sign = 8 * static_cast<int>(sizeof(Key)) - 1;
  return bits ^ ((bits >> sign) & rest);
}

// What brings -inf, the lowest but for NaN, to the lowest key; unsigned, as it wraps.
template <class T>
PX_HD Vec<KeyOf<T>> stepped(Vec<KeyOf<T>> keys, bool back) {
  using Unsigned = typename OrderOf<T>::Unsigned;
  constexpr auto all = static_cast<Unsigned>(static_cast<Unsigned>(~Unsigned{0}) >> 1);
  const Vec<Unsigned> step = broadcast(static_cast<Unsigned>(all - static_cast<Unsigned>(OrderOf<T>::infinity)));
  return (Vec<KeyOf<T>>)(back ? (Vec<Unsigned>)keys + step : (Vec<Unsigned>)keys - step);
}

template <class T>
PX_HD Vec<KeyOf<T>> to_keys(Vec<KeyOf<T>> bits) {
  if constexpr (same<T, KeyOf<T>>) {
    return bits;
  } else {
    return stepped<T>(turned<T>(bits), false);
  }
}
template <class T>
PX_HD Vec<KeyOf<T>> from_keys(Vec<KeyOf<T>> keys) {
  if constexpr (same<T, KeyOf<T>>) {
    return keys;
  } else {
    return turned<T>(stepped<T>(keys, true));
  }
}

template <bool Largest, class V>
PX_HD V extreme(V a, V b) {
  if constexpr (Largest) return a > b ? a : b;
  return a < b ? a : b;
}

// Adds one in the lanes where x is above y; V is of unsigned integers as wide.
template <class Key, class V>
PX_HD V count_above(V count, Vec<Key> x, Vec<Key> y) {
#if defined(__AVX512BW__)
  const auto a = (__m512i)x, b = (__m512i)y, all = (__m512i)~Vec<Key>{}, c = (__m512i)count;
  if constexpr (same<Key, std::uint8_t>) return (V)_mm512_mask_sub_epi8(c, _mm512_cmpgt_epu8_mask(a, b), c, all);
  if constexpr (same<Key, std::uint16_t>) return (V)_mm512_mask_sub_epi16(c, _mm512_cmpgt_epu16_mask(a, b), c, all);
  if constexpr (same<Key, std::int16_t>) return (V)_mm512_mask_sub_epi16(c, _mm512_cmpgt_epi16_mask(a, b), c, all);
  if constexpr (same<Key, std::int32_t>) return (V)_mm512_mask_sub_epi32(c, _mm512_cmpgt_epi32_mask(a, b), c, all);
  if constexpr (same<Key, std::int64_t>) return (V)_mm512_mask_sub_epi64(c, _mm512_cmpgt_epi64_mask(a, b), c, all);
#else
  return count - (V)(x > y);
#endif
}

}  // namespace px::inline PX_TARGET
