// The loops of resampling, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

// What is read next: the horizontal pass, which works in cache, asks for it meanwhile.
struct Ahead {
  const std::byte* at;
  std::ptrdiff_t stride;  // bytes from row to row
  int rows, lines;        // of each row, cache lines
};

// One output row: dst[i] = sum_k weights[k] * rows[k][i].
struct VerticalJob {
  const void* const* rows;
  const void* weights;   // fixed: int16, an even number of them (pad with 0); else the reals of the pass
  int count;             // of rows and weights
  int shift;             // fixed only: the result is (sum + 2^(shift-1)) >> shift
  std::int64_t samples;  // of each row
  void* dst;
  const void* const* ahead;  // rows that the next call reads first, to be fetched meanwhile
  int ahead_count;
};

// Several output rows in one walk down the source rows, which reads each of them once: whatever outputs are under way
// have a slot each, that is, a few registers of sums. A step takes two rows of uint8, or one of reals.
struct SweepJob {
  const void* const* rows;  // one or two for each step
  std::int64_t begin;       // the sample of these rows that dst begins with
  const void* weights;  // for each step, of every slot, a pair of int16, or a float; 0 where it does not read the rows
  const std::uint16_t* masks;  // reals, likewise: 0 where an output begins, all bits elsewhere
  const std::int32_t* steps;   // between the end of the output before and the end of each output
  int outputs;
  int skipped;  // of them, the first, which others write: here they only leave their slots
  int slot;     // of the first output; the others' follow, in turn
  int shift;    // integers only
  int ahead;    // bytes of a row to fetch ahead, as the walk down is strange to the hardware's prefetcher
  std::int64_t samples;
  void* dst;
  std::ptrdiff_t dst_stride;
};

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
};

// One output row: each run of `run` bytes comes from byte index[j] * pixel of the input. (nearest moves pixels; to
// leave out columns that nothing reads, runs of several pixels are moved.)
struct NearestJob {
  const std::byte* src;
  std::byte* dst;
  std::int64_t outputs;      // runs
  std::int64_t input_bytes;  // of the row
  std::int64_t pixel;
  int run;
  const std::int32_t* index;
  Ahead ahead;
};

// Several rows by permutations: each group of `lanes` bytes (whole pixels, at most 64) comes from bytes base[g] ..
// base[g] + 127 of the row, or as many as it has, in the given order.
struct NearestGatherJob {
  const std::byte* src;
  std::ptrdiff_t src_stride;
  const std::int32_t* rows;  // of src, one for each row of dst
  std::byte* dst;
  std::ptrdiff_t dst_stride;
  std::int64_t count;        // of rows
  std::int64_t input_bytes;  // of a row of src
  std::int64_t groups;
  int lanes, last_lanes;
  const std::int64_t* base;
  const std::uint8_t* order;
  Ahead ahead;  // of a single row
};

struct ResampleKernels {
  using Vertical = void (*)(const VerticalJob&);
  using Sweep = void (*)(const SweepJob&);
  using Transpose = void (*)(const TransposeJob&);
  using Horizontal = void (*)(const HorizontalJob&);
  using Gather = void (*)(const GatherJob&);
  using Convert = void (*)(const void* from, void* to, std::int64_t samples);

  int rows_fixed, rows_f32, rows_f64;  // how many rows a horizontal job takes at once

  // uint8 in integers; i16 is uint8 with fractional bits, between the passes.
  Vertical vertical_u8_i16, vertical_u8_u8, vertical_i16_u8;
  Sweep sweep_u8_i16[8], sweep_u8_u8[8];  // by the number of slots; null where registers are too few
  Sweep sweep_f32[6][8];                  // by source DType, and slots
  Transpose transpose_u8, transpose_i16;
  Horizontal horizontal_i16, horizontal_u8;  // by what they write

  // The same by permutations of two registers; null where the instruction set has none that fits.
  Gather gather_u8_i16, gather_u8_u8, gather_i16_u8;

  void (*halve_u8)(const HalveJob&);  // or null

  // Reals, by source DType: u8 u16 i16 f16 f32 f64.
  Vertical vertical_f32[6], vertical_f64[6];
  Transpose transpose_f32, transpose_f64;
  Horizontal horizontal_f32, horizontal_f64;
  void (*gather_f32[6])(const GatherRealJob&);  // to each DType, or null
  Convert to_f32[6], to_f64[6], from_f32[6], from_f64[6];

  void (*nearest)(const NearestJob&);
  void (*nearest_gather)(const NearestGatherJob&);  // null where the instruction set has no such permutation
};

// Bytes of a sample's column, and of all of `samples` samples: columns are written a square at a time, and a pair of
// taps may reach over the last pixel.
constexpr std::int64_t column_bytes(int rows, std::size_t item) { return rows * static_cast<std::int64_t>(item); }
constexpr std::size_t columns_bytes(std::int64_t samples, int channels, int rows, std::size_t item) {
  return static_cast<std::size_t>((samples + 2 * rows + channels) * column_bytes(rows, item));
}

PX_DECLARE_KERNELS(ResampleKernels, resample_kernels)

}  // namespace px
