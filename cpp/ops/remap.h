// remap: every output pixel looks at a point of the image, by maps.
#pragma once

#include "ops/warp.h"

namespace px {

// Maps of one channel: one for all images (n = 1), or one each.
struct Maps {
  ImageView x, y;
  MapType type;
  bool relative;
};

Status remap(const Execution& execution, const ImageView& src, const ImageView& dst, const Maps& maps,
             const WarpOptions& options);

}  // namespace px
