// pad: an image within a larger one, and what its border says around it.
#pragma once

#include "core/border.h"
#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"

namespace px {

struct PadOptions {
  std::int64_t top, left;
  Border border;
  const std::byte* value;  // a pixel: c samples close together
};

Status pad(const Execution& execution, const ImageView& src, const ImageView& dst, const PadOptions& options);

}  // namespace px
