// Where the pixels of a warp look, one table per instruction set. See docs/warp.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

constexpr int warp_run = 64;              // pixels from one anchor to the next
constexpr int warp_rows = 32;             // of a tile at most, whose rows are runs
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

// What the runs of a tile have in common, which is found before the first of them.
struct WarpTile {
  std::int64_t image, x, y, rows;
  alignas(64) std::int64_t anchor_x[warp_rows], anchor_y[warp_rows];       // affine: of each row
  alignas(64) double right[warp_run], down[warp_run], scale[warp_run];    // projective: what each column adds
  bool is_near;  // projective: all points are known to be numbers within 2^26, which need no care
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
  // To a tile: the anchors of an affine matrix, raised by half a fraction; or what a projective one has for columns.
  void (*anchors)(const double* m, std::int64_t half, WarpTile* tile);
  void (*columns)(const double* m, WarpTile* tile);
  // Anchors in units of 2^-32, raised by half a fraction, and steps from there.
  void (*affine)(std::int64_t anchor_x, std::int64_t anchor_y, const WarpSteps& steps_x, const WarpSteps& steps_y,
                 int bits, WarpPoints* points);
  // Each point of a row of the tile by itself. An affine matrix has no division, and no columns.
  void (*matrix)(const double* m, bool affine, const WarpTile& tile, std::int64_t row, int bits, WarpPoints* points);
  void (*map)(const WarpMap& map, std::int64_t x, std::int64_t y, int bits, WarpPoints* points);
};

PX_DECLARE_KERNELS(WarpPointKernels, warp_points_kernels)

}  // namespace px
