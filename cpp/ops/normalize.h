// normalize: (image * scale - mean) / std per channel, in a floating type and a layout of the caller's choice.
#pragma once

#include <vector>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "kernels/normalize.h"

namespace px {

struct NormalizeOptions {
  double scale = 1.0;
  std::vector<double> mean, std;  // one value, or one per channel
};

// The constants of x * factor + offset, per channel, in the type of the arithmetic; and the kernel for the dtypes.
class Normalizer {
 public:
  Normalizer(Isa isa, DType from, DType to, std::int64_t channels, const NormalizeOptions& options);

  // A run of pixels with contiguous samples; the channels are those from `channel` on.
  void run(const void* src, std::int64_t pixels, std::int64_t channel, std::int64_t channels, void* dst,
           std::ptrdiff_t dst_pixel, std::ptrdiff_t dst_channel, bool stream) const {
    const std::ptrdiff_t first = channel * real_;
    run_({src, dst, dst_pixel, dst_channel, pixels, channels, factor() + first, offset() + first, stream});
  }
  static Status check(DType from, DType to, std::int64_t channels, const NormalizeOptions& options);

 private:
  const std::byte* factor() const { return reinterpret_cast<const std::byte*>(constants_.data()); }
  const std::byte* offset() const { return factor() + channels_ * real_; }

  std::vector<double> constants_;  // storage of the reals: factors, then offsets
  std::ptrdiff_t real_;
  std::int64_t channels_;
  NormalizeKernels::Run run_;
};

// src and dst have one shape; their strides say the layouts. dst may be exactly src where samples have one size.
Status normalize(const Execution& execution, const ImageView& src, const ImageView& dst,
                 const NormalizeOptions& options);

}  // namespace px
