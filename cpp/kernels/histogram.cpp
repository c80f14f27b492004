// histogram: the sample of a given rank in each rectangle of a row of uint8.
//
// Exact     Counts samples.
// Why       Perreault & Hebert, "Median Filtering in Constant Time", 2007: each column has a histogram, of which one
//           sample enters and one leaves from row to row; those of the columns under a window are added up as it
//           slides. A histogram is four blocks of 64 bins, of which only that one is kept up to date in which the
//           results lie, and how many samples are in blocks below, as one integer of four counts. Blocks are
//           cumulative, so that the bin of a rank is a comparison of 64 counts away, and what enters or leaves is an
//           addition.
// Requires  As kernels/histogram.h says; counts that are 0 before the first row enters.
// Tail      None: one result after the other.

#include "kernels/histogram.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int64_t;

constexpr int blocks_of_bins = 4;
constexpr int bins = 64;  // of a block

// Four counts at once, of which none ever is too large or below 0 in the end.
template <class Count>
struct FourOf;
template <>
struct FourOf<std::uint8_t> {
  using type = std::uint32_t;
};
template <>
struct FourOf<std::uint16_t> {
  using type = std::uint64_t;
};
template <>
struct FourOf<std::uint32_t> {
  __extension__ using type = unsigned __int128;
};
template <class Count>
using Four = typename FourOf<Count>::type;

#if !defined(__AVX512BW__)
// What a sample adds to a block, to be read from where its bin is behind the middle.
template <class Count>
struct Ones {
  alignas(64) Count at[2 * bins];
  constexpr Ones() : at{} {
    for (int i = bins; i < 2 * bins; ++i) at[i] = 1;
  }
};
template <class Count>
constexpr Ones<Count> ones{};
#endif

// A register of counts, from memory as they are or as bytes.
template <class Count, class Held>
PX_HD Vec<Count> load_counts(const Held* from) {
  if constexpr (sizeof(Held) == sizeof(Count)) {
    return load<Vec<Count>>(from);
  } else {
    static_assert(sizeof(Held) == 1 && sizeof(Count) == 2);
    return (Vec<Count>)load_widened_i16(from);
  }
}

// A block of a histogram.
template <class Count>
struct Block {
  static constexpr int registers = bins * static_cast<int>(sizeof(Count)) / vector_bytes;
  Vec<Count> at[registers];

  static PX_HD Block of(const Count* from) {
    Block block;
#pragma GCC unroll 16
    for (int i = 0; i < registers; ++i) block.at[i] = load<Vec<Count>>(from + i * lanes<Count>);
    return block;
  }
  PX_HD void store_to(Count* to) const {
#pragma GCC unroll 16
    for (int i = 0; i < registers; ++i) store(to + i * lanes<Count>, at[i]);
  }
  template <class Held>
  PX_HD void add(const Held* from) {
#pragma GCC unroll 16
    for (int i = 0; i < registers; ++i) at[i] += load_counts<Count>(from + i * lanes<Count>);
  }
  template <class Held>
  PX_HD void subtract(const Held* from) {
#pragma GCC unroll 16
    for (int i = 0; i < registers; ++i) at[i] -= load_counts<Count>(from + i * lanes<Count>);
  }
  // Adds `in` and takes `out` off, in one step that waits for the sum.
  template <class Held>
  PX_HD void slide(const Held* in, const Held* out) {
#pragma GCC unroll 16
    for (int i = 0; i < registers; ++i) {
      const int at_bin = i * lanes<Count>;
      Vec<Count> change = load_counts<Count>(in + at_bin) - load_counts<Count>(out + at_bin);
      hold(change);
      at[i] += change;
    }
  }
  // One more, or one less, from the bin of a sample on.
  template <int Change>
  PX_HD void step(unsigned sample) {
#if defined(__AVX512BW__)
    const auto from = static_cast<unsigned long long>(~std::uint64_t{0} << (sample % bins));
#pragma GCC unroll 4
    for (int i = 0; i < registers; ++i) {
      const auto a = (__m512i)at[i], change = (__m512i)broadcast(static_cast<Count>(Change));
      const unsigned long long lanes_of = from >> (i * lanes<Count>);
      if constexpr (sizeof(Count) == 1) at[i] = (Vec<Count>)_mm512_mask_add_epi8(a, lanes_of, a, change);
      if constexpr (sizeof(Count) == 2) {
        at[i] = (Vec<Count>)_mm512_mask_add_epi16(a, static_cast<__mmask32>(lanes_of), a, change);
      }
      if constexpr (sizeof(Count) == 4) {
        at[i] = (Vec<Count>)_mm512_mask_add_epi32(a, static_cast<__mmask16>(lanes_of), a, change);
      }
      hold(at[i]);  // stored as a whole: what a mask leaves out is slow to load soon after
    }
#else
    const Count* const from = ones<Count>.at + bins - sample % bins;
    if constexpr (Change > 0) {
      add(from);
    } else {
      subtract(from);
    }
#endif
  }
  // How many counts, which ascend, are at most so large.
  PX_HD int up_to(Count most) const {
    int number = 0;
#pragma GCC unroll 16
    for (int i = 0; i < registers; ++i) number += how_many(at[i], broadcast(most));
    return number;
  }

 private:
  static PX_HD int how_many(Vec<Count> counts, Vec<Count> most) {
#if defined(__AVX512BW__)
    const auto a = (__m512i)counts, b = (__m512i)most;
    if constexpr (sizeof(Count) == 1) return static_cast<int>(_mm_popcnt_u64(_mm512_cmple_epu8_mask(a, b)));
    if constexpr (sizeof(Count) == 2) return _mm_popcnt_u32(_mm512_cmple_epu16_mask(a, b));
    return _mm_popcnt_u32(_mm512_cmple_epu32_mask(a, b));
#else
    const auto is_lower = (Bytes)(counts <= most);
#if defined(__AVX2__)
    const auto mask = static_cast<unsigned>(_mm256_movemask_epi8((__m256i)is_lower));
#elif defined(__x86_64__)
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8((__m128i)is_lower));
#else
    const std::uint8_t mask = vaddvq_u8((uint8x16_t)(is_lower & broadcast(std::uint8_t{1})));
    return mask / static_cast<int>(sizeof(Count));
#endif
#if defined(__x86_64__)
    return __builtin_popcount(mask) / static_cast<int>(sizeof(Count));
#endif
#endif
  }
};

// What a sample adds to the counts of blocks: field b is of all up to b.
template <class Count>
struct UpTo {
  alignas(64) Four<Count> of[256];
  constexpr UpTo() : of{} {
    for (int v = 0; v < 256; ++v) {
      for (int b = v / bins; b < blocks_of_bins; ++b)
        of[v] |= Four<Count>{1} << (b * 8 * static_cast<int>(sizeof(Count)));
    }
  }
};
template <class Count>
constexpr UpTo<Count> up_to_blocks{};

// The histograms of columns, and how many of their samples are in blocks up to each.
template <class Held, class Count, bool Masked>
struct Columns {
  static constexpr int64_t size = blocks_of_bins * bins;
  Held* histograms;
  Four<Count>* counts;

  PX_HD explicit Columns(const HistogramRow& row)
      : histograms(reinterpret_cast<Held*>(row.counts)),
        counts(reinterpret_cast<Four<Count>*>(histograms + (row.columns + row.results - 1) * size)) {}

  PX_HD const Held* block(int64_t x, unsigned b) const { return histograms + x * size + b * bins; }

  // All that enters, or leaves: one pass for each, as what was just stored is slow to load.
  template <int Change>
  PX_HD void move(const std::uint8_t* samples, const std::uint8_t* mask, int64_t stride, int64_t count) const {
    Held* at = histograms;
#pragma GCC unroll 4
    for (int64_t x = 0; x < count; ++x, samples += stride, at += size) {
      if (Masked && mask[x] == 0) continue;
      const unsigned sample = *samples;
      Held* const block = at + (sample & ~static_cast<unsigned>(bins - 1));
      Block<Held> sum = Block<Held>::of(block);
      sum.template step<Change>(sample);
      sum.store_to(block);
      counts[x] = Change > 0 ? counts[x] + up_to_blocks<Count>.of[sample] : counts[x] - up_to_blocks<Count>.of[sample];
    }
  }
};

template <class Held, class Count, bool Masked>
void move(const HistogramRow& row) {
  const Columns<Held, Count, Masked> columns(row);
  const int64_t count = row.columns + row.results - 1;
  if (row.leaving != nullptr) columns.template move<-1>(row.leaving, row.mask_leaving, row.stride, count);
  columns.template move<1>(row.entering, row.mask_entering, row.stride, count);
}

template <class Held, class Count, bool Masked>
void next(const HistogramRow& row) {
  constexpr int bits = 8 * static_cast<int>(sizeof(Count));
  move<Held, Count, Masked>(row);
  constexpr int64_t size = Columns<Held, Count, Masked>::size;
  const Columns<Held, Count, Masked> columns(row);
  const int64_t width = row.columns, results = row.results, dst_stride = row.dst_stride;
  const auto given = static_cast<Count>(row.rank);
  // Sums over the columns under the window: how many are in blocks up to each; and of blocks, up to which result they
  // are, without the column that comes next.
  Four<Count> counts{};
  for (int64_t x = 0; x < width; ++x) counts += columns.counts[x];
  Block<Count> sums[blocks_of_bins], sum;
  int64_t reached[blocks_of_bins];
  for (int64_t& x : reached) x = -width;
  const auto field = [&](unsigned b) { return static_cast<Count>(counts >> (b * bits)); };
  const auto rank = [&] {
    if constexpr (Masked) return static_cast<Count>(field(blocks_of_bins - 1) / 2);
    return given;
  };
  std::uint8_t* dst = row.dst;
  for (int64_t x = 0; x < results;) {
    unsigned block = 0;  // in which the result lies
    while (block < blocks_of_bins - 1 && field(block) <= rank()) ++block;
    if (2 * (x - reached[block]) < width) {
      sum = sums[block];
      for (int64_t k = reached[block]; k < x; ++k) {
        sum.slide(columns.block(k + width - 1, block), columns.block(k, block));
      }
    } else {
      sum = Block<Count>{};
      for (int64_t k = x; k < x + width - 1; ++k) sum.add(columns.block(k, block));
    }
    const unsigned lower = block * bits;
    const Held *in = columns.block(x + width - 1, block), *out = columns.block(x, block);
    sum.add(in);
    for (;;) {
      const Count wanted = rank(), before = static_cast<Count>((counts << bits) >> lower);
      const auto bin = static_cast<unsigned>(sum.up_to(static_cast<Count>(wanted - before)));
      auto value = block * bins + bin;
      if (wanted < before || bin == bins) [[unlikely]] {
        if (!Masked || field(blocks_of_bins - 1) != 0) break;
        value = 0;  // nothing counts
      }
      *dst = static_cast<std::uint8_t>(value);
      dst += dst_stride;
      if (++x == results) return;
      in += size;
      sum.slide(in, out);
      out += size;
      counts += columns.counts[x + width - 1] - columns.counts[x - 1];
    }
    sum.subtract(in);
    sums[block] = sum;
    reached[block] = x;
  }
}

using std::uint8_t, std::uint16_t, std::uint32_t;

}  // namespace

#define PX_BY_COUNT(of, masked)                                                                 \
  {of<uint8_t, uint8_t, masked>, of<uint8_t, uint16_t, masked>, of<uint16_t, uint16_t, masked>, \
   of<uint32_t, uint32_t, masked>}

extern constinit const HistogramKernels histogram_kernels = {
    {PX_BY_COUNT(move, false), PX_BY_COUNT(move, true)},
    {PX_BY_COUNT(next, false), PX_BY_COUNT(next, true)},
};

}  // namespace px::PX_TARGET
