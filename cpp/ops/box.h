// box: the mean of a rectangle of pixels around each, or of those of them that a mask leaves.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "kernels/box.h"
#include "ops/padded_rows.h"

namespace px {

// A window that is as long as those of an earlier level, which begin so many pixels further on, together.
struct BoxLine {
  std::int64_t level, offset;
};

// How rows are summed down the columns. Integers slide: what enters is added, what leaves subtracted. Reals are only
// added: in order; or of eight rows of results, which begin at multiples of eight, first what all have in common; or
// what is below a window's first row in its block of rows, whole blocks, and what is above its last row in its block.
enum class BoxRows : std::uint8_t { slide, order, eight, blocks };

struct BoxOptions {
  SumType sums;
  BoxRows down;
  std::int64_t top, left, rows, columns;  // relative to the pixel
  std::int64_t block;                     // of BoxRows::blocks: rows, at most `rows`; blocks begin at multiples of it
  std::vector<std::vector<BoxLine>>
      levels;  // level 0 is the row itself; the last one is the result, none if columns = 1
  Borders borders;
  const std::byte* value;         // a pixel of src
  std::optional<ImageView> mask;  // bytes, one channel: 1 where a pixel counts, 0 where it does not
  Alpha alpha = Alpha::channel;   // in float64
};

// What sums are made of which dtype is decided by the caller (python/pixlane/blur.py), and checked here.
Status box(const Execution& execution, const ImageView& src, const ImageView& dst, const BoxOptions& options);

}  // namespace px
