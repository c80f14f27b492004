// warp_points: for each pixel of the result, the point of the image that it looks at.
//
// Exact     docs/warp.md: int64 coordinates with fixed anchors; float64 for the maps that have none.
// Why       64 points at a time, in lanes: nothing here depends on what the image holds.
// Requires  At most warp_run points.
// Tail      The body: loops over points.

#include "kernels/warp_points.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::byte;
using std::int32_t;
using std::int64_t;
using std::ptrdiff_t;
using std::uint32_t;

void affine(int64_t anchor, int64_t step, int bits, int64_t count, int32_t* __restrict whole,
            uint32_t* __restrict fraction) {
  const int drop = 32 - bits;
  for (int64_t j = 0; j < count; ++j) {
    const int64_t at = anchor + j * step;
    whole[j] = static_cast<int32_t>(at >> 32);
    fraction[j] = bits == 0 ? 0 : static_cast<uint32_t>(at) >> drop;
  }
}

// Where 64 points are, before they are rounded.
struct Reals {
  double x[warp_run], y[warp_run];
};

PX_HD double within_reach(double point) {
  double near = point == point ? point : 0.0;
  near = near < -warp_farthest ? -warp_farthest : near;
  return near > warp_farthest ? warp_farthest : near;
}

// All in doubles, which every machine converts in lanes: an integer of `bits` fractional bits is exact in one, and so
// are its parts.
void round_axis(const double* __restrict points, int64_t count, int bits, int32_t* __restrict whole,
                uint32_t* __restrict fraction) {
  const double unit = static_cast<double>(int64_t{1} << bits), part = 1.0 / unit;
  for (int64_t j = 0; j < count; ++j) {
    const double near = within_reach(points[j]);
    const double fixed = __builtin_rint(near * unit), floor = __builtin_floor(fixed * part);
    whole[j] = static_cast<int32_t>(floor);
    const double rest = fixed - floor * unit;  // below 2^32: as signed, and moved
    fraction[j] = static_cast<uint32_t>(static_cast<int32_t>(rest - 0x1p31)) ^ 0x80000000u;
  }
}

void nearest_axis(const double* __restrict points, int64_t count, int32_t* __restrict whole) {
  for (int64_t j = 0; j < count; ++j) {
    const double near = within_reach(points[j]);
    const double floor = __builtin_floor(near);
    whole[j] = static_cast<int32_t>(floor + (near - floor >= 0.5 ? 1.0 : 0.0));
  }
}

void round_points(const Reals& reals, int bits, WarpPoints* points) {
  const int64_t count = points->count;
  if (bits == 0) {
    nearest_axis(reals.x, count, points->x);
    nearest_axis(reals.y, count, points->y);
  } else {
    round_axis(reals.x, count, bits, points->x, points->fx);
    round_axis(reals.y, count, bits, points->y, points->fy);
  }
  int lost = 0;
  for (int64_t j = 0; j < count; ++j) lost |= !(reals.x[j] == reals.x[j]) | !(reals.y[j] == reals.y[j]);
  points->some_nowhere = lost != 0;
  for (int64_t j = 0; j < count && lost; ++j) {
    points->nowhere[j] = !(reals.x[j] == reals.x[j]) || !(reals.y[j] == reals.y[j]);
  }
}

void matrix(const double* m, bool is_affine, int64_t first, int64_t row, int bits, WarpPoints* points) {
  const double y = static_cast<double>(row);
  const double across = m[1] * y + m[2], down = m[4] * y + m[5], scale = m[7] * y + m[8];
  const double mx = m[0], my = m[3], mz = m[6];
  Reals reals;
  const int64_t count = points->count;
  for (int64_t j = 0; j < count; ++j) {
    const auto x = static_cast<double>(static_cast<int32_t>(j)) + static_cast<double>(first);
    reals.x[j] = mx * x + across;
    reals.y[j] = my * x + down;
  }
  for (int64_t j = 0; j < count && !is_affine; ++j) {
    const auto x = static_cast<double>(static_cast<int32_t>(j)) + static_cast<double>(first);
    const double reciprocal = 1.0 / (mz * x + scale);
    reals.x[j] = reals.x[j] * reciprocal;
    reals.y[j] = reals.y[j] * reciprocal;
  }
  round_points(reals, bits, points);
}

template <class T>
PX_HD void read_map(const byte* from, ptrdiff_t stride, int64_t count, double unit, double* to) {
  if (stride == static_cast<ptrdiff_t>(sizeof(T))) {
    for (int64_t j = 0; j < count; ++j) {
      to[j] = static_cast<double>(load<T>(from + j * static_cast<ptrdiff_t>(sizeof(T)))) * unit;
    }
  } else {
    for (int64_t j = 0; j < count; ++j) to[j] = static_cast<double>(load<T>(from + j * stride)) * unit;
  }
}

void map(const WarpMap& from, int64_t first, int64_t row, int bits, WarpPoints* points) {
  Reals reals;
  const int64_t count = points->count;
  const auto read = [&](const byte* at, ptrdiff_t stride, double* to) {
    switch (from.type) {
      case MapType::f32: return read_map<float>(at, stride, count, 1.0, to);
      case MapType::f64: return read_map<double>(at, stride, count, 1.0, to);
      case MapType::i32: return read_map<int32_t>(at, stride, count, 0x1p-14, to);
    }
  };
  read(from.x, from.stride_x, reals.x);
  read(from.y, from.stride_y, reals.y);
  if (from.relative) {
    for (int64_t j = 0; j < count; ++j) {
      reals.x[j] = (static_cast<double>(static_cast<int32_t>(j)) + static_cast<double>(first)) + reals.x[j];
      reals.y[j] = static_cast<double>(row) + reals.y[j];
    }
  }
  round_points(reals, bits, points);
}

}  // namespace

extern constinit const WarpPointKernels warp_points_kernels = {affine, matrix, map};

}  // namespace px::PX_TARGET
