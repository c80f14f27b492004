#include "core/rank_plan.h"

#include "core/check.h"

namespace px {
namespace {

constexpr std::int64_t most_pixels = std::int64_t{1} << 24;  // of a neighbourhood: pointers to them are kept

Status check_neighbourhood(const RankOptions& options) {
  if (options.boxes.empty()) return Status::value_error("the neighbourhood is empty");
  std::int64_t pixels = 0;
  for (const ElementBox& box : options.boxes) {
    if (Status status = check_box(box); !status.is_ok()) return status;
    if (box.rows * box.columns > most_pixels - pixels) return Status::value_error("the neighbourhood is too large");
    pixels += box.rows * box.columns;
  }
  if (options.rank < 0 || options.rank >= pixels) return Status::value_error("there is no such rank");
  return Status::ok();
}

}  // namespace

Status check_rank(const ImageView& src, const ImageView& dst, const RankOptions& options) {
  if (Status status = check_ordered(src, dst); !status.is_ok()) return status;
  if (Status status = check_neighbourhood(options); !status.is_ok()) return status;
  if (options.mask) {
    const ImageView& mask = *options.mask;
    if (mask.n != src.n || mask.h != src.h || mask.w != src.w || mask.c != 1 || mask.item_size != 1) {
      return Status::value_error("mask must be bytes of image's sizes");
    }
    if (Status status = check_disjoint(mask, dst); !status.is_ok()) return status;
  }
  return Status::ok();
}

}  // namespace px
