// pad: an image within a larger one, and what its border says around it.
#pragma once

#include "core/execution.h"
#include "core/moves_plan.h"

namespace px {

Status pad(const Execution& execution, const ImageView& src, const ImageView& dst, const PadOptions& options);

}  // namespace px
