// magnitude: the length of vectors of two components.
//
// Exact     Multiplication, addition and square root of IEEE 754, each rounded by itself.
// Why       The compiler's own lanes are as good as any here: it waits for memory or for the square root.
// Requires  Rows of `samples` samples.
// Tail      The compiler's.

#include "kernels/magnitude.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int64_t;

PX_HD float root(float value) { return __builtin_sqrtf(value); }
PX_HD double root(double value) { return __builtin_sqrt(value); }

template <class Real>
PX_HD void lengths(const Real* x, const Real* y, Real* dst, int64_t samples) {
  for (int64_t i = 0; i < samples; ++i) dst[i] = root(x[i] * x[i] + y[i] * y[i]);
}

template <class Real>
void magnitude(const Real* x, const Real* y, Real* dst, int64_t samples, bool stream) {
  if (!stream) return lengths(x, y, dst, samples);
  constexpr int64_t block = 16 * lanes<Real>;
  int64_t at = 0;
  while (at < samples && reinterpret_cast<std::uintptr_t>(dst + at) % vector_bytes != 0) ++at;
  lengths(x, y, dst, at);
  for (; at + block <= samples; at += block) {
    alignas(vector_bytes) Real some[block];
    lengths(x + at, y + at, some, block);
    for (int64_t i = 0; i < block; i += lanes<Real>) store_past_caches(dst + at + i, load<Vec<Real>>(some + i));
  }
  finish_past_caches();
  lengths(x + at, y + at, dst + at, samples - at);
}

}  // namespace

extern constinit const MagnitudeKernels magnitude_kernels = {magnitude<float>, magnitude<double>};

}  // namespace px::PX_TARGET
