// The checks that every op makes before a kernel runs. The Python layer has named the arguments by then: these
// guard the memory.
#pragma once

#include "core/image.h"
#include "core/status.h"

namespace px {

// Sizes and strides are such that no address of the view overflows.
Status check_view(const ImageView& view, const char* name);

// check_view of both, and that no byte of one lies within the bounds of the other.
Status check_disjoint(const ImageView& src, const ImageView& dst);

// check_disjoint, and that all sizes are equal.
Status check_alike(const ImageView& src, const ImageView& dst);

bool is_empty(const ImageView& view);

}  // namespace px
