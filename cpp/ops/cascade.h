// cascade: gaussians of any width by a coarse grid. Along each axis an image is summed down to fewer pixels, these are
// blurred, and summed up to as many as before. The tables are the caller's (python/pixlane/_cascade.py).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "kernels/sharpen.h"
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
  std::int64_t shift = 0;  // integers: the result is (sum + 2^(shift - 1)) >> shift; down, with 7 fractional bits
};

struct CascadeAxis {
  Border border;                     // of the coarse pixels
  std::int64_t coarse;               // how many there are
  std::optional<CascadeTable> down;  // none: the pixels are the coarse ones
  CascadeTable middle;               // from coarse pixels to as many
  std::optional<CascadeTable> up;    // as down; of integers: int16 with 7 fractional bits, to uint8
};

inline void sharpen_row(const SharpenKernels& kernels, const Sharpening& how, DType real, const std::byte* row,
                        std::byte* sums, std::int64_t samples) {
  if (real == DType::f64) {
    kernels.f64(reinterpret_cast<const double*>(row), reinterpret_cast<double*>(sums), samples, how.amount,
                how.threshold);
  } else {
    kernels.f32(reinterpret_cast<const float*>(row), reinterpret_cast<float*>(sums), samples,
                static_cast<float>(how.amount), static_cast<float>(how.threshold));
  }
}

struct CascadeOptions {
  SumArithmetic down;  // on the way down; integers down the columns alone, and of uint8
  DType work;          // f32 or f64: of all the rest
  CascadeAxis columns, rows;
  Borders borders;         // of the image
  const std::byte* value;  // a pixel of src
  std::optional<Sharpening> sharpen = {};
  Alpha alpha = Alpha::channel;  // in float64
};

Status cascade(const Execution& execution, const ImageView& src, const ImageView& dst, const CascadeOptions& options);

}  // namespace px
