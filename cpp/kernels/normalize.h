// The loop of normalize, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

// dst[x][c] = src[x][c] * factor[c] + offset[c] for one run of pixels whose source samples are contiguous.
struct NormalizeJob {
  const void* src;
  void* dst;
  std::ptrdiff_t dst_pixel, dst_channel;  // bytes
  std::int64_t pixels;
  std::int64_t channels;
  const void* factor;  // reals of the arithmetic, one per channel
  const void* offset;
  bool stream;  // past the caches, where results are as wide as the arithmetic
};

struct NormalizeKernels {
  using Run = void (*)(const NormalizeJob&);
  // By source DType (u8 u16 i16 f16 f32 f64), then by result (u8 f16 f32 f64). Arithmetic is float32 unless float64
  // comes in or goes out.
  Run run[6][4];
};

PX_DECLARE_KERNELS(NormalizeKernels, normalize_kernels)

}  // namespace px
