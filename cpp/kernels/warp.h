// The loops of warps, one table per instruction set: where pixels look, and what they see there. See docs/warp.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/border.h"
#include "core/warp_weights.h"
#include "kernels/table.h"

namespace px {

constexpr int warp_run = 64;              // pixels from one anchor to the next
constexpr double warp_farthest = 0x1p30;  // where coordinates are clamped

// Where up to 64 neighbours of a row look: whole pixels, and fractions of a number of bits.
struct WarpPoints {
  std::int64_t count;
  std::int32_t x[warp_run], y[warp_run];
  std::uint32_t fx[warp_run], fy[warp_run];
  bool some_nowhere;  // NaN points
  std::uint8_t nowhere[warp_run];
};

enum class MapType : std::uint8_t { f32, f64, i32 };

// A row of maps from its first point on; strides in bytes.
struct WarpMap {
  const std::byte *x, *y;
  std::ptrdiff_t stride_x, stride_y;
  MapType type;
  bool relative;
};

// The image, and what its pixels become.
struct WarpImage {
  const std::byte* data;
  std::int64_t height, width;
  std::ptrdiff_t stride_h, stride_w, stride_c;  // bytes
  Border border;
  const std::byte* value;  // a pixel of samples
  const double* outside;   // the same as reals, premultiplied if wanted
  const WarpTables* tables;
};

struct WarpKernels {
  // whole[j] and fraction[j] of anchor + j * step, in units of 2^-32; the anchor has been raised by half a fraction.
  void (*affine)(std::int64_t anchor, std::int64_t step, int bits, std::int64_t count, std::int32_t* whole,
                 std::uint32_t* fraction);
  // Each point by itself, from column x on. An affine matrix has no division.
  void (*matrix)(const double* m, bool affine, std::int64_t x, std::int64_t y, int bits, WarpPoints* points);
  void (*map)(const WarpMap& map, std::int64_t x, std::int64_t y, int bits, WarpPoints* points);

  using Sample = void (*)(const WarpImage& image, const WarpPoints& points, std::byte* dst, std::ptrdiff_t dst_pixel);
  // Elements of 1 2 3 4 6 8 12 16 bytes.
  static constexpr int sizes[] = {1, 2, 3, 4, 6, 8, 12, 16};
  static constexpr int size_count = 8;
  Sample nearest[size_count];
  // By interpolation (bilinear, bicubic, lanczos), by DType (u8 u16 i16 f16 f32 f64), by channels whose samples lie
  // close together (1, 3, 4).
  Sample sample[3][6][3];
  // By interpolation, by DType, by channels (2, 4), whose source samples may lie apart.
  Sample premultiplied[3][6][2];
};

PX_DECLARE_KERNELS(WarpKernels, warp_kernels)

}  // namespace px
