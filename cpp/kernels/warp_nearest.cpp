// warp_nearest: the pixel at each point.
//
// Exact     Elements are moved.
// Why       Offsets are computed in lanes; a pixel of 3, 6 or 12 bytes is moved as 4, 8 or 16.
// Requires  As kernels/warp.h says.
// Tail      The last pixel of a span, of which no more must be moved than it has.

#include "kernels/warp_samples.h"

namespace px::PX_TARGET {
namespace {

// The bytes that a pixel is moved as: those that it has, or a few more of the next one's.
template <int Size>
constexpr int moved = Size == 3    ? 4
                      : Size == 6  ? 8
                      : Size == 12 ? 16
                                   : Size;

#if defined(PX_HAS_PERMUTE)

// Bytes of a whole run that lies inside: all rows between its points are read, as far as they are wide, and each gives
// the bytes that it has. False where the points lie too far apart for that.
PX_HD bool move_by_rows(const WarpImage& image, const WarpPoints& points, byte* dst) {
  constexpr int most_rows = 48;
  const int last = points.high_y - points.low_y, wide = points.high_x - points.low_x + 1;
  if (last >= most_rows || wide > vector_bytes) return false;
  alignas(64) uint8_t columns[warp_run], rows[warp_run];
#pragma GCC unroll 4
  for (int j = 0; j < warp_run; j += lanes<int32_t>) {
    store_narrowed(columns + j, load<Vec<int32_t>>(points.x + j) - points.low_x);
    store_narrowed(rows + j, load<Vec<int32_t>>(points.y + j) - points.low_y);
  }
  const auto order = load<Bytes>(columns), row = load<Bytes>(rows);
  const byte* at = image.data + points.low_y * image.stride_h + points.low_x;
  Bytes chosen[2]{};  // each waits for itself
  for (int r = 0; r <= last; ++r, at += image.stride_h) {
    const auto bytes = load_part<Bytes>(at, static_cast<std::size_t>(wide));
    chosen[0] = choose_bytes(chosen[0], row, static_cast<uint8_t>(r), bytes, order);
    if (r == last) break;
    ++r, at += image.stride_h;
    const auto more = load_part<Bytes>(at, static_cast<std::size_t>(wide));
    chosen[1] = choose_bytes(chosen[1], row, static_cast<uint8_t>(r), more, order);
  }
  store(dst, chosen[0] | chosen[1]);
  return true;
}

#else

PX_HD bool move_by_rows(const WarpImage&, const WarpPoints&, byte*) { return false; }

#endif

template <int Size>
void nearest(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  constexpr bool more = moved<Size> != Size;
  Span span = inside_span(image, points, 0, more ? 1 : 0);
  if (Size == 1 && span.end - span.begin == warp_run && dst_pixel == 1 && image.stride_w == 1 &&
      move_by_rows(image, points, dst)) {
    return;
  }
  Places places;
  if (span.end > span.begin && !find_places(image, points, &places)) span = {0, 0};
  int64_t j = span.begin;
  if (dst_pixel == Size && (!more || image.stride_w >= Size)) {
    if constexpr (Size == 1) {
      for (; j + 8 <= span.end; j += 8) {
        uint64_t eight = 0;
#pragma GCC unroll 8
        for (int k = 0; k < 8; ++k) eight |= uint64_t{load<uint8_t>(places[j + k])} << (8 * k);
        store(dst + j, eight);
      }
    }
    for (; j + more < span.end; ++j) std::memcpy(dst + j * Size, places[j], moved<Size>);
  }
  for (; j < span.end; ++j) std::memcpy(dst + j * dst_pixel, places[j], Size);
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
