// correlate: each result is a weighted sum of the pixels around; in one pass, or in one down the columns and one along
// the rows (reals), or along the rows and then down the columns (integers). What weights there are and which arithmetic
// sums them is decided by the caller (python/pixlane/_taps.py).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "ops/padded_rows.h"

namespace px {

// int32 sums of int16 weights; or reals, each row of taps by itself, then the rows, always by sixteen.
enum class SumArithmetic : std::uint8_t { integer, f32, f64 };

struct Tap {
  double dy, dx, weight;  // dy and dx are whole
};

struct SumPass {
  std::span<const Tap> taps;  // none: the sum is 0
  std::int64_t shift;         // integers: the result is (sum + 2^(shift - 1)) >> shift
};

struct CorrelateOptions {
  SumArithmetic arithmetic;
  std::vector<SumPass>
      passes;  // of two of reals, the first reads columns alone, the second rows; of integers first rows
  Borders borders;
  const std::byte* value;        // a pixel of src
  Alpha alpha = Alpha::channel;  // in float64
};

// Integers: src is u8. Sums fit int32, and int16 between the passes and where dst is neither u8 nor i16.
Status correlate(const Execution& execution, const ImageView& src, const ImageView& dst,
                 const CorrelateOptions& options);

// Whether the passes are what correlate takes.
Status check_correlate(const ImageView& src, const CorrelateOptions& options);

// The same of some rows: dst's first one is the result's row `top`. That src and dst are disjoint and as wide as each
// other has been checked.
Status correlate_rows(const Execution& execution, const ImageView& src, const ImageView& dst,
                      const CorrelateOptions& options, std::int64_t top);

}  // namespace px
