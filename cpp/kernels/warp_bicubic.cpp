// warp_bicubic: the sum of sixteen pixels around each point.
//
// Exact     docs/warp.md: uint8 in integers; floats in the order written.
// Why       As kernels/warp_sums.h says.
// Requires  As kernels/warp.h says.
// Tail      The body: the last register of a run is stored in part.

#include "kernels/warp_sums.h"

namespace px::PX_TARGET {

extern constinit const WarpKernels warp_bicubic_kernels = warp_kernels_of<1>;

}  // namespace px::PX_TARGET
