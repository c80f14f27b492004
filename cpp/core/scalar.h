// The mathematics of one sample: rounding, saturation, half precision. The scalar tails of the
// kernels, the C++ of ops/ and CUDA all use these, so all give the same bytes.
#pragma once

#include <math.h>

#include <cstdint>
#include <cstring>

#include "core/host_device.h"

namespace px {
struct half {  // IEEE binary16, stored only
  std::uint16_t bits;
};
}  // namespace px

namespace px::inline PX_TARGET {

template <class T>
PX_HD T lesser(T a, T b) {
  return b < a ? b : a;
}
template <class T>
PX_HD T greater(T a, T b) {
  return a < b ? b : a;
}

// Not std::floor: an unoptimised build would emit that as a weak function compiled for this target.
PX_HD float floor_of(float x) { return floorf(x); }
PX_HD double floor_of(double x) { return floor(x); }

template <class To, class From>
PX_HD To bit_copy(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(To));
  return to;
}

PX_HD float half_to_float(half value) {
  const std::uint32_t bits = value.bits;
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  const std::uint32_t magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00u) return bit_copy<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  // Shifted into float's place the exponent is 112 too small; the product mends it, subnormals too.
  const float scaled = bit_copy<float>(magnitude << 13) * bit_copy<float>(0x77800000u);  // 2^112
  return bit_copy<float>(bit_copy<std::uint32_t>(scaled) | sign);
}

// To nearest, ties to even, in one rounding from double (a float converts to double exactly).
PX_HD half double_to_half(double value) {
  const std::uint64_t bits = bit_copy<std::uint64_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 48 & 0x8000u);
  const double magnitude = bit_copy<double>(bits & 0x7fffffffffffffffu);
  if (!(magnitude == magnitude)) return {static_cast<std::uint16_t>(sign | 0x7e00u)};
  if (magnitude >= 65520.0) return {static_cast<std::uint16_t>(sign | 0x7c00u)};
  // Adding 2^52 units of the last place of the result rounds there. Below 2^-14 that unit is 2^-24.
  const int exponent = static_cast<int>(bits >> 52 & 0x7ffu) - 1023;
  const int power = exponent < -14 ? -14 : exponent;
  const double unit = bit_copy<double>(static_cast<std::uint64_t>(power - 10 + 1023) << 52);
  const double shift = unit * 4503599627370496.0;
  const auto units = static_cast<std::uint32_t>(((magnitude + shift) - shift) / unit);
  // A carry out of the mantissa raises the exponent by itself.
  const std::uint32_t base = exponent < -14 ? 0u : static_cast<std::uint32_t>(power + 14) << 10;
  return {static_cast<std::uint16_t>(sign | (base + units))};
}

template <class T>
PX_HD bool is_zero(T sample) {
  return sample == T(0);
}
template <>
PX_HD bool is_zero(half sample) {
  return (sample.bits & 0x7fffu) == 0;
}

// Real to sample: floor(x + 1/2), clamped, NaN to 0; floats to nearest even.
template <class T>
struct Limits;
template <>
struct Limits<std::uint8_t> {
  static constexpr int low = 0, high = 255;
};
template <>
struct Limits<std::uint16_t> {
  static constexpr int low = 0, high = 65535;
};
template <>
struct Limits<std::int16_t> {
  static constexpr int low = -32768, high = 32767;
};

template <class T, class Real>
PX_HD T round_to(Real value) {
  if constexpr (sizeof(T) == sizeof(Real)) {
    return value;
  } else {
    const Real rounded = floor_of(value + Real(0.5));
    if (!(rounded > Real(Limits<T>::low))) return value == value ? T(Limits<T>::low) : T(0);
    return rounded < Real(Limits<T>::high) ? static_cast<T>(static_cast<int>(rounded)) : T(Limits<T>::high);
  }
}
template <>
PX_HD half round_to<half, float>(float value) {
  return double_to_half(static_cast<double>(value));
}
template <>
PX_HD half round_to<half, double>(double value) {
  return double_to_half(value);
}
template <>
PX_HD float round_to<float, double>(double value) {
  return static_cast<float>(value);
}
template <>
PX_HD double round_to<double, float>(float value) {
  return static_cast<double>(value);
}

// A colour that was computed times its alpha. Where that comes out as zero there is none.
template <class T>
PX_HD T divided_by_alpha(double colour, double alpha) {
  return round_to<T>(is_zero(round_to<T>(alpha)) ? 0.0 : colour / alpha);
}

template <class Real, class T>
PX_HD Real to_real(T value) {
  return static_cast<Real>(value);
}
template <>
PX_HD float to_real<float, half>(half value) {
  return half_to_float(value);
}
template <>
PX_HD double to_real<double, half>(half value) {
  return static_cast<double>(half_to_float(value));
}

}  // namespace px::inline PX_TARGET
