// Adding the difference to a blurred image, a row at a time; one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

struct SharpenKernels {
  // sums[i] becomes x[i] + amount * (x[i] - sums[i]); or x[i], where that difference is at most threshold.
  void (*f32)(const float* x, float* sums, std::int64_t samples, float amount, float threshold);
  void (*f64)(const double* x, double* sums, std::int64_t samples, double amount, double threshold);
};

PX_DECLARE_KERNELS(SharpenKernels, sharpen_kernels)

}  // namespace px
