// warp_lanczos: the sum of thirty-six pixels around each point.
//
// Exact     docs/warp.md: uint8 in integers, by a table of phases; floats in the order written.
// Why       The arithmetic of each pixel is long enough to hide what surrounds it.
// Requires  As kernels/warp.h says.
// Tail      The body: pixels are blended one by one.

#include "kernels/warp_samples.h"

namespace px::PX_TARGET {
namespace {

template <class T, int C>
struct Spans : OneByOne {};

}  // namespace

extern constinit const WarpKernels warp_lanczos_kernels = warp_kernels_of<2, Spans>;

}  // namespace px::PX_TARGET
