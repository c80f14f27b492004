// Sums of rows and their means, for box filters; one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

// What boxes are summed in.
enum class SumType : std::uint8_t { u16, i32, f32, f64 };

// How sums of 32 bits are divided, less `lowest` for each of their pixels, so that none is below 0: where quotients up
// to 2^16 (2^8) times a rounding stay below a quarter of 1 / area, by a multiplication; where twice the sum and the
// area stay below 2^31, with a correction; or without `lowest`, with two.
enum class Division : std::uint8_t { few, positive, any };

// Rows of the same work: how many, and bytes from one to the next, of what is read and of what is written.
struct BoxRowSteps {
  std::int64_t rows, lines, dst;
};

// dst[i] = (lines[0][i] + lines[1][i] + ..) / area.
struct MeanJob {
  const void* const* lines;
  int count;
  bool is_difference;  // of two lines of running sums: lines[1][i] - lines[0][i] instead
  std::int64_t samples;
  BoxRowSteps steps;  // lines' in whole sums
  std::int64_t area;
  // Integers of integers are floor(sum / area + 1/2), clamped, where |2 * sum| + area is below 2^31. Of sums of 16 bits
  // the mean is ((sum + add) * factor) >> 16 >> shift, as a result of 8 bits.
  Division division;
  bool is_within;  // results are of the samples' type, in whose range each mean is
  std::int32_t lowest;
  std::uint16_t add, factor;
  int shift;
  void* dst;
  bool stream;  // past the caches, if dst is aligned to the register's size and of the type of the sums
};

struct BoxKernels {
  // dst[i] = sums[i] + in[i] - out[i]; or sums[i] + in[i], where out is null. dst may be the sums. `ahead` is a row
  // that will be read next.
  using Slide = void (*)(const void* sums, const void* in, const void* out, std::int64_t samples, void* dst,
                         const std::byte* ahead);
  // dst[i] = lines[0][i] + lines[1][i] + .., in order. dst may be the first line.
  using Lines = void (*)(const void* const* lines, int count, std::int64_t samples, void* dst, const std::byte* ahead,
                         const BoxRowSteps& steps);
  // dst[i] = 0 for i < channels, dst[i + channels] = dst[i] + sums[i], modulo 2^32; up to 4 channels.
  using Running = void (*)(const void* sums, std::int64_t samples, void* dst, const BoxRowSteps& steps);
  // dst[r][i] = the sum of lines[r + k][i] over k in [0, rows), for 8 results r; rows >= 8. What all of them have in
  // common comes first, in order; then, for each, what lies before, upwards from there; then what lies behind, in
  // order.
  // i goes from `first` on. `ahead` are 8 rows that will be read next.
  using Block = void (*)(const void* const* lines, int rows, std::int64_t first, std::int64_t samples, void* const* dst,
                         const std::byte* const* ahead);
  using Mean = void (*)(const MeanJob& job);
  // dst[x][c] = sums[x][c] / counts[x]; 0 where that is 0.
  using Quotient = void (*)(const void* sums, const std::int32_t* counts, std::int64_t pixels, std::int64_t channels,
                            void* dst);
  // Makes the pixels of a row 0 whose mask is 0.
  using Cover = void (*)(void* row, const std::uint8_t* mask, std::int64_t pixels, std::int64_t pixel_bytes);

  Slide slide[3][2];   // by DType (u8 u16 i16), to u16 (of u8 alone) or i32
  Lines lines[4];      // by SumType
  Running running[5];  // by channels: of sums of 32 bits
  Block block[4];      // f32 and f64
  Mean mean[4][6];     // by SumType and DType; from u16 to u8 alone, and not from float32 to float64
  Quotient quotient[4][6];
  Cover cover;
  void (*streamed)();  // after the last call with `stream`
};

PX_DECLARE_KERNELS(BoxKernels, box_kernels)

}  // namespace px
