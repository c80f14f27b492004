// The sample of a given rank among rows of samples, one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

// Samples are compared as integers in the same order, their keys: uint8, or signed integers of 16, 32 or 64 bits. What
// they were comes back by adding `step`, and by turning the bits `rest` where the highest one then is set
// (simd/order.h).
struct KeyForm {
  std::uint64_t step, rest;
};

// Two rows of medians of squares. `lines`, side + 1 of them, begin with what the first result reads, and may be read up
// to a register beyond what the last one does. With `stream` results go past the caches, where both rows lie alike, and
// after the last of them streamed() is called.
struct MedianRows {
  const void* const* lines;
  std::int64_t pixel, bytes;  // of a pixel, of a row of results
  void* dst[2];
  const void* ahead[4];  // rows as long as these that will be used next
  bool are_two;          // else only the first is wanted
  bool stream;
};

struct RankKernels {
  // dst[i]: of lines[k][i], k in [0, count), the one that `rank` others come before, 0 <= rank < count. With `valid`
  // the median of so many, the larger one of an even number, where all others are least; or all bits 0 of none.
  using Select = void (*)(const void* const* lines, std::int64_t count, std::int64_t rank, const std::uint32_t* valid,
                          std::int64_t samples, void* dst, const KeyForm& form);
  using Medians = void (*)(const MedianRows& rows, const KeyForm& form);

  // By the size of a key: 1, 2, 4 and 8 bytes.
  Select select[4];
  Medians medians[3][4];  // of 3, 5 and 7
  void (*streamed)();
};

PX_DECLARE_KERNELS(RankKernels, rank_kernels)

}  // namespace px
