// rank: medians, and samples of any rank.
//
// Exact     Selects samples; all ways give the same one.
// Why       Lanes are neighbouring results. Medians of 3 x 3 to 7 x 7 are networks: columns are sorted once for all the
//           results that see them, and of what sorts the rest only the steps are left that the middle one needs. Other
//           ranks and neighbourhoods are found bit by bit from the top, by counting what lies above: no memory beside a
//           few registers, whatever the neighbourhood. Bits in which a few registers of results do not differ anywhere
//           are not asked for.
// Requires  lines and dst of `samples` samples, as kernels/rank.h says; dst disjoint from the lines.
// Tail      A part of a register.

#include "kernels/rank.h"

#include "kernels/rank_networks.h"
#include "simd/order.h"

namespace px::PX_TARGET {
namespace {

using std::int64_t;

template <int Bytes>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
  using type = std::uint8_t;
  using wider = std::uint16_t;
};
template <>
struct UnsignedOf<2> {
  using type = std::uint16_t;
  using wider = std::uint32_t;
};
template <>
struct UnsignedOf<4> {
  using type = std::uint32_t;
  using wider = std::uint32_t;  // enough
};
template <>
struct UnsignedOf<8> {
  using type = std::uint64_t;
  using wider = std::uint64_t;
};

// Calls body(count, read, write, at) for all registers from byte `at` on; read(line, u) and write(to, u, register)
// leave out what is beyond. With Stream whole registers go past the caches.
template <class V, int Registers, bool Stream = false, class Body>
PX_HD void in_registers(int64_t at, int64_t bytes, Body&& body) {
  for (; at + Registers * vector_bytes <= bytes; at += Registers * vector_bytes) {
    body(
        std::integral_constant<int, Registers>{},
        [&](const void* line, int u) { return load<V>(static_cast<const std::byte*>(line) + at + u * vector_bytes); },
        [&](void* dst, int u, V v) {
          auto* const to = static_cast<std::byte*>(dst) + at + u * vector_bytes;
          if constexpr (Stream) {
            store_past_caches(to, v);
          } else {
            store(to, v);
          }
        },
        at);
  }
  for (; at < bytes; at += vector_bytes) {
    const auto rest = static_cast<std::size_t>(lesser<int64_t>(bytes - at, vector_bytes));
    body(
        std::integral_constant<int, 1>{},
        [&](const void* line, int) { return load_part<V>(static_cast<const std::byte*>(line) + at, rest); },
        [&](void* to, int, V v) { store_part(static_cast<std::byte*>(to) + at, v, rest); }, at);
  }
}

template <class Key>
PX_HD typename UnsignedOf<sizeof(Key)>::type all_bits(Vec<Key> v) {
  using Unsigned = typename UnsignedOf<sizeof(Key)>::type;
  Unsigned bits = 0;
  for (int i = 0; i < lanes<Key>; ++i) bits = static_cast<Unsigned>(bits | static_cast<Unsigned>(v[i]));
  return bits;
}

template <class T, int Registers, class Read, class Write>
PX_HD void select_at(const void* const* lines, int64_t count, int64_t rank, Read&& read, Write&& write) {
  using Key = KeyOf<T>;
  using Unsigned = typename UnsignedOf<sizeof(Key)>::type;
  using Wider = typename UnsignedOf<sizeof(Key)>::wider;
  using V = Vec<Key>;
  using U = Vec<Unsigned>;
  constexpr int width = 8 * static_cast<int>(sizeof(Key));
  // A lane counts so far; beyond, halves are counted apart in lanes twice as wide.
  constexpr int64_t most = sizeof(Key) >= 4 ? INT64_MAX : (int64_t{1} << width) - 1;

  // All lanes and lines begin with the same bits.
  const V first = broadcast(static_cast<Key>(read(lines[0], 0)[0]));
  V differing{};
  for (int64_t k = 0; k < count; ++k) {
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) differing |= read(lines[k], u) ^ first;
  }
  const Unsigned apart = all_bits<Key>(differing);
  int bits = apart == 0 ? 0 : width - (__builtin_clzll(static_cast<unsigned long long>(apart)) - (64 - width));
  Unsigned lowest = 0;  // of the values that begin so
  if (bits < width) {
    lowest = static_cast<Unsigned>(static_cast<Unsigned>(first[0]) >> bits << bits);
  } else if constexpr (static_cast<Key>(-1) < 0) {
    lowest = static_cast<Unsigned>(Unsigned{1} << (width - 1));
  }
  U result[Registers];
#pragma GCC unroll 4
  for (int u = 0; u < Registers; ++u) result[u] = broadcast(lowest);
  const int64_t fewest = count - rank;  // above a value that comes before the result there are at least so many
  while (bits-- > 0) {
    const U below = broadcast(static_cast<Unsigned>((Unsigned{1} << bits) - 1));
    V candidate[Registers];
    U above[Registers]{};
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) candidate[u] = (V)(result[u] + below);
    U is_above[Registers]{};
    if (count <= most) {
      for (int64_t k = 0; k < count; ++k) {
#pragma GCC unroll 4
        for (int u = 0; u < Registers; ++u) above[u] = count_above<Key>(above[u], read(lines[k], u), candidate[u]);
      }
      const U enough = broadcast(static_cast<Unsigned>(fewest - 1));
#pragma GCC unroll 4
      for (int u = 0; u < Registers; ++u) is_above[u] = (U)(above[u] > enough);
    } else if constexpr (sizeof(Wider) > sizeof(Key)) {
      using W = Vec<Wider>;
      constexpr int half = width;
      W low[Registers]{}, high[Registers]{};
      const W lower_half = broadcast(static_cast<Wider>((std::uint64_t{1} << half) - 1));
      for (int64_t begin = 0; begin < count; begin += most) {
        const int64_t end = lesser(begin + most, count);
#pragma GCC unroll 4
        for (int u = 0; u < Registers; ++u) above[u] = U{};
        for (int64_t k = begin; k < end; ++k) {
#pragma GCC unroll 4
          for (int u = 0; u < Registers; ++u) above[u] = count_above<Key>(above[u], read(lines[k], u), candidate[u]);
        }
#pragma GCC unroll 4
        for (int u = 0; u < Registers; ++u) {
          low[u] += (W)above[u] & lower_half;
          high[u] += (W)above[u] >> half;
        }
      }
      const W enough = broadcast(static_cast<Wider>(fewest - 1));
#pragma GCC unroll 4
      for (int u = 0; u < Registers; ++u) {
        is_above[u] = (U)(((W)(low[u] > enough) & lower_half) | ((W)(high[u] > enough) & ~lower_half));
      }
    }
    const U bit = broadcast(static_cast<Unsigned>(Unsigned{1} << bits));
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) result[u] += is_above[u] & bit;
  }
#pragma GCC unroll 4
  for (int u = 0; u < Registers; ++u) write(u, from_keys<T>((V)result[u]));
}

template <class T>
void select(const void* const* lines, int64_t count, int64_t rank, int64_t samples, void* dst) {
  using V = Vec<KeyOf<T>>;
  in_registers<V, 4>(
      0, samples * static_cast<int64_t>(sizeof(T)), [&](auto registers, auto&& read, auto&& write, int64_t) {
        select_at<T, decltype(registers)::value>(lines, count, rank, read, [&](int u, V v) { write(dst, u, v); });
      });
}

// ---- networks

template <class V>
PX_HD void order(V& a, V& b) {
  const V least = extreme<false>(a, b);
  b = extreme<true>(a, b);
  a = least;
}

template <const auto& network, class V, std::size_t... I>
PX_HD void run_network(V* wires, std::index_sequence<I...>) {
  const auto step = [&](auto index) {
    constexpr NetworkStep one = network[decltype(index)::value];
    V &a = wires[one.a], &b = wires[one.b];
    if constexpr (one.keep == 3) {
      order(a, b);
    } else if constexpr (one.keep == 1) {
      a = extreme<false>(a, b);
    } else {
      b = extreme<true>(a, b);
    }
  };
  (step(std::integral_constant<std::size_t, I>{}), ...);
}

// Copies of pointers, which no store of a sample can change.
template <int Count, class Pointer>
struct Held {
  Pointer at[Count];
  PX_HD explicit Held(const Pointer* from) {
    for (int i = 0; i < Count; ++i) at[i] = from[i];
  }
};

template <class T, int Side>
void sort_columns(const void* const* given, int64_t samples, void* const* made, const void* const* asked) {
  using V = Vec<KeyOf<T>>;
  constexpr const auto& network = Networks<Side>::columns;
  constexpr int registers = Side == 3 ? 2 : 1;
  const Held<Side, const void*> lines(given);
  const Held<Side, void*> dst(made);
  const Held<2, const void*> ahead(asked);
  in_registers<V, registers>(
      0, samples * static_cast<int64_t>(sizeof(T)), [&](auto count, auto&& read, auto&& write, int64_t at) {
        constexpr int there = decltype(count)::value;
        for (int64_t line = 0; line < there * vector_bytes; line += 64) {
          __builtin_prefetch(static_cast<const std::byte*>(ahead.at[0]) + at + line, 0, 2);
          __builtin_prefetch(static_cast<const std::byte*>(ahead.at[1]) + at + line, 0, 2);
        }
#pragma GCC unroll 2
        for (int u = 0; u < there; ++u) {
          V wires[Side];
#pragma GCC unroll 8
          for (int r = 0; r < Side; ++r) wires[r] = to_keys<T>(read(lines.at[r], u));
          run_network<network>(wires, std::make_index_sequence<sizeof(network) / sizeof(network[0])>{});
#pragma GCC unroll 8
          for (int r = 0; r < Side; ++r) write(dst.at[r], u, wires[r]);
        }
      });
}

template <class T, int Side, bool Stream>
PX_HD void median_from(const void* const* given, int64_t pixel, int64_t begin, int64_t end, void* dst) {
  using V = Vec<KeyOf<T>>;
  constexpr const auto& network = Networks<Side>::median;
  constexpr int registers = Side == 3 ? 2 : 1;
  const int64_t step = pixel * static_cast<int64_t>(sizeof(T));
  const Held<Side, const void*> lines(given);
  in_registers<V, registers, Stream>(begin, end, [&](auto count, auto&& read, auto&& write, int64_t) {
#pragma GCC unroll 2
    for (int u = 0; u < decltype(count)::value; ++u) {
      V wires[Side * Side];
#pragma GCC unroll 8
      for (int r = 0; r < Side; ++r) {
#pragma GCC unroll 8
        for (int c = 0; c < Side; ++c) {
          wires[r * Side + c] = read(static_cast<const std::byte*>(lines.at[r]) + c * step, u);
        }
      }
      run_network<network>(wires, std::make_index_sequence<sizeof(network) / sizeof(network[0])>{});
      write(dst, u, from_keys<T>(wires[Networks<Side>::result]));
    }
  });
}

template <class T, int Side>
void median(const void* const* lines, int64_t pixel, int64_t samples, void* dst, bool stream) {
  const int64_t bytes = samples * static_cast<int64_t>(sizeof(T));
  if (!stream) return median_from<T, Side, false>(lines, pixel, 0, bytes, dst);
  const auto lead = static_cast<int64_t>(-reinterpret_cast<std::uintptr_t>(dst) % vector_bytes);
  median_from<T, Side, false>(lines, pixel, 0, lesser(lead, bytes), dst);
  median_from<T, Side, true>(lines, pixel, lesser(lead, bytes), bytes, dst);
}

void streamed() { finish_past_caches(); }

using std::int16_t, std::uint16_t, std::uint8_t;

#define PX_BY_TYPE(of) {of(uint8_t), of(uint16_t), of(int16_t), of(half), of(float), of(double)}
#define PX_SELECT(T) select<T>
#define PX_SORT_3(T) sort_columns<T, 3>
#define PX_SORT_5(T) sort_columns<T, 5>
#define PX_SORT_7(T) sort_columns<T, 7>
#define PX_MEDIAN_3(T) median<T, 3>
#define PX_MEDIAN_5(T) median<T, 5>
#define PX_MEDIAN_7(T) median<T, 7>

}  // namespace

extern constinit const RankKernels rank_kernels = {
    PX_BY_TYPE(PX_SELECT),
    {PX_BY_TYPE(PX_SORT_3), PX_BY_TYPE(PX_SORT_5), PX_BY_TYPE(PX_SORT_7)},
    {PX_BY_TYPE(PX_MEDIAN_3), PX_BY_TYPE(PX_MEDIAN_5), PX_BY_TYPE(PX_MEDIAN_7)},
    streamed,
};

}  // namespace px::PX_TARGET
