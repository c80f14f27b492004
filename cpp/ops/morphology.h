// morphology: the least or the largest of the samples around each one, and of these plus or less a height.
#pragma once

#include "core/execution.h"
#include "core/image.h"
#include "core/morphology_plan.h"
#include "core/status.h"

namespace px {

// Floats are ordered as -inf < .. < -0 < +0 < .. < +inf < NaN. Heights are added for the largest and taken off for the
// least, in float64 for f64 and else in float32, and the result is rounded to the dtype. dst has src's dtype and sizes.
// Differences are clamped to the dtype.
Status morphology(const Execution& execution, const ImageView& src, const ImageView& dst,
                  const MorphologyOptions& options);

}  // namespace px
