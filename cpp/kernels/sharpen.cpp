// sharpen: what a blur has taken from an image, added to it.
//
// Exact     Reals: one subtraction, multiplication and addition of IEEE 754, each rounded by itself. uint8: integers,
//           whose products and sums fit int32.
// Why       Of reals the compiler's own lanes: rows are in the cache, and the blur takes longer. Of uint8 differences
//           and samples go in pairs through pmaddwd / vpdpwssd.
// Requires  Rows of `samples` samples that do not overlap.
// Tail      Of reals the compiler's; of uint8 a register that is filled up.

#include "kernels/sharpen.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

PX_HD float magnitude(float value) { return __builtin_fabsf(value); }
PX_HD double magnitude(double value) { return __builtin_fabs(value); }

template <class Real>
void sharpen(const Real* __restrict x, Real* __restrict sums, std::int64_t samples, Real amount, Real threshold) {
  for (std::int64_t i = 0; i < samples; ++i) {
    const Real difference = x[i] - sums[i], sharpened = x[i] + amount * difference;
    sums[i] = magnitude(difference) <= threshold ? x[i] : sharpened;
  }
}

using I16 = Vec<std::int16_t>;

PX_HD I16 sharpened(const std::uint8_t* x, const std::int16_t* blurred, const SharpeningWords& how) {
  const I16 sample = load_widened_i16(x), level = sample << 7, difference = level - load<I16>(blurred);
  const I16 weights = (I16)broadcast(std::int32_t{static_cast<std::uint16_t>(how.amount)} | how.one << 16);
  const Vec<std::int32_t> rounding = broadcast(std::int32_t{1} << (how.shift - 1));
  const I16 result = pack_i16(dot_pairs(rounding, zip_low(difference, level), weights) >> how.shift,
                              dot_pairs(rounding, zip_high(difference, level), weights) >> how.shift);
  const I16 threshold = broadcast(how.threshold), low{}, high = broadcast(std::int16_t{255});
  const I16 clamped = result < low ? low : result > high ? high : result;
  return (difference <= threshold) & (difference >= -threshold) ? sample : clamped;
}

void sharpen_u8(const std::uint8_t* x, const std::int16_t* blurred, std::uint8_t* dst, std::int64_t samples,
                const SharpeningWords& how) {
  constexpr int side = lanes<std::int16_t>;
  std::int64_t at = 0;
  for (; at + side <= samples; at += side) store_words(dst + at, sharpened(x + at, blurred + at, how));
  if (at == samples) return;
  const auto left = static_cast<std::size_t>(samples - at);
  std::uint8_t last[side] = {}, results[side];
  std::int16_t of_last[side] = {};
  std::memcpy(last, x + at, left);
  std::memcpy(of_last, blurred + at, left * sizeof(std::int16_t));
  store_words(results, sharpened(last, of_last, how));
  std::memcpy(dst + at, results, left);
}

}  // namespace

extern constinit const SharpenKernels sharpen_kernels = {sharpen<float>, sharpen<double>, sharpen_u8};

}  // namespace px::PX_TARGET
