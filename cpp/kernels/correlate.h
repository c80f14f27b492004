// The loops of weighted sums over neighbourhoods, one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

// Of reals: kernels whose taps lie within so many elements are summed in one run, tap by tap. Of others each row is a
// run by itself, or several of `sum_piece` columns where a row has more than `sum_run`; runs make the sum of a row,
// sums of `sum_group` rows that of a group, and these the result: an error grows with the logarithm of the number of
// taps.
constexpr int sum_run = 32, sum_line = 20, sum_piece = 16, sum_group = 16;

// Which taps three rows of three columns have, the first one in the lowest bit: the kernels of derivatives, and all.
enum class StencilTaps : std::uint16_t {
  none = 0,  // no such kernel
  cross = 0b010'111'010,
  sides = 0b101'101'101,
  rows = 0b111'000'111,
  all = 0b111'111'111
};

// The taps of a kernel, row by row. What the rows of a box have in common are their offsets.
struct CorrelateTaps {
  const std::int64_t* offsets;   // of each tap, in samples from where lines begin
  const void* weights;           // of each tap, as the samples of lines
  const std::int32_t* runs;      // where each run's taps begin, and where the last ones end
  const std::int32_t* row_runs;  // where each row's runs begin, and where the last ones end; rows may have none
  int rows;
  bool is_single;  // one run
  bool is_box;
  bool is_whole;   // a box that has taps in all rows
  bool is_column;  // of one tap in a row at most
  StencilTaps stencil;
  std::int64_t pixel;  // samples of a pixel
  int shift;           // of pairs: results are (sum + 2^(shift - 1)) >> shift
};

// What sums of pairs become, and how many bytes that has.
enum class PairsResult : std::uint8_t { u8 = 1, i16 = 2, f32 = 4 };

// A few output rows, one below the other: dst[r][i] = sum of weight[t] * lines[r + row of t][i + offset[t]].
struct CorrelateJob {
  const void* const* lines;  // rows + outputs - 1 of them
  CorrelateTaps taps;
  std::int64_t samples;
  void* const* dst;
  int outputs;  // 1, or at least the table's `outputs`, which share what they read if taps are a box or a stencil
  bool stream;  // past the caches, if dst allows
  bool is_far;  // the last `outputs` lines are not in the caches yet
  PairsResult result = PairsResult::u8;
};

struct CorrelateKernels {
  int outputs;  // how many rows at once are best
  void (*f32)(const CorrelateJob& job);
  void (*f64)(const CorrelateJob& job);
  // Of lines of pairs, int32 whose halves are int16 (a sample, and the next pixel's); always in one run. float32 holds
  // the sums.
  void (*pairs)(const CorrelateJob& job);
};

PX_DECLARE_KERNELS(CorrelateKernels, correlate_kernels)

}  // namespace px
