// The sums of pyramids: five taps 1 4 6 4 1, and what they become.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/scalar.h"

namespace px {

// Of samples T: the type of sums.
template <class T>
struct PyramidWork {
  using type = std::int32_t;
};
template <>
struct PyramidWork<std::uint8_t> {
  using type = std::uint16_t;
};
template <>
struct PyramidWork<half> {
  using type = float;
};
template <>
struct PyramidWork<float> {
  using type = float;
};
template <>
struct PyramidWork<double> {
  using type = double;
};

}  // namespace px

namespace px::inline PX_TARGET {

// V: a number or a register of them; `four` and `six` are these numbers.
template <class V>
PX_HD V five_taps(V a, V b, V c, V d, V e, V four, V six) {
  return static_cast<V>(((a + e) + four * (b + d)) + six * c);
}
// Of a doubled grid, where every other pixel is zero.
template <class V>
PX_HD V even_taps(V before, V here, V after, V six) {
  return static_cast<V>((before + after) + six * here);
}
template <class V>
PX_HD V odd_taps(V here, V after, V four) {
  return static_cast<V>(four * (here + after));
}

template <class T>
PX_HD typename PyramidWork<T>::type pyramid_work(T sample) {
  if constexpr (std::is_integral_v<T>) return sample;
  if constexpr (!std::is_integral_v<T>) return to_real<typename PyramidWork<T>::type>(sample);
}
// A sum divided by 2^Bits.
template <int Bits, class T>
PX_HD T pyramid_sample(typename PyramidWork<T>::type sum) {
  using W = typename PyramidWork<T>::type;
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>((sum + (1 << (Bits - 1))) >> Bits);
  } else {
    return round_to<T>(sum * W(1.0 / (1 << Bits)));
  }
}

}  // namespace px::inline PX_TARGET
