// morphology: its options, and what every backend checks.
#pragma once

#include <cstdint>
#include <vector>

#include "core/border.h"
#include "core/image.h"
#include "core/status.h"

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

// What all that looks at boxes of samples in their order checks: a box; src and dst disjoint, of the same sizes and
// dtype.
Status check_box(const ElementBox& box);
Status check_ordered(const ImageView& src, const ImageView& dst);

Status check_morphology(const ImageView& src, const ImageView& dst, const MorphologyOptions& options);

// The element of dilations.
std::vector<ElementBox> mirrored(const std::vector<ElementBox>& boxes);

}  // namespace px
