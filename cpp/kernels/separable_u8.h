// The loops of sums of uint8 in two passes, along the rows and then down the columns; one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

// Rows of int16 between the passes are whole blocks of `block` samples. These have an order of their own, in which
// both passes leave out what would sort them.

// A row: dst[i] = (sum over taps of weight * row[i + offset] + 2^(shift - 1)) >> shift.
struct AcrossJob {
  const std::uint8_t* row;      // what is behind it as far as whole blocks reach is read, too
  const std::int64_t* offsets;  // of each tap
  const std::int32_t* pairs;    // of int16: the weights of two taps each; of an odd number of them, with 0
  int count;                    // of taps
  // Taps whose weights are the same go together: a middle one, if their number is odd, then two by two. A pair is of
  // two such weights then.
  bool is_symmetric;
  int shift;
  std::int64_t blocks;
  std::int16_t* dst;
};

// A few rows, each a line further down: dst[r][i] = (sum of weight[k] * lines[r + k][i] + 2^(shift - 1)) >> shift.
struct DownJob {
  const std::int16_t* const* lines;  // two for each step
  const std::int32_t* pairs;         // of int16, `most_rows` for each step; 0 where an output does not read these lines
  int steps;
  int shift;
  std::int64_t samples;
  void* const* dst;
  int outputs;  // of the table's `rows`
};

struct SeparableU8Kernels {
  static constexpr int most_rows = 4;

  int rows;   // that are made at once
  int block;  // samples
  void (*across)(const AcrossJob& job);
  void (*down_u8)(const DownJob& job);
  void (*down_i16)(const DownJob& job);
};

PX_DECLARE_KERNELS(SeparableU8Kernels, separable_u8_kernels)

}  // namespace px
