// pyramid_up: an image doubled, and blurred by four times 1 4 6 4 1.
#pragma once

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"

namespace px {

Status pyramid_up(const Execution& execution, const ImageView& src, const ImageView& dst, bool premultiply);

}  // namespace px
