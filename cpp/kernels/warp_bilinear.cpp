// warp_bilinear: the sum of four pixels around each point.
//
// Exact     docs/warp.md: uint8 in integers; floats in the order written.
// Why       uint8: two rows of two neighbours are one block of 16 bytes, and two dot products of pairs all its
//           channels. Others: as kernels/warp_sums.h says.
// Requires  As kernels/warp.h says.
// Tail      The last register of a span overlaps the one before; spans shorter than one are blended one by one.

#include "kernels/warp_sums.h"

namespace px::PX_TARGET {
namespace {

// Word R of each block in all four of its places.
template <int R, int... I>
PX_HD Vec<int32_t> repeat_in_blocks(Vec<int32_t> v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, (I / 4 * 4 + R)...);
}
template <int R>
PX_HD Vec<int32_t> repeat_in_blocks(Vec<int32_t> v) {
  return repeat_in_blocks<R>(v, std::make_integer_sequence<int, lanes<int32_t>>{});
}

// Registers of int32 levels, in block b of register r of `one(r)` the pixel 4 b + r, to memory as `lanes<int32_t>`
// pixels: packing within blocks leaves them in order.
template <int C, class One>
PX_HD void put_pixels(byte* dst, One&& one) {
  const Vec<int32_t> m0 = one(std::integral_constant<int, 0>{}), m1 = one(std::integral_constant<int, 1>{});
  const Vec<int32_t> m2 = one(std::integral_constant<int, 2>{}), m3 = one(std::integral_constant<int, 3>{});
  const Bytes pixels = pack_u8(pack_i16(m0, m1), pack_i16(m2, m3));
  if constexpr (C == 4) {
    store(dst, pixels);
  } else {
    store_three_quarters(dst, drop_fourth_bytes(pixels));
  }
}

// Of lanes<int32_t> pixels the weights of the upper row and of the lower one, each a pair of int16.
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

// Three or four channels of uint8. A block of 16 bytes holds both rows of two neighbours of one pixel, 8 bytes each (of
// which RGB needs 6: the next pixel must be in the row, too).
template <int C>
PX_HD void bilinear_pixels(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
  constexpr int at_once = lanes<int32_t>;  // pixels
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
  Places places;
  if (span.end - span.begin < at_once || !find_places(image, points, &places)) {
    for (int64_t j = span.begin; j < span.end; ++j) {
      blend<C, true>(image, around<2, true>(image, points.x[j], points.y[j]), points.fx[j], points.fy[j], dst + j * C);
    }
    return;
  }
  for (int64_t from = span.begin; from < span.end; from += at_once) {
    const int64_t j = lesser(from, span.end - at_once);
    const PairWeights weights = pair_weights(points, j);
    put_pixels<C>(dst + j * C, [&]<int R>(std::integral_constant<int, R>) {
      const auto v = join_blocks([&](int b) {
        const byte* const at = places[j + 4 * b + R];
        return Pair{load<int64_t>(at), load<int64_t>(at + image.stride_h)};
      });
      return weighed(shuffle_in_blocks(v, upper), shuffle_in_blocks(v, lower), repeat_in_blocks<R>(weights.upper),
                     repeat_in_blocks<R>(weights.lower));
    });
  }
}

#if defined(PX_HAS_PERMUTE)

// Lanes turned by so many.
template <int By, int... I>
PX_HD Vec<int32_t> turned(Vec<int32_t> v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, ((I + By) % lanes<int32_t>)...);
}
template <int By = lanes<int32_t> / 2, class Of>
PX_HD uint32_t across(Vec<int32_t> v, Of&& of) {
  if constexpr (By == 0) {
    return static_cast<uint32_t>(v[0]);
  } else {
    using Words = Vec<std::int16_t>;
    const auto other = (Words)turned<By>(v, std::make_integer_sequence<int, lanes<int32_t>>{});
    return across<By / 2>((Vec<int32_t>)of((Words)v, other), of);
  }
}

// The 2 x 2 pixels around each point of a whole run that lies inside, four bytes each. All rows between the points of a
// register are read, as far as they are wide, and each gives the bytes that it has: that takes fewer instructions than
// reading those of each point. False where the points lie too far apart for that.
PX_HD bool fetch_by_rows(const WarpImage& image, const WarpPoints& points, uint32_t* four) {
  constexpr int at_once = lanes<int32_t>, groups = warp_run / at_once, most_rows = 24;
  using Ints = Vec<int32_t>;
  static constexpr uint8_t four_times[16] = {0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12};
  if (points.high_x - points.low_x > INT16_MAX || points.high_y - points.low_y > INT16_MAX) return false;
  int left[groups], top[groups], wide[groups], rows = 0, widest = 0;
  Ints x[groups], y[groups];
#pragma GCC unroll 4
  for (int g = 0; g < groups; ++g) {
    x[g] = load<Ints>(points.x + g * at_once) - points.low_x;
    y[g] = load<Ints>(points.y + g * at_once) - points.low_y;
    const Ints both = x[g] | y[g] << 16;
    const uint32_t low = across(both, [](auto a, auto b) { return a < b ? a : b; });
    const uint32_t high = across(both, [](auto a, auto b) { return a > b ? a : b; });
    left[g] = static_cast<int>(low & 0xffff);
    top[g] = static_cast<int>(low >> 16);
    wide[g] = static_cast<int>(high & 0xffff) - left[g] + 2;
    widest = greater(widest, wide[g]);
    rows = greater(rows, static_cast<int>(high >> 16) - top[g] + 2);
  }
  if (widest > vector_bytes || rows > most_rows) return false;
  const byte* const corner = image.data + points.low_y * image.stride_h + points.low_x;
  const int last = points.high_y - points.low_y + 1;
  const Bytes order = in_every_block(four_times);
  Bytes columns[groups], lines[groups], chosen[groups];
  const byte* at[groups];
#pragma GCC unroll 4
  for (int g = 0; g < groups; ++g) {
    columns[g] = shuffle_in_blocks((Bytes)(x[g] - left[g]), order) + (Bytes)broadcast(0x01000100);
    lines[g] = shuffle_in_blocks((Bytes)(y[g] - top[g]), order) + (Bytes)broadcast(0x01010000);
    chosen[g] = Bytes{};
    at[g] = corner + top[g] * image.stride_h + left[g];
  }
  const auto walk = [&](auto load_row) {
    for (int r = 0; r < rows; ++r) {  // of all registers as many, in turn, as each waits for itself
#pragma GCC unroll 4
      for (int g = 0; g < groups; ++g) {
        chosen[g] = choose_bytes(chosen[g], lines[g], static_cast<uint8_t>(r), load_row(at[g], wide[g]), columns[g]);
        at[g] += top[g] + r < last ? image.stride_h : 0;  // none beyond the run's last
      }
    }
  };
  if (widest <= vector_bytes / 2) {  // crosses fewer lines of the cache
    walk([](const byte* from, int bytes) { return load_part_of_half(from, static_cast<std::size_t>(bytes)); });
  } else {
    walk([](const byte* from, int bytes) { return load_part<Bytes>(from, static_cast<std::size_t>(bytes)); });
  }
#pragma GCC unroll 4
  for (int g = 0; g < groups; ++g) store(four + g * at_once, chosen[g]);
  return true;
}

#else

PX_HD bool fetch_by_rows(const WarpImage&, const WarpPoints&, uint32_t*) { return false; }

#endif

// One channel of uint8.
PX_HD void bilinear_gray(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
  constexpr int at_once = lanes<int32_t>;
  static constexpr uint8_t none = 0x80;
  static constexpr uint8_t upper_order[16] = {0, none, 1, none, 4, none, 5, none, 8, none, 9, none, 12, none, 13, none};
  static constexpr uint8_t lower_order[16] = {2,  none, 3,  none, 6,  none, 7,  none,
                                              10, none, 11, none, 14, none, 15, none};
  const Bytes upper = in_every_block(upper_order), lower = in_every_block(lower_order);
  Places places;
  alignas(64) uint32_t four[warp_run];
  if (span.end - span.begin < at_once || !find_places(image, points, &places)) {
    for (int64_t j = span.begin; j < span.end; ++j) {
      blend<1, true>(image, around<2, true>(image, points.x[j], points.y[j]), points.fx[j], points.fy[j], dst + j);
    }
    return;
  }
  if (span.end - span.begin != warp_run || !fetch_by_rows(image, points, four)) {
    for (int64_t j = span.begin; j < span.end; ++j) {
      const byte* const at = places[j];
      four[j] = load<std::uint16_t>(at) | uint32_t{load<std::uint16_t>(at + image.stride_h)} << 16;
    }
  }
  for (int64_t from = span.begin; from < span.end; from += at_once) {
    const int64_t j = lesser(from, span.end - at_once);
    const PairWeights weights = pair_weights(points, j);
    const auto v = load<Bytes>(four + j);
    const Vec<int32_t> levels =
        weighed(shuffle_in_blocks(v, upper), shuffle_in_blocks(v, lower), weights.upper, weights.lower);
    store_narrowed(reinterpret_cast<uint8_t*>(dst) + j, levels);
  }
}

template <int C>
struct Spans {
  static constexpr int more = C == 3;  // eight bytes are read, of which two neighbours of RGB have six
  static void run(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
    if constexpr (C == 1) {
      bilinear_gray(image, points, span, dst);
    } else {
      bilinear_pixels<C>(image, points, span, dst);
    }
  }
};

}  // namespace

extern constinit const WarpKernels warp_bilinear_kernels{
    {WarpKernels::Row{{sample<1, Spans<1>>, sample_lanes<IntegerSums<0, 2>>, sample<3, Spans<3>>, sample<4, Spans<4>>},
                      sample_lanes<IntegerSums<0, 4, true>>,
                      {sample_premultiplied<0, uint8_t, 2>, sample_premultiplied<0, uint8_t, 4>}},
     warp_sums_row<0, std::uint16_t>, warp_sums_row<0, std::int16_t>, warp_sums_row<0, half>, warp_sums_row<0, float>,
     warp_sums_row<0, double>}};

}  // namespace px::PX_TARGET
