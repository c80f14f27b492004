#include "core/warp_plan.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/scalar.h"
#include "core/warp_weights.h"
#include "core/with_type.h"

namespace px {
namespace {

constexpr std::int64_t longest_side = std::int64_t{1} << 29;
constexpr double largest_step = 0x1p20;

}  // namespace

WarpArithmetic warp_arithmetic(DType dtype, const WarpOptions& options) {
  if (options.interpolation == Interpolation::nearest) return {0, true};
  if (options.premultiply || dtype == DType::f64) return {32, false};
  if (dtype == DType::u8) return {options.interpolation == Interpolation::lanczos ? warp_phases : warp_unit, true};
  return {24, true};
}

bool is_affine(const WarpMatrix& m) { return m[6] == 0.0 && m[7] == 0.0 && m[8] == 1.0; }

Status check_warp(const ImageView& src, const ImageView& dst, const WarpOptions& options) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.c != dst.c || src.dtype != dst.dtype || src.item_size != dst.item_size) {
    return Status::value_error("out must have image's batch size, channels and dtype");
  }
  const bool nearest = options.interpolation == Interpolation::nearest;
  if (options.interpolation == Interpolation::area) return Status::value_error("warps have no 'area'");
  if (src.dtype == DType::other && !nearest) return Status::type_error("this dtype can only be warped with 'nearest'");
  if (is_empty(dst)) return Status::ok();
  if (is_empty(src)) return Status::value_error("image must not be empty");
  if (src.h > longest_side || src.w > longest_side) return Status::value_error("image has a side beyond 2^29");
  if (options.premultiply && !nearest && !has_alpha(src)) {
    return Status::value_error("premultiply needs an alpha channel");
  }
  return Status::ok();
}

Status check_matrices(const ImageView& src, const std::vector<WarpMatrix>& matrices) {
  if (matrices.size() != 1 && static_cast<std::int64_t>(matrices.size()) != src.n) {
    return Status::value_error("one matrix, or one for each image, is needed");
  }
  for (const WarpMatrix& m : matrices) {
    for (const double value : m) {
      if (!std::isfinite(value)) return Status::value_error("matrix must be finite");
    }
    if (is_affine(m) && std::max({std::fabs(m[0]), std::fabs(m[1]), std::fabs(m[3]), std::fabs(m[4])}) > largest_step) {
      return Status::value_error("matrix steps over more than 2^20 pixels");
    }
  }
  return Status::ok();
}

Status check_maps(const ImageView& dst, const Maps& maps) {
  for (const ImageView* map : {&maps.x, &maps.y}) {
    if (Status status = check_disjoint(*map, dst); !status.is_ok()) return status;
    if ((map->n != 1 && map->n != dst.n) || map->h != dst.h || map->w != dst.w || map->c != 1) {
      return Status::value_error("maps must have out's height and width");
    }
    if (map->item_size != (maps.type == MapType::f64 ? 8 : 4)) return Status::type_error("maps have another dtype");
  }
  return Status::ok();
}

std::int64_t fixed_step(double step) {
  const double scaled = step * 0x1p32, floor = std::floor(scaled), rest = scaled - floor;
  const auto whole = static_cast<std::int64_t>(floor);
  return whole + (rest > 0.5 || (rest == 0.5 && whole % 2 != 0));
}

std::vector<double> outside_of(const ImageView& src, const WarpOptions& options) {
  std::vector<double> outside(static_cast<std::size_t>(src.c));
  with_type(src.dtype, [&]<class T>(T*) {
    for (std::size_t c = 0; c < outside.size(); ++c) {
      T sample;
      std::copy_n(options.value + c * sizeof(T), sizeof(T), reinterpret_cast<std::byte*>(&sample));
      outside[c] = to_real<double>(sample);
    }
  });
  if (options.premultiply) {
    for (std::size_t c = 0; c + 1 < outside.size(); ++c) outside[c] = outside[c] * outside.back();
  }
  return outside;
}

}  // namespace px
