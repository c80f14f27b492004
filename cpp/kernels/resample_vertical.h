// The loops of resampling down the rows, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/ahead.h"
#include "kernels/table.h"

namespace px {

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
  Ahead meanwhile;  // fetched on the way
};

struct VerticalKernels {
  using Row = void (*)(const VerticalJob&);
  using Sweep = void (*)(const SweepJob&);

  // uint8 in integers; i16 is uint8 with fractional bits, between the passes.
  Row u8_i16, u8_u8, i16_u8;
  Row f32[6], f64[6];                     // reals, by source DType: u8 u16 i16 f16 f32 f64
  Sweep sweep_u8_i16[8], sweep_u8_u8[8];  // by the number of slots; null where registers are too few
  Sweep sweep_f32[6][8];                  // by source DType, and slots
};

PX_DECLARE_KERNELS(VerticalKernels, resample_vertical_kernels)

}  // namespace px
