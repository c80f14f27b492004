// The sample of a given rank among rows of samples, one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

// What samples are compared as: integers in the same order, their keys.
enum class KeyType : std::uint8_t { u8, u16, i16, i32, i64 };

// What keys were comes back by adding `step`, and by turning the bits `rest` where the highest one then is set
// (simd/order.h).
struct KeyForm {
  std::uint64_t step, rest;
};

// Rows of medians of squares, one below the other. `lines`, side - 1 more of them, begin with what the first result
// reads, and may be read up to a register beyond what the last one does. With `stream` results go past the caches,
// where two rows lie alike, and after the last of them streamed() is called.
struct MedianRows {
  const void* const* lines;
  std::int64_t pixel, bytes;  // of a pixel, of a row of results
  std::byte* dst;
  std::int64_t rows, dst_stride;
  const std::byte* ahead;  // the first of as many rows that will be used next, or so
  std::int64_t ahead_stride;
  bool stream;
};

struct RankKernels {
  // dst[i]: of lines[k][i], k in [0, count), the one that `rank` others come before, 0 <= rank < count. With `valid`
  // the median of so many, the larger one of an even number, where all others are least; or all bits 0 of none.
  using Select = void (*)(const void* const* lines, std::int64_t count, std::int64_t rank, const std::uint32_t* valid,
                          std::int64_t samples, void* dst, const KeyForm& form);
  using Medians = void (*)(const MedianRows& rows, const KeyForm& form);

  // By KeyType.
  Select select[5];
  Medians medians[3][5];  // of 3, 5 and 7
  void (*streamed)();
};

PX_DECLARE_KERNELS(RankKernels, rank_kernels)

}  // namespace px
