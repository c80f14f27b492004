// The length of vectors of two components, a row at a time; one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

struct MagnitudeKernels {
  // dst[i] = sqrt(x[i]^2 + y[i]^2), in the type of the components; dst may be x or y, unless it is to go past the
  // caches (`stream`).
  void (*f32)(const float* x, const float* y, float* dst, std::int64_t samples, bool stream);
  void (*f64)(const double* x, const double* y, double* dst, std::int64_t samples, bool stream);
};

PX_DECLARE_KERNELS(MagnitudeKernels, magnitude_kernels)

}  // namespace px
