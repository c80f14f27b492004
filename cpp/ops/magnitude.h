// magnitude: the length of the vectors whose components two correlations of an image make (a gradient's).
#pragma once

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "ops/correlate.h"

namespace px {

// The components become `real`, f32 or f64, before they are squared; f64 where their arithmetic is.
Status magnitude(const Execution& execution, const ImageView& src, const ImageView& dst, DType real,
                 const CorrelateOptions& x, const CorrelateOptions& y);

}  // namespace px
