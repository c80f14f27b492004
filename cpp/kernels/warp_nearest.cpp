// warp_nearest: the pixel at each point.
//
// Exact     Elements are moved.
// Why       Offsets are computed in lanes; a pixel of 3, 6 or 12 bytes is moved as 4, 8 or 16. Bytes, where they can be
//           permuted: kernels/warp_rows.h.
// Requires  As kernels/warp.h says.
// Tail      The last pixel of a span, of which no more must be moved than it has.

#include "kernels/warp_rows.h"

namespace px::PX_TARGET {
namespace {

// The bytes that a pixel is moved as: those that it has, or a few more of the next one's.
template <int Size>
constexpr int moved = Size == 3    ? 4
                      : Size == 6  ? 8
                      : Size == 12 ? 16
                      : Size == 24 ? 32
                                   : Size;

template <int Size>
void nearest(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  constexpr bool more = moved<Size> != Size;
#if defined(PX_HAS_PERMUTE)
  if constexpr (Size == 1) {
    Bytes pixels[1];
    if (dst_pixel == 1 && image.stride_w == 1 && read_rows<1>(image, points, pixels)) {
      return store_part_or_all(dst, quarters_in_order(pixels[0]), static_cast<std::size_t>(points.count));
    }
  }
  if constexpr (Size == 2 || Size == 4) {
    using Word = std::conditional_t<Size == 4, uint32_t, std::uint16_t>;
    const auto put = [&](int j, const Vec<Word>(&pixels)[1], Vec<Word>) {
      Bytes in_order = (Bytes)pixels[0];
      if constexpr (Size == 2) {  // packed within blocks
        const Bytes v = halves_in_order(in_order);
        in_order = v;
      }
      store_part_or_all(dst + j * Size, in_order, static_cast<std::size_t>((points.count - j) * Size));
    };
    if (dst_pixel == Size && image.stride_w == Size && read_words<Word, 1>(image, points, put)) return;
  }
#endif
  Span span = inside_span(image, points, 0, more ? 1 : 0);
  Places places;
  if (span.end > span.begin && !find_places(image, points, &places)) span = {0, 0};
  fetch_ahead(image, span.begin, span.end, Size, [&](int64_t k) { return places[k]; });
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
    const byte* const corner = places.corner;
    for (; j + 8 + more <= span.end; j += 8) {
#pragma GCC unroll 8
      for (int k = 0; k < 8; ++k) std::memcpy(dst + (j + k) * Size, corner + places.offset[j + k], moved<Size>);
    }
    for (; j + more < span.end; ++j) std::memcpy(dst + j * Size, corner + places.offset[j], moved<Size>);
  }
  for (; j < span.end; ++j) std::memcpy(dst + j * dst_pixel, places[j], Size);
  around_span<Size>(image, points, span.begin, span.end, 0, 0, dst, dst_pixel, [&](int64_t k, byte* to) {
    const Around<2> taps = around<2, false>(image, points.x[k], points.y[k]);
    std::memcpy(to, taps.row[0] + taps.column[0], Size);
  });
}

}  // namespace

extern constinit const WarpNearestKernels warp_nearest_kernels = {
    {nearest<1>, nearest<2>, nearest<3>, nearest<4>, nearest<6>, nearest<8>, nearest<12>, nearest<16>, nearest<24>,
     nearest<32>},
};

}  // namespace px::PX_TARGET
