// unsharp: x + amount * (x - blurred), for each sample x.
#pragma once

#include <variant>

#include "ops/cascade.h"
#include "ops/correlate.h"

namespace px {

// The blur's result is f32 or f64, as `work` says; or of uint8 integers, of 1/128 level. Samples that differ from it by
// at most threshold stay as they are.
Status unsharp(const Execution& execution, const ImageView& src, const ImageView& dst, SumArithmetic work,
               const std::variant<CorrelateOptions, CascadeOptions>& blur, const Sharpening& how);

}  // namespace px
