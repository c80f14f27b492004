// How the kernels of warps sum the pixels around points, in lanes. See docs/warp.md.
//
// A register is made of blocks of four lanes. A block holds one pixel of three or four channels (of three, the fourth
// lane is nobody's), two of two channels or four of one. Where a block holds several pixels, some neighbours of each
// are loaded at once and transposed within the blocks.
//
// sample() takes a run of points. The taps of those inside the image are read where they are; those of all others, and
// of images whose samples lie apart, are gathered into small patches first and then summed by the same code.
#pragma once

#include <type_traits>
#include <utility>

#include "kernels/warp_samples.h"

namespace px::inline PX_TARGET {

// f(0), f(1) .. as constants.
template <class F, int... K>
PX_HD void for_each_of(F&& f, std::integer_sequence<int, K...>) {
  (f(std::integral_constant<int, K>{}), ...);
}
template <int Count, class F>
PX_HD void for_each_of(F&& f) {
  for_each_of(f, std::make_integer_sequence<int, Count>{});
}

// ---- registers of blocks

template <class Work>
constexpr int wide_bytes = vector_bytes > 4 * static_cast<int>(sizeof(Work)) ? vector_bytes
                                                                             : 4 * static_cast<int>(sizeof(Work));
template <class Work>
using Wide = typename VectorOf<Work, wide_bytes<Work>>::type;
template <class Work>
constexpr int wide_lanes = wide_bytes<Work> / static_cast<int>(sizeof(Work));
template <int C>
constexpr int block_pixels = C == 1   ? 4
                             : C == 2 ? 2
                                      : 1;
template <class Work, int C>
constexpr int wide_pixels = wide_lanes<Work> / 4 * block_pixels<C>;

// The same order in every block.
PX_HD Bytes in_every_block(const uint8_t (&order)[16]) {
  Bytes v;
  for (int b = 0; b < blocks; ++b) std::memcpy(reinterpret_cast<byte*>(&v) + 16 * b, order, 16);
  return v;
}

template <class Work>
using WideLanes = std::make_integer_sequence<int, wide_lanes<Work>>;

// Numbers of neighbouring pixels, each in all lanes of its pixel. Reads a whole register.
template <int C, class Work, int... I>
PX_HD Wide<Work> spread(const Work* from, std::integer_sequence<int, I...>) {
  const auto v = load<Wide<Work>>(from);
  return __builtin_shufflevector(v, v, (I * block_pixels<C> / 4)...);
}
template <int C, class Work>
PX_HD Wide<Work> spread(const Work* from) {
  return spread<C>(from, WideLanes<Work>{});
}

// The lanes 0 and 1 (2 and 3) of each block of a and b: a0 b0 a1 b1, or a0 a1 b0 b1.
template <class Work, int High, int... I>
PX_HD Wide<Work> zip_in_blocks(Wide<Work> a, Wide<Work> b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, (I / 4 * 4 + I % 4 / 2 + 2 * High + I % 2 * wide_lanes<Work>)...);
}
template <class Work, int High, int... I>
PX_HD Wide<Work> join_in_blocks(Wide<Work> a, Wide<Work> b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, (I / 4 * 4 + I % 2 + 2 * High + I % 4 / 2 * wide_lanes<Work>)...);
}

// In block b four neighbouring samples: those at at[b * Step] + offset.
template <class T, class Work, int Step>
PX_HD Wide<Work> four_samples(const byte* const* at, ptrdiff_t offset) {
  constexpr int count = wide_lanes<Work> / 4;
  if constexpr (same<T, float>) {
    return join_blocks<Wide<float>>([&](int b) { return load<Pair>(at[b * Step] + offset); });
  } else if constexpr (same<T, double>) {
    using Block = typename VectorOf<double, 32>::type;
    if constexpr (count == 1) {
      return load<Block>(at[0] + offset);
    } else {
      return __builtin_shufflevector(load<Block>(at[0] + offset), load<Block>(at[Step] + offset), 0, 1, 2, 3, 4, 5, 6,
                                     7);
    }
  } else {
    const auto block = [&](int b) { return load<int64_t>(at[b * Step] + offset); };
    using Raw = typename VectorOf<int64_t, 8 * count>::type;
    Raw raw;
    if constexpr (count == 1) {
      raw = Raw{block(0)};
    } else if constexpr (count == 2) {
      raw = Raw{block(0), block(1)};
    } else {
      raw = Raw{block(0), block(1), block(2), block(3)};
    }
    return load_real<float>(reinterpret_cast<const T*>(&raw));
  }
}

// Samples of two bytes: the first four of each block in one register, the others in a second one.
template <class T>
PX_HD void words_to_reals(Bytes raw, Vec<float>& low, Vec<float>& high) {
  if constexpr (same<T, half>) {
    const Bytes halves = halves_in_order(raw);
    low = load_half(reinterpret_cast<const half*>(&halves));
    high = load_half(reinterpret_cast<const half*>(&halves) + lanes<float>);
  } else {
    using Words = Vec<std::int16_t>;
    const Words words = (Words)raw, above = same<T, std::int16_t> ? words >> 15 : Words{};
    low = __builtin_convertvector((Vec<int32_t>)zip_low(words, above), Vec<float>);
    high = __builtin_convertvector((Vec<int32_t>)zip_high(words, above), Vec<float>);
  }
}

// Eight neighbouring samples: the first four in one register, the others in a second one.
template <class T, class Work, int Step>
PX_HD void eight_samples(const byte* const* at, ptrdiff_t offset, Wide<Work>& low, Wide<Work>& high) {
  if constexpr (same<T, float>) {
    load_two_blocks([&](int b) { return at[b * Step] + offset; }, low, high);
  } else if constexpr (same<T, double>) {
    low = four_samples<T, Work, Step>(at, offset);
    high = four_samples<T, Work, Step>(at, offset + 4 * static_cast<ptrdiff_t>(sizeof(T)));
  } else {
    words_to_reals<T>(join_blocks([&](int b) { return load<Pair>(at[b * Step] + offset); }), low, high);
  }
}

// Lanes First .. First + 3 of each block of a and the one of b behind it.
template <class Work, int First, int... I>
PX_HD Wide<Work> shifted_in_blocks(Wide<Work> a, Wide<Work> b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, (I % 4 + First < 4 ? I + First : I + First - 4 + wide_lanes<Work>)...);
}

// What rows of taps are read as: fours of samples, of which the last may be read in vain.
template <int Taps, int C>
constexpr int row_fours = (Taps * C + 3) / 4;

template <class T, class Work, int Count, int Step>
PX_HD void load_fours(const byte* const* at, ptrdiff_t row, Wide<Work>* to) {
  constexpr auto four = static_cast<ptrdiff_t>(4 * sizeof(T));
#pragma GCC unroll 3
  for (int q = 0; q + 1 < Count; q += 2) eight_samples<T, Work, Step>(at, row + q * four, to[q], to[q + 1]);
  if constexpr (Count % 2 == 1) to[Count - 1] = four_samples<T, Work, Step>(at, row + (Count - 1) * four);
}

// One row of taps of the wide_pixels<Work, C> pixels whose first samples are at[..] + row: p[k] has the neighbours k.
template <class T, class Work, int Taps, int C>
PX_HD void load_taps(const byte* const* at, ptrdiff_t row, Wide<Work>* p) {
  constexpr int fours = row_fours<Taps, C>;
  constexpr WideLanes<Work> all;
  if constexpr (C == 4) {
    load_fours<T, Work, fours, 1>(at, row, p);
  } else if constexpr (C == 3) {
    Wide<Work> m[fours + 1];
    load_fours<T, Work, fours, 1>(at, row, m);
    m[fours] = m[fours - 1];
    for_each_of<Taps>([&]<int K>(std::integral_constant<int, K>) {
      constexpr int at_four = 3 * K / 4, lane = 3 * K % 4;
      p[K] = lane == 0 ? m[at_four] : shifted_in_blocks<Work, lane>(m[at_four], m[at_four + (lane > 1)], all);
    });
  } else if constexpr (C == 2) {
    Wide<Work> a[fours], b[fours];
    load_fours<T, Work, fours, 2>(at, row, a);
    load_fours<T, Work, fours, 2>(at + 1, row, b);
#pragma GCC unroll 3
    for (int q = 0; q < fours; ++q) {
      p[2 * q] = join_in_blocks<Work, 0>(a[q], b[q], all);
      p[2 * q + 1] = join_in_blocks<Work, 1>(a[q], b[q], all);
    }
  } else {
    Wide<Work> m[4][fours];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) load_fours<T, Work, fours, 4>(at + i, row, m[i]);
#pragma GCC unroll 2
    for (int q = 0; q < fours; ++q) {
      const Wide<Work> a = zip_in_blocks<Work, 0>(m[0][q], m[1][q], all);
      const Wide<Work> b = zip_in_blocks<Work, 0>(m[2][q], m[3][q], all);
      p[4 * q] = join_in_blocks<Work, 0>(a, b, all);
      p[4 * q + 1] = join_in_blocks<Work, 1>(a, b, all);
      if (4 * q + 2 >= Taps) continue;
      const Wide<Work> c = zip_in_blocks<Work, 1>(m[0][q], m[1][q], all);
      const Wide<Work> d = zip_in_blocks<Work, 1>(m[2][q], m[3][q], all);
      p[4 * q + 2] = join_in_blocks<Work, 0>(c, d, all);
      p[4 * q + 3] = join_in_blocks<Work, 1>(c, d, all);
    }
  }
}

// ---- weights of a run of points, and of what is left in `points` of longer ones: loops of a constant length are short

constexpr int weight_room = warp_run + 16;  // spread() reads beyond

// Rows of a table, one a pixel, whose first numbers become p[0] ..
template <int Taps, class Work, class Row>
PX_HD void transpose_weights(int64_t count, Work (*to)[weight_room], Row&& row) {
  constexpr int at_once = wide_lanes<Work>;
  for (int64_t j = 0; j < count; j += at_once) {
    const byte* at[at_once];
    for (int i = 0; i < at_once; ++i) at[i] = reinterpret_cast<const byte*>(row(lesser(j + i, count - 1)));
    Wide<Work> p[8];
    load_taps<Work, Work, Taps, 1>(at, 0, p);
    for (int k = 0; k < Taps; ++k) store(to[k] + j, p[k]);
  }
}

template <int Interpolation, class Work>
struct RealWeights {
  static constexpr int taps = taps_of<Interpolation>, stored = Interpolation == 0 ? 0 : taps;
  alignas(64) Work across[stored + 1][weight_room], down[stored + 1][weight_room];  // last: the fractions, in pixels
  bool some_whole;  // pixels taken instead of sums: a fraction of the run is zero

  static void make(const WarpPoints& points, const WarpTables* tables, void* to) {
    auto* const weights = static_cast<RealWeights*>(to);
    make(points.fx, points.count, tables, weights->across[stored], weights->across);
    make(points.fy, points.count, tables, weights->down[stored], weights->down);
    uint32_t zero = 0;
    for (int64_t j = 0; j < points.count; ++j) {
      zero |= static_cast<uint32_t>(points.fx[j] == 0) | static_cast<uint32_t>(points.fy[j] == 0);
    }
    weights->some_whole = zero != 0;
  }

  // Those of a tap and of pixels from the j-th on; or their fractions. The two of bilinear are told from these.
  template <int C>
  PX_HD static Wide<Work> fractions(const Work (&w)[stored + 1][weight_room], int64_t j) {
    return spread<C>(w[stored] + j);
  }
  template <int C>
  PX_HD static Wide<Work> of_tap(const Work (&w)[stored + 1][weight_room], int k, int64_t j) {
    if constexpr (Interpolation > 0) return spread<C>(w[k] + j);
    return k == 0 ? Work(1.0) - fractions<C>(w, j) : fractions<C>(w, j);
  }

  static void make(const uint32_t* __restrict fractions, int64_t count, const WarpTables* tables, Work* __restrict t,
                   Work (*__restrict w)[weight_room]) {
    for (int64_t j = 0; j < warp_run; ++j) {
      if constexpr (same<Work, float>) {
        t[j] = static_cast<float>(static_cast<int32_t>(fractions[j])) * 0x1p-24f;
      } else {
        t[j] = static_cast<double>(fractions[j]) * 0x1p-32;
      }
    }
    if constexpr (Interpolation == 2) {
      using Eight = typename VectorOf<Work, 8 * sizeof(Work)>::type;
      constexpr int rest_bits = (same<Work, float> ? 24 : 32) - warp_intervals;
      constexpr int nodes = same<Work, float> ? warp_nodes_f32 : warp_nodes_f64;
      alignas(64) Work rows[warp_run][8], positions[warp_run];
      for (int j = 0; j < warp_run; ++j) {
        using Rest = std::conditional_t<same<Work, float>, int32_t, int64_t>;
        const auto rest = static_cast<Rest>(nodes - 1) * static_cast<Rest>(fractions[j] & ((1u << rest_bits) - 1));
        positions[j] = static_cast<Work>(rest) * static_cast<Work>(1.0 / (1u << rest_bits));
      }
      for (int64_t j = 0; j < count; ++j) {
        const uint32_t interval = fractions[j] >> rest_bits;
        const auto row = [&](int order) {
          if constexpr (same<Work, float>) {
            return load<Eight>(tables->f32[order][interval]);
          } else {
            return load<Eight>(tables->f64[order][interval]);
          }
        };
        const Eight position = positions[j] - Eight{};
        Eight sum = row(nodes - 1);
#pragma GCC unroll 6
        for (int order = nodes - 2; order >= 0; --order) sum = sum * (position - static_cast<Work>(order)) + row(order);
        store(rows[j], sum);
      }
      transpose_weights<taps, Work>(count, w, [&](int64_t j) { return rows[j]; });
    } else if constexpr (Interpolation == 1) {
      for (int64_t j = 0; j < warp_run; ++j) {
        const Work x = t[j];
        w[0][j] = ((Work(-0.5) * x + Work(1.0)) * x - Work(0.5)) * x;
        w[1][j] = (Work(1.5) * x - Work(2.5)) * x * x + Work(1.0);
        w[2][j] = ((Work(-1.5) * x + Work(2.0)) * x + Work(0.5)) * x;
        w[3][j] = (Work(0.5) * x - Work(0.5)) * x * x;
      }
    }
  }
};

// Two int16 in one int32: those of taps 0 and 1, 2 and 3, and so on. Bilinear, of the upper row and of the lower one.
template <int Interpolation>
struct IntegerWeights {
  static constexpr int pairs = taps_of<Interpolation> / 2;
  alignas(64) int32_t across[pairs][weight_room], down[pairs][weight_room];

  static void make(const WarpPoints& points, const WarpTables* tables, void* to) {
    auto* const weights = static_cast<IntegerWeights*>(to);
    if constexpr (Interpolation == 0) {
      for (int64_t j = 0; j < warp_run; ++j) {
        const auto tx = static_cast<int32_t>(points.fx[j]), ty = static_cast<int32_t>(points.fy[j]);
        const int32_t w11 = scaled(tx, ty), w01 = tx - w11, w10 = ty - w11, w00 = (1 << warp_unit) - tx - ty + w11;
        weights->across[0][j] = w00 | w01 << 16;
        weights->down[0][j] = w10 | w11 << 16;
      }
      end(weights->across, warp_run);
      end(weights->down, warp_run);
    } else {
      make(points.fx, points.count, tables, weights->across);
      make(points.fy, points.count, tables, weights->down);
    }
  }

  static void make(const uint32_t* __restrict fractions, int64_t count, const WarpTables* tables,
                   int32_t (*__restrict w)[weight_room]) {
    if constexpr (Interpolation == 2) {
      // Moved as floats, for which there are transpositions; no number is looked at.
      transpose_weights<pairs, float>(count, reinterpret_cast<float (*)[weight_room]>(w),
                                      [&](int64_t j) { return tables->phases[fractions[j]]; });
    } else {
      for (int64_t j = 0; j < warp_run; ++j) {
        int32_t four[4];
        bicubic_integers(fractions[j], four);
        w[0][j] = (four[0] & 0xffff) | four[1] << 16;
        w[1][j] = (four[2] & 0xffff) | four[3] << 16;
      }
    }
    constexpr int at_once = wide_lanes<float>;
    end(w, Interpolation == 2 ? (count + at_once - 1) / at_once * at_once : warp_run);
  }

  // Lanes behind the last pixel are summed, too: without weight, as sums of anything might overflow.
  PX_HD static void end(int32_t (*w)[weight_room], int64_t count) {
    for (int k = 0; k < pairs; ++k) std::memset(w[k] + count, 0, (weight_room - warp_run) * sizeof(int32_t));
  }
};

// ---- sums

// uint16, int16, float16 and float32 in float32, float64 in float64: from left to right, then from top to bottom.
template <int Interpolation, class T, int C, bool Apart = false>
struct RealSums {
  using Sample = T;
  using Work = std::conditional_t<same<T, double>, double, float>;
  using Weights = RealWeights<Interpolation, Work>;
  static constexpr int interpolation = Interpolation, channels = C, taps = taps_of<Interpolation>;
  static constexpr bool can_be_whole = true;
  static constexpr bool apart = Apart;  // neighbours are `step` bytes apart, as those of more channels are
  static constexpr int more = (4 * row_fours<taps, C> - taps * C + C - 1) / C;  // pixels read beyond the last tap

  template <bool SomeWhole>
  PX_HD static Wide<Work> sum(const byte* const* at, ptrdiff_t stride, [[maybe_unused]] ptrdiff_t step,
                              const Weights& weights, int64_t j) {
    constexpr int middle = taps / 2 - 1;
    Wide<Work> across[taps];
#pragma GCC unroll 6
    for (int k = 0; k < taps; ++k) across[k] = Weights::template of_tap<C>(weights.across, k, j);
    Wide<Work> here{}, total = -Wide<Work>{};  // -0, which changes nothing that is added to it
    for (int r = 0; r < taps; ++r) {
      Wide<Work> p[4 * row_fours<taps, C>];
      if constexpr (Apart) {
#pragma GCC unroll 6
        for (int k = 0; k < taps; ++k) p[k] = four_samples<T, Work, 1>(at, r * stride + k * step);
      } else {
        load_taps<T, Work, taps, C>(at, r * stride, p);
      }
      Wide<Work> row = across[0] * p[0];
#pragma GCC unroll 6
      for (int k = 1; k < taps; ++k) row = row + across[k] * p[k];
      if constexpr (SomeWhole) {
        row = Weights::template fractions<C>(weights.across, j) == Wide<Work>{} ? p[middle] : row;
      }
      if (r == middle) here = row;
      total = total + Weights::template of_tap<C>(weights.down, r, j) * row;
    }
    if constexpr (SomeWhole) {
      total = Weights::template fractions<C>(weights.down, j) == Wide<Work>{} ? here : total;
    }
    return total;
  }

  // Sums of `count` pixels to memory as samples that lie close together.
  static void put(const void* from, int64_t count, byte* dst) {
    const auto* sums = static_cast<const Wide<Work>*>(from);
    constexpr auto size = static_cast<int64_t>(sizeof(T));
    constexpr int64_t step = wide_pixels<Work, C> * C * size, whole = wide_lanes<Work> * size;
    const int64_t bytes = count * C * size;
    for (int64_t begin = 0; begin < bytes; begin += step, ++sums) {
      const Wide<Work> v = C == 3 ? without_fourths(*sums, WideLanes<Work>{}) : *sums;
      const auto store_all = [&](byte* to) {
        if constexpr (same<T, double>) {
          store(to, v);
        } else {
          store_rounded<T, Work>(reinterpret_cast<T*>(to), v);
        }
      };
      if (begin + whole <= bytes) {
        store_all(dst + begin);  // what lies behind three quarters of it is overwritten by the next
      } else {
        alignas(64) byte last[whole];
        store_all(last);
        const auto rest = static_cast<std::size_t>(lesser(step, bytes - begin));
        if constexpr (whole == vector_bytes) {
          store_part(dst + begin, load<Bytes>(last), rest);
        } else {
          std::memcpy(dst + begin, last, rest);
        }
      }
    }
  }

  template <int... I>
  PX_HD static Wide<Work> without_fourths(Wide<Work> v, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(v, v, (I < wide_lanes<Work> / 4 * 3 ? I / 3 * 4 + I % 3 : I)...);
  }
};

// uint8 in integers: pairs of neighbours as int16, two dot products.
template <int Interpolation, int C, bool Apart = false>
struct IntegerSums {
  using Sample = uint8_t;
  using Work = int32_t;
  using Weights = IntegerWeights<Interpolation>;
  static constexpr bool can_be_whole = false;  // sums are, by themselves
  static constexpr int interpolation = Interpolation, channels = C, taps = taps_of<Interpolation>, pairs = taps / 2;
  static constexpr bool apart = Apart;
  static constexpr int more = taps == 2 || C == 3 ? 2 : 0;  // four neighbours are read, and 16 bytes of RGB

  // In every block four neighbours each of its pixels, side by side.
  PX_HD static Bytes load_four(const byte* const* at, ptrdiff_t offset, [[maybe_unused]] ptrdiff_t step) {
    return join_blocks([&](int b) {
      if constexpr (Apart) {
        const auto four = [&](int k) { return load<int32_t>(at[b] + offset + k * step); };
        return (Pair) typename VectorOf<int32_t, 16>::type{four(0), four(1), four(2), four(3)};
      } else if constexpr (C == 1) {
        const auto four = [&](int i) { return load<int32_t>(at[4 * b + i] + offset); };
        return (Pair) typename VectorOf<int32_t, 16>::type{four(0), four(1), four(2), four(3)};
      } else if constexpr (C == 2) {
        return Pair{load<int64_t>(at[2 * b] + offset), load<int64_t>(at[2 * b + 1] + offset)};
      } else {
        return load<Pair>(at[b] + offset);
      }
    });
  }

  // Of those the neighbours 2 m and 2 m + 1 in every lane, as int16.
  PX_HD static Bytes order_of_pair(int m) {
    uint8_t order[16] = {};
    for (int lane = 0; lane < 4; ++lane) {
      const int pixel = lane * block_pixels<C> / 4, channel = lane % (4 / block_pixels<C>);
      const int first = pixel * 16 / block_pixels<C> + 2 * m * C + channel;
      constexpr uint8_t none = 0x80;
      order[4 * lane] = channel < C ? static_cast<uint8_t>(first) : none;
      order[4 * lane + 1] = none;
      order[4 * lane + 2] = channel < C ? static_cast<uint8_t>(first + C) : none;
      order[4 * lane + 3] = none;
    }
    return in_every_block(order);
  }

  template <bool>
  PX_HD static Vec<int32_t> sum(const byte* const* at, ptrdiff_t stride, ptrdiff_t step, const Weights& weights,
                                int64_t j) {
    using Words = Vec<std::int16_t>;
    const Bytes first = order_of_pair(0), last = order_of_pair(1);
    if constexpr (Interpolation == 0) {
      Vec<int32_t> sum = broadcast(int32_t{1 << (warp_unit - 1)});
      sum = dot_pairs(sum, (Words)shuffle_in_blocks(load_four(at, 0, step), first),
                      (Words)spread<C>(weights.across[0] + j));
      sum = dot_pairs(sum, (Words)shuffle_in_blocks(load_four(at, stride, step), first),
                      (Words)spread<C>(weights.down[0] + j));
      return sum >> warp_unit;
    }
    Words across[pairs];
#pragma GCC unroll 3
    for (int m = 0; m < pairs; ++m) across[m] = (Words)spread<C>(weights.across[m] + j);
    Vec<int32_t> total = broadcast(int32_t{1 << 19});
    for (int r = 0; r < pairs; ++r) {
      Vec<int32_t> rows[2];
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i) {
        const ptrdiff_t row = (2 * r + i) * stride;
        const Bytes four = load_four(at, row, step);
        rows[i] = dot_pairs(broadcast(int32_t{1 << 7}), (Words)shuffle_in_blocks(four, first), across[0]);
        rows[i] = dot_pairs(rows[i], (Words)shuffle_in_blocks(four, last), across[1]);
        if constexpr (pairs == 3) {
          rows[i] = dot_pairs(
              rows[i], (Words)shuffle_in_blocks(load_four(at, row + 2 * (Apart ? step : C), step), last), across[2]);
        }
      }
      const Vec<int32_t> both = ((rows[0] >> 8) & 0xffff) | ((rows[1] << 8) & ~0xffff);
      total = dot_pairs(total, (Words)both, (Words)spread<C>(weights.down[r] + j));
    }
    return total >> 20;
  }

  static void put(const void* from, int64_t count, byte* dst) {
    const auto* sums = static_cast<const Vec<int32_t>*>(from);
    constexpr int64_t step = 4 * wide_pixels<int32_t, C> * C;
    const int64_t bytes = count * C;
    for (int64_t begin = 0; begin < bytes; begin += step, sums += 4) {
      const Bytes packed = pack_u8(pack_i16(sums[0], sums[1]), pack_i16(sums[2], sums[3]));
      const Bytes mended = (Bytes)in_order((Vec<int32_t>)packed, WideLanes<int32_t>{});
      const Bytes v = C == 3 ? drop_fourth_bytes(mended) : mended;
      if (begin + vector_bytes <= bytes) {
        store(dst + begin, v);
      } else {
        store_part(dst + begin, v, static_cast<std::size_t>(lesser(step, bytes - begin)));
      }
    }
  }

  // Packing four registers within blocks has put the first words of all four into the first block.
  template <int... I>
  PX_HD static Vec<int32_t> in_order(Vec<int32_t> v, std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(v, v, (I % blocks * 4 + I / blocks)...);
  }
};

// Sums of the points begin .. end - 1, whose first samples are at[0] ..
template <class Sums, bool SomeWhole>
PX_HD void sum_each(const byte* const* at, ptrdiff_t stride, ptrdiff_t step, const typename Sums::Weights& weights,
                    int64_t begin, int64_t end, Wide<typename Sums::Work>* sums) {
  constexpr int at_once = wide_pixels<typename Sums::Work, Sums::channels>;
  for (int64_t j = begin; j < end; j += at_once, at += at_once) {
    store(sums++, Sums::template sum<SomeWhole>(at, stride, step, weights, j));
  }
}
template <class Sums>
static void sum_all(const byte* const* at, ptrdiff_t stride, ptrdiff_t step, const void* weights, int64_t begin,
                    int64_t end, void* to) {
  const auto& of_run = *static_cast<const typename Sums::Weights*>(weights);
  auto* const sums = static_cast<Wide<typename Sums::Work>*>(to);
  if constexpr (Sums::can_be_whole) {
    if (of_run.some_whole) return sum_each<Sums, true>(at, stride, step, of_run, begin, end, sums);
  }
  sum_each<Sums, false>(at, stride, step, of_run, begin, end, sums);
}

// ---- patches

// The taps of one point, each of C samples of so many bytes.
template <int Taps, int C, int Size>
static void gather(const WarpImage& image, int64_t x, int64_t y, byte* to, ptrdiff_t to_stride) {
  constexpr int first = 1 - Taps / 2, last = Taps / 2;
  const bool is_inside = x + first >= 0 && y + first >= 0 && x + last < image.width && y + last < image.height;
  if (is_inside && (C == 1 || image.stride_c == Size)) {  // one of pixels that lie apart
    const byte* row = image.data + (y + first) * image.stride_h + (x + first) * image.stride_w;
    for (int r = 0; r < Taps; ++r, to += to_stride, row += image.stride_h) {
#pragma GCC unroll 6
      for (int k = 0; k < Taps; ++k) std::memcpy(to + k * C * Size, row + k * image.stride_w, C * Size);
    }
    return;
  }
  const Around<Taps> taps = around<Taps, false>(image, x, y);
  for (int r = 0; r < Taps; ++r, to += to_stride) {
    for (int k = 0; k < Taps; ++k) {
      byte* const pixel = to + k * C * Size;
      if (taps.row[r] == nullptr || taps.column[k] == no_column) {
        std::memcpy(pixel, image.value, C * Size);
      } else if (const byte* const from = taps.row[r] + taps.column[k]; C == 1 || image.stride_c == Size) {
        std::memcpy(pixel, from, C * Size);
      } else {
        for (int c = 0; c < C; ++c) std::memcpy(pixel + c * Size, from + c * image.stride_c, Size);
      }
    }
  }
}

// The same as float64, with colours multiplied by their alpha.
template <int Taps, int C, class T>
static void gather_premultiplied(const WarpImage& image, int64_t x, int64_t y, byte* to, ptrdiff_t to_stride) {
  const Around<Taps> taps = around<Taps, false>(image, x, y);
  for (int r = 0; r < Taps; ++r, to += to_stride) {
    for (int k = 0; k < Taps; ++k) {
      double pixel[C];
      if (taps.row[r] == nullptr || taps.column[k] == no_column) {
        std::memcpy(pixel, image.outside, sizeof(pixel));
      } else {
        const byte* const from = taps.row[r] + taps.column[k];
        for (int c = 0; c < C; ++c) pixel[c] = to_real<double>(load<T>(from + c * image.stride_c));
        for (int c = 0; c + 1 < C; ++c) pixel[c] = pixel[c] * pixel[C - 1];
      }
      std::memcpy(to + k * static_cast<ptrdiff_t>(sizeof(pixel)), pixel, sizeof(pixel));
    }
  }
}

// ---- runs of points

// What is done to a run, as functions: one sample_run() serves all dtypes and channels.
struct SampleSteps {
  int taps, pixel;           // of the image, bytes
  int size;                  // of a sample, where pixels are read where they are if they lie close together; 0: never
  int more;                  // pixels that are read beyond the last tap
  int patch_pixel, at_once;  // of a patch, bytes; pixels
  bool apart;                // pixels need not lie close together, only their samples
  bool as_it_is;             // a sum is the pixel
  void (*weigh)(const WarpPoints& points, const WarpTables* tables, void* weights);
  void (*gather)(const WarpImage& image, int64_t x, int64_t y, byte* patch, ptrdiff_t stride);
  void (*sum)(const byte* const* at, ptrdiff_t stride, ptrdiff_t step, const void* weights, int64_t begin, int64_t end,
              void* sums);
  void (*put)(const void* sums, int64_t count, byte* dst);
};

enum Place : uint8_t { inside, across_border, lost };

// Where the taps of each point lie.
static void place_points(const WarpImage& image, const WarpPoints& points, int first, int last, int more, bool close,
                         uint8_t* __restrict places) {
  const auto width = static_cast<int32_t>(image.width), height = static_cast<int32_t>(image.height);
  const bool can_be_lost = image.border == Border::constant;
  for (int j = 0; j < warp_run; ++j) {
    const int32_t x = points.x[j], y = points.y[j];
    const bool in = (x >= -first) & (x < width - last - more) & (y >= -first) & (y < height - last) & close;
    const bool far = (x < -last) | (x >= width - first) | (y < -last) | (y >= height - first);
    places[j] = static_cast<uint8_t>(!in + (far & can_be_lost));
  }
  if (!points.some_nowhere) return;
  for (int64_t j = 0; j < points.count; ++j) {
    if (points.nowhere[j]) places[j] = lost;
  }
}

// Where others follow upon those like the one at `begin`, eight at a time. Reads up to 7 beyond the end.
PX_HD int64_t end_of_same(const uint8_t* places, int64_t begin, int64_t end) {
  const uint64_t eight = places[begin] * uint64_t{0x0101010101010101};
  for (int64_t j = begin; j < end; j += 8) {
    const uint64_t other = load<uint64_t>(places + j) ^ eight;
    if (other != 0) return lesser(j + __builtin_ctzll(other) / 8, end);
  }
  return end;
}

// The first taps of all points, those of points whose taps are not all inside somewhere inside.
PX_HD void find_firsts(const WarpImage& image, const WarpPoints& points, int first, int last, int more,
                       const byte** __restrict at) {
  const auto from = reinterpret_cast<std::uintptr_t>(image.data + first * (image.stride_h + image.stride_w));
  const int64_t stride_h = image.stride_h, stride_w = image.stride_w;
  const auto right = static_cast<int32_t>(image.width - last - more - 1);
  const auto bottom = static_cast<int32_t>(image.height - last - 1);
  for (int j = 0; j < warp_run; ++j) {
    const int32_t x = lesser(greater(points.x[j], -first), right), y = lesser(greater(points.y[j], -first), bottom);
    at[j] = reinterpret_cast<const byte*>(from + static_cast<std::uintptr_t>(y * stride_h + x * stride_w));
  }
}

constexpr int most_patches = 16;  // at a time
constexpr ptrdiff_t most_patch_bytes = 6 * (6 * 4 * sizeof(double) + 16);
constexpr std::size_t most_weight_bytes = sizeof(RealWeights<2, double>);

// Of a run, made when they are wanted.
struct WeightsOfRun {
  alignas(64) byte bytes[most_weight_bytes];
  bool made = false;

  PX_HD void make(const WarpImage& image, const WarpPoints& points, const SampleSteps& steps) {
    if (!made) steps.weigh(points, image.tables, bytes);
    made = true;
  }
};

static void sample_run(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel,
                       const SampleSteps& steps, WeightsOfRun& weights) {
  const int first = 1 - steps.taps / 2, last = steps.taps / 2;
  const bool close = steps.size > 0 && (steps.apart || image.stride_w == steps.pixel) &&
                     (steps.size == steps.pixel || image.stride_c == steps.size);
  alignas(64) byte sums[warp_run * 4 * sizeof(double) + 4 * vector_bytes];
  // Registers end with neighbours of the last point, wherever these are.
  const auto sum = [&](const byte* const* at, int64_t begin, int64_t end, ptrdiff_t stride, ptrdiff_t step) {
    if (steps.as_it_is && dst_pixel == steps.pixel && (end - begin) % steps.at_once == 0) {
      return steps.sum(at, stride, step, weights.bytes, begin, end, dst + begin * dst_pixel);
    }
    steps.sum(at, stride, step, weights.bytes, begin, end, sums);
    if (dst_pixel == steps.pixel) return steps.put(sums, end - begin, dst + begin * dst_pixel);
    byte own[warp_run * 4 * sizeof(double)];
    if (!steps.as_it_is) steps.put(sums, end - begin, own);
    scatter_pixels(steps.as_it_is ? sums : own, steps.pixel, steps.pixel, end - begin, dst + begin * dst_pixel,
                   dst_pixel);
  };
  const byte* at[warp_run + 16];
  bool found = false;
  const auto sum_inside = [&](int64_t begin, int64_t end) {
    if (!found) {
      if (points.placed && end - begin == warp_run) {
        const byte* const from = image.data + image.first + first * (image.stride_h + image.stride_w);
        for (int j = 0; j < warp_run; ++j) at[j] = from + points.place[j];
      } else {
        find_firsts(image, points, first, last, steps.more, at);
      }
      for (int j = 0; j + 1 < steps.at_once; ++j) at[warp_run + j] = at[0];
      found = true;
    }
    fetch_ahead(image, begin, end, steps.pixel, [&](int64_t j) { return at[j]; });
    sum(at + begin, begin, end, image.stride_h, image.stride_w);
  };
  if (image.border == Border::constant && (points.high_x < -last || points.low_x >= image.width - first ||
                                           points.high_y < -last || points.low_y >= image.height - first)) {
    return fill(image, points.count, dst, dst_pixel, steps.pixel);
  }
  if (close && !points.some_nowhere && points.low_x >= -first && points.low_y >= -first &&
      points.high_x < image.width - last - steps.more && points.high_y < image.height - last) {
    weights.make(image, points, steps);
    return sum_inside(0, points.count);
  }
  uint8_t places[warp_run + 8];
  place_points(image, points, first, last, steps.more, close, places);
  for (int64_t begin = 0, end; begin < points.count; begin = end) {
    const uint8_t place = places[begin];
    end =
        lesser(end_of_same(places, begin, points.count), place == across_border ? begin + most_patches : points.count);
    if (place == lost) {
      fill(image, end - begin, dst + begin * dst_pixel, dst_pixel, steps.pixel);
      continue;
    }
    weights.make(image, points, steps);
    if (place == inside) {
      sum_inside(begin, end);
      continue;
    }
    alignas(16) byte patches[most_patches * most_patch_bytes];
    const byte* patch_of[most_patches + 16];
    const ptrdiff_t stride = (steps.taps * steps.patch_pixel + 31) / 16 * 16;  // and what is read beyond
    for (int64_t j = begin; j < end; ++j) {
      byte* const patch = patches + (j - begin) * steps.taps * stride;
      steps.gather(image, points.x[j], points.y[j], patch, stride);
      patch_of[j - begin] = patch;
    }
    for (int j = 0; j + 1 < steps.at_once; ++j) patch_of[end - begin + j] = patch_of[0];
    sum(patch_of, begin, end, stride, steps.patch_pixel);
  }
}

template <class Sums>
static void sample_lanes(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  constexpr int size = sizeof(typename Sums::Sample), pixel = size * Sums::channels;
  static constexpr SampleSteps steps{Sums::taps,
                                     pixel,
                                     size,
                                     Sums::more,
                                     pixel,
                                     wide_pixels<typename Sums::Work, Sums::channels>,
                                     Sums::apart,
                                     same<typename Sums::Sample, typename Sums::Work> && Sums::channels != 3,
                                     Sums::Weights::make,
                                     gather<Sums::taps, Sums::channels, size>,
                                     sum_all<Sums>,
                                     Sums::put};
  WeightsOfRun weights;
  if constexpr (!Sums::apart) return sample_run(image, points, dst, dst_pixel, steps, weights);
  for (int64_t next = 0; next < image.channels; next += Sums::channels) {  // the last ones overlap those before
    const ptrdiff_t offset = lesser(next, image.channels - Sums::channels) * size;
    WarpImage some = image;
    if (next > 0) some.ahead = 0;
    some.data += offset;
    some.value += offset;
    sample_run(some, points, dst + offset, dst_pixel, steps, weights);
  }
}

// Colours that were summed as float64 times their alpha are divided by the alpha that came out.
template <class T, int C>
static void put_premultiplied(const void* sums, int64_t count, byte* dst) {
  const auto* pixel = static_cast<const byte*>(sums);
  for (int64_t j = 0; j < count; ++j, pixel += C * sizeof(double), dst += C * sizeof(T)) {
    const auto alpha = load<double>(pixel + (C - 1) * sizeof(double));
    for (int c = 0; c + 1 < C; ++c) {
      const auto colour = load<double>(pixel + c * sizeof(double));
      store(dst + c * sizeof(T), divided_by_alpha<T>(colour, alpha));
    }
    store(dst + (C - 1) * sizeof(T), round_to<T>(alpha));
  }
}

template <int Interpolation, class T, int C>
static void sample_premultiplied(const WarpImage& image, const WarpPoints& points, byte* dst, ptrdiff_t dst_pixel) {
  using Sums = RealSums<Interpolation, double, C>;
  static constexpr SampleSteps steps{Sums::taps,
                                     sizeof(T) * C,
                                     0,
                                     0,
                                     sizeof(double) * C,
                                     wide_pixels<double, C>,
                                     false,
                                     false,
                                     Sums::Weights::make,
                                     gather_premultiplied<Sums::taps, C, T>,
                                     sum_all<Sums>,
                                     put_premultiplied<T, C>};
  WeightsOfRun weights;
  sample_run(image, points, dst, dst_pixel, steps, weights);
}

// ---- the table of an interpolation

template <int I, class T, int C, bool Apart = false>
using SumsOf = std::conditional_t<same<T, uint8_t>, IntegerSums<I, C, Apart>, RealSums<I, T, C, Apart>>;
template <int I, class T>
constexpr WarpKernels::Row warp_sums_row{{sample_lanes<SumsOf<I, T, 1>>, sample_lanes<SumsOf<I, T, 2>>,
                                          sample_lanes<SumsOf<I, T, 3>>, sample_lanes<SumsOf<I, T, 4>>},
                                         sample_lanes<SumsOf<I, T, 4, true>>,
                                         {sample_premultiplied<I, T, 2>, sample_premultiplied<I, T, 4>}};
template <int I>
constexpr WarpKernels warp_kernels_of{{warp_sums_row<I, std::uint8_t>, warp_sums_row<I, std::uint16_t>,
                                       warp_sums_row<I, std::int16_t>, warp_sums_row<I, half>, warp_sums_row<I, float>,
                                       warp_sums_row<I, double>}};

}  // namespace px::inline PX_TARGET
