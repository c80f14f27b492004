// Warps: their options, what every backend checks, and the arithmetic that the arguments decide. See docs/warp.md.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/border.h"
#include "core/image.h"
#include "core/resample_weights.h"
#include "core/status.h"
#include "core/warp_shape.h"

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

// From result to image, by rows: one for all images, or one each.
using WarpMatrix = std::array<double, 9>;
bool is_affine(const WarpMatrix& matrix);

// Maps of one channel: one for all images (n = 1), or one each.
struct Maps {
  ImageView x, y;
  MapType type;
  bool relative;
};

Status check_warp(const ImageView& src, const ImageView& dst, const WarpOptions& options);
Status check_matrices(const ImageView& src, const std::vector<WarpMatrix>& matrices);
Status check_maps(const ImageView& dst, const Maps& maps);

// A step of an affine map in units of 2^-32, ties to even in any rounding mode: a caller's may be another one.
std::int64_t fixed_step(double step);

// The pixel outside as reals, its colours times its alpha if wanted.
std::vector<double> outside_of(const ImageView& src, const WarpOptions& options);

}  // namespace px
