// The loops of resampling along the rows, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/ahead.h"
#include "kernels/table.h"

namespace px {

// For the horizontal pass, `rows` rows (at most the table's `rows_*`) become columns, so that lanes are rows: what the
// work items of one sample are in memory is the kernels' own affair, column_bytes() each.
struct TransposeJob {
  const void* src;
  std::ptrdiff_t src_stride;  // bytes from row to row
  int rows;
  std::int64_t samples;
  void* columns;  // aligned to 64
  Ahead ahead;
};

// Several rows: dst[r][j] = sum_k weights[offset[j] + k] * column[first[j] - origin + k][r], per channel.
struct HorizontalJob {
  const void* columns;
  void* dst;
  std::ptrdiff_t dst_stride;
  int rows;
  int channels;
  std::int64_t outputs;  // pixels to write
  std::int64_t origin;   // the input pixel in the first columns
  const std::int32_t* first;
  const std::int32_t* count;
  const std::int64_t* offset;
  const void* weights;  // fixed: int16, each output padded with 0 to an even number; else the reals of the pass
  int shift;
};

// The fast horizontal pass of integers, where 16 neighbouring results read few inputs: each group of 16 samples reads
// samples base[g] .. base[g] + window - 1, and for each pair of taps a permutation of those (32 words) and the weights
// (32 words) stand in steps. Rows have at least `window` samples.
struct GatherJob {
  const void* src;
  std::ptrdiff_t src_stride;
  void* dst;
  std::ptrdiff_t dst_stride;
  int rows;
  std::int64_t samples;
  int window;  // 32 or 64
  const std::int32_t* base;
  const std::int16_t* steps;
  int pairs;
  int shift;
  Ahead ahead;
};

// The same for float32, whose results are written as the table's DType: a group of `lanes` samples (16, or a little
// less in whole pixels) reads one to four registers of 16 samples; for each tap there are 16 places, 16 weights and
// three masks: of the lanes that have this tap (0 * NaN would not be nothing), that read the third register, and the
// fourth.
struct GatherRealJob {
  const void* src;
  std::ptrdiff_t src_stride;
  void* dst;
  std::ptrdiff_t dst_stride;
  int rows;
  std::int64_t samples;
  int lanes;
  int window;  // 16, 32, 48 or 64
  const std::int32_t* base;
  const std::int32_t* order;
  const float* weights;
  const std::uint16_t* masks;
  int taps;
  Ahead ahead;
};

// One output row of uint8: (a + b + c + d + 2) >> 2 of 2 x 2 inputs, up to 4 channels.
struct HalveJob {
  const void* upper;
  const void* lower;
  void* dst;
  std::int64_t outputs;  // pixels
  int channels;
  Ahead ahead;  // two streams of rows are slow to fetch otherwise
};

// Bytes of a sample's column, and of all of `samples` samples: columns are written a square at a time, and a pair of
// taps may reach over the last pixel.
constexpr std::int64_t column_bytes(int rows, std::size_t item) { return rows * static_cast<std::int64_t>(item); }
constexpr std::size_t columns_bytes(std::int64_t samples, int channels, int rows, std::size_t item) {
  return static_cast<std::size_t>((samples + 2 * rows + channels) * column_bytes(rows, item));
}

struct HorizontalKernels {
  using Transpose = void (*)(const TransposeJob&);
  using Columns = void (*)(const HorizontalJob&);
  using Gather = void (*)(const GatherJob&);
  using GatherReal = void (*)(const GatherRealJob&);
  using Convert = void (*)(const void* from, void* to, std::int64_t samples);

  int rows_fixed, rows_f32, rows_f64;  // how many rows become columns at once

  // uint8 in integers; i16 is uint8 with fractional bits, between the passes.
  Transpose transpose_u8, transpose_i16;
  Columns to_i16, to_u8;
  Gather gather_u8_i16, gather_u8_u8, gather_i16_u8;  // null where the instruction set has no permutation that fits
  void (*halve_u8)(const HalveJob&);                  // or null

  // Reals; arrays by DType: u8 u16 i16 f16 f32 f64.
  Transpose transpose_f32, transpose_f64;
  Columns f32, f64;
  GatherReal gather_f32[6];  // by what they write; or null
  Convert to_f32[6], to_f64[6], from_f32[6], from_f64[6];
};

PX_DECLARE_KERNELS(HorizontalKernels, resample_horizontal_kernels)

}  // namespace px
