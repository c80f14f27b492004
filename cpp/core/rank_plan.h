// rank: its options, and what every backend checks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/morphology_plan.h"

namespace px {

struct RankOptions {
  std::vector<ElementBox> boxes;  // at least one; together they are the neighbourhood
  std::int64_t rank;              // 0: the least
  Borders borders;
  const std::byte* value;  // a pixel of src
  // Bytes, one channel: 1 where a pixel counts, 0 where it does not; continued as src is, all of a constant border
  // counting. Then the result is the median of what counts, of an even number the larger one, or 0 of nothing.
  std::optional<ImageView> mask = {};
};

Status check_rank(const ImageView& src, const ImageView& dst, const RankOptions& options);

}  // namespace px
