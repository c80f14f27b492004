// convert: the samples of a row in another type.
//
// Exact     As core/scalar.h: to_real() and round_to().
// Why       Filters sum in int16, float32 or float64; their rows are in cache when they are converted.
// Requires  src and dst disjoint, or the same where the types have one size.
// Tail      Samples one by one.

#include "kernels/convert.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int16_t;
using std::int64_t;

template <class Real, class From, class To>
void convert(const void* src, void* dst, int64_t samples) {
  const auto* from = static_cast<const From*>(src);
  auto* to = static_cast<To*>(dst);
  int64_t i = 0;
  for (; i + lanes<Real> <= samples; i += lanes<Real>) store_rounded<To, Real>(to + i, load_real<Real>(from + i));
  for (; i < samples; ++i) store(to + i, round_to<To>(to_real<Real>(load<From>(from + i))));
}

void i16_to_floats_past_caches(const int16_t* src, float* dst, int64_t samples) {
  int64_t i = 0;
  while (i < samples && reinterpret_cast<std::uintptr_t>(dst + i) % vector_bytes != 0) {
    dst[i] = src[i];
    ++i;
  }
  for (; i + lanes<float> <= samples; i += lanes<float>) store_past_caches(dst + i, load_real<float>(src + i));
  for (; i < samples; ++i) dst[i] = src[i];
  finish_past_caches();
}

void pairs(const std::uint8_t* src, std::int32_t* dst, int64_t samples, int64_t next) {
  int64_t i = 0;
  for (; i + lanes<std::int32_t> <= samples; i += lanes<std::int32_t>) {
    store(dst + i, load_widened(src + i) | load_widened(src + i + next) << 16);
  }
  for (; i < samples; ++i) dst[i] = src[i] | src[i + next] << 16;
}

template <class T, int C>
void premultiply(const std::byte* src, std::ptrdiff_t pixel, std::ptrdiff_t sample, double* dst, int64_t pixels) {
  for (int64_t x = 0; x < pixels; ++x, src += pixel, dst += C) {
    const auto alpha = to_real<double>(load<T>(src + (C - 1) * sample));
    for (int c = 0; c + 1 < C; ++c) dst[c] = to_real<double>(load<T>(src + c * sample)) * alpha;
    dst[C - 1] = alpha;
  }
}

template <class T, int C>
void unpremultiply(const void* src, void* dst, int64_t samples) {
  const auto* from = static_cast<const double*>(src);
  auto* to = static_cast<T*>(dst);
  for (int64_t i = 0; i < samples; i += C, from += C, to += C) {
    const double alpha = from[C - 1];
    for (int c = 0; c + 1 < C; ++c) store(to + c, divided_by_alpha<T>(from[c], alpha));
    store(to + C - 1, round_to<T>(alpha));
  }
}

}  // namespace

extern constinit const ConvertKernels convert_kernels = {
    {convert<float, std::uint8_t, float>, convert<float, std::uint16_t, float>, convert<float, int16_t, float>,
     convert<float, half, float>, convert<float, float, float>, nullptr},
    {convert<double, std::uint8_t, double>, convert<double, std::uint16_t, double>, convert<double, int16_t, double>,
     convert<double, half, double>, convert<double, float, double>, convert<double, double, double>},
    {convert<float, int16_t, std::uint8_t>, convert<float, int16_t, std::uint16_t>, convert<float, int16_t, int16_t>,
     convert<float, int16_t, half>, convert<float, int16_t, float>, convert<double, int16_t, double>},
    {convert<float, float, std::uint8_t>, convert<float, float, std::uint16_t>, convert<float, float, int16_t>,
     convert<float, float, half>, convert<float, float, float>, nullptr},
    {convert<double, double, std::uint8_t>, convert<double, double, std::uint16_t>, convert<double, double, int16_t>,
     convert<double, double, half>, convert<double, double, float>, convert<double, double, double>},
    i16_to_floats_past_caches,
    pairs,
    {{premultiply<std::uint8_t, 2>, premultiply<std::uint16_t, 2>, premultiply<int16_t, 2>, premultiply<half, 2>,
      premultiply<float, 2>, premultiply<double, 2>},
     {premultiply<std::uint8_t, 4>, premultiply<std::uint16_t, 4>, premultiply<int16_t, 4>, premultiply<half, 4>,
      premultiply<float, 4>, premultiply<double, 4>}},
    {{unpremultiply<std::uint8_t, 2>, unpremultiply<std::uint16_t, 2>, unpremultiply<int16_t, 2>,
      unpremultiply<half, 2>, unpremultiply<float, 2>, unpremultiply<double, 2>},
     {unpremultiply<std::uint8_t, 4>, unpremultiply<std::uint16_t, 4>, unpremultiply<int16_t, 4>,
      unpremultiply<half, 4>, unpremultiply<float, 4>, unpremultiply<double, 4>}},
};

}  // namespace px::PX_TARGET
