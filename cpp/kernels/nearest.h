// The loops of nearest, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/ahead.h"
#include "kernels/table.h"

namespace px {

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

struct NearestKernels {
  void (*runs)(const NearestJob&);
  void (*gather)(const NearestGatherJob&);  // null where the instruction set has no such permutation
};

PX_DECLARE_KERNELS(NearestKernels, nearest_kernels)

}  // namespace px
