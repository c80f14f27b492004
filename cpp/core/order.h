// Floats as integers in the same order: least and largest then need no thought of NaN or of the sign of zero.
//
//   -inf < .. < -0 < +0 < .. < +inf < NaN       (which NaN comes out of several is nobody's business)
//
// The bits of a float without sign are in its order; below zero the order is turned by turning all other bits. That has
// the NaN with a sign below -inf, so all are moved by a step that brings these round to the other end.
#pragma once

#include <cstdint>

#include "core/scalar.h"

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
  return static_cast<V>(bits ^ ((bits >> sign) & rest));
}

// What brings -inf, the lowest but for NaN, to the lowest key; it wraps.
template <class T>
PX_HD constexpr auto order_step() {
  using Unsigned = typename OrderOf<T>::Unsigned;
  constexpr auto all = static_cast<Unsigned>(static_cast<Unsigned>(~Unsigned{0}) >> 1);
  return static_cast<Unsigned>(all - static_cast<Unsigned>(OrderOf<T>::infinity));
}

template <class T>
PX_HD KeyOf<T> key_of(T sample) {
  if constexpr (!requires { OrderOf<T>::infinity; }) {
    return sample;
  } else {
    using Unsigned = typename OrderOf<T>::Unsigned;
    const KeyOf<T> key = turned<T>(bit_copy<KeyOf<T>>(sample));
    return static_cast<KeyOf<T>>(static_cast<Unsigned>(static_cast<Unsigned>(key) - order_step<T>()));
  }
}
template <class T>
PX_HD T sample_of_key(KeyOf<T> key) {
  if constexpr (!requires { OrderOf<T>::infinity; }) {
    return key;
  } else {
    using Unsigned = typename OrderOf<T>::Unsigned;
    const auto stepped = static_cast<Unsigned>(static_cast<Unsigned>(key) + order_step<T>());
    return bit_copy<T>(turned<T>(static_cast<KeyOf<T>>(stepped)));
  }
}

}  // namespace px::inline PX_TARGET
