// Samples of a given rank in rectangles of uint8, from histograms; one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

// One row of one channel. Histograms of `results + columns - 1` columns slide down with it, and a histogram of
// `columns` of them slides along it.
struct HistogramRow {
  const std::uint8_t *entering, *leaving;            // the window's last row, and the one above its first (or null)
  const std::uint8_t *mask_entering, *mask_leaving;  // of a mask: not 0 where a sample counts
  std::int64_t stride;                               // from sample to sample of a row; a mask's are neighbours
  std::int64_t columns, results;                     // of the window; of this row
  std::int64_t rank;  // of the result: so many come before. With a mask the result is the median, or 0 of none
  std::uint8_t* dst;
  std::int64_t dst_stride;
  std::byte* counts;  // aligned to 64
};

// By the types of counts: of the samples of a column, and of a window.
enum class HistogramCounts : std::uint8_t { u8_u8, u8_u16, u16_u16, u32_u32 };

struct HistogramKernels {
  using Row = void (*)(const HistogramRow& row);
  // Without a mask, and with one; by HistogramCounts.
  Row move[2][4];  // only lets samples enter and leave
  Row next[2][4];  // and writes results

  // Memory for each column: 256 counts of it, and 4 of a window.
  static constexpr std::int64_t column[] = {256 + 4, 256 + 4 * 2, 256 * 2 + 4 * 2, 256 * 4 + 4 * 4};
};

PX_DECLARE_KERNELS(HistogramKernels, histogram_kernels)

}  // namespace px
