// Least and largest samples of rows, one table per instruction set. Floats come as keys (simd/order.h).
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

struct MorphologyKernels {
  // dst[i] = extreme over k of lines[k][i], for i in [0, samples). dst may be where a line is, or before it. The same
  // for further rows, of which lines and dst lie `step` bytes apart.
  using Line = void (*)(const void* const* lines, int count, std::int64_t samples, void* dst, std::int64_t rows,
                        std::int64_t step);
  // The same, and keys become floats, apart from the lines; with `stream` they go past the caches, and after the last
  // of them streamed() is called.
  using Finish = void (*)(const void* const* lines, int count, std::int64_t samples, void* dst, bool stream);
  // dst[r][i] = extreme over k in [0, rows) of lines[r + k][i]; rows >= outputs. dst lies elsewhere. Meanwhile it asks
  // for twice as many rows `ahead` as there are outputs.
  using Block = void (*)(const void* const* lines, int rows, std::int64_t samples, void* const* dst,
                         const void* const* ahead);
  // dst[i] = extreme over k of lines[k][i] -+ heights[k], which floats in their order are (not keys).
  using Grey = void (*)(const void* const* lines, const double* heights, int count, std::int64_t samples, void* dst);

  // dst[i] = a[i] - b[i], clamped to the dtype; dst may be either.
  using Subtract = void (*)(const void* a, const void* b, std::int64_t samples, void* dst);

  // By DType (u8 u16 i16 f16 f32 f64), and whether it is the largest.
  Line line[6][2];
  Finish finish[6][2];
  Block block[4][6][2];  // of 1, 2, 4 and 8 outputs
  Block begin[4][6][2];  // the same of floats, which become keys
  Grey grey[2][2];       // f32, f64; the largest of sums, the least of differences
  Subtract subtract[6];
  void (*streamed)();
};

PX_DECLARE_KERNELS(MorphologyKernels, morphology_kernels)

}  // namespace px
