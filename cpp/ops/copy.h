// copy: an image into memory of another order: mirrored, turned, cut out, planes to pixels.
#pragma once

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"

namespace px {

// src and dst have one shape and samples of one size; their strides say what moves where.
Status copy(const Execution& execution, const ImageView& src, const ImageView& dst);

}  // namespace px
