// How a warp samples the pixels around a point: for the kernels of warps. See docs/warp.md.
//
// sample() is the whole of it for one run of points: those whose taps all lie inside the image are left to a function
// for spans, which works in lanes and tests nothing; all others are sampled one by one, here.
#pragma once

#include <type_traits>
#include <utility>

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

PX_HD int32_t scaled(int32_t a, int32_t b) { return (a * b + (1 << (warp_unit - 1))) >> warp_unit; }

PX_HD void bicubic_integers(uint32_t fraction, int32_t* w) {
  const auto t = static_cast<int32_t>(fraction);
  const int32_t t2 = scaled(t, t), t3 = scaled(t2, t);
  w[0] = -((t3 - 2 * t2 + t + 1) >> 1);
  w[3] = -((t2 - t3 + 1) >> 1);
  w[2] = (t + 4 * t2 - 3 * t3 + 1) >> 1;
  w[1] = (1 << warp_unit) - w[0] - w[2] - w[3];
}

template <int Interpolation>
PX_HD void integer_weights(uint32_t fraction, const WarpTables* tables, int32_t* w) {
  if constexpr (Interpolation == 1) {
    bicubic_integers(fraction, w);
  } else {
    for (int k = 0; k < 6; ++k) w[k] = tables->phases[fraction][k];
  }
}

template <class Real>
constexpr int bits_of = same<Real, float> ? 24 : 32;

template <int Interpolation, class Real>
PX_HD void real_weights(uint32_t fraction, const WarpTables* tables, Real* w) {
  constexpr int bits = bits_of<Real>;
  if constexpr (Interpolation == 2) {
    constexpr int rest_bits = bits - warp_intervals;
    constexpr int nodes = same<Real, float> ? warp_nodes_f32 : warp_nodes_f64;
    const uint32_t interval = fraction >> rest_bits;
    const int64_t rest = int64_t{nodes - 1} * (fraction & ((1u << rest_bits) - 1));
    const Real position = static_cast<Real>(rest) * static_cast<Real>(1.0 / (1u << rest_bits));
    const auto row = [&](int order) {
      if constexpr (same<Real, float>) {
        return tables->f32[order][interval];
      } else {
        return tables->f64[order][interval];
      }
    };
    for (int k = 0; k < 6; ++k) w[k] = row(nodes - 1)[k];
    for (int order = nodes - 2; order >= 0; --order) {
      const Real factor = position - static_cast<Real>(order);
      for (int k = 0; k < 6; ++k) w[k] = w[k] * factor + row(order)[k];
    }
  } else {
    const Real t = static_cast<Real>(fraction) * static_cast<Real>(same<Real, float> ? 0x1p-24 : 0x1p-32);
    if constexpr (Interpolation == 0) {
      w[0] = Real(1.0) - t;
      w[1] = t;
    } else {
      w[0] = ((Real(-0.5) * t + Real(1.0)) * t - Real(0.5)) * t;
      w[1] = (Real(1.5) * t - Real(2.5)) * t * t + Real(1.0);
      w[2] = ((Real(-1.5) * t + Real(2.0)) * t + Real(0.5)) * t;
      w[3] = (Real(0.5) * t - Real(0.5)) * t * t;
    }
  }
}

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

// The samples of one tap, in the type of the arithmetic.
template <class T, class Work, int C, bool Inside, bool Premultiplied, int Taps>
PX_HD void take(const WarpImage& image, const Around<Taps>& taps, int row, int column, Work* out) {
  if (!Inside && (taps.row[row] == nullptr || taps.column[column] == no_column)) {
    for (int c = 0; c < C; ++c) out[c] = static_cast<Work>(image.outside[c]);
    return;
  }
  const byte* const at = taps.row[row] + taps.column[column];
  const ptrdiff_t stride = Premultiplied ? image.stride_c : static_cast<ptrdiff_t>(sizeof(T));
#pragma GCC unroll 4
  for (int c = 0; c < C; ++c) out[c] = to_real<Work>(load<T>(at + c * stride));
  if constexpr (Premultiplied) {
    for (int c = 0; c + 1 < C; ++c) out[c] = out[c] * out[C - 1];
  }
}

// ---- one pixel

template <int Interpolation, int C, bool Inside>
PX_HD void blend_integers(const WarpImage& image, const Around<taps_of<Interpolation>>& taps, uint32_t fx, uint32_t fy,
                          byte* dst) {
  constexpr int count = taps_of<Interpolation>;
  const auto at = [&](int row, int column, int32_t* out) {
    take<uint8_t, int32_t, C, Inside, false, count>(image, taps, row, column, out);
  };
  if constexpr (Interpolation == 0) {
    const auto tx = static_cast<int32_t>(fx), ty = static_cast<int32_t>(fy);
    const int32_t w11 = scaled(tx, ty), w01 = tx - w11, w10 = ty - w11, w00 = (1 << warp_unit) - tx - ty + w11;
    int32_t p00[C], p01[C], p10[C], p11[C];
    at(0, 0, p00), at(0, 1, p01), at(1, 0, p10), at(1, 1, p11);
    for (int c = 0; c < C; ++c) {
      const int32_t total = w00 * p00[c] + w01 * p01[c] + w10 * p10[c] + w11 * p11[c];
      dst[c] = static_cast<byte>((total + (1 << (warp_unit - 1))) >> warp_unit);
    }
  } else {
    int32_t across[count], down[count], total[C];
    integer_weights<Interpolation>(fx, image.tables, across);
    integer_weights<Interpolation>(fy, image.tables, down);
    for (int c = 0; c < C; ++c) total[c] = 1 << 19;
    for (int r = 0; r < count; ++r) {
      int32_t sum[C], p[C];
      for (int c = 0; c < C; ++c) sum[c] = 1 << 7;
      for (int k = 0; k < count; ++k) {
        at(r, k, p);
        for (int c = 0; c < C; ++c) sum[c] += across[k] * p[c];
      }
      for (int c = 0; c < C; ++c) total[c] += down[r] * (sum[c] >> 8);
    }
    for (int c = 0; c < C; ++c) {
      const int32_t level = total[c] >> 20;
      dst[c] = static_cast<byte>(level < 0 ? 0 : level > 255 ? 255 : level);
    }
  }
}

template <class T, class Real, int Interpolation, int C, bool Inside, bool Premultiplied>
PX_HD void blend_reals(const WarpImage& image, const Around<taps_of<Interpolation>>& taps, uint32_t fx, uint32_t fy,
                       byte* dst) {
  constexpr int count = taps_of<Interpolation>, middle = count / 2 - 1;
  Real across[count], down[count], total[C], here[C];
  real_weights<Interpolation>(fx, image.tables, across);
  real_weights<Interpolation>(fy, image.tables, down);
#pragma GCC unroll 6
  for (int r = 0; r < count; ++r) {
    Real sum[C], whole[C], p[C];
#pragma GCC unroll 6
    for (int k = 0; k < count; ++k) {
      take<T, Real, C, Inside, Premultiplied, count>(image, taps, r, k, p);
      for (int c = 0; c < C; ++c) {
        sum[c] = k == 0 ? across[0] * p[c] : sum[c] + across[k] * p[c];
        if (k == middle) whole[c] = p[c];
      }
    }
    for (int c = 0; c < C; ++c) {
      if (fx == 0) sum[c] = whole[c];
      if (r == middle) here[c] = sum[c];
      total[c] = r == 0 ? down[0] * sum[c] : total[c] + down[r] * sum[c];
    }
  }
  for (int c = 0; c < C; ++c) {
    if (fy == 0) total[c] = here[c];
  }
  if constexpr (Premultiplied) {
    const bool seen = !is_zero(round_to<T>(total[C - 1]));
    for (int c = 0; c + 1 < C; ++c) total[c] = seen ? total[c] / total[C - 1] : Real(0);
  }
  for (int c = 0; c < C; ++c) store(dst + c * static_cast<ptrdiff_t>(sizeof(T)), round_to<T>(total[c]));
}

// ---- runs of pixels

template <int Size>
PX_HD void put_value(const WarpImage& image, byte* dst) {
  std::memcpy(dst, image.value, Size);
}

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

// `count` pixels of `value`.
template <int Size>
PX_HD void fill(const WarpImage& image, int64_t count, byte* dst, ptrdiff_t dst_pixel) {
  put_value<Size>(image, dst);
  if (dst_pixel == Size) {  // doubled until they are enough
    const int64_t bytes = count * Size;
    for (int64_t have = Size; have < bytes; have *= 2) {
      std::memcpy(dst + have, dst, static_cast<std::size_t>(lesser(have, bytes - have)));
    }
  } else {
    for (int64_t k = 1; k < count; ++k) put_value<Size>(image, dst + k * dst_pixel);
  }
}

// The pixels before and behind a span: runs of `value`, and others one by one.
template <int Size, class Others>
PX_HD void around_span(const WarpImage& image, const WarpPoints& points, int64_t begin, int64_t end, int first,
                       int last, byte* dst, ptrdiff_t dst_pixel, Others&& others) {
  if (begin == 0 && end == points.count) return;
  if (image.border == Border::constant && (points.high_x + last < 0 || points.low_x + first >= image.width ||
                                           points.high_y + last < 0 || points.low_y + first >= image.height)) {
    return fill<Size>(image, points.count, dst, dst_pixel);
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
      fill<Size>(image, j - from, dst + from * dst_pixel, dst_pixel);
    }
  }
}

// ---- spans in lanes: all taps inside

struct Span {
  int64_t begin, end;
};

// The points from the first to the last one whose taps lie inside, if all between do; else none. (They do where points
// lie on a line.)
PX_HD Span inside_span(const WarpImage& image, const WarpPoints& points, int first, int last) {
  const int64_t count = points.count;
  const auto low = static_cast<int32_t>(-first);
  const auto right = static_cast<int32_t>(image.width - last), bottom = static_cast<int32_t>(image.height - last);
  if (points.some_nowhere || points.high_x < low || points.low_x >= right || points.high_y < low ||
      points.low_y >= bottom) {
    return {0, 0};
  }
  if (points.low_x >= low && points.high_x < right && points.low_y >= low && points.high_y < bottom) return {0, count};
  uint8_t inside[warp_run];
  int sum = 0;
  for (int64_t j = 0; j < count; ++j) {
    const int32_t x = points.x[j], y = points.y[j];
    inside[j] = static_cast<uint8_t>((x >= low) & (x < right) & (y >= low) & (y < bottom));
    sum += inside[j];
  }
  Span span{0, count};
  while (span.begin < count && !inside[span.begin]) ++span.begin;
  while (span.end > span.begin && !inside[span.end - 1]) --span.end;
  return sum == span.end - span.begin ? span : Span{0, 0};
}

// Where the pixels of a run lie: 32-bit offsets from a corner, which any lanes add quickly.
struct Places {
  const byte* corner;
  alignas(64) int32_t offset[warp_run];

  PX_HD const byte* operator[](int64_t j) const { return corner + offset[j]; }
};

// False where 32 bits are too few, as in a run over gigabytes. Those outside the span are anywhere.
PX_HD bool find_places(const WarpImage& image, const WarpPoints& points, Places* places) {
  const int64_t high = image.stride_h < 0 ? -image.stride_h : image.stride_h;
  const int64_t wide = image.stride_w < 0 ? -image.stride_w : image.stride_w;
  if (high > INT32_MAX || wide > INT32_MAX) return false;
  const int64_t rows = int64_t{points.high_y} - points.low_y, columns = int64_t{points.high_x} - points.low_x;
  if (rows * high > INT32_MAX / 2 || columns * wide > INT32_MAX / 2) return false;
  places->corner = image.data + points.low_y * image.stride_h + points.low_x * image.stride_w;
  using Words = Vec<uint32_t>;
  const auto low_x = broadcast(static_cast<uint32_t>(points.low_x));
  const auto low_y = broadcast(static_cast<uint32_t>(points.low_y));
  const auto row = broadcast(static_cast<uint32_t>(image.stride_h));
  const auto pixel = broadcast(static_cast<uint32_t>(image.stride_w));
#pragma GCC unroll 4
  for (int j = 0; j < warp_run; j += lanes<int32_t>) {
    const Words x = load<Words>(points.x + j), y = load<Words>(points.y + j);
    store(places->offset + j, (y - low_y) * row + (x - low_x) * pixel);
  }
  return true;
}

// Offsets of the whole pixels of a run.
PX_HD void find_offsets(const WarpImage& image, const WarpPoints& points, Span span, int64_t* __restrict offsets) {
  const int64_t stride_h = image.stride_h, stride_w = image.stride_w;
  for (int64_t j = span.begin; j < span.end; ++j) offsets[j] = points.y[j] * stride_h + points.x[j] * stride_w;
}

template <class T, int Interpolation, int C, bool Inside, bool Premultiplied>
PX_HD void blend(const WarpImage& image, const WarpPoints& points, int64_t j, byte* to) {
  constexpr int count = taps_of<Interpolation>;
  const Around<count> taps = around<count, Inside>(image, points.x[j], points.y[j]);
  if constexpr (same<T, uint8_t> && !Premultiplied) {
    blend_integers<Interpolation, C, Inside>(image, taps, points.fx[j], points.fy[j], to);
  } else if constexpr (same<T, double> || Premultiplied) {
    blend_reals<T, double, Interpolation, C, Inside, Premultiplied>(image, taps, points.fx[j], points.fy[j], to);
  } else {
    blend_reals<T, float, Interpolation, C, Inside, Premultiplied>(image, taps, points.fx[j], points.fy[j], to);
  }
}

// Spans that no function in lanes takes.
struct OneByOne {
  static constexpr bool in_lanes = false;
};

// A run of points. `Spans` says how those of them are computed whose taps all lie inside, where pixels are close
// together: by its run(), which may read `more` pixels beyond the taps of each in its row.
template <class T, int Interpolation, int C, bool Premultiplied, class Spans>
static void sample(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  constexpr int count = taps_of<Interpolation>, first = 1 - count / 2, last = count / 2;
  constexpr int pixel = static_cast<int>(sizeof(T)) * C;
  Span span{0, 0};
  if constexpr (Spans::in_lanes) {
    if (image.stride_w == pixel && dst_pixel == pixel) span = inside_span(image, points, first, last + Spans::more);
    if (span.end - span.begin < 4) span = {0, 0};
    Spans::run(image, points, span, dst);
  }
  around_span<pixel>(image, points, span.begin, span.end, first, last, dst, dst_pixel, [&](int64_t j, byte* to) {
    if (points.x[j] + first >= 0 && points.y[j] + first >= 0 && points.x[j] + last < image.width &&
        points.y[j] + last < image.height) {
      blend<T, Interpolation, C, true, Premultiplied>(image, points, j, to);
    } else {
      blend<T, Interpolation, C, false, Premultiplied>(image, points, j, to);
    }
  });
}

// The table of an interpolation: Spans<T, C> names what takes the spans of each dtype and number of channels.
template <int I, class T, template <class, int> class Spans>
constexpr WarpKernels::Row warp_row{
    {sample<T, I, 1, false, Spans<T, 1>>, sample<T, I, 3, false, Spans<T, 3>>, sample<T, I, 4, false, Spans<T, 4>>},
    {sample<T, I, 2, true, OneByOne>, sample<T, I, 4, true, OneByOne>}};
template <int I, template <class, int> class Spans>
constexpr WarpKernels warp_kernels_of{{warp_row<I, std::uint8_t, Spans>, warp_row<I, std::uint16_t, Spans>,
                                       warp_row<I, std::int16_t, Spans>, warp_row<I, half, Spans>,
                                       warp_row<I, float, Spans>, warp_row<I, double, Spans>}};

}  // namespace px::inline PX_TARGET
