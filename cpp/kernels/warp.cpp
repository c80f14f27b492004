// warp: for each pixel of the result, a point of the image; around the point, a sum of pixels.
//
// Exact     docs/warp.md: int64 coordinates with fixed anchors; uint8 in integers; floats in the order written.
// Why       A run of 64 points is computed in lanes before its pixels are; runs all of whose taps lie inside, known by
// the
//           least and greatest of its points, test nothing.
// Requires  dst disjoint from the image; whole pixels within +-2^30, sides within 2^29.
// Tail      The body: pixels are sampled one by one.

#include "kernels/warp.h"

#include <type_traits>
#include <utility>

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::byte;
using std::int32_t;
using std::int64_t;
using std::ptrdiff_t;
using std::uint32_t;
using std::uint8_t;

// ---- points

void affine(int64_t anchor, int64_t step, int bits, int64_t count, int32_t* __restrict whole,
            uint32_t* __restrict fraction) {
  const int drop = 32 - bits;
  for (int64_t j = 0; j < count; ++j) {
    const int64_t at = anchor + j * step;
    whole[j] = static_cast<int32_t>(at >> 32);
    fraction[j] = bits == 0 ? 0 : static_cast<uint32_t>(at) >> drop;
  }
}

// Where 64 points are, before they are rounded.
struct Reals {
  double x[warp_run], y[warp_run];
};

// All in doubles, which every machine converts in lanes: an integer of `bits` fractional bits is exact in one, and so
// are its parts.
void round_axis(const double* __restrict points, int64_t count, int bits, int32_t* __restrict whole,
                uint32_t* __restrict fraction) {
  const double unit = static_cast<double>(int64_t{1} << bits), part = 1.0 / unit;
  for (int64_t j = 0; j < count; ++j) {
    double near = points[j] == points[j] ? points[j] : 0.0;
    near = near < -warp_farthest ? -warp_farthest : near;
    near = near > warp_farthest ? warp_farthest : near;
    const double fixed = __builtin_rint(near * unit), floor = __builtin_floor(fixed * part);
    whole[j] = static_cast<int32_t>(floor);
    const double rest = fixed - floor * unit;  // below 2^32: as signed, and moved
    fraction[j] = static_cast<uint32_t>(static_cast<int32_t>(rest - 0x1p31)) ^ 0x80000000u;
  }
}

void nearest_axis(const double* __restrict points, int64_t count, int32_t* __restrict whole) {
  for (int64_t j = 0; j < count; ++j) {
    double near = points[j] == points[j] ? points[j] : 0.0;
    near = near < -warp_farthest ? -warp_farthest : near;
    near = near > warp_farthest ? warp_farthest : near;
    const double floor = __builtin_floor(near);
    whole[j] = static_cast<int32_t>(floor + (near - floor >= 0.5 ? 1.0 : 0.0));
  }
}

void round_points(const Reals& reals, int bits, WarpPoints* points) {
  const int64_t count = points->count;
  if (bits == 0) {
    nearest_axis(reals.x, count, points->x);
    nearest_axis(reals.y, count, points->y);
  } else {
    round_axis(reals.x, count, bits, points->x, points->fx);
    round_axis(reals.y, count, bits, points->y, points->fy);
  }
  int lost = 0;
  for (int64_t j = 0; j < count; ++j) lost |= !(reals.x[j] == reals.x[j]) | !(reals.y[j] == reals.y[j]);
  points->some_nowhere = lost != 0;
  for (int64_t j = 0; j < count && lost; ++j) {
    points->nowhere[j] = !(reals.x[j] == reals.x[j]) || !(reals.y[j] == reals.y[j]);
  }
}

void matrix(const double* m, bool is_affine, int64_t first, int64_t row, int bits, WarpPoints* points) {
  const double y = static_cast<double>(row);
  const double across = m[1] * y + m[2], down = m[4] * y + m[5], scale = m[7] * y + m[8];
  const double mx = m[0], my = m[3], mz = m[6];
  Reals reals;
  const int64_t count = points->count;
  for (int64_t j = 0; j < count; ++j) {
    const auto x = static_cast<double>(static_cast<int32_t>(j)) + static_cast<double>(first);
    reals.x[j] = mx * x + across;
    reals.y[j] = my * x + down;
  }
  for (int64_t j = 0; j < count && !is_affine; ++j) {
    const auto x = static_cast<double>(static_cast<int32_t>(j)) + static_cast<double>(first);
    const double reciprocal = 1.0 / (mz * x + scale);
    reals.x[j] = reals.x[j] * reciprocal;
    reals.y[j] = reals.y[j] * reciprocal;
  }
  round_points(reals, bits, points);
}

template <class T>
PX_HD void read_map(const byte* from, ptrdiff_t stride, int64_t count, double unit, double* to) {
  if (stride == static_cast<ptrdiff_t>(sizeof(T))) {
    for (int64_t j = 0; j < count; ++j) {
      to[j] = static_cast<double>(load<T>(from + j * static_cast<ptrdiff_t>(sizeof(T)))) * unit;
    }
  } else {
    for (int64_t j = 0; j < count; ++j) to[j] = static_cast<double>(load<T>(from + j * stride)) * unit;
  }
}

void map(const WarpMap& from, int64_t first, int64_t row, int bits, WarpPoints* points) {
  Reals reals;
  const int64_t count = points->count;
  const auto read = [&](const byte* at, ptrdiff_t stride, double* to) {
    switch (from.type) {
      case MapType::f32: return read_map<float>(at, stride, count, 1.0, to);
      case MapType::f64: return read_map<double>(at, stride, count, 1.0, to);
      case MapType::i32: return read_map<int32_t>(at, stride, count, 0x1p-14, to);
    }
  };
  read(from.x, from.stride_x, reals.x);
  read(from.y, from.stride_y, reals.y);
  if (from.relative) {
    for (int64_t j = 0; j < count; ++j) {
      reals.x[j] = (static_cast<double>(static_cast<int32_t>(j)) + static_cast<double>(first)) + reals.x[j];
      reals.y[j] = static_cast<double>(row) + reals.y[j];
    }
  }
  round_points(reals, bits, points);
}

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

template <class T>
PX_HD bool is_zero(T sample) {
  if constexpr (same<T, half>) {
    return (sample.bits & 0x7fffu) == 0;
  } else {
    return sample == T(0);
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

// The pixels before and behind a span: runs of `value`, and others one by one.
template <int Size, class Others>
PX_HD void around_span(const WarpImage& image, const WarpPoints& points, int64_t begin, int64_t end, int first,
                       int last, byte* dst, ptrdiff_t dst_pixel, Others&& others) {
  if (begin == 0 && end == points.count) return;
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
      put_value<Size>(image, dst + from * dst_pixel);
      if (dst_pixel == Size) {  // doubled until they are enough
        const int64_t bytes = (j - from) * Size;
        byte* const to = dst + from * Size;
        for (int64_t have = Size; have < bytes; have *= 2) {
          std::memcpy(to + have, to, static_cast<std::size_t>(lesser(have, bytes - have)));
        }
      } else {
        for (int64_t k = from + 1; k < j; ++k) put_value<Size>(image, dst + k * dst_pixel);
      }
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
  if (points.some_nowhere) return {0, 0};
  uint8_t inside[warp_run];
  int sum = 0;
  for (int64_t j = 0; j < count; ++j) {
    const int32_t x = points.x[j], y = points.y[j];
    inside[j] = static_cast<uint8_t>((x >= low) & (x < right) & (y >= low) & (y < bottom));
    sum += inside[j];
  }
  if (sum == count) return {0, count};
  Span span{0, count};
  while (span.begin < count && !inside[span.begin]) ++span.begin;
  while (span.end > span.begin && !inside[span.end - 1]) --span.end;
  return sum == span.end - span.begin ? span : Span{0, 0};
}

// Offsets of the whole pixels of a run.
PX_HD void find_offsets(const WarpImage& image, const WarpPoints& points, Span span, int64_t* __restrict offsets) {
  const int64_t stride_h = image.stride_h, stride_w = image.stride_w;
  for (int64_t j = span.begin; j < span.end; ++j) offsets[j] = points.y[j] * stride_h + points.x[j] * stride_w;
}

template <int R, int... I>
PX_HD Vec<int32_t> repeat_in_blocks(Vec<int32_t> v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, (I / 4 * 4 + R)...);
}
// The weights of lanes<int32_t> pixels, as pairs of int16: of the upper row and of the lower one.
struct PairWeights {
  Vec<int32_t> upper, lower;
};
PX_HD PairWeights pair_weights(const WarpPoints& points, int64_t j) {
  const auto tx = load<Vec<int32_t>>(points.fx + j), ty = load<Vec<int32_t>>(points.fy + j);
  const Vec<int32_t> w11 = (tx * ty + (1 << (warp_unit - 1))) >> warp_unit;
  const Vec<int32_t> w01 = tx - w11, w10 = ty - w11, w00 = (1 << warp_unit) - tx - ty + w11;
  return {w00 | w01 << 16, w10 | w11 << 16};
}

PX_HD Vec<int32_t> weighed(Bytes upper, Bytes lower, Vec<int32_t> weights_upper, Vec<int32_t> weights_lower) {
  using Words = Vec<std::int16_t>;
  Vec<int32_t> total = broadcast(int32_t{1 << (warp_unit - 1)});
  total = dot_pairs(total, (Words)upper, (Words)weights_upper);
  total = dot_pairs(total, (Words)lower, (Words)weights_lower);
  return total >> warp_unit;
}

// The same order in every block.
PX_HD Bytes in_every_block(const uint8_t (&order)[16]) {
  Bytes v;
  for (int b = 0; b < blocks; ++b) std::memcpy(reinterpret_cast<byte*>(&v) + 16 * b, order, 16);
  return v;
}

// Three or four channels of uint8. A block of 16 bytes holds both rows of two neighbours of one pixel, 8 bytes each (of
// which RGB needs 6: the next pixel must be in the row, too).
template <int C>
PX_HD void bilinear_pixels(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
  constexpr int at_once = lanes<int32_t>;  // pixels
  constexpr auto all_words = std::make_integer_sequence<int, lanes<int32_t>>{};
  constexpr uint8_t none = 0x80, last = C == 4 ? 3 : none;
  static constexpr uint8_t upper_order[16] = {
      0, none, C, none, 1, none, C + 1, none, 2, none, C + 2, none, last, none, C == 4 ? 7 : none, none};
  static constexpr uint8_t lower_order[16] = {8,
                                              none,
                                              C + 8,
                                              none,
                                              9,
                                              none,
                                              C + 9,
                                              none,
                                              10,
                                              none,
                                              C + 10,
                                              none,
                                              C == 4 ? 11 : none,
                                              none,
                                              C == 4 ? 15 : none,
                                              none};
  const Bytes upper = in_every_block(upper_order), lower = in_every_block(lower_order);
  alignas(64) int64_t offsets[warp_run];
  find_offsets(image, points, span, offsets);
  int64_t j = span.begin;
  for (; j + at_once <= span.end; j += at_once) {
    const PairWeights weights = pair_weights(points, j);
    Vec<int32_t> m[4];
    // Register r holds pixel 4 b + r in block b, so that packing within blocks leaves them in order.
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) {
      m[r] = (Vec<int32_t>)join_blocks([&](int b) {
        const byte* const at = image.data + offsets[j + 4 * b + r];
        return Pair{load<int64_t>(at), load<int64_t>(at + image.stride_h)};
      });
    }
    const auto one = [&]<int R>(std::integral_constant<int, R>) {
      m[R] = weighed(shuffle_in_blocks((Bytes)m[R], upper), shuffle_in_blocks((Bytes)m[R], lower),
                     repeat_in_blocks<R>(weights.upper, all_words), repeat_in_blocks<R>(weights.lower, all_words));
    };
    one(std::integral_constant<int, 0>{});
    one(std::integral_constant<int, 1>{});
    one(std::integral_constant<int, 2>{});
    one(std::integral_constant<int, 3>{});
    const Bytes pixels = pack_u8(pack_i16(m[0], m[1]), pack_i16(m[2], m[3]));
    if constexpr (C == 4) {
      store(dst + j * 4, pixels);
    } else {
      store_three_quarters(dst + j * 3, drop_fourth_bytes(pixels));
    }
  }
  for (; j < span.end; ++j) {
    blend_integers<0, C, true>(image, around<2, true>(image, points.x[j], points.y[j]), points.fx[j], points.fy[j],
                               dst + j * C);
  }
}

// The cubic weights of lanes<int32_t> fractions, as pairs of int16: those of taps 0 and 1, of 2 and 3.
PX_HD PairWeights cubic_weights(const uint32_t* fractions) {
  const auto t = load<Vec<int32_t>>(fractions);
  constexpr int32_t half = 1 << (warp_unit - 1);
  const Vec<int32_t> t2 = (t * t + half) >> warp_unit, t3 = (t2 * t + half) >> warp_unit;
  const Vec<int32_t> w0 = -((t3 - 2 * t2 + t + 1) >> 1), w3 = -((t2 - t3 + 1) >> 1);
  const Vec<int32_t> w2 = (t + 4 * t2 - 3 * t3 + 1) >> 1, w1 = (1 << warp_unit) - w0 - w2 - w3;
  return {(w0 & 0xffff) | w1 << 16, (w2 & 0xffff) | w3 << 16};
}

// Three or four channels of uint8 in the same way: a block of 16 bytes holds four neighbours (of which RGB needs 12
// bytes: the next pixel and a part of the one after must be in the row, too).
template <int C>
PX_HD void bicubic_pixels(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
  constexpr int at_once = lanes<int32_t>;
  constexpr auto all_words = std::make_integer_sequence<int, lanes<int32_t>>{};
  constexpr uint8_t none = 0x80;
  using Words = Vec<std::int16_t>;
  static constexpr uint8_t first_order[16] = {
      0, none, C, none, 1, none, C + 1, none, 2, none, C + 2, none, C == 4 ? 3 : none, none, C == 4 ? 7 : none, none};
  static constexpr uint8_t last_order[16] = {
      2 * C,     none, 3 * C,     none, 2 * C + 1,          none, 3 * C + 1,          none,
      2 * C + 2, none, 3 * C + 2, none, C == 4 ? 11 : none, none, C == 4 ? 15 : none, none};
  const Bytes first = in_every_block(first_order), last = in_every_block(last_order);
  alignas(64) int64_t offsets[warp_run];
  find_offsets(image, points, span, offsets);
  const byte* const corner = image.data - image.stride_h - C;
  int64_t j = span.begin;
  for (; j + at_once <= span.end; j += at_once) {
    const PairWeights across = cubic_weights(points.fx + j), down = cubic_weights(points.fy + j);
    Vec<int32_t> m[4];
    const auto one = [&]<int R>(std::integral_constant<int, R>) {
      const Vec<int32_t> w01 = repeat_in_blocks<R>(across.upper, all_words);
      const Vec<int32_t> w23 = repeat_in_blocks<R>(across.lower, all_words);
      Vec<int32_t> rows[4];
#pragma GCC unroll 4
      for (int k = 0; k < 4; ++k) {
        const byte* const row = corner + k * image.stride_h;
        const Bytes v = join_blocks([&](int b) { return load<Pair>(row + offsets[j + 4 * b + R]); });
        Vec<int32_t> sum = broadcast(int32_t{1 << 7});
        sum = dot_pairs(sum, (Words)shuffle_in_blocks(v, first), (Words)w01);
        sum = dot_pairs(sum, (Words)shuffle_in_blocks(v, last), (Words)w23);
        rows[k] = sum >> 8;
      }
      Vec<int32_t> total = broadcast(int32_t{1 << 19});
      total = dot_pairs(total, (Words)((rows[0] & 0xffff) | rows[1] << 16),
                        (Words)repeat_in_blocks<R>(down.upper, all_words));
      total = dot_pairs(total, (Words)((rows[2] & 0xffff) | rows[3] << 16),
                        (Words)repeat_in_blocks<R>(down.lower, all_words));
      m[R] = total >> 20;
    };
    one(std::integral_constant<int, 0>{});
    one(std::integral_constant<int, 1>{});
    one(std::integral_constant<int, 2>{});
    one(std::integral_constant<int, 3>{});
    const Bytes pixels = pack_u8(pack_i16(m[0], m[1]), pack_i16(m[2], m[3]));
    if constexpr (C == 4) {
      store(dst + j * 4, pixels);
    } else {
      store_three_quarters(dst + j * 3, drop_fourth_bytes(pixels));
    }
  }
  for (; j < span.end; ++j) {
    blend_integers<1, C, true>(image, around<4, true>(image, points.x[j], points.y[j]), points.fx[j], points.fy[j],
                               dst + j * C);
  }
}

// One channel of uint8.
PX_HD void bilinear_gray(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
  constexpr int at_once = lanes<int32_t>;
  static constexpr uint8_t none = 0x80;
  static constexpr uint8_t upper_order[16] = {0, none, 1, none, 4, none, 5, none, 8, none, 9, none, 12, none, 13, none};
  static constexpr uint8_t lower_order[16] = {2,  none, 3,  none, 6,  none, 7,  none,
                                              10, none, 11, none, 14, none, 15, none};
  const Bytes upper = in_every_block(upper_order), lower = in_every_block(lower_order);
  alignas(64) int64_t offsets[warp_run];
  alignas(64) uint32_t four[warp_run];
  find_offsets(image, points, span, offsets);
  for (int64_t j = span.begin; j < span.end; ++j) {
    const byte* const at = image.data + offsets[j];
    four[j] = load<std::uint16_t>(at) | uint32_t{load<std::uint16_t>(at + image.stride_h)} << 16;
  }
  int64_t j = span.begin;
  for (; j + at_once <= span.end; j += at_once) {
    const PairWeights weights = pair_weights(points, j);
    const auto v = load<Bytes>(four + j);
    const Vec<int32_t> levels =
        weighed(shuffle_in_blocks(v, upper), shuffle_in_blocks(v, lower), weights.upper, weights.lower);
    store_narrowed(reinterpret_cast<uint8_t*>(dst) + j, levels);
  }
  for (; j < span.end; ++j) {
    blend_integers<0, 1, true>(image, around<2, true>(image, points.x[j], points.y[j]), points.fx[j], points.fy[j],
                               dst + j);
  }
}

// Three or four channels of 16 bits or float32: the lanes are the channels, the fourth of RGB the next pixel's first.
using Four = typename VectorOf<float, 16>::type;
using FourInts = typename VectorOf<int32_t, 16>::type;

template <class T>
PX_HD Four load_four(const byte* at) {
  if constexpr (same<T, float>) {
    return load<Four>(at);
  } else {
#if defined(__x86_64__)
    return __builtin_convertvector((FourInts)widen_128(reinterpret_cast<const T*>(at)), Four);
#else
    return __builtin_convertvector((FourInts)load_widened(reinterpret_cast<const T*>(at)), Four);
#endif
  }
}

template <class T>
PX_HD void store_four(byte* to, Four value) {
  if constexpr (same<T, float>) {
    store(to, value);
  } else {
    constexpr auto low = static_cast<float>(Limits<T>::low), high = static_cast<float>(Limits<T>::high);
    Four v = value + 0.5f;
    v = v > low ? v : Four{} + low;
    v = v < high ? v : Four{} + high;
    FourInts integer = __builtin_convertvector(v, FourInts);
    if constexpr (Limits<T>::low < 0) integer += __builtin_convertvector(integer, Four) > v;
#if defined(__x86_64__)
    store_four_narrowed(reinterpret_cast<T*>(to), (__m128i)integer);
#else
    store_four_narrowed(reinterpret_cast<T*>(to), (int32x4_t)integer);
#endif
  }
}

template <class T, int C>
PX_HD void bilinear_fours(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
  constexpr auto pixel = static_cast<ptrdiff_t>(sizeof(T)) * C;
  alignas(64) int64_t offsets[warp_run];
  alignas(64) float fx[warp_run], fy[warp_run];
  find_offsets(image, points, span, offsets);
  for (int64_t j = span.begin; j < span.end; ++j) {
    fx[j] = static_cast<float>(static_cast<int32_t>(points.fx[j])) * 0x1p-24f;
    fy[j] = static_cast<float>(static_cast<int32_t>(points.fy[j])) * 0x1p-24f;
  }
  for (int64_t j = span.begin; j < span.end; ++j) {
    if (j + 1 == span.end || fx[j] == 0.0f || fy[j] == 0.0f) {  // the last would be stored too long
      blend_reals<T, float, 0, C, true, false>(image, around<2, true>(image, points.x[j], points.y[j]), points.fx[j],
                                               points.fy[j], dst + j * pixel);
      continue;
    }
    const byte* const at = image.data + offsets[j];
    const Four x1 = Four{} + fx[j], x0 = 1.0f - x1, y1 = Four{} + fy[j], y0 = 1.0f - y1;
    const Four upper = x0 * load_four<T>(at) + x1 * load_four<T>(at + pixel);
    const Four lower = x0 * load_four<T>(at + image.stride_h) + x1 * load_four<T>(at + image.stride_h + pixel);
    store_four<T>(dst + j * pixel, y0 * upper + y1 * lower);
  }
}

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

template <class T, int Interpolation, int C, bool Premultiplied>
void sample(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  constexpr int count = taps_of<Interpolation>, first = 1 - count / 2, last = count / 2;
  constexpr auto pixel = static_cast<ptrdiff_t>(sizeof(T)) * C;
  constexpr bool close = !Premultiplied && !same<T, half> && sizeof(T) <= 4;
  constexpr bool in_lanes = close && ((Interpolation == 0 && (C != 1 || same<T, uint8_t>)) ||
                                      (Interpolation == 1 && C != 1 && same<T, uint8_t>));
  Span span{0, 0};
  if constexpr (in_lanes) {
    // Those that read some bytes more than their taps need them in the row.
    constexpr int more = C == 3 ? Interpolation + 1 : 0;
    if (image.stride_w == pixel && dst_pixel == pixel) span = inside_span(image, points, first, last + more);
    if (span.end - span.begin < 4) span = {0, 0};
    if constexpr (Interpolation == 1) {
      bicubic_pixels<C>(image, points, span, dst);
    } else if constexpr (same<T, uint8_t> && C == 1) {
      bilinear_gray(image, points, span, dst);
    } else if constexpr (same<T, uint8_t>) {
      bilinear_pixels<C>(image, points, span, dst);
    } else {
      bilinear_fours<T, C>(image, points, span, dst);
    }
  }
  constexpr int size = static_cast<int>(sizeof(T)) * C;
  around_span<size>(image, points, span.begin, span.end, first, last, dst, dst_pixel, [&](int64_t j, byte* to) {
    if (points.x[j] + first >= 0 && points.y[j] + first >= 0 && points.x[j] + last < image.width &&
        points.y[j] + last < image.height) {
      blend<T, Interpolation, C, true, Premultiplied>(image, points, j, to);
    } else {
      blend<T, Interpolation, C, false, Premultiplied>(image, points, j, to);
    }
  });
}

}  // namespace

#define PX_CHANNELS(T, I) {sample<T, I, 1, false>, sample<T, I, 3, false>, sample<T, I, 4, false>}
#define PX_PREMULTIPLIED(T, I) {sample<T, I, 2, true>, sample<T, I, 4, true>}
#define PX_EVERY_TYPE(f, I) \
  {f(std::uint8_t, I), f(std::uint16_t, I), f(std::int16_t, I), f(half, I), f(float, I), f(double, I)}
extern constinit const WarpKernels warp_kernels = {
    affine,
    matrix,
    map,
    {nearest<1>, nearest<2>, nearest<3>, nearest<4>, nearest<6>, nearest<8>, nearest<12>, nearest<16>},
    {PX_EVERY_TYPE(PX_CHANNELS, 0), PX_EVERY_TYPE(PX_CHANNELS, 1), PX_EVERY_TYPE(PX_CHANNELS, 2)},
    {PX_EVERY_TYPE(PX_PREMULTIPLIED, 0), PX_EVERY_TYPE(PX_PREMULTIPLIED, 1), PX_EVERY_TYPE(PX_PREMULTIPLIED, 2)},
};

}  // namespace px::PX_TARGET
