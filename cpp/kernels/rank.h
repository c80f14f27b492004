// The sample of a given rank among rows of samples, one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

struct RankKernels {
  // dst[i]: of lines[k][i], k in [0, count), the one that `rank` others come before, 0 <= rank < count. Floats come as
  // keys (simd/order.h), and leave as floats.
  using Select = void (*)(const void* const* lines, std::int64_t count, std::int64_t rank, std::int64_t samples,
                          void* dst);
  // dst[r][i] = lines[k][i] in order, r and k in [0, side). Floats become keys. Meanwhile it asks for two rows `ahead`.
  using SortColumns = void (*)(const void* const* lines, std::int64_t samples, void* const* dst,
                               const void* const* ahead);
  // dst[i]: the median of side x side samples, sorted columns lines[r][i + c * pixel]. Keys become floats; with
  // `stream` these go past the caches, and after the last of them streamed() is called.
  using Median = void (*)(const void* const* lines, std::int64_t pixel, std::int64_t samples, void* dst, bool stream);

  // By DType: u8 u16 i16 f16 f32 f64.
  Select select[6];
  SortColumns sort[3][6];  // of 3, 5 and 7
  Median median[3][6];
  void (*streamed)();
};

PX_DECLARE_KERNELS(RankKernels, rank_kernels)

}  // namespace px
