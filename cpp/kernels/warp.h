// What the pixels of a warp see where they look, a table per interpolation and instruction set. See docs/warp.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/border.h"
#include "core/warp_weights.h"
#include "kernels/table.h"
#include "kernels/warp_points.h"

namespace px {

// The image, and what its pixels become.
struct WarpImage {
  const std::byte* data;
  std::ptrdiff_t first;  // from there to the pixel that is first in memory: 0 but for strides below 0
  std::int64_t height, width;
  std::ptrdiff_t stride_h, stride_w, stride_c;  // bytes
  std::int64_t channels;
  Border border;
  const std::byte* value;  // a pixel of samples
  const std::byte* blank;  // a run of such pixels, if the result's lie close together; else null
  const double* outside;   // the same as reals, premultiplied if wanted
  const WarpTables* tables;
  // From here to what the next run reads, in bytes, 0 where nothing is to be fetched; and where in a run to begin.
  std::ptrdiff_t ahead;
  std::int64_t phase;
};

// Whole pixels lie within +-2^30, sides within 2^29; dst is disjoint from the image.
using WarpSample = void (*)(const WarpImage& image, const WarpPoints& points, std::byte* dst, std::ptrdiff_t dst_pixel);

struct WarpNearestKernels {
  // Elements of so many bytes.
  static constexpr int sizes[] = {1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32};
  static constexpr int size_count = 13;
  // Runs of so many rows go by rows, where the processor can permute; of more, point by point, which then takes less.
  static constexpr int most_rows_of_bytes = 12, most_rows_of_words = 14;
  WarpSample sample[size_count];
};

struct WarpKernels {
  struct Row {
    WarpSample sample[4];         // by channels, 1 2 3 4, whose samples lie close together
    WarpSample apart;             // pixels of more channels, whose samples lie close together
    WarpSample premultiplied[2];  // by channels: 2, 4; samples of the source may lie apart
  };
  Row by_type[6];  // DType: u8 u16 i16 f16 f32 f64
};

PX_DECLARE_KERNELS(WarpNearestKernels, warp_nearest_kernels)
PX_DECLARE_KERNELS(WarpKernels, warp_bilinear_kernels)
PX_DECLARE_KERNELS(WarpKernels, warp_bicubic_kernels)
PX_DECLARE_KERNELS(WarpKernels, warp_lanczos_kernels)

}  // namespace px
