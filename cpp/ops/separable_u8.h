// separable_u8: correlations of uint8 in two passes of integers; see ops/correlate.h.
#pragma once

#include <cstdint>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "kernels/sharpen.h"
#include "ops/correlate.h"

namespace px {

// Of checked options, whose first pass reads rows and whose second reads columns. dst's first row is the result's row
// `top`. Channels of a pixel lie together in src or in dst. With `sharpen` the sums are of 1/128 level, and dst is of
// uint8 that have been sharpened by them.
Status separable_u8(const Execution& execution, const ImageView& src, const ImageView& dst,
                    const CorrelateOptions& options, std::int64_t top, const SharpeningWords* sharpen = nullptr);

}  // namespace px
