// Registers of floats as integers in the same order (core/order.h).
#pragma once

#include "core/order.h"
#include "simd/vec.h"

namespace px::inline PX_TARGET {

template <class T>
PX_HD Vec<KeyOf<T>> stepped(Vec<KeyOf<T>> keys, bool back) {
  using Unsigned = typename OrderOf<T>::Unsigned;
  const Vec<Unsigned> step = broadcast(order_step<T>());
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
