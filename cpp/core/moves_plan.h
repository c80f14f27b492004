// copy and pad: what every backend checks before it moves a pixel.
#pragma once

#include "core/border.h"
#include "core/image.h"
#include "core/status.h"

namespace px {

// One shape and samples of one size; src and dst disjoint.
Status check_copy(const ImageView& src, const ImageView& dst);

struct PadOptions {
  std::int64_t top, left;
  Border border;
  const std::byte* value;  // a pixel: c samples close together
};

// dst may be empty, src then too. The image lies within it.
Status check_pad(const ImageView& src, const ImageView& dst, const PadOptions& options);

}  // namespace px
