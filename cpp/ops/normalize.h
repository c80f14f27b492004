// normalize: (image * scale - mean) / std per channel, in a floating type and a layout of the caller's choice.
#pragma once

#include "core/execution.h"
#include "core/normalize_plan.h"
#include "kernels/normalize.h"

namespace px {

// The kernel for the dtypes, with its constants.
class Normalizer {
 public:
  Normalizer(Isa isa, DType from, DType to, std::int64_t channels, const NormalizeOptions& options);

  // A run of pixels with contiguous samples; the channels are those from `channel` on.
  void run(const void* src, std::int64_t pixels, std::int64_t channel, std::int64_t channels, void* dst,
           std::ptrdiff_t dst_pixel, std::ptrdiff_t dst_channel, bool stream) const {
    const std::ptrdiff_t first = channel * constants_.real;
    run_({src, dst, dst_pixel, dst_channel, pixels, channels, constants_.factor() + first, constants_.offset() + first,
          stream});
  }

 private:
  NormalizeConstants constants_;
  NormalizeKernels::Run run_;
};

// src and dst have one shape; their strides say the layouts. dst may be exactly src where samples have one size.
Status normalize(const Execution& execution, const ImageView& src, const ImageView& dst,
                 const NormalizeOptions& options);

}  // namespace px
