// warp: every output pixel looks at a point of the image, by a matrix; and what remap shares with it.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "core/border.h"
#include "core/execution.h"
#include "core/image.h"
#include "core/resample_weights.h"
#include "core/status.h"
#include "kernels/warp.h"

namespace px {

struct WarpOptions {
  Interpolation interpolation;
  Border border;
  const std::byte* value;  // a pixel: c samples close together
  bool premultiply;
};

// What the dtype and the interpolation decide.
struct WarpArithmetic {
  int bits;      // of the fraction
  bool anchors;  // affine coordinates start from one every 64 pixels
};
WarpArithmetic warp_arithmetic(DType dtype, const WarpOptions& options);

// Finds points->count points of image n, from column x of row y on; x is a multiple of 64.
using FindPoints = std::function<void(std::int64_t n, std::int64_t x, std::int64_t y, WarpPoints* points)>;

Status warp_by(const Execution& execution, const ImageView& src, const ImageView& dst, const WarpOptions& options,
               const FindPoints& find);

// From result to image, by rows: one for all images, or one each.
using WarpMatrix = std::array<double, 9>;

Status warp(const Execution& execution, const ImageView& src, const ImageView& dst,
            const std::vector<WarpMatrix>& matrices, const WarpOptions& options);

}  // namespace px
