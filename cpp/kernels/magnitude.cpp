// magnitude: the length of vectors of two components.
//
// Exact     Multiplication, addition and square root of IEEE 754, each rounded by itself.
// Why       The compiler's own lanes are as good as any here: it waits for memory or for the square root.
// Requires  Rows of `samples` samples.
// Tail      The compiler's.

#include "kernels/magnitude.h"

#include <math.h>

namespace px::PX_TARGET {
namespace {

using std::int64_t;

void f32(const float* x, const float* y, float* dst, int64_t samples) {
  for (int64_t i = 0; i < samples; ++i) dst[i] = __builtin_sqrtf(x[i] * x[i] + y[i] * y[i]);
}
void f64(const double* x, const double* y, double* dst, int64_t samples) {
  for (int64_t i = 0; i < samples; ++i) dst[i] = __builtin_sqrt(x[i] * x[i] + y[i] * y[i]);
}

}  // namespace

extern constinit const MagnitudeKernels magnitude_kernels = {f32, f64};

}  // namespace px::PX_TARGET
