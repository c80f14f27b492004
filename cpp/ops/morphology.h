// morphology: the least or the largest of the samples around each one, and of these plus or less a height.
#pragma once

#include <cstdint>
#include <vector>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "ops/padded_rows.h"

namespace px {

// Pixels [top, top + rows) x [left, left + columns), relative to the one that is computed.
struct ElementBox {
  std::int64_t top, left, rows, columns;
};

// The least of the element (erode), the largest of its mirror image (dilate); opening: first that, then this, closing
// the other way round; gradient: dilate - erode; top hats: image - opening, and closing - image.
enum class MorphologyKind : std::uint8_t { erode, dilate, opening, closing, gradient, top_hat, black_top_hat };

struct MorphologyOptions {
  MorphologyKind kind;
  std::vector<ElementBox> boxes;  // at least one; together they are the element
  std::vector<double> heights;    // none: flat; else of each box, all of which are pixels
  Borders borders;
  const std::byte* value;  // a pixel of src
};

// Floats are ordered as -inf < .. < -0 < +0 < .. < +inf < NaN. Heights are added for the largest and taken off for the
// least, in float64 for f64 and else in float32, and the result is rounded to the dtype. dst has src's dtype and sizes.
// Differences are clamped to the dtype.
Status morphology(const Execution& execution, const ImageView& src, const ImageView& dst,
                  const MorphologyOptions& options);

}  // namespace px
