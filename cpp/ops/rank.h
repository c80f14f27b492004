// rank: of the samples around each one, the one that so many others come before.
#pragma once

#include "core/execution.h"
#include "core/image.h"
#include "core/rank_plan.h"
#include "core/status.h"

namespace px {

// Floats are ordered as -inf < .. < -0 < +0 < .. < +inf < NaN. dst has src's dtype and sizes.
Status rank(const Execution& execution, const ImageView& src, const ImageView& dst, const RankOptions& options);

}  // namespace px
