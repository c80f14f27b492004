// correlate: each result is a weighted sum of the pixels around; in one pass, or in one down the columns and one along
// the rows. What weights there are and which arithmetic sums them is decided by the caller (python/pixlane/_taps.py).
#pragma once

#include <cstdint>
#include <vector>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "ops/padded_rows.h"

namespace px {

// int32 sums of int16 weights; or reals, each row of taps by itself, then the rows, always by sixteen.
enum class SumArithmetic : std::uint8_t { integer, f32, f64 };

struct Tap {
  std::int64_t dy, dx;
  double weight;
};

struct SumPass {
  std::vector<Tap> taps;  // none: the sum is 0
  int shift;              // integers: the result is (sum + 2^(shift - 1)) >> shift
};

struct CorrelateOptions {
  SumArithmetic arithmetic;
  std::vector<SumPass> passes;  // of two, the first reads columns alone, the second rows alone
  Borders borders;
  const std::byte* value;  // a pixel of src
};

// Integers: src is u8. Sums fit int32, and int16 between the passes and where dst is neither u8 nor i16.
Status correlate(const Execution& execution, const ImageView& src, const ImageView& dst,
                 const CorrelateOptions& options);

}  // namespace px
