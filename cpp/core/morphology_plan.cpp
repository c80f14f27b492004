#include "core/morphology_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/check.h"

namespace px {
namespace {

constexpr std::int64_t farthest = std::int64_t{1} << 29;

Status check_element(const MorphologyOptions& options) {
  if (options.boxes.empty()) return Status::value_error("the element is empty");
  for (const ElementBox& box : options.boxes) {
    if (Status status = check_box(box); !status.is_ok()) return status;
    if (!options.heights.empty() && (box.rows > 1 || box.columns > 1)) {
      return Status::value_error("boxes with heights must be pixels");
    }
  }
  if (!options.heights.empty() && options.heights.size() != options.boxes.size()) {
    return Status::value_error("there must be a height for each box");
  }
  for (const double height : options.heights) {
    if (!std::isfinite(height)) return Status::value_error("heights must be finite");
  }
  return Status::ok();
}

}  // namespace

Status check_box(const ElementBox& box) {
  if (box.rows < 1 || box.columns < 1) return Status::value_error("a box is empty");
  if (std::max({std::abs(box.top), std::abs(box.left), box.rows, box.columns}) > farthest) {
    return Status::value_error("a box is too far");
  }
  return Status::ok();
}

Status check_ordered(const ImageView& src, const ImageView& dst) {
  if (Status status = check_alike(src, dst); !status.is_ok()) return status;
  if (src.dtype == DType::other) return Status::type_error("this dtype is not ordered");
  if (src.dtype != dst.dtype) return Status::type_error("out must have image's dtype");
  return Status::ok();
}

Status check_morphology(const ImageView& src, const ImageView& dst, const MorphologyOptions& options) {
  if (Status status = check_ordered(src, dst); !status.is_ok()) return status;
  return check_element(options);
}

std::vector<ElementBox> mirrored(const std::vector<ElementBox>& boxes) {
  std::vector<ElementBox> turned;
  for (const ElementBox& box : boxes) {
    turned.push_back({1 - box.top - box.rows, 1 - box.left - box.columns, box.rows, box.columns});
  }
  return turned;
}

}  // namespace px
