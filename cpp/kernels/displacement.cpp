// displacement: noise by Philox4x32-10, and a symmetric filter over rows or columns.
//
// Exact     Integers, then one conversion of 24 bits; float32 sums in the order of the taps, a pair at a time.
// Why       Lanes are neighbouring pixels; the compiler vectorises these loops. Blocks of the result stay in L1 while
//           the taps pass over them.
// Requires  from readable `radius` steps before the first and after the last.
// Tail      The same loops.

#include "kernels/displacement.h"

#include "core/philox.h"
#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int64_t;
using std::uint32_t;
using std::uint64_t;

void noise(uint64_t seed, int64_t left, int64_t top, int64_t count, float* __restrict x, float* __restrict y) {
  const auto row = static_cast<uint32_t>(top);
  int64_t i = 0;
  if ((left & 1) != 0 && count > 0) {  // the odd one of a pair
    const PhiloxWords words = philox(static_cast<uint32_t>(left >> 1), row, seed);
    x[0] = uniform(words.w[2]);
    y[0] = uniform(words.w[3]);
    i = 1;
  }
  const int64_t first = (left + i) >> 1, pairs = (count - i) / 2;
  float* const xs = x + i;
  float* const ys = y + i;
  for (int64_t k = 0; k < pairs; ++k) {
    const PhiloxWords words = philox(static_cast<uint32_t>(first + k), row, seed);
    xs[2 * k] = uniform(words.w[0]);
    ys[2 * k] = uniform(words.w[1]);
    xs[2 * k + 1] = uniform(words.w[2]);
    ys[2 * k + 1] = uniform(words.w[3]);
  }
  i += 2 * pairs;
  if (i < count) {
    const PhiloxWords words = philox(static_cast<uint32_t>((left + i) >> 1), row, seed);
    x[i] = uniform(words.w[0]);
    y[i] = uniform(words.w[1]);
  }
}

void blur(const float* from, int64_t step, const float* weights, int64_t radius, float* __restrict to, int64_t count) {
  constexpr int64_t block = 1024;
  for (int64_t i = 0; i < count; i += block) {
    const int64_t end = lesser(count, i + block);
    for (int64_t j = i; j < end; ++j) to[j] = weights[0] * from[j];
    for (int64_t k = 1; k <= radius; ++k) {
      const float weight = weights[k];
      const float *before = from - k * step, *after = from + k * step;
      for (int64_t j = i; j < end; ++j) to[j] = to[j] + weight * (before[j] + after[j]);
    }
  }
}

void scale(float* values, float factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i) values[i] = values[i] * factor;
}

}  // namespace

extern constinit const DisplacementKernels displacement_kernels = {noise, blur, scale};

}  // namespace px::PX_TARGET
