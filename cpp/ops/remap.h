// remap: every output pixel looks at a point of the image, by maps.
#pragma once

#include "ops/warp.h"

namespace px {

Status remap(const Execution& execution, const ImageView& src, const ImageView& dst, const Maps& maps,
             const WarpOptions& options);

}  // namespace px
