// Adding the difference to a blurred image, a row at a time; one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

// Of a blurred image: add what it lacks.
struct Sharpening {
  double amount, threshold;
};

struct SharpeningWords {
  std::int16_t amount, one, threshold;
  int shift;
};

struct SharpenKernels {
  // sums[i] becomes x[i] + amount * (x[i] - sums[i]); or x[i], where that difference is at most threshold.
  void (*f32)(const float* x, float* sums, std::int64_t samples, float amount, float threshold);
  void (*f64)(const double* x, double* sums, std::int64_t samples, double amount, double threshold);
  // The same of uint8, blurred to 1/128 level, and rounded: d = 128 x - blurred; where |d| is above threshold the
  // result is (amount * d + one * 128 x + 2^(shift - 1)) >> shift, which 2^shift = 128 one makes whole levels.
  void (*u8)(const std::uint8_t* x, const std::int16_t* blurred, std::uint8_t* dst, std::int64_t samples,
             const SharpeningWords& how);
};

PX_DECLARE_KERNELS(SharpenKernels, sharpen_kernels)

}  // namespace px
