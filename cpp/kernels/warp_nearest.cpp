// warp_nearest: the pixel at each point.
//
// Exact     Elements are moved.
// Why       Offsets are computed in lanes and read in pairs; a pixel of 3, 6 or 12 bytes is moved as 4, 8 or 16. That
//           takes 0.8 cycles a pixel, at any angle; whole rows and permutations, which serve bilinear, took more.
// Requires  As kernels/warp.h says.
// Tail      The last pixel of a span, of which no more must be moved than it has.

#include "kernels/warp_rows.h"

namespace px::PX_TARGET {
namespace {

// The bytes that a pixel is moved as: those that it has, or some more of the next one's.
template <int Size>
constexpr int moved = Size == 3    ? 4
                      : Size == 5  ? 8
                      : Size == 6  ? 8
                      : Size == 10 ? 16
                      : Size == 12 ? 16
                      : Size == 20 ? 32
                      : Size == 24 ? 32
                                   : Size;

// A span of pixels; some bytes may be written beyond each but the last.
template <int Size>
PX_HD void move_span(const Places& places, Span span, byte* dst) {
  constexpr bool more = moved<Size> != Size;
  const byte* const corner = places.corner;
  const auto move = [&](int64_t j, uint32_t offset) { std::memcpy(dst + j * Size, corner + offset, moved<Size>); };
  int64_t j = span.begin;
  const auto move_one = [&] {
    move(j, places.offset[j]);
    ++j;
  };
  if (j % 2 != 0 && j + more < span.end) move_one();
  for (; j + 8 + more <= span.end; j += 8) {
#pragma GCC unroll 4
    for (int k = 0; k < 8; k += 2) {
      const auto two = load<uint64_t>(places.offset + j + k);
      move(j + k, static_cast<uint32_t>(two));
      move(j + k + 1, static_cast<uint32_t>(two >> 32));
    }
  }
  while (j + more < span.end) move_one();
  if (j < span.end) std::memcpy(dst + j * Size, places[j], Size);
}

#if defined(PX_HAS_PERMUTE)
// A run of words all of which lie inside, from few rows, two registers of each: the same for the whole run, or others
// for each half of it. False where they do not.
PX_HD bool words_by_rows(const WarpImage& image, const WarpPoints& points, byte* dst) {
  using Ints = Vec<int32_t>;
  using Words = Vec<std::uint16_t>;
  constexpr int half = warp_run / 2;
  const int64_t rows = int64_t{points.high_y} - points.low_y + 1, wide = int64_t{points.high_x} - points.low_x + 1;
  if (points.some_nowhere || rows > WarpNearestKernels::most_rows_of_words || wide > 4 * half || points.low_x < 0 ||
      points.low_y < 0 || points.high_x >= image.width || points.high_y >= image.height) {
    return false;
  }
  const auto walk = [&](auto is_narrow) {
    constexpr bool narrow = decltype(is_narrow)::value;
    constexpr int parts = narrow ? 1 : 2;
    Words pixels[2], row_of[2], beyond{};
    const byte* at[parts];
    std::size_t part[parts], behind[parts];
#pragma GCC unroll 2
    for (int k = 0; k < 2; ++k) {
      const int first = k * half;
      int32_t left = points.low_x;
      if constexpr (!narrow) {  // mostly a half reaches from one of its ends to the other
        const int32_t end = lesser(points.x[first], points.x[lesser<int64_t>(first + half, points.count) - 1]) - 1;
        left = lesser(greater(end, points.low_x), points.high_x);
      }
      const auto from = [&](const int32_t* of, int32_t origin) {
        return (Words)pack_i16(load<Ints>(of + first) - origin, load<Ints>(of + first + lanes<int32_t>) - origin);
      };
      pixels[k] = from(points.x, left);
      row_of[k] = from(points.y, points.low_y);
      if (k == parts) break;
      if (!narrow && first < points.count) beyond |= pixels[k];
      at[k] = image.data + points.low_y * image.stride_h + left * 2;
      const int64_t bytes = 2 * (image.width - left);
      part[k] = static_cast<std::size_t>(lesser<int64_t>(bytes, vector_bytes));
      behind[k] = static_cast<std::size_t>(lesser<int64_t>(greater<int64_t>(bytes - vector_bytes, 0), vector_bytes));
    }
    if (!narrow && bits_of((Ints)(beyond & std::uint16_t{0xffc0}) != 0) != 0) return false;
    const int64_t edge = points.along_x >= 0 ? 2 * wide - 1 : 0;  // next to what the next run reads
    Words here{};
    for (int64_t r = 0; r < rows; ++r, here += std::uint16_t{1}) {
      Words a, b;
#pragma GCC unroll 2
      for (int k = 0; k < 2; ++k) {
        if (k < parts) {
          if (image.ahead != 0) {
            fetch_ahead(image, at[k] + vector_bytes);
            if (narrow) fetch_ahead(image, at[k] + edge);
          }
          a = load_part<Words>(at[k], part[k]);
          b = load_part<Words>(at[k] + vector_bytes, behind[k]);
          at[k] += image.stride_h;
        }
        pixels[k] = permute_where(row_of[k], here, pixels[k], a, b);
      }
    }
    const auto count = static_cast<std::size_t>(2 * points.count);
    store_part_or_all(dst, halves_in_order((Bytes)pixels[0]), count);
    if (count > vector_bytes) {
      store_part_or_all(dst + vector_bytes, halves_in_order((Bytes)pixels[1]), count - vector_bytes);
    }
    return true;
  };
  return wide <= 2 * half ? walk(std::true_type{}) : walk(std::false_type{});
}
#endif

template <int Size>
void nearest(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  constexpr bool more = moved<Size> != Size;
#if defined(PX_HAS_PERMUTE)
  if constexpr (Size == 1) {
    Bytes pixels[1];
    if (points.high_y - points.low_y < WarpNearestKernels::most_rows_of_bytes && dst_pixel == 1 &&
        image.stride_w == 1 && read_rows<1>(image, points, pixels)) {
      return store_part_or_all(dst, quarters_in_order(pixels[0]), static_cast<std::size_t>(points.count));
    }
  }
  if constexpr (Size == 2) {
    if (dst_pixel == 2 && image.stride_w == 2 && words_by_rows(image, points, dst)) return;
  }
#endif
  Places places;
  const bool can_move = dst_pixel == Size && (!more || image.stride_w >= Size) && find_places(image, points, &places);
  if (can_move && points.low_x >= 0 && points.low_y >= 0 && points.high_x < image.width - more &&
      points.high_y < image.height && !points.some_nowhere) {
    fetch_ahead(image, 0, points.count, Size, [&](int64_t k) { return places[k]; });
    return move_span<Size>(places, {0, points.count}, dst);
  }
  const uint64_t whole = points_inside(image, points, 0, 0);
  const uint64_t movable = !can_move ? 0 : more ? points_inside(image, points, 0, 1) : whole;
  if (whole == movable && image.blank != nullptr && dst_pixel == Size) {  // one span, and `value` around it
    const int64_t begin = whole != 0 ? __builtin_ctzll(whole) : 0;
    const uint64_t run = whole >> begin;
    if ((run & (run + 1)) == 0) {
      if (points.count == warp_run) {
        std::memcpy(dst, image.blank, std::size_t{warp_run} * Size);
      } else {
        std::memcpy(dst, image.blank, static_cast<std::size_t>(points.count * Size));
      }
      if (whole == 0) return;
      const Span span{begin, warp_run - __builtin_clzll(whole)};
      fetch_ahead(image, span.begin, span.end, Size, [&](int64_t k) { return places[k]; });
      return move_span<Size>(places, span, dst);
    }
  }
  const auto end_of = [&](uint64_t others) {  // up to the first of them
    return others == 0 ? points.count : lesser<int64_t>(__builtin_ctzll(others), points.count);
  };
  for (int64_t j = 0; j < points.count;) {
    const uint64_t from = ~uint64_t{0} << j;
    byte* const to = dst + j * dst_pixel;
    if (movable >> j & 1) {
      const Span span{j, end_of(~movable & from)};
      fetch_ahead(image, span.begin, span.end, Size, [&](int64_t k) { return places[k]; });
      move_span<Size>(places, span, dst);
      j = span.end;
    } else if (whole >> j & 1) {
      std::memcpy(to, image.data + points.y[j] * image.stride_h + points.x[j] * image.stride_w, Size);
      ++j;
    } else if (image.border == Border::constant) {
      const int64_t end = end_of(whole & from);
      fill(image, end - j, to, dst_pixel, Size);
      j = end;
    } else if (points.some_nowhere && points.nowhere[j]) {
      std::memcpy(to, image.value, Size);
      ++j;
    } else {
      const Around<2> taps = around<2, false>(image, points.x[j], points.y[j]);
      std::memcpy(to, taps.row[0] + taps.column[0], Size);
      ++j;
    }
  }
}

}  // namespace

extern constinit const WarpNearestKernels warp_nearest_kernels = {
    {nearest<1>, nearest<2>, nearest<3>, nearest<4>, nearest<5>, nearest<6>, nearest<8>, nearest<10>, nearest<12>,
     nearest<16>, nearest<20>, nearest<24>, nearest<32>},
};

}  // namespace px::PX_TARGET
