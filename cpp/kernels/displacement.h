// The loops of displacement, one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

struct DisplacementKernels {
  // Philox noise in [-1, 1): the fields along x and along y of the pixels (left + i, top).
  void (*noise)(std::uint64_t seed, std::int64_t left, std::int64_t top, std::int64_t count, float* x, float* y);
  // to[i] = weights[0] from[i] + sum over k of weights[k] (from[i - k step] + from[i + k step])
  void (*blur)(const float* from, std::int64_t step, const float* weights, std::int64_t radius, float* to,
               std::int64_t count);
  void (*scale)(float* values, float factor, std::int64_t count);
};

PX_DECLARE_KERNELS(DisplacementKernels, displacement_kernels)

}  // namespace px
