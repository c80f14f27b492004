// How a warp samples the pixels around a point: for the kernels of warps. See docs/warp.md.
//
// For uint8, bilinear, sample() is the whole of it for one run of points: those whose taps all lie inside the image are
// left to a function for spans, which works in lanes and tests nothing; all others are blended one by one, here. What
// else is summed is in warp_sums.h.
#pragma once

#include <type_traits>
#include <utility>

#include "core/warp_integers.h"
#include "kernels/warp.h"
#include "simd/vec.h"

namespace px::inline PX_TARGET {

using std::byte;
using std::int32_t;
using std::int64_t;
using std::ptrdiff_t;
using std::uint32_t;
using std::uint64_t;
using std::uint8_t;

// ---- weights

template <int Interpolation>  // 0 bilinear, 1 bicubic, 2 lanczos
constexpr int taps_of = 2 + 2 * Interpolation;

// ---- taps

// The pixels around one point: rows and offsets within them, null and -1 where the constant border is.
template <int Taps>
struct Around {
  const byte* row[Taps];
  ptrdiff_t column[Taps];
};

constexpr ptrdiff_t no_column = PTRDIFF_MIN;

template <int Taps, bool Inside>
PX_HD Around<Taps> around(const WarpImage& image, int64_t x, int64_t y) {
  constexpr int first = 1 - Taps / 2;
  Around<Taps> taps;
#pragma GCC unroll 6
  for (int k = 0; k < Taps; ++k) {
    int64_t column = x + first + k, row = y + first + k;
    if constexpr (!Inside) {
      column = border_index(column, image.width, image.border);
      row = border_index(row, image.height, image.border);
    }
    taps.row[k] = !Inside && row < 0 ? nullptr : image.data + row * image.stride_h;
    taps.column[k] = !Inside && column < 0 ? no_column : column * image.stride_w;
  }
  return taps;
}

// ---- one pixel, bilinear

template <int C, bool Inside>
PX_HD void blend(const WarpImage& image, const Around<2>& taps, uint32_t fx, uint32_t fy, byte* dst) {
  const auto at = [&](int row, int column, int c) {
    if (!Inside && (taps.row[row] == nullptr || taps.column[column] == no_column)) {
      return static_cast<int32_t>(image.value[c]);
    }
    return static_cast<int32_t>(taps.row[row][taps.column[column] + c]);
  };
  const auto tx = static_cast<int32_t>(fx), ty = static_cast<int32_t>(fy);
  const int32_t w11 = scaled(tx, ty), w01 = tx - w11, w10 = ty - w11, w00 = (1 << warp_unit) - tx - ty + w11;
  for (int c = 0; c < C; ++c) {
    const int32_t total = w00 * at(0, 0, c) + w01 * at(0, 1, c) + w10 * at(1, 0, c) + w11 * at(1, 1, c);
    dst[c] = static_cast<byte>((total + (1 << (warp_unit - 1))) >> warp_unit);
  }
}

// ---- runs of pixels

// Which pixels of a run are `value` itself: no tap of them inside, or no point at all.
PX_HD void find_lost(const WarpImage& image, const WarpPoints& points, int first, int last, uint8_t* __restrict lost) {
  const int64_t count = points.count;
  if (image.border == Border::constant) {
    const auto right = static_cast<int32_t>(image.width), bottom = static_cast<int32_t>(image.height);
    for (int64_t j = 0; j < count; ++j) {
      const int32_t x = points.x[j], y = points.y[j];
      lost[j] = static_cast<uint8_t>((x + last < 0) | (y + last < 0) | (x + first >= right) | (y + first >= bottom));
    }
  } else {
    std::memset(lost, 0, sizeof(uint8_t) * warp_run);
  }
  if (!points.some_nowhere) return;
  for (int64_t j = 0; j < count; ++j) lost[j] |= points.nowhere[j];
}

// Pixels to where they belong, from `step` bytes to the next. Copies of a constant length are moves.
template <int Size>
static void scatter(const byte* from, ptrdiff_t step, int64_t count, byte* dst, ptrdiff_t dst_pixel) {
  for (int64_t j = 0; j < count; ++j) std::memcpy(dst + j * dst_pixel, from + j * step, Size);
}
static void scatter_pixels(const byte* from, ptrdiff_t step, int64_t size, int64_t count, byte* dst,
                           ptrdiff_t dst_pixel) {
  switch (size) {
    case 4: return scatter<4>(from, step, count, dst, dst_pixel);
    case 8: return scatter<8>(from, step, count, dst, dst_pixel);
    case 16: return scatter<16>(from, step, count, dst, dst_pixel);
    case 32: return scatter<32>(from, step, count, dst, dst_pixel);
    default:
      for (int64_t j = 0; j < count; ++j) {
        std::memcpy(dst + j * dst_pixel, from + j * step, static_cast<std::size_t>(size));
      }
  }
}

// `count` pixels of `value`, of so many bytes.
PX_HD void fill(const WarpImage& image, int64_t count, byte* dst, ptrdiff_t dst_pixel, int64_t pixel) {
  if (dst_pixel != pixel) return scatter_pixels(image.value, 0, pixel, count, dst, dst_pixel);
  if (image.blank != nullptr) {
    std::memcpy(dst, image.blank, static_cast<std::size_t>(count * pixel));
    return;
  }
  std::memcpy(dst, image.value, static_cast<std::size_t>(pixel));
  const int64_t bytes = count * pixel;
  for (int64_t have = pixel; have < bytes; have *= 2) {  // doubled until they are enough
    std::memcpy(dst + have, dst, static_cast<std::size_t>(lesser(have, bytes - have)));
  }
}

// The pixels before and behind a span: runs of `value`, and others one by one.
template <int Size, class Others>
PX_HD void around_span(const WarpImage& image, const WarpPoints& points, int64_t begin, int64_t end, int first,
                       int last, byte* dst, ptrdiff_t dst_pixel, Others&& others) {
  if (begin == 0 && end == points.count) return;
  if (image.border == Border::constant && (points.high_x + last < 0 || points.low_x + first >= image.width ||
                                           points.high_y + last < 0 || points.low_y + first >= image.height)) {
    return fill(image, points.count, dst, dst_pixel, Size);
  }
  uint8_t lost[warp_run];
  find_lost(image, points, first, last, lost);
  for (int64_t j = 0; j < points.count;) {
    if (j == begin && end > begin) {
      j = end;
    } else if (!lost[j]) {
      others(j, dst + j * dst_pixel);
      ++j;
    } else {
      const int64_t stop = j < begin ? begin : points.count, from = j;
      while (j < stop && lost[j]) ++j;
      fill(image, j - from, dst + from * dst_pixel, dst_pixel, Size);
    }
  }
}

// ---- spans in lanes: all taps inside

struct Span {
  int64_t begin, end;
};

// A bit for each point of a run: whether its taps lie inside.
PX_HD uint64_t points_inside(const WarpImage& image, const WarpPoints& points, int first, int last) {
  const auto low = static_cast<int32_t>(-first);
  const auto right = static_cast<int32_t>(image.width - last), bottom = static_cast<int32_t>(image.height - last);
  const uint64_t all = ~uint64_t{0} >> (warp_run - points.count);
  if (points.high_x < low || points.low_x >= right || points.high_y < low || points.low_y >= bottom) return 0;
  uint64_t bits = all;
  if (points.low_x < low || points.high_x >= right || points.low_y < low || points.high_y >= bottom) {
    using Words = Vec<uint32_t>;
    const auto wide = static_cast<uint32_t>(right - low), high = static_cast<uint32_t>(bottom - low);
    uint64_t inside = 0;
#pragma GCC unroll 4
    for (int j = 0; j < warp_run; j += lanes<int32_t>) {
      const Words x = load<Words>(points.x + j) - static_cast<uint32_t>(low);
      const Words y = load<Words>(points.y + j) - static_cast<uint32_t>(low);
      inside |= uint64_t{bits_of((Vec<int32_t>)((x < wide) & (y < high)))} << j;
    }
    bits &= inside;
  }
  if (points.some_nowhere) {
    for (int64_t j = 0; j < points.count; ++j) bits &= ~(uint64_t{points.nowhere[j]} << j);
  }
  return bits;
}

// The points from the first to the last one whose taps lie inside, if all between do; else none. (They do where points
// lie on a line.)
PX_HD Span inside_span(const WarpImage& image, const WarpPoints& points, int first, int last) {
  const uint64_t inside = points.some_nowhere ? 0 : points_inside(image, points, first, last);
  if (inside == 0) return {0, 0};
  const int64_t begin = __builtin_ctzll(inside), end = warp_run - __builtin_clzll(inside);
  const uint64_t run = inside >> begin;
  return (run & (run + 1)) == 0 ? Span{begin, end} : Span{0, 0};
}

// Asks for what the next run reads: no stream of tiles is long enough for the processor to foresee. An address outside
// is no error. A steep run has a line of the cache for each of its pixels, which the next rows share: each asks for
// others. (Inline, as GCC takes a function that only fetches for one that does nothing.)
PX_HD void fetch_ahead(const WarpImage& image, const byte* at) {
  __builtin_prefetch(
      reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(at) + static_cast<std::uintptr_t>(image.ahead)));
}
// Of points from `begin` on, whose pixels of so many bytes are at at(j).
template <class At>
PX_HD void fetch_ahead(const WarpImage& image, int64_t begin, int64_t end, ptrdiff_t pixel, At&& at) {
  if (image.ahead == 0) return;
  const int64_t step = pixel >= 32 ? 1 : pixel <= 1 ? 32 : 32 / pixel;
  for (int64_t j = begin + image.phase % step; j < end; j += step) fetch_ahead(image, at(j));
}

// Where the pixels of a run lie: offsets below 2^31 from a corner that is before them in memory.
struct Places {
  const byte* corner = nullptr;
  const uint32_t* offset = nullptr;
  alignas(64) uint32_t own[warp_run];

  PX_HD const byte* operator[](int64_t j) const { return corner + static_cast<int32_t>(offset[j]); }
};

// False where 32 bits are too few, as in a run over gigabytes. Those outside the image are anywhere.
PX_HD bool find_places(const WarpImage& image, const WarpPoints& points, Places* places) {
  if (points.placed) {
    places->corner = image.data + image.first;
    places->offset = points.place;
    return true;
  }
  const int64_t high = image.stride_h < 0 ? -image.stride_h : image.stride_h;
  const int64_t wide = image.stride_w < 0 ? -image.stride_w : image.stride_w;
  if (high > INT32_MAX || wide > INT32_MAX) return false;
  const int64_t rows = int64_t{points.high_y} - points.low_y, columns = int64_t{points.high_x} - points.low_x;
  if (rows * high > INT32_MAX / 2 || columns * wide > INT32_MAX / 2) return false;
  const int64_t x = image.stride_w < 0 ? points.high_x : points.low_x;
  const int64_t y = image.stride_h < 0 ? points.high_y : points.low_y;
  const int64_t corner = y * image.stride_h + x * image.stride_w;
  places->corner = image.data + corner;
  places->offset = places->own;
  using Words = Vec<uint32_t>;
  const auto row = broadcast(static_cast<uint32_t>(image.stride_h));
  const auto pixel = broadcast(static_cast<uint32_t>(image.stride_w));
  const auto origin = broadcast(static_cast<uint32_t>(corner));  // all modulo 2^32
  for (int j = 0; j < warp_run; j += lanes<int32_t>) {
    store(places->own + j, load<Words>(points.y + j) * row + load<Words>(points.x + j) * pixel - origin);
  }
  return true;
}

// A run of points of uint8, bilinear. `Spans` says how those of them are computed whose taps all lie inside, where
// pixels are close together: by its run(), which may read `more` pixels beyond the taps of each in its row.
template <int C, class Spans>
static void sample(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  Span span{0, 0};
  if (image.stride_w == C && dst_pixel == C) {
    if (Spans::whole(image, points, dst)) return;
    span = inside_span(image, points, 0, 1 + Spans::more);
  }
  if (span.end - span.begin < 4) span = {0, 0};
  Spans::run(image, points, span, dst);
  around_span<C>(image, points, span.begin, span.end, 0, 1, dst, dst_pixel, [&](int64_t j, byte* to) {
    if (points.x[j] >= 0 && points.y[j] >= 0 && points.x[j] + 1 < image.width && points.y[j] + 1 < image.height) {
      blend<C, true>(image, around<2, true>(image, points.x[j], points.y[j]), points.fx[j], points.fy[j], to);
    } else {
      blend<C, false>(image, around<2, false>(image, points.x[j], points.y[j]), points.fx[j], points.fy[j], to);
    }
  });
}

}  // namespace px::inline PX_TARGET
