// Where the pixels of a warp look, one table per instruction set. See docs/warp.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

constexpr int warp_run = 64;              // pixels from one anchor to the next
constexpr double warp_farthest = 0x1p30;  // where coordinates are clamped

// Where up to 64 neighbours of a row look: whole pixels, and fractions of a number of bits.
struct WarpPoints {
  std::int64_t count;
  alignas(64) std::int32_t x[warp_run], y[warp_run];
  alignas(64) std::uint32_t fx[warp_run], fy[warp_run];
  std::int32_t low_x, high_x, low_y, high_y;  // no whole pixel lies beyond; one of a short run may not come near
  std::int32_t apart_x[2], apart_y[2];        // how far 16 (32) neighbours of a line at most reach; else -1
  bool some_nowhere;                          // NaN points
  std::uint8_t nowhere[warp_run];             // only then
};

// The multiples 0 .. 63 of a step in units of 2^-32, halved: 32-bit lanes add them with a carry.
struct WarpSteps {
  alignas(64) std::uint32_t low[warp_run];
  alignas(64) std::int32_t high[warp_run];
};

enum class MapType : std::uint8_t { f32, f64, i32 };

// A row of maps from its first point on; strides in bytes.
struct WarpMap {
  const std::byte *x, *y;
  std::ptrdiff_t stride_x, stride_y;
  MapType type;
  bool relative;
};

// All set everything but the count; of points beyond it only those that are computed along with the last.
struct WarpPointKernels {
  // Anchors in units of 2^-32, raised by half a fraction, and steps from there.
  void (*affine)(std::int64_t anchor_x, std::int64_t anchor_y, const WarpSteps& steps_x, const WarpSteps& steps_y,
                 int bits, WarpPoints* points);
  // Each point by itself, from column x on. An affine matrix has no division.
  void (*matrix)(const double* m, bool affine, std::int64_t x, std::int64_t y, int bits, WarpPoints* points);
  void (*map)(const WarpMap& map, std::int64_t x, std::int64_t y, int bits, WarpPoints* points);
};

PX_DECLARE_KERNELS(WarpPointKernels, warp_points_kernels)

}  // namespace px
