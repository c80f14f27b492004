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
};

}  // namespace px::PX_TARGET
