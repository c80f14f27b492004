// warp_lanczos: the sum of thirty-six pixels around each point.
//
// Exact     docs/warp.md: uint8 in integers, by a table of phases; floats in the order written.
// Why       As kernels/warp_sums.h says. A pixel's weights are a row of a table; lanes get them by transposing.
// Requires  As kernels/warp.h says.
// Tail      The body: the last register of a run is stored in part.

#include "kernels/warp_sums.h"

namespace px::PX_TARGET {

extern constinit const WarpKernels warp_lanczos_kernels = warp_kernels_of<2>;

}  // namespace px::PX_TARGET
