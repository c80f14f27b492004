#include "core/moves_plan.h"

#include "core/check.h"

namespace px {

Status check_copy(const ImageView& src, const ImageView& dst) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.h != dst.h || src.w != dst.w || src.c != dst.c || src.item_size != dst.item_size) {
    return Status::value_error("out must have image's sizes and dtype");
  }
  return Status::ok();
}

Status check_pad(const ImageView& src, const ImageView& dst, const PadOptions& options) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.c != dst.c || src.item_size != dst.item_size) {
    return Status::value_error("out must have image's batch size, channels and dtype");
  }
  if (is_empty(dst)) return Status::ok();
  if (is_empty(src)) return Status::value_error("image must not be empty");
  const std::int64_t top = options.top, left = options.left;
  if (top < 0 || left < 0 || top > dst.h - src.h || left > dst.w - src.w) {
    return Status::value_error("the image must lie within out");
  }
  return Status::ok();
}

}  // namespace px
