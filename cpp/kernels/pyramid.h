// The loops of pyramid_down and pyramid_up, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

// Sums are uint16 for uint8, int32 for the other integers, double for double, else float: the type `Work` of a row
// between the passes. Rows are there in two lines, one of their even pixels and one of their odd ones, so that
// neighbours in a line are neighbours in memory; CopyKernels divide and join them.
struct PyramidKernels {
  static constexpr int work_bytes[] = {2, 4, 4, 4, 4, 8};  // by DType, as all here: u8 u16 i16 f16 f32 f64

  // work[i] = ((r0 + r4) + 4 (r1 + r3)) + 6 r2 of five rows of `samples` samples; what lies `next` bytes after the
  // fourth of them is fetched ahead.
  using DownRows = void (*)(const void* const rows[5], void* work, std::int64_t samples, std::ptrdiff_t next);
  // The same along a row, divided by 256, `samples` in all: evens[0] is two pixels before the first, odds[0] one. Twice
  // as many samples at `ahead` are fetched.
  using DownColumns = void (*)(const void* evens, const void* odds, void* dst, std::int64_t samples,
                               std::int64_t channels, const void* ahead);
  // evens[x] = (src[x - 1] + src[x + 1]) + 6 src[x], odds[x] = 4 (src[x] + src[x + 1]), `samples` each; `src` begins
  // one pixel before the first and ends one after the last.
  using UpColumns = void (*)(const void* src, void* evens, void* odds, std::int64_t samples, std::int64_t channels);
  // Of three rows of `samples` sums the even row ((before + after) + 6 here) and the odd one (4 (here + after)), both
  // divided by 64.
  using UpRows = void (*)(const void* before, const void* here, const void* after, void* even, void* odd,
                          std::int64_t samples);

  DownRows down_rows[6];
  DownColumns down_columns[6];
  UpColumns up_columns[6];
  UpRows up_rows[6];
};

PX_DECLARE_KERNELS(PyramidKernels, pyramid_kernels)

}  // namespace px
