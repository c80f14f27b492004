// unsharp: x + amount * (x - blurred), for each sample x.
#pragma once

#include <variant>

#include "ops/cascade.h"
#include "ops/correlate.h"

namespace px {

// The blur's result is `real`, f32 or f64. Samples that differ from it by at most threshold stay as they are.
Status unsharp(const Execution& execution, const ImageView& src, const ImageView& dst, DType real,
               const std::variant<CorrelateOptions, CascadeOptions>& blur, const Sharpening& how);

}  // namespace px
