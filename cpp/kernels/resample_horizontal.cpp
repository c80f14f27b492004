// resample_horizontal: the pass of separable resampling that goes along the rows.
//
//   dst[j] = round( sum_k w[j][k] * src[first[j] + k] )
//
// Exact     uint8: integers only, so every instruction set and CUDA give the same bytes; the plan has proven that the
// sums
//           fit int32 and what is kept between the passes int16. Reals: taps in order, one multiplication and one
//           addition each, never fused.
// Why       As many rows as there are lanes become columns, so that lanes are rows: every load is contiguous, every
// weight a
//           broadcast, and any ratio, channel count and number of taps takes the same path. Where neighbouring results
//           read few inputs and registers can be permuted (AVX-512), permutations gather the taps and nothing is
//           transposed.
// Requires  src and dst disjoint; columns, or rows, of all inputs from first on.
// Tail      Loads and stores of part of a register; there is no scalar copy of the arithmetic.

#include "kernels/resample_horizontal.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int16_t;
using std::int32_t;
using std::int64_t;
using std::uint8_t;
using I16 = Vec<int16_t>;
using I32 = Vec<int32_t>;

// ---- rows to columns --------------------------------------------------------------------------------------

// The rows of a job, as many as there are lanes of T: those beyond the last repeat it.
template <class T, class S>
struct Rows {
  static constexpr int side = lanes<T>;
  const S* row[side];
  int64_t samples;

  PX_HD explicit Rows(const TransposeJob& job) : samples(job.samples) {
    for (int r = 0; r < side; ++r) {
      const std::ptrdiff_t offset = job.src_stride * lesser(r, job.rows - 1);
      row[r] = reinterpret_cast<const S*>(static_cast<const std::byte*>(job.src) + offset);
    }
  }

  // Calls block(s, at) for every `side` samples from s on, where at(r) loads those of row r; what lies beyond the row
  // is anything.
  template <class Block>
  PX_HD void for_each_block(const Ahead& ahead, Block&& block) const {
    const auto widened = [](const S* from) {
      if constexpr (same<S, T>) {
        return load<Vec<T>>(from);
      } else {
        return load_widened_i16(from);
      }
    };
    Fetcher fetcher(ahead, samples / side + 1);
    int64_t s = 0;
    for (; s + side <= samples; s += side) {
      fetcher.next();
      block(s, [&](int r) { return widened(row[r] + s); });
    }
    if (s < samples) {
      block(s, [&](int r) {
        S padded[side];
        std::memcpy(padded, row[r] + s, static_cast<std::size_t>(samples - s) * sizeof(S));
        return widened(padded);
      });
    }
  }
};

// Transposes rows into columns of reals: sample s of row r goes to columns[s * lanes<Real> + r].
template <class Real>
void transpose_reals(const TransposeJob& job) {
  constexpr int side = lanes<Real>;
  auto* columns = static_cast<Real*>(job.columns);
  Rows<Real, Real>(job).for_each_block(job.ahead, [&](int64_t s, auto&& at) {
    Vec<Real> m[side];
    transpose<Real>(m, at);
#pragma GCC unroll 16
    for (int r = 0; r < side; ++r) store(columns + (s + r) * side, m[r]);
  });
}

// The same for words, two halves of the rows one after the other, as pairs of words: a square of words would need more
// registers than there are. The halves' rows then alternate: lane l of a column has row_of_lane(l).
template <class S>
void transpose_words(const TransposeJob& job) {
  constexpr int side = lanes<int16_t>, half = side / 2;
  auto* columns = static_cast<int16_t*>(job.columns);
  Rows<int16_t, S>(job).for_each_block(job.ahead, [&](int64_t s, auto&& at) {
    I32 upper[half], lower[half];
    transpose<int32_t>(upper, [&](int r) { return (I32)at(r); });
    transpose<int32_t>(lower, [&](int r) { return (I32)at(half + r); });
    int16_t* to = columns + s * side;
#pragma GCC unroll 16
    for (int i = 0; i < half; ++i, to += 2 * side) {
      const auto a = (Vec<std::uint32_t>)upper[i], b = (Vec<std::uint32_t>)lower[i];
      store(to, (a & 0xffffu) | (b << 16));
      store(to + side, (a >> 16) | (b & 0xffff0000u));
    }
  });
}

PX_HD int row_of_lane(int lane) { return lane / 2 + lane % 2 * (lanes<int16_t> / 2); }

// ---- integers ---------------------------------------------------------------------------------------------

// Sums of `Group` neighbouring channels of one output pixel, two taps at a time.
template <int Group>
PX_HD void fixed_pixel(const int16_t* column, std::ptrdiff_t pixel, const int16_t* weights, int count, I32 rounding,
                       int shift, I16* out) {
  constexpr int side = lanes<int16_t>;
  I32 low[Group], high[Group];
#pragma GCC unroll 4
  for (int g = 0; g < Group; ++g) low[g] = high[g] = rounding;
  for (int k = 0; k < count; k += 2) {
    const I16 pair = (I16)broadcast(load<int32_t>(weights + k));
#pragma GCC unroll 4
    for (int g = 0; g < Group; ++g) {
      const I16 a = load<I16>(column + g * side), b = load<I16>(column + pixel + g * side);
      low[g] = dot_pairs(low[g], zip_low(a, b), pair);
      high[g] = dot_pairs(high[g], zip_high(a, b), pair);
    }
    column += 2 * pixel;
  }
#pragma GCC unroll 4
  for (int g = 0; g < Group; ++g) out[g] = pack_i16(low[g] >> shift, high[g] >> shift);
}

// Collects columns of results until they fill registers, then writes them as rows.
template <class D>
struct FixedWriter {
  static constexpr int words = lanes<int32_t>, each = 4 / static_cast<int>(sizeof(D)), capacity = words * each;

  const HorizontalJob& job;
  int filled = 0;
  int64_t written = 0;
  I16 columns[capacity];

  PX_HD explicit FixedWriter(const HorizontalJob& of) : job(of) {}

  PX_HD void push(I16 column) {
    columns[filled] = column;
    if (++filled == capacity) flush();
  }

  PX_HD void flush() {
    if (filled == 0) return;
    // A word of 32 bits has the neighbours in a row; the first square has lanes 0 to 3 of each block of columns, the
    // second one lanes 4 to 7.
    I32 squares[2][words];
#pragma GCC unroll 16
    for (int i = 0; i < words; ++i) {
      const I16* c = columns + i * each;
      I16 low, high;
      if constexpr (each == 4) {
        const Bytes even = (Bytes)pack_u8(c[0], c[2]), odd = (Bytes)pack_u8(c[1], c[3]);
        low = (I16)zip_low(even, odd), high = (I16)zip_high(even, odd);
      } else {
        low = c[0], high = c[1];
      }
      squares[0][i] = (I32)zip_low(low, high);
      squares[1][i] = (I32)zip_high(low, high);
    }
    auto* const to = static_cast<std::byte*>(job.dst) + written * static_cast<int64_t>(sizeof(D));
    const std::size_t bytes = static_cast<std::size_t>(filled) * sizeof(D);
    for (int square = 0; square < 2; ++square) {
      transpose<int32_t>(squares[square]);
      for (int i = 0; i < words; ++i) {
        const int row = row_of_lane(i / 4 * 8 + square * 4 + i % 4);
        if (row < job.rows) store_part_or_all(to + row * job.dst_stride, (Bytes)squares[square][i], bytes);
      }
    }
    written += filled;
    filled = 0;
  }
};

template <class D>
void horizontal_fixed(const HorizontalJob& job) {
  constexpr int side = lanes<int16_t>;
  const auto* columns = static_cast<const int16_t*>(job.columns);
  const I32 rounding = broadcast(int32_t{1} << (job.shift - 1));
  const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(job.channels) * side;
  FixedWriter<D> writer(job);
  for (int64_t j = 0; j < job.outputs; ++j) {
    const int16_t* column = columns + (job.first[j] - job.origin) * pixel;
    const int16_t* weights = static_cast<const int16_t*>(job.weights) + job.offset[j];
    int c = 0;
    const auto group = [&]<int Group>() {
      I16 out[Group];
      fixed_pixel<Group>(column + c * side, pixel, weights, job.count[j], rounding, job.shift, out);
      for (int g = 0; g < Group; ++g) writer.push(out[g]);
      c += Group;
    };
    while (job.channels - c >= 4) group.template operator()<4>();
    if (job.channels - c == 3) group.template operator()<3>();
    if (job.channels - c == 2) group.template operator()<2>();
    if (job.channels - c == 1) group.template operator()<1>();
  }
  writer.flush();
}

#if defined(PX_HAS_PERMUTE)

PX_HD I16 load_words(const int16_t* from) { return load<I16>(from); }
PX_HD I16 load_words(const uint8_t* from) { return load_widened_i16(from); }

// Rows rows at once, as a step (permutation and weights) serves them all; four groups of results fill a register.
template <class S, class D, int Rows, bool Wide>
PX_HD void gather_rows(const GatherJob& job, const std::byte* src, std::byte* dst, Fetcher& fetcher) {
  constexpr int step = 2 * lanes<int16_t>, group = lanes<int32_t>;
  const I32 rounding = broadcast(int32_t{1} << (job.shift - 1));
  const int16_t* steps = job.steps;
  const int32_t* base = job.base;
  for (int64_t at = 0; at < job.samples; at += 4 * group) {
    I32 sums[Rows][4];
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) {
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r) sums[r][g] = rounding;
      if (at + g * group >= job.samples) continue;
      I16 low[Rows], high[Rows];
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r) {
        const auto* from = reinterpret_cast<const S*>(src + r * job.src_stride) + *base;
        low[r] = load_words(from);
        if constexpr (Wide) high[r] = load_words(from + lanes<int16_t>);
      }
      ++base;
      for (int p = 0; p < job.pairs; ++p, steps += step) {
        const I16 order = load<I16>(steps), weights = load<I16>(steps + lanes<int16_t>);
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r) {
          const I16 pairs = Wide ? permute_pairs(low[r], order, high[r]) : permute_words(low[r], order);
          sums[r][g] = dot_pairs(sums[r][g], pairs, weights);
        }
      }
    }
    fetcher.next();
    const auto samples = static_cast<std::size_t>(lesser<int64_t>(4 * group, job.samples - at));
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) {
      auto* to = reinterpret_cast<D*>(dst + r * job.dst_stride) + at;
      const I16 first = pack_i16(sums[r][0] >> job.shift, sums[r][1] >> job.shift);
      const I16 second = pack_i16(sums[r][2] >> job.shift, sums[r][3] >> job.shift);
      if constexpr (same<D, uint8_t>) {
        store_part_or_all(to, quarters_in_order((Bytes)pack_u8(first, second)), samples);
      } else {
        constexpr std::size_t half_block = vector_bytes / 2;
        store_part_or_all(to, halves_in_order((Bytes)first), 2 * lesser(samples, half_block));
        if (samples > half_block)
          store_part_or_all(to + half_block, halves_in_order((Bytes)second), 2 * (samples - half_block));
      }
    }
  }
}

template <class S, class D, bool Wide>
PX_HD void gather_all(const GatherJob& job) {
  const auto* src = static_cast<const std::byte*>(job.src);
  auto* dst = static_cast<std::byte*>(job.dst);
  const auto rows = [&]<int Rows>(int r, Fetcher& fetcher) {
    gather_rows<S, D, Rows, Wide>(job, src + r * job.src_stride, dst + r * job.dst_stride, fetcher);
  };
  Fetcher fetcher(job.ahead, (job.rows / 4 + job.rows % 4) * (job.samples / vector_bytes + 1));
  int r = 0;
  for (; r + 4 <= job.rows; r += 4) rows.template operator()<4>(r, fetcher);
  for (; r < job.rows; ++r) rows.template operator()<1>(r, fetcher);
}

template <class S, class D>
void horizontal_gather(const GatherJob& job) {
  if (job.window > lanes<int16_t>) return gather_all<S, D, true>(job);
  gather_all<S, D, false>(job);
}

template <int C>
PX_HD void halve(const HalveJob& job) {
  constexpr int words = lanes<int16_t>, group = words / C * C;  // results at a time: whole pixels
  I16 left{}, right{};
  for (int i = 0; i < words; ++i) {
    left[i] = static_cast<int16_t>(i / C * 2 * C + i % C);
    right[i] = static_cast<int16_t>(left[i] + C);
  }
  const auto* upper = static_cast<const uint8_t*>(job.upper);
  const auto* lower = static_cast<const uint8_t*>(job.lower);
  auto* dst = static_cast<uint8_t*>(job.dst);
  const int64_t samples = job.outputs * C;
  const auto means = [&](const uint8_t* above, const uint8_t* below) {
    const I16 low = load_words(above) + load_words(below);
    const I16 high = load_words(above + words) + load_words(below + words);
    const I16 sums = permute_pairs(low, left, high) + permute_pairs(low, right, high);
    return (sums + broadcast(int16_t{2})) >> 2;
  };
  int64_t i = 0;
  Fetcher fetcher(job.ahead, samples / group + 1);
  // A group reads 2 * words samples and writes words; what is beyond its own, the next one overwrites.
  for (; i + words <= samples; i += group) {
    fetcher.next();
    store_words(dst + i, means(upper + 2 * i, lower + 2 * i));
  }
  if (i < samples) {
    uint8_t above[2 * words], below[2 * words], result[words];
    const auto left_over = static_cast<std::size_t>(samples - i);
    store(above, load_part<Bytes>(upper + 2 * i, 2 * left_over));
    store(below, load_part<Bytes>(lower + 2 * i, 2 * left_over));
    store_words(result, means(above, below));
    std::memcpy(dst + i, result, left_over);
  }
}

void halve_u8(const HalveJob& job) {
  switch (job.channels) {
    case 1: return halve<1>(job);
    case 2: return halve<2>(job);
    case 3: return halve<3>(job);
    default: return halve<4>(job);
  }
}

#define PX_HALVE halve_u8
#define PX_GATHER(S, D) horizontal_gather<S, D>
#else
#define PX_HALVE nullptr
#define PX_GATHER(S, D) nullptr
#endif

// ---- reals ------------------------------------------------------------------------------------------------

template <class Real, int Group>
PX_HD void real_pixel(const Real* column, std::ptrdiff_t pixel, const Real* weights, int count, Vec<Real>* sums) {
  constexpr int side = lanes<Real>;
#pragma GCC unroll 4
  for (int g = 0; g < Group; ++g) sums[g] = broadcast(weights[0]) * load<Vec<Real>>(column + g * side);
  for (int k = 1; k < count; ++k) {
    column += pixel;
    const Vec<Real> w = broadcast(weights[k]);
#pragma GCC unroll 4
    for (int g = 0; g < Group; ++g) sums[g] = sums[g] + w * load<Vec<Real>>(column + g * side);
  }
}

template <class Real>
void horizontal_real(const HorizontalJob& job) {
  constexpr int side = lanes<Real>;
  const auto* columns = static_cast<const Real*>(job.columns);
  const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(job.channels) * side;
  Vec<Real> block[side];
  int filled = 0;
  auto* to = static_cast<std::byte*>(job.dst);
  const auto flush = [&] {
    transpose<Real>(block);
    const std::size_t bytes = static_cast<std::size_t>(filled) * sizeof(Real);
    for (int r = 0; r < job.rows; ++r) store_part_or_all(to + r * job.dst_stride, (Bytes)block[r], bytes);
    to += bytes;
    filled = 0;
  };
  for (int64_t j = 0; j < job.outputs; ++j) {
    const Real* column = columns + (job.first[j] - job.origin) * pixel;
    const Real* weights = static_cast<const Real*>(job.weights) + job.offset[j];
    int c = 0;
    const auto group = [&]<int Group>() {
      Vec<Real> sums[Group];
      real_pixel<Real, Group>(column + c * side, pixel, weights, job.count[j], sums);
      for (int g = 0; g < Group; ++g) {
        block[filled++] = sums[g];
        if (filled == side) flush();
      }
      c += Group;
    };
    while (job.channels - c >= 4) group.template operator()<4>();
    if (job.channels - c == 3) group.template operator()<3>();
    if (job.channels - c == 2) group.template operator()<2>();
    if (job.channels - c == 1) group.template operator()<1>();
  }
  if (filled > 0) flush();
}

#if defined(PX_HAS_PERMUTE)

// Any 16 floats of Registers registers.
template <int Registers>
PX_HD Vec<float> pick_floats(const Vec<float>* from, I32 places, const std::uint16_t* masks) {
  if constexpr (Registers == 1) return permute_floats(from[0], places);
  Vec<float> picked = permute_floats(from[0], places, from[1]);
  if constexpr (Registers > 2) picked = permute_floats_where(masks[1], picked, from[2], places);
  if constexpr (Registers > 3) picked = permute_floats_where(masks[2], picked, from[3], places);
  return picked;
}

template <class D, int Registers, int Rows>
PX_HD void gather_real_rows(const GatherRealJob& job, const std::byte* src, std::byte* dst, Fetcher& shared) {
  constexpr int side = lanes<float>;
  const int32_t* order = job.order;
  const float* weights = job.weights;
  const std::uint16_t* masks = job.masks;
  const int32_t* base = job.base;
  // What stores through bytes might change, as far as the compiler knows, is kept in registers.
  const int group = job.lanes, taps = job.taps;
  const std::ptrdiff_t src_stride = job.src_stride, dst_stride = job.dst_stride;
  Fetcher fetcher = shared;
  for (int64_t left = job.samples; left > 0; left -= group, dst += group * static_cast<int>(sizeof(D)), ++base) {
    Vec<float> from[Rows][Registers], sums[Rows];
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) {
      const auto* row = reinterpret_cast<const float*>(src + r * src_stride) + *base;
#pragma GCC unroll 4
      for (int i = 0; i < Registers; ++i) from[r][i] = load<Vec<float>>(row + i * side);
    }
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) {
      sums[r] = load<Vec<float>>(weights) * pick_floats<Registers>(from[r], load<I32>(order), masks);
    }
    order += side, weights += side, masks += 3;
    for (int k = 1; k < taps; ++k, order += side, weights += side, masks += 3) {
      const I32 places = load<I32>(order);
      const auto weight = load<Vec<float>>(weights);
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r) {
        sums[r] = add_where(masks[0], sums[r], weight * pick_floats<Registers>(from[r], places, masks));
      }
    }
    fetcher.next();
    // What a group writes beyond its lanes, the next one overwrites.
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) {
      auto* to = reinterpret_cast<D*>(dst + r * dst_stride);
      if (left >= side) {
        store_rounded<D, float>(to, sums[r]);
      } else {
        D last[side];
        store_rounded<D, float>(last, sums[r]);
        std::memcpy(to, last, static_cast<std::size_t>(left) * sizeof(D));
      }
    }
  }
  shared = fetcher;
}

template <class D, int Registers>
PX_HD void gather_real_all(const GatherRealJob& job) {
  const auto* src = static_cast<const std::byte*>(job.src);
  auto* dst = static_cast<std::byte*>(job.dst);
  const auto rows = [&]<int Rows>(int r, Fetcher& fetcher) {
    gather_real_rows<D, Registers, Rows>(job, src + r * job.src_stride, dst + r * job.dst_stride, fetcher);
  };
  Fetcher fetcher(job.ahead, (job.rows / 4 + job.rows % 4) * (job.samples / job.lanes + 1));
  int r = 0;
  for (; r + 4 <= job.rows; r += 4) rows.template operator()<4>(r, fetcher);
  for (; r < job.rows; ++r) rows.template operator()<1>(r, fetcher);
}

template <class D>
void gather_real(const GatherRealJob& job) {
  switch (job.window / lanes<float>) {
    case 1: return gather_real_all<D, 1>(job);
    case 2: return gather_real_all<D, 2>(job);
    case 3: return gather_real_all<D, 3>(job);
    default: return gather_real_all<D, 4>(job);
  }
}

#define PX_GATHER_REAL(D) gather_real<D>
#else
#define PX_GATHER_REAL(D) nullptr
#endif

template <class Real, class T>
void to_real_row(const void* from, void* to, int64_t samples) {
  const auto* src = static_cast<const T*>(from);
  auto* dst = static_cast<Real*>(to);
  int64_t i = 0;
  for (; i + lanes<Real> <= samples; i += lanes<Real>) store(dst + i, load_real<Real>(src + i));
  for (; i < samples; ++i) dst[i] = to_real<Real>(load<T>(src + i));
}

template <class Real, class T>
void from_real_row(const void* from, void* to, int64_t samples) {
  const auto* src = static_cast<const Real*>(from);
  auto* dst = static_cast<T*>(to);
  int64_t i = 0;
  for (; i + lanes<Real> <= samples; i += lanes<Real>) store_rounded<T, Real>(dst + i, load<Vec<Real>>(src + i));
  for (; i < samples; ++i) {
    const T rounded = round_to<T>(src[i]);
    store(dst + i, rounded);
  }
}

}  // namespace

extern constinit const HorizontalKernels resample_horizontal_kernels = {
    lanes<int16_t>,
    lanes<float>,
    lanes<double>,
    transpose_words<uint8_t>,
    transpose_words<int16_t>,
    horizontal_fixed<int16_t>,
    horizontal_fixed<uint8_t>,
    PX_GATHER(uint8_t, int16_t),
    PX_GATHER(uint8_t, uint8_t),
    PX_GATHER(int16_t, uint8_t),
    PX_HALVE,
    transpose_reals<float>,
    transpose_reals<double>,
    horizontal_real<float>,
    horizontal_real<double>,
    {nullptr, PX_GATHER_REAL(std::uint16_t), PX_GATHER_REAL(int16_t), PX_GATHER_REAL(half), PX_GATHER_REAL(float),
     nullptr},
    {nullptr, to_real_row<float, std::uint16_t>, to_real_row<float, int16_t>, to_real_row<float, half>, nullptr,
     nullptr},
    {to_real_row<double, uint8_t>, to_real_row<double, std::uint16_t>, to_real_row<double, int16_t>,
     to_real_row<double, half>, to_real_row<double, float>, nullptr},
    {nullptr, from_real_row<float, std::uint16_t>, from_real_row<float, int16_t>, from_real_row<float, half>, nullptr,
     nullptr},
    {from_real_row<double, uint8_t>, from_real_row<double, std::uint16_t>, from_real_row<double, int16_t>,
     from_real_row<double, half>, from_real_row<double, float>, nullptr},
};

}  // namespace px::PX_TARGET
