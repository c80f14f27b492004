// The loops of pyramid_down and pyramid_up, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

// Sums are int32 for integers, double for double, else float: the type `Work` of a row between the passes.
struct PyramidKernels {
  // work[i] = ((r0 + r4) + 4 (r1 + r3)) + 6 r2 of five rows of `samples` samples.
  using DownRows = void (*)(const void* const rows[5], void* work, std::int64_t samples);
  // dst[x][c] = the same of work[2 x - 2 .. 2 x + 2][c], divided by 256; `work` begins two pixels before the first.
  using DownColumns = void (*)(const void* work, void* dst, std::int64_t pixels, std::int64_t channels);
  // work[2 x][c] = (src[x - 1] + src[x + 1]) + 6 src[x], work[2 x + 1][c] = 4 (src[x] + src[x + 1]); `src` begins one
  // pixel before the first and ends one after the last. `pixels` is that of work.
  using UpColumns = void (*)(const void* src, void* work, std::int64_t pixels, std::int64_t channels);
  // An even row ((before + after) + 6 here) or an odd one (4 (here + after)) of `samples` sums, divided by 64.
  using UpRows = void (*)(const void* before, const void* here, const void* after, void* dst, std::int64_t samples,
                          bool odd);

  // By DType: u8 u16 i16 f16 f32 f64.
  DownRows down_rows[6];
  DownColumns down_columns[6];
  UpColumns up_columns[6];
  UpRows up_rows[6];
};

PX_DECLARE_KERNELS(PyramidKernels, pyramid_kernels)

}  // namespace px
