// warp_bilinear: the sum of four pixels around each point.
//
// Exact     docs/warp.md: uint8 in integers; floats in the order written.
// Why       uint8: two rows of two neighbours are one block of 16 bytes, and two dot products of pairs all its
//           channels. Others: as kernels/warp_sums.h says.
// Requires  As kernels/warp.h says.
// Tail      The last register of a span overlaps the one before; spans shorter than one are blended one by one.

#include "kernels/warp_rows.h"
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
  fetch_ahead(image, span.begin, span.end, C, [&](int64_t j) { return places[j]; });
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

// One channel of uint8, a whole run by its rows.
PX_HD bool gray_by_rows([[maybe_unused]] const WarpImage& image, [[maybe_unused]] const WarpPoints& points,
                        [[maybe_unused]] byte* dst) {
#if defined(PX_HAS_PERMUTE)
  using Ints = Vec<int32_t>;
  Bytes taps[4];
  if (!read_rows<2>(image, points, taps)) return false;
  const Bytes left_low = zip_low(taps[0], taps[2]), left_high = zip_high(taps[0], taps[2]);
  const Bytes right_low = zip_low(taps[1], taps[3]), right_high = zip_high(taps[1], taps[3]);
  const Bytes fours[4] = {zip_low_bytes<2>(left_low, right_low), zip_high_bytes<2>(left_low, right_low),
                          zip_low_bytes<2>(left_high, right_high), zip_high_bytes<2>(left_high, right_high)};
  Ints levels[4];
#pragma GCC unroll 4
  for (int g = 0; g < 4; ++g) {  // weights are 256 * high + low, all bytes signed
    const PairWeights weights = pair_weights(points, g * lanes<int32_t>);
    const Ints even = broadcast(int32_t{0x00ff00ff}), half = broadcast(int32_t{0x00800080});
    const Ints high = (((weights.upper + half) >> 8) & even) | ((weights.lower + half) & ~even);
    const Ints low = (weights.upper & even) | ((weights.lower << 8) & ~even);
    const Ints rounding = broadcast(int32_t{1 << (warp_unit - 1 - 8)});
    const Ints sum = dot_fours(rounding, fours[g], (Vec<std::int8_t>)high) << 8;
    levels[g] = dot_fours(sum, fours[g], (Vec<std::int8_t>)low) >> warp_unit;
  }
  store_part_or_all(dst, quarters_in_order(packed_run(levels)), static_cast<std::size_t>(points.count));
  return true;
#else
  return false;
#endif
}

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
  fetch_ahead(image, span.begin, span.end, 1, [&](int64_t j) { return places[j]; });
  for (int64_t j = span.begin; j < span.end; ++j) {
    const byte* const at = places[j];
    four[j] = load<std::uint16_t>(at) | uint32_t{load<std::uint16_t>(at + image.stride_h)} << 16;
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

// One channel of samples that are summed as float32, whole runs by their rows.
template <class T>
PX_HD bool line_by_rows([[maybe_unused]] const WarpImage& image, [[maybe_unused]] const WarpPoints& points,
                        [[maybe_unused]] byte* dst) {
#if defined(PX_HAS_PERMUTE)
  using Reals = Vec<float>;
  using Word = std::conditional_t<sizeof(T) == 4, uint32_t, std::uint16_t>;
  constexpr int parts = lanes<Word> / lanes<float>;
  constexpr auto register_bytes = static_cast<int64_t>(lanes<float> * sizeof(T));
  const auto convert = [](Vec<Word> words, Reals(&to)[parts]) {
    if constexpr (parts == 1) {
      to[0] = (Reals)words;
    } else {
      words_to_reals<T>((Bytes)words, to[0], to[1]);
    }
  };
  const int64_t bytes = points.count * static_cast<int64_t>(sizeof(T));
  return read_words<Word, 2>(image, points, [&](int j, const Vec<Word>(&taps)[4], Vec<Word> lost) {
    Reals p[4][parts];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) convert(taps[i], p[i]);
    const Reals value = broadcast(to_real<float>(load<T>(image.value)));
#pragma GCC unroll 2
    for (int g = 0; g < parts; ++g) {
      const int64_t begin = j + g * lanes<float>;
      const auto fraction = [&](const uint32_t* of) {
        return __builtin_convertvector(load<Vec<int32_t>>(of + begin), Reals) * 0x1p-24f;
      };
      const Reals tx = fraction(points.fx), ty = fraction(points.fy), left = 1.0f - tx, up = 1.0f - ty;
      const auto row = [&](int r) {
        const Reals sum = left * p[2 * r][g] + tx * p[2 * r + 1][g];
        return tx == Reals{} ? p[2 * r][g] : sum;
      };
      const Reals above = row(0), sum = up * above + ty * row(1);
      Vec<int32_t> outside = (Vec<int32_t>)lost;
      if constexpr (parts == 2) {
        const auto words = (Vec<std::int16_t>)lost;
        outside = (Vec<int32_t>)(g == 0 ? zip_low(words, words) : zip_high(words, words));
      }
      const Reals total = ty == Reals{} ? above : sum, levels = outside != 0 ? value : total;
      const int64_t rest = bytes - begin * static_cast<int64_t>(sizeof(T));
      byte* const to = dst + begin * static_cast<int64_t>(sizeof(T));
      if (rest >= register_bytes) {
        store_rounded<T, float>(reinterpret_cast<T*>(to), levels);
      } else if (rest > 0) {
        alignas(64) byte own[vector_bytes];
        store_rounded<T, float>(reinterpret_cast<T*>(own), levels);
        store_part(to, load<Bytes>(own), static_cast<std::size_t>(rest));
      }
    }
  });
#else
  return false;
#endif
}
template <class T>
void sample_line(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  constexpr auto size = static_cast<ptrdiff_t>(sizeof(T));
  if (image.stride_w == size && dst_pixel == size && line_by_rows<T>(image, points, dst)) return;
  sample_lanes<RealSums<0, T, 1>>(image, points, dst, dst_pixel);
}
template <class T>
constexpr WarpKernels::Row row_by_lines() {
  WarpKernels::Row row = warp_sums_row<0, T>;
  row.sample[0] = sample_line<T>;
  return row;
}

template <int C>
struct Spans {
  static constexpr int more = C == 3;  // eight bytes are read, of which two neighbours of RGB have six
  static bool whole(const WarpImage& image, const WarpPoints& points, byte* dst) {
    if constexpr (C == 1) return gray_by_rows(image, points, dst);
    return false;
  }
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
     row_by_lines<std::uint16_t>(), row_by_lines<std::int16_t>(), row_by_lines<half>(), row_by_lines<float>(),
     warp_sums_row<0, double>}};

}  // namespace px::PX_TARGET
