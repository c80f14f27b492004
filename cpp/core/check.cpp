#include "core/check.h"

#include <string>

namespace px {
namespace {

struct Bounds {
  std::intptr_t low = 0, high = 0;
};

// The addresses that a view may touch; false on overflow.
bool bounds_of(const ImageView& view, Bounds& bounds) {
  bounds.low = reinterpret_cast<std::intptr_t>(view.data);
  if (__builtin_add_overflow(bounds.low, view.item_size, &bounds.high)) return false;
  const auto extend = [&](std::int64_t size, std::int64_t stride) {
    std::int64_t reach;
    if (__builtin_mul_overflow(size - 1, stride, &reach)) return false;
    std::intptr_t& end = reach < 0 ? bounds.low : bounds.high;
    return !__builtin_add_overflow(end, reach, &end);
  };
  return extend(view.n, view.stride_n) && extend(view.h, view.stride_h) && extend(view.w, view.stride_w) &&
         extend(view.c, view.stride_c);
}

}  // namespace

bool is_empty(const ImageView& view) { return view.n == 0 || view.h == 0 || view.w == 0 || view.c == 0; }

namespace {

// check_view, which hands out the bounds of a view that is not empty.
Status check_bounds(const ImageView& view, const char* name, Bounds& bounds) {
  if (view.n < 0 || view.h < 0 || view.w < 0 || view.c < 0 || view.item_size < 1) {
    return Status::value_error(std::string(name) + " has a negative size");
  }
  if (view.h > INT32_MAX || view.w > INT32_MAX || view.c > INT32_MAX / 64) {
    return Status::value_error(std::string(name) + " has a side beyond 2^31 - 1 or more than 2^25 channels");
  }
  if (!is_empty(view) && (view.data == nullptr || !bounds_of(view, bounds))) {
    return Status::value_error(std::string(name) + " lies outside of the address space");
  }
  return Status::ok();
}

}  // namespace

Status check_view(const ImageView& view, const char* name) {
  Bounds bounds;
  return check_bounds(view, name, bounds);
}

Status check_disjoint(const ImageView& src, const ImageView& dst) {
  Bounds a, b;
  if (Status status = check_bounds(src, "image", a); !status.is_ok()) return status;
  if (Status status = check_bounds(dst, "out", b); !status.is_ok()) return status;
  if (is_empty(src) || is_empty(dst)) return Status::ok();
  if (a.low < b.high && b.low < a.high) return Status::value_error("out overlaps image");
  return Status::ok();
}

Status check_alike(const ImageView& src, const ImageView& dst) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.h != dst.h || src.w != dst.w || src.c != dst.c) {
    return Status::value_error("out must have image's sizes");
  }
  return Status::ok();
}

}  // namespace px
