#include "core/pyramid_plan.h"

#include "core/check.h"

namespace px {
namespace {

Status check_alike(const ImageView& src, const ImageView& dst, bool have_sides, const char* sides, bool premultiply) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.c != dst.c || src.dtype != dst.dtype || src.item_size != dst.item_size || !have_sides) {
    return Status::value_error(sides);
  }
  if (src.dtype == DType::other) return Status::type_error("pyramids do not support this dtype");
  if (premultiply && !has_alpha(src)) return Status::value_error("premultiply needs an alpha channel");
  return Status::ok();
}

}  // namespace

Status check_pyramid_down(const ImageView& src, const ImageView& dst, bool premultiply) {
  const bool have_sides = dst.h == (src.h + 1) / 2 && dst.w == (src.w + 1) / 2;
  return check_alike(src, dst, have_sides, "out must have half of image's sides, its batch size, channels and dtype",
                     premultiply);
}

Status check_pyramid_up(const ImageView& src, const ImageView& dst, bool premultiply) {
  const auto doubled = [](std::int64_t side, std::int64_t to) { return to == 2 * side || to == 2 * side - 1; };
  return check_alike(src, dst, doubled(src.h, dst.h) && doubled(src.w, dst.w),
                     "out must have twice image's sides or one less, its batch size, channels and dtype", premultiply);
}

}  // namespace px
