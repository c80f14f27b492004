// sharpen: what a blur has taken from an image, added to it.
//
// Exact     One subtraction, multiplication and addition of IEEE 754, each rounded by itself.
// Why       The compiler's own lanes: rows are in the cache, and the blur takes longer.
// Requires  Rows of `samples` samples that do not overlap.
// Tail      The compiler's.

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

}  // namespace

extern constinit const SharpenKernels sharpen_kernels = {sharpen<float>, sharpen<double>};

}  // namespace px::PX_TARGET
