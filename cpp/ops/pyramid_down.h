// pyramid_down: an image blurred by 1 4 6 4 1 and halved.
#pragma once

#include "core/border.h"
#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"

namespace px {

// `value` is a pixel: c samples close together.
Status pyramid_down(const Execution& execution, const ImageView& src, const ImageView& dst, Border border,
                    const std::byte* value, bool premultiply);

}  // namespace px
