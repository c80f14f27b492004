// magnitude: the length of the gradient whose components two images of reals are.
#pragma once

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"

namespace px {

// x and y are of one dtype, f32 or f64; dst of that one or of any that float32 becomes.
Status magnitude(const Execution& execution, const ImageView& x, const ImageView& y, const ImageView& dst);

}  // namespace px
