// Where the pixels of a warp look, one table per instruction set. See docs/warp.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/warp_shape.h"
#include "kernels/table.h"

namespace px {

constexpr int warp_rows = 32;  // of a tile at most, whose rows are runs
constexpr int warp_reach = 3;  // pixels from a point's whole one to the farthest tap

// Where up to 64 neighbours of a row look: whole pixels, and fractions of a number of bits.
struct WarpPoints {
  std::int64_t count;
  alignas(64) std::int32_t x[warp_run], y[warp_run];
  alignas(64) std::uint32_t fx[warp_run], fy[warp_run];
  alignas(64) std::uint32_t place[warp_run];  // bytes from the image's first one in memory, if the tile wants them
  bool placed;
  std::int32_t along_x, along_y;              // from the first to the last one
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
  std::int32_t width, height;  // of the image
  bool may_be_lost;            // runs that no filter brings near it need not be found
  bool wants_places;           // which are column * x + row * y + origin, modulo 2^32
  bool wants_points;           // else not where places suffice: of runs that lie inside but for the last column,
  std::int32_t rows_at_most;   // and over more rows than that
  std::uint32_t column, row, origin;
  const WarpSteps *steps_x, *steps_y;                                   // affine
  alignas(64) std::int64_t anchor_x[warp_rows], anchor_y[warp_rows];    // affine: of each row
  alignas(64) double right[warp_run], down[warp_run], scale[warp_run];  // projective: what each column adds
  bool is_near;  // projective: all points are known to be numbers within 2^26, which need no care
};

// A row of maps from its first point on; strides in bytes.
struct WarpMap {
  const std::byte *x, *y;
  std::ptrdiff_t stride_x, stride_y;
  MapType type;
  bool relative;
};

// All set everything but the count; of points beyond it only those that are computed along with the last.
struct WarpPointKernels {
  void (*steps)(std::int64_t step, WarpSteps* steps);
  // To a tile: the anchors of an affine matrix, raised by half a fraction; or what a projective one has for columns.
  void (*anchors)(const double* m, std::int64_t half, WarpTile* tile);
  void (*columns)(const double* m, WarpTile* tile);
  // Of a row of the tile, from its anchors. False where it is lost.
  bool (*affine)(const WarpTile& tile, std::int64_t row, int bits, WarpPoints* points);
  // Each point of a row of the tile by itself. An affine matrix has no division, and no columns.
  void (*matrix)(const double* m, bool affine, const WarpTile& tile, std::int64_t row, int bits, WarpPoints* points);
  void (*map)(const WarpMap& map, const WarpTile& tile, std::int64_t row, int bits, WarpPoints* points);
};

PX_DECLARE_KERNELS(WarpPointKernels, warp_points_kernels)

}  // namespace px
