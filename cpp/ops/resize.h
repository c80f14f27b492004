// resize: one image, or a batch, to another size.
#pragma once

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "ops/resample.h"

namespace px {

// dst has the source's n, c and dtype; its h and w are the size wanted. They must not overlap.
Status resize(const Execution& execution, const ImageView& src, const ImageView& dst, const ResizeOptions& options);

}  // namespace px
