// separable_u8: weighted sums of uint8 along the rows, into int16, and down the columns of these.
//
// Exact     Integers only; the plan has proven that sums fit int32 and what is between the passes int16.
// Why       Lanes are neighbouring samples and pairs of taps go through pmaddwd / vpdpwssd. Rows come first, as loads
//           that are not aligned take longest: there they are bytes. Most kernels are symmetric: samples that have the
//           same weight are added up first. Down the columns, what is zipped serves several rows.
// Requires  dst disjoint from what is read; across, whole blocks that can be read and written.
// Tail      Across none; down, part of a register.

#include "kernels/separable_u8.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int16_t;
using std::int32_t;
using std::int64_t;
using std::uint8_t;
using I16 = Vec<int16_t>;
using I32 = Vec<int32_t>;

// A block as int16, as zipping leaves it.
struct Words {
  I16 low, high;
};

PX_HD void add(I32* sums, Words a, Words b, I16 weights) {
  sums[0] = dot_pairs(sums[0], zip_low(a.low, b.low), weights);
  sums[1] = dot_pairs(sums[1], zip_high(a.low, b.low), weights);
  sums[2] = dot_pairs(sums[2], zip_low(a.high, b.high), weights);
  sums[3] = dot_pairs(sums[3], zip_high(a.high, b.high), weights);
}

PX_HD Words words(const uint8_t* from) {
  const Bytes zero{}, a = load<Bytes>(from);
  return {(I16)zip_low(a, zero), (I16)zip_high(a, zero)};
}

PX_HD Words sums_of_two(const uint8_t* from, const uint8_t* other) {
  Bytes a = load<Bytes>(from), b = load<Bytes>(other);
  hold(a);
  hold(b);
  return {add_neighbours(zip_low(a, b)), add_neighbours(zip_high(a, b))};
}

// Sums of so many blocks, whose weights and offsets are loaded once.
template <int Blocks, class Elements>
PX_HD void add_blocks(I32 (*sums)[4], int32_t pair, Elements&& elements) {
  const I16 weights = (I16)broadcast(pair);
#pragma GCC unroll 2
  for (int b = 0; b < Blocks; ++b) {
    Words first, second;
    elements(b * vector_bytes, first, second);
    add(sums[b], first, second, weights);
  }
}

template <int Blocks>
PX_HD void add_symmetric(I32 (*sums)[4], const AcrossJob& job, const uint8_t* from) {
  const int64_t* at = job.offsets;
  const int32_t* pairs = job.pairs;
  int left = job.count;
  const auto two = [&](int64_t block, int which)
                       PX_HD_LAMBDA { return sums_of_two(from + at[which] + block, from + at[which + 1] + block); };
  if (left % 2 != 0) {
    add_blocks<Blocks>(sums, *pairs++, [&](int64_t block, Words& first, Words& second) PX_HD_LAMBDA {
      first = words(from + at[0] + block);
      second = left > 1 ? two(block, 1) : Words{};
    });
    at += 3;
    left -= 3;
  }
  for (; left >= 4; left -= 4, at += 4) {
    add_blocks<Blocks>(sums, *pairs++, [&](int64_t block, Words& first, Words& second) PX_HD_LAMBDA {
      first = two(block, 0);
      second = two(block, 2);
    });
  }
  if (left > 0) {
    add_blocks<Blocks>(sums, *pairs, [&](int64_t block, Words& first, Words& second) PX_HD_LAMBDA {
      first = two(block, 0);
      second = Words{};
    });
  }
}

template <int Blocks>
PX_HD void add_any(I32 (*sums)[4], const AcrossJob& job, const uint8_t* from) {
  const Bytes zero{};
  for (int k = 0; k < job.count; k += 2) {
    const I16 pair = (I16)broadcast(job.pairs[k / 2]);
    const uint8_t *first = from + job.offsets[k], *second = from + job.offsets[k + (k + 1 < job.count ? 1 : 0)];
#pragma GCC unroll 2
    for (int block = 0; block < Blocks; ++block) {
      Bytes a = load<Bytes>(first + block * vector_bytes), b = load<Bytes>(second + block * vector_bytes);
      hold(a);
      hold(b);
      const Bytes low = zip_low(a, b), high = zip_high(a, b);
      I32* const of = sums[block];
      of[0] = dot_pairs(of[0], (I16)zip_low(low, zero), pair);
      of[1] = dot_pairs(of[1], (I16)zip_high(low, zero), pair);
      of[2] = dot_pairs(of[2], (I16)zip_low(high, zero), pair);
      of[3] = dot_pairs(of[3], (I16)zip_high(high, zero), pair);
    }
  }
}

template <int Blocks>
PX_HD void across_blocks(const AcrossJob& job, int64_t at) {
  const I32 rounding = broadcast(int32_t{1} << (job.shift - 1));
  I32 sums[Blocks][4];
  for (auto& block : sums) block[0] = block[1] = block[2] = block[3] = rounding;
  if (job.is_symmetric) {
    add_symmetric<Blocks>(sums, job, job.row + at);
  } else {
    add_any<Blocks>(sums, job, job.row + at);
  }
#pragma GCC unroll 2
  for (int b = 0; b < Blocks; ++b) {
    int16_t* const to = job.dst + at + b * vector_bytes;
    store(to, pack_i16(sums[b][0] >> job.shift, sums[b][1] >> job.shift));
    store(to + lanes<int16_t>, pack_i16(sums[b][2] >> job.shift, sums[b][3] >> job.shift));
  }
}

void across(const AcrossJob& job) {
  int64_t block = 0;
  for (; block + 2 <= job.blocks; block += 2) across_blocks<2>(job, block * vector_bytes);
  if (block < job.blocks) across_blocks<1>(job, block * vector_bytes);
}

// As many outputs as their sums leave registers free.
#if defined(__AVX512BW__) || defined(__aarch64__)
constexpr int rows_at_once = SeparableU8Kernels::most_rows;
#else
constexpr int rows_at_once = 2;
#endif

template <class D>
PX_HD void finish(D* to, const I32* sums, int shift, int64_t samples) {
  const I16 first = pack_i16(sums[0] >> shift, sums[1] >> shift);
  const I16 second = pack_i16(sums[2] >> shift, sums[3] >> shift);
  const auto bytes = static_cast<std::size_t>(samples) * sizeof(D);
  if constexpr (same<D, uint8_t>) {
    store_part_or_all(to, (Bytes)pack_u8(first, second), bytes);
  } else {
    Bytes low, high;
    zip_blocks((Bytes)first, (Bytes)second, low, high);
    store_part_or_all(to, low, bytes);
    if (bytes > vector_bytes) store_part_or_all(to + lanes<int16_t>, high, bytes - vector_bytes);
  }
}

template <class D>
void down(const DownJob& job) {
  const I32 rounding = broadcast(int32_t{1} << (job.shift - 1));
  for (int64_t at = 0; at < job.samples; at += vector_bytes) {
    I32 sums[rows_at_once][4];
    for (auto& row : sums) row[0] = row[1] = row[2] = row[3] = rounding;
    for (int step = 0; step < job.steps; ++step) {
      const int16_t *a = job.lines[2 * step] + at, *b = job.lines[2 * step + 1] + at;
      const I16 a_low = load<I16>(a), a_high = load<I16>(a + lanes<int16_t>);
      const I16 b_low = load<I16>(b), b_high = load<I16>(b + lanes<int16_t>);
      const I16 zipped[4] = {zip_low(a_low, b_low), zip_high(a_low, b_low), zip_low(a_high, b_high),
                             zip_high(a_high, b_high)};
#pragma GCC unroll 4
      for (int r = 0; r < rows_at_once; ++r) {
        const I16 pair = (I16)broadcast(job.pairs[step * SeparableU8Kernels::most_rows + r]);
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) sums[r][i] = dot_pairs(sums[r][i], zipped[i], pair);
      }
    }
    const int64_t samples = lesser<int64_t>(job.samples - at, vector_bytes);
#pragma GCC unroll 4
    for (int r = 0; r < rows_at_once; ++r) {
      if (r < job.outputs) finish(static_cast<D*>(job.dst[r]) + at, sums[r], job.shift, samples);
    }
  }
}

}  // namespace

extern constinit const SeparableU8Kernels separable_u8_kernels = {
    rows_at_once, vector_bytes, across, down<uint8_t>, down<int16_t>,
};

}  // namespace px::PX_TARGET
