// pyramid_down and pyramid_up: what every backend checks before it sums a pixel.
#pragma once

#include "core/image.h"
#include "core/status.h"

namespace px {

// dst may be empty, src then too.
Status check_pyramid_down(const ImageView& src, const ImageView& dst, bool premultiply);
Status check_pyramid_up(const ImageView& src, const ImageView& dst, bool premultiply);

}  // namespace px
