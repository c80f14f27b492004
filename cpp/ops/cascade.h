// cascade: gaussians of any width by a coarse grid. Along each axis an image is summed down to fewer pixels, these are
// blurred, and summed up to as many as before. The tables are the caller's (python/pixlane/_cascade.py).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "ops/correlate.h"
#include "ops/padded_rows.h"

namespace px {

// Output j is the sum, tap by tap, of weights[j][k] * input[first[j] + k]; inputs may lie beyond the sides.
struct CascadeTable {
  std::span<const std::int32_t> first;  // of each output; never falling
  const std::byte* weights;
  DType type;              // of weights: i16, f32 or f64
  std::int64_t rows;       // of weights: one for all outputs, or one for each
  std::int64_t taps;       // of a row; of integers an even number
  std::int64_t shift = 0;  // integers: the result is (sum + 2^(shift - 1)) >> shift, with 7 fractional bits
};

struct CascadeAxis {
  Border border;        // of the coarse pixels
  std::int64_t coarse;  // how many there are
  std::optional<CascadeTable> down;  // none: the pixels are the coarse ones
  CascadeTable middle;               // from coarse pixels to as many
  std::optional<CascadeTable> up;    // as down
};

struct CascadeOptions {
  SumArithmetic down;  // on the way down; integers down the columns alone, and of uint8
  DType work;          // f32 or f64: of all the rest
  CascadeAxis columns, rows;
  Borders borders;         // of the image
  const std::byte* value;  // a pixel of src
};

Status cascade(const Execution& execution, const ImageView& src, const ImageView& dst, const CascadeOptions& options);

// The same of some rows: dst's first one is the result's row `top`. That src and dst are disjoint and as wide as each
// other has been checked.
Status cascade_rows(const Execution& execution, const ImageView& src, const ImageView& dst,
                    const CascadeOptions& options, std::int64_t top);

}  // namespace px
