// warp_nearest: the pixel at each point.
//
// Exact     Elements are moved.
// Why       Offsets are computed in lanes; a pixel of three bytes is moved as four.
// Requires  As kernels/warp.h says.
// Tail      The last pixel of a span, which must not be moved as four bytes.

#include "kernels/warp_samples.h"

namespace px::PX_TARGET {
namespace {

template <int Size>
void nearest(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  const Span span = inside_span(image, points, 0, Size == 3 ? 1 : 0);
  alignas(64) int64_t offsets[warp_run];
  find_offsets(image, points, span, offsets);
  int64_t j = span.begin;
  if (Size == 3 && dst_pixel == 3 && image.stride_w >= 3) {  // four bytes, the last of which the next pixel overwrites
    for (; j + 1 < span.end; ++j) std::memcpy(dst + j * 3, image.data + offsets[j], 4);
  }
  for (; j < span.end; ++j) std::memcpy(dst + j * dst_pixel, image.data + offsets[j], Size);
  around_span<Size>(image, points, span.begin, span.end, 0, 0, dst, dst_pixel, [&](int64_t k, byte* to) {
    const Around<2> taps = around<2, false>(image, points.x[k], points.y[k]);
    std::memcpy(to, taps.row[0] + taps.column[0], Size);
  });
}

}  // namespace

extern constinit const WarpNearestKernels warp_nearest_kernels = {
    {nearest<1>, nearest<2>, nearest<3>, nearest<4>, nearest<6>, nearest<8>, nearest<12>, nearest<16>},
};

}  // namespace px::PX_TARGET
