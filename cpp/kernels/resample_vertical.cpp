// resample_vertical: the pass of separable resampling that goes down the rows.
//
//   dst[i] = round( sum_k w[k] * rows[k][i] )
//
// Exact     uint8: integers only, so every instruction set and CUDA give the same bytes; the plan has proven that the
//           sums fit int32 and what is kept between the passes int16. Reals: rows in order, one multiplication and one
//           addition each, never fused.
// Why       Lanes are neighbouring samples; pairs of rows go through pmaddwd / vpdpwssd. Reducing, a sweep reads each
//           row once for all the outputs that it is part of, with their sums in registers.
// Requires  src and dst disjoint; as many rows as weights.
// Tail      Blocks that overlap; a row shorter than a block by loads and stores of part of a register.

#include "kernels/resample_vertical.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int16_t;
using std::int32_t;
using std::int64_t;
using std::uint8_t;
using I16 = Vec<int16_t>;
using I32 = Vec<int32_t>;

// The hardware follows a row well, but not from row to row: asks for what lies under this block in the rows to come.
template <int Registers, class T = uint8_t>
PX_HD void prefetch(const VerticalJob& job, int64_t at) {
  for (int k = 0; k < job.ahead_count; ++k) {
    const auto* row = static_cast<const T*>(job.ahead[k]) + at;
    for (int line = 0; line < Registers * vector_bytes; line += 64) {
      __builtin_prefetch(reinterpret_cast<const std::byte*>(row) + line);
    }
  }
}

// ---- vertical, integers ---------------------------------------------------------------------------------

// The four registers of int32 sums that one register of uint8 (or two of int16) leads to, in-lane order.
PX_HD void add_pair(I32* sums, Bytes a, Bytes b, I16 weights) {
  const Bytes zero{};
  const Bytes low = zip_low(a, b), high = zip_high(a, b);
  sums[0] = dot_pairs(sums[0], (I16)zip_low(low, zero), weights);
  sums[1] = dot_pairs(sums[1], (I16)zip_high(low, zero), weights);
  sums[2] = dot_pairs(sums[2], (I16)zip_low(high, zero), weights);
  sums[3] = dot_pairs(sums[3], (I16)zip_high(high, zero), weights);
}

template <class D>
PX_HD void finish_block(const I32* sums, int shift, void* dst, std::size_t samples) {
  const I16 first = pack_i16(sums[0] >> shift, sums[1] >> shift);
  const I16 second = pack_i16(sums[2] >> shift, sums[3] >> shift);
  if constexpr (same<D, uint8_t>) {
    store_part_or_all(dst, (Bytes)pack_u8(first, second), samples);
  } else {
    Bytes low, high;
    zip_blocks((Bytes)first, (Bytes)second, low, high);
    constexpr std::size_t half_block = vector_bytes / 2;
    store_part_or_all(dst, low, 2 * lesser(samples, half_block));
    if (samples > half_block)
      store_part_or_all(static_cast<int16_t*>(dst) + half_block, high, 2 * (samples - half_block));
  }
}

// A block of vector_bytes samples, or the `samples` that are left.
template <class D, bool Whole>
PX_HD void vertical_u8_block(const VerticalJob& job, int64_t at, std::size_t samples) {
  const auto* weights = static_cast<const int16_t*>(job.weights);
  const I32 rounding = broadcast(int32_t{1} << (job.shift - 1));
  I32 sums[4] = {rounding, rounding, rounding, rounding};
  prefetch<1>(job, at);
  for (int k = 0; k < job.count; k += 2) {
    const auto* a = static_cast<const uint8_t*>(job.rows[k]) + at;
    const auto* b = static_cast<const uint8_t*>(job.rows[k + 1]) + at;
    const I16 pair = (I16)broadcast(load<int32_t>(weights + k));
    if constexpr (Whole) {
      add_pair(sums, load<Bytes>(a), load<Bytes>(b), pair);
    } else {
      add_pair(sums, load_part<Bytes>(a, samples), load_part<Bytes>(b, samples), pair);
    }
  }
  finish_block<D>(sums, job.shift, static_cast<D*>(job.dst) + at, samples);
}

// Calls block(at) for all of [0, samples) in whole blocks that may overlap: the first from the start, the last from the
// end, those between from where `row` is aligned, as loads across cache lines take twice the time. Needs
// samples >= size.
template <int size, class T, class Block>
PX_HD void aligned_blocks(const void* row, int64_t samples, Block&& block) {
  const auto past = static_cast<int64_t>(reinterpret_cast<std::uintptr_t>(row) % 64 / sizeof(T));
  int64_t i = 0;
  if (past != 0 && samples >= 2 * size) {
    block(0);
    i = lesser<int64_t>(size, 64 / static_cast<int64_t>(sizeof(T)) - past);
  }
  for (; i + size <= samples; i += size) block(i);
  if (i < samples) block(samples - size);
}

template <class D>
void vertical_u8(const VerticalJob& job) {
  if (job.samples >= vector_bytes) {
    aligned_blocks<vector_bytes, uint8_t>(job.rows[0], job.samples,
                                          [&](int64_t at) { vertical_u8_block<D, true>(job, at, vector_bytes); });
  } else {
    vertical_u8_block<D, false>(job, 0, static_cast<std::size_t>(job.samples));
  }
}

// A block of vector_bytes samples of all the outputs, or the `samples` that are left.
template <int Slots, class D, bool Whole>
PX_HD void sweep_block(const SweepJob& job, int64_t at, std::size_t samples) {
  const I32 rounding = broadcast(int32_t{1} << (job.shift - 1));
  I32 sums[Slots][4];
  for (auto& slot : sums) slot[0] = slot[1] = slot[2] = slot[3] = rounding;
  const auto* row = reinterpret_cast<const uint8_t* const*>(job.rows);
  const auto* weights = static_cast<const int32_t*>(job.weights);
  auto* dst = static_cast<std::byte*>(job.dst) + at * static_cast<int64_t>(sizeof(D));
  int done = job.slot;
  for (int y = 0; y < job.outputs; ++y) {
    for (int step = job.steps[y]; step > 0; --step, row += 2, weights += Slots) {
      const uint8_t *a = row[0] + job.begin + at, *b = row[1] + job.begin + at;
      __builtin_prefetch(a + job.ahead);
      __builtin_prefetch(b + job.ahead);
      const Bytes upper = Whole ? load<Bytes>(a) : load_part<Bytes>(a, samples);
      const Bytes lower = Whole ? load<Bytes>(b) : load_part<Bytes>(b, samples);
      const Bytes zero{}, low = zip_low(upper, lower), high = zip_high(upper, lower);
      const I16 pairs[4] = {(I16)zip_low(low, zero), (I16)zip_high(low, zero), (I16)zip_low(high, zero),
                            (I16)zip_high(high, zero)};
#pragma GCC unroll 8
      for (int slot = 0; slot < Slots; ++slot) {
        const I16 pair = (I16)broadcast(weights[slot]);
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) sums[slot][i] = dot_pairs(sums[slot][i], pairs[i], pair);
      }
    }
#pragma GCC unroll 8
    for (int slot = 0; slot < Slots; ++slot) {
      if (slot != done) continue;
      if (y >= job.skipped) finish_block<D>(sums[slot], job.shift, dst, samples);
      for (I32& sum : sums[slot]) sum = rounding;
    }
    if (y >= job.skipped) dst += job.dst_stride;
    done = done + 1 == Slots ? 0 : done + 1;
  }
}

template <int Slots, class D>
void sweep(const SweepJob& job) {
  if (job.samples >= vector_bytes) {
    Fetcher fetcher(job.meanwhile, job.samples / vector_bytes + 1);
    aligned_blocks<vector_bytes, uint8_t>(static_cast<const uint8_t*>(job.rows[0]) + job.begin, job.samples,
                                          [&](int64_t at) {
                                            fetcher.next();
                                            sweep_block<Slots, D, true>(job, at, vector_bytes);
                                          });
  } else {
    sweep_block<Slots, D, false>(job, 0, static_cast<std::size_t>(job.samples));
  }
}

// 16 registers hold the sums of three outputs, 32 those of seven.
#if defined(__AVX512BW__) || defined(__aarch64__)
#define PX_SWEEPS(D) \
  {nullptr, sweep<1, D>, sweep<2, D>, sweep<3, D>, sweep<4, D>, sweep<5, D>, sweep<6, D>, sweep<7, D>}
#else
#define PX_SWEEPS(D) {nullptr, sweep<1, D>, sweep<2, D>, sweep<3, D>}
#endif

template <bool Whole>
PX_HD void vertical_i16_block(const VerticalJob& job, int64_t at, std::size_t samples) {
  constexpr std::size_t part = lanes<int16_t>;
  const auto* weights = static_cast<const int16_t*>(job.weights);
  const I32 rounding = broadcast(int32_t{1} << (job.shift - 1));
  I32 sums[4] = {rounding, rounding, rounding, rounding};
  for (int k = 0; k < job.count; k += 2) {
    const auto* a = static_cast<const int16_t*>(job.rows[k]) + at;
    const auto* b = static_cast<const int16_t*>(job.rows[k + 1]) + at;
    const I16 pair = (I16)broadcast(load<int32_t>(weights + k));
    I16 a0, a1, b0, b1;
    if constexpr (Whole) {
      a0 = load<I16>(a), a1 = load<I16>(a + part), b0 = load<I16>(b), b1 = load<I16>(b + part);
    } else {
      const std::size_t low = lesser(samples, part), high = samples - low;
      a0 = load_part<I16>(a, 2 * low), a1 = load_part<I16>(a + low, 2 * high);
      b0 = load_part<I16>(b, 2 * low), b1 = load_part<I16>(b + low, 2 * high);
    }
    sums[0] = dot_pairs(sums[0], zip_low(a0, b0), pair);
    sums[1] = dot_pairs(sums[1], zip_high(a0, b0), pair);
    sums[2] = dot_pairs(sums[2], zip_low(a1, b1), pair);
    sums[3] = dot_pairs(sums[3], zip_high(a1, b1), pair);
  }
  const I16 first = pack_i16(sums[0] >> job.shift, sums[1] >> job.shift);
  const I16 second = pack_i16(sums[2] >> job.shift, sums[3] >> job.shift);
  store_part_or_all(static_cast<uint8_t*>(job.dst) + at, halves_in_order((Bytes)pack_u8(first, second)), samples);
}

void vertical_i16_u8(const VerticalJob& job) {
  if (job.samples >= vector_bytes) {
    aligned_blocks<vector_bytes, int16_t>(job.rows[0], job.samples,
                                          [&](int64_t at) { vertical_i16_block<true>(job, at, vector_bytes); });
  } else {
    vertical_i16_block<false>(job, 0, static_cast<std::size_t>(job.samples));
  }
}

// ---- reals ------------------------------------------------------------------------------------------------

template <class Real, class T>
PX_HD Vec<Real> load_real_part(const T* from, int64_t samples) {
  T padded[lanes<Real>] = {};
  std::memcpy(padded, from, static_cast<std::size_t>(samples) * sizeof(T));
  return load_real<Real>(padded);
}

// Registers * lanes<Real> samples, or for Registers = 0 the few that are left.
template <class Real, class T, int Registers>
PX_HD void vertical_real_block(const VerticalJob& job, int64_t at) {
  constexpr int side = lanes<Real>;
  const auto* weights = static_cast<const Real*>(job.weights);
  auto* dst = static_cast<Real*>(job.dst) + at;
  const auto row = [&](int k) { return static_cast<const T*>(job.rows[k]) + at; };
  if constexpr (Registers == 0) {
    const int64_t left = job.samples - at;
    Vec<Real> sum = broadcast(weights[0]) * load_real_part<Real>(row(0), left);
    for (int k = 1; k < job.count; ++k) sum = sum + broadcast(weights[k]) * load_real_part<Real>(row(k), left);
    store_part(dst, sum, static_cast<std::size_t>(left) * sizeof(Real));
  } else {
    Vec<Real> sums[Registers];
    prefetch<Registers* static_cast<int>(sizeof(T)) / static_cast<int>(sizeof(Real)) + 1, T>(job, at);
    Vec<Real> w = broadcast(weights[0]);
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) sums[u] = w * load_real<Real>(row(0) + u * side);
    for (int k = 1; k < job.count; ++k) {
      w = broadcast(weights[k]);
      const T* from = row(k);
#pragma GCC unroll 4
      for (int u = 0; u < Registers; ++u) sums[u] = sums[u] + w * load_real<Real>(from + u * side);
    }
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) store(dst + u * side, sums[u]);
  }
}

template <class Real, class T>
void vertical_real(const VerticalJob& job) {
  constexpr int side = lanes<Real>, registers = 4;
  if (job.samples >= registers * side) {
    aligned_blocks<registers * side, T>(job.rows[0], job.samples,
                                        [&](int64_t at) { vertical_real_block<Real, T, registers>(job, at); });
    return;
  }
  int64_t i = 0;
  for (; i + side <= job.samples; i += side) vertical_real_block<Real, T, 1>(job, i);
  if (i < job.samples) vertical_real_block<Real, T, 0>(job, i);
}

#if defined(PX_HAS_PERMUTE)

// Registers of samples, or the `samples` that are left of one.
template <class T, int Slots, int Registers, bool Whole>
PX_HD void sweep_real_block(const SweepJob& job, int64_t at, int64_t samples) {
  constexpr int side = lanes<float>;
  Vec<float> sums[Slots][Registers] = {};
  const auto* weights = static_cast<const float*>(job.weights);
  const std::uint16_t* masks = job.masks;
  const void* const* row = job.rows;
  auto* dst = static_cast<std::byte*>(job.dst) + at * static_cast<int64_t>(sizeof(float));
  int done = job.slot;
  for (int y = 0; y < job.outputs; ++y) {
    for (int step = job.steps[y]; step > 0; --step, ++row, weights += Slots, masks += Slots) {
      const T* from = static_cast<const T*>(*row) + job.begin + at;
      Vec<float> values[Registers];
#pragma GCC unroll 4
      for (int i = 0; i < Registers; ++i) {
        values[i] = Whole ? load_real<float>(from + i * side) : load_real_part<float>(from, samples);
      }
      for (int i = 0; i < Registers * side; i += 64 / static_cast<int>(sizeof(T))) {
        __builtin_prefetch(reinterpret_cast<const std::byte*>(from + i) + job.ahead);
      }
#pragma GCC unroll 8
      for (int slot = 0; slot < Slots; ++slot) {
        const Vec<float> weight = broadcast(weights[slot]);
#pragma GCC unroll 4
        for (int i = 0; i < Registers; ++i) {
          sums[slot][i] = add_or_begin(masks[slot], sums[slot][i], weight * values[i]);
        }
      }
    }
    if (y >= job.skipped) {
#pragma GCC unroll 8
      for (int slot = 0; slot < Slots; ++slot) {
        if (slot != done) continue;
#pragma GCC unroll 4
        for (int i = 0; i < Registers; ++i) {
          if constexpr (Whole) {
            store(dst + i * vector_bytes, sums[slot][i]);
          } else {
            store_part(dst, sums[slot][i], static_cast<std::size_t>(samples) * sizeof(float));
          }
        }
      }
      dst += job.dst_stride;
    }
    done = done + 1 == Slots ? 0 : done + 1;
  }
}

template <class T, int Slots>
void sweep_real(const SweepJob& job) {
  constexpr int side = lanes<float>, registers = Slots > 5 ? 3 : 4;
  if (job.samples >= registers * side) {
    Fetcher fetcher(job.meanwhile, job.samples / (registers * side) + 1);
    aligned_blocks<registers * side, T>(static_cast<const T*>(job.rows[0]) + job.begin, job.samples, [&](int64_t at) {
      fetcher.next();
      sweep_real_block<T, Slots, registers, true>(job, at, registers * side);
    });
    return;
  }
  int64_t i = 0;
  for (; i + side <= job.samples; i += side) sweep_real_block<T, Slots, 1, true>(job, i, side);
  if (i < job.samples) sweep_real_block<T, Slots, 1, false>(job, i, job.samples - i);
}

#define PX_SWEEPS_REAL(T) \
  {nullptr, nullptr, sweep_real<T, 2>, sweep_real<T, 3>, nullptr, sweep_real<T, 5>, nullptr, sweep_real<T, 7>}
#else
#define PX_SWEEPS_REAL(T) \
  {                       \
  }
#endif

}  // namespace

extern constinit const VerticalKernels resample_vertical_kernels = {
    vertical_u8<int16_t>,
    vertical_u8<uint8_t>,
    vertical_i16_u8,
    {nullptr, vertical_real<float, std::uint16_t>, vertical_real<float, int16_t>, vertical_real<float, half>,
     vertical_real<float, float>, nullptr},
    {vertical_real<double, uint8_t>, vertical_real<double, std::uint16_t>, vertical_real<double, int16_t>,
     vertical_real<double, half>, vertical_real<double, float>, vertical_real<double, double>},
    PX_SWEEPS(int16_t),
    PX_SWEEPS(uint8_t),
    {{}, PX_SWEEPS_REAL(std::uint16_t), PX_SWEEPS_REAL(int16_t), PX_SWEEPS_REAL(half), PX_SWEEPS_REAL(float), {}},
};

}  // namespace px::PX_TARGET
