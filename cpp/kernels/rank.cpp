// rank: medians, and samples of any rank.
//
// Exact     Selects samples; all ways give the same one.
// Why       Lanes are neighbouring results. Medians of 3 x 3 to 7 x 7 are networks in registers, for two rows of
// results
//           at once: what they have in common is put in order for both, as far as it can be a median. Other ranks and
//           neighbourhoods are found bit by bit from the top, by counting what lies above: no memory beside a
//           few registers, whatever the neighbourhood. Bits in which a few registers of results do not differ anywhere
//           are not asked for. Samples come as keys (integers in the same order); what turns them back is an argument,
//           so that types of one size share their code.
// Requires  lines and dst as kernels/rank.h says; dst disjoint from the lines.
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
  using wider = std::uint32_t;
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
// leave out what is beyond.
template <class V, int Registers, class Body>
PX_HD void in_registers(int64_t at, int64_t bytes, Body&& body) {
  for (; at + Registers * vector_bytes <= bytes; at += Registers * vector_bytes) {
    body(
        std::integral_constant<int, Registers>{},
        [&](const void* line, int u) { return load<V>(static_cast<const std::byte*>(line) + at + u * vector_bytes); },
        [&](void* dst, int u, V v) { store(static_cast<std::byte*>(dst) + at + u * vector_bytes, v); }, at);
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

// Keys to what they are made of, as from_keys() of simd/order.h.
template <class V>
PX_HD V turned_back(V keys, const KeyForm& form) {
  using Key = std::remove_cvref_t<decltype(keys[0])>;
  if constexpr (static_cast<Key>(-1) > 0) {
    return keys;  // unsigned integers are their own
  } else {
    using Unsigned = typename UnsignedOf<sizeof(Key)>::type;
    const auto moved = (V)((Vec<Unsigned>)keys + broadcast(static_cast<Unsigned>(form.step)));
    return moved ^ ((moved >> (8 * sizeof(Key) - 1)) & broadcast(static_cast<Key>(form.rest)));
  }
}

// fewest(u, lane): how many samples there are at least above a value that comes before the result.
template <class Key, int Registers, class Fewest, class Read, class Write>
PX_HD void select_at(const void* const* lines, int64_t count, Fewest&& fewest, Read&& read, Write&& write) {
  using Unsigned = typename UnsignedOf<sizeof(Key)>::type;
  using Wider = typename UnsignedOf<sizeof(Key)>::wider;
  using V = Vec<Key>;
  using U = Vec<Unsigned>;
  constexpr int width = 8 * static_cast<int>(sizeof(Key));
  // A lane counts so far; beyond, its parts are counted apart in lanes as wide as several.
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
  constexpr int parts = static_cast<int>(sizeof(Wider) / sizeof(Key));
  using W = Vec<Wider>;
  alignas(64) Unsigned few[Registers][lanes<Key>];
  alignas(64) Wider few_of_parts[Registers][parts][lanes<Wider>];
  for (int u = 0; u < Registers; ++u) {
    for (int lane = 0; lane < lanes<Key>; ++lane) {
      few[u][lane] = static_cast<Unsigned>(fewest(u, lane));
    }
    if (count <= most) continue;
    for (int lane = 0; lane < lanes<Key>; ++lane) {
      few_of_parts[u][lane % parts][lane / parts] = static_cast<Wider>(fewest(u, lane));
    }
  }
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
#pragma GCC unroll 4
      for (int u = 0; u < Registers; ++u) is_above[u] = (U)(above[u] >= load<U>(few[u]));
    } else if constexpr (parts > 1) {
      W sums[Registers][parts]{};
      const W part = broadcast(static_cast<Wider>((std::uint64_t{1} << width) - 1));
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
#pragma GCC unroll 4
          for (int i = 0; i < parts; ++i) sums[u][i] += ((W)above[u] >> (i * width)) & part;
        }
      }
#pragma GCC unroll 4
      for (int u = 0; u < Registers; ++u) {
#pragma GCC unroll 4
        for (int i = 0; i < parts; ++i) {
          is_above[u] |= (U)(((W)(sums[u][i] >= load<W>(few_of_parts[u][i])) & part) << (i * width));
        }
      }
    }
    const U bit = broadcast(static_cast<Unsigned>(Unsigned{1} << bits));
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) result[u] += is_above[u] & bit;
  }
#pragma GCC unroll 4
  for (int u = 0; u < Registers; ++u) write(u, (V)result[u]);
}

template <class Key>
void select(const void* const* lines, int64_t count, int64_t rank, const std::uint32_t* valid, int64_t samples,
            void* dst, const KeyForm& form) {
  using V = Vec<Key>;
  in_registers<V, 4>(0, samples * static_cast<int64_t>(sizeof(Key)),
                     [&](auto registers, auto&& read, auto&& write, int64_t at) {
                       constexpr int number = decltype(registers)::value;
                       const int64_t first = at / static_cast<int64_t>(sizeof(Key));
                       const auto of = [&](int u, int lane) -> int64_t {
                         const int64_t sample = first + u * lanes<Key> + lane;
                         return sample < samples ? valid[sample] : 0;
                       };
                       if (valid == nullptr) {
                         return select_at<Key, number>(
                             lines, count, [&](int, int) { return count - rank; }, read,
                             [&](int u, V v) { write(dst, u, turned_back(v, form)); });
                       }
                       select_at<Key, number>(
                           lines, count, [&](int u, int lane) { return (of(u, lane) + 1) / 2; }, read,
                           [&](int u, V v) {
                             alignas(64) Key any[lanes<Key>];
                             for (int lane = 0; lane < lanes<Key>; ++lane)
                               any[lane] = static_cast<Key>(of(u, lane) > 0 ? -1 : 0);
                             write(dst, u, turned_back(v, form) & load<V>(any));
                           });
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

// Two rows, of which the second may be wanted or not.
struct TwoRows {
  const void* const* lines;
  std::byte* dst[2];
  const std::byte* ahead[2];
  bool are_two;
};

// Medians of registers from byte `at` on, handed to put(row, register).
template <class Key, int Side, class Put>
PX_HD void medians_at(const std::byte* const (&lines)[Side + 1], int64_t pixel, int64_t at, bool are_two, Put&& put) {
  using V = Vec<Key>;
  using Network = Networks<Side>;
  const auto at_column = [&](int r, int c) {
    V v = load<V>(lines[r] + at + c * pixel);
    hold(v);
    return v;
  };
  V wires[(Side - 1) * Side];
#pragma GCC unroll 8
  for (int r = 0; r < Side - 1; ++r) {
#pragma GCC unroll 8
    for (int c = 0; c < Side; ++c) wires[r * Side + c] = at_column(r + 1, c);
  }
  run_network<Network::core>(wires, std::make_index_sequence<std::size(Network::core)>{});
#pragma GCC unroll 2
  for (int one = 0; one < 2; ++one) {
    if (one == 1 && !are_two) break;
    V edge[Side];
#pragma GCC unroll 8
    for (int c = 0; c < Side; ++c) edge[c] = at_column(one * Side, c);
    run_network<Network::edge>(edge, std::make_index_sequence<std::size(Network::edge)>{});
    V result = wires[Network::middle[Side]];
#pragma GCC unroll 8
    for (int k = 0; k < Side; ++k) {
      result = extreme<false>(result, extreme<true>(wires[Network::middle[Side - 1 - k]], edge[k]));
    }
    put(one, result);
  }
}

PX_HD int64_t misses(const void* to) {
  return static_cast<int64_t>(-reinterpret_cast<std::uintptr_t>(to) % vector_bytes);
}

// Of parts of registers at either end, and past the caches from where both rows reach whole registers.
template <class Key, int Side>
PX_HD void medians_in_parts(const TwoRows& two, const MedianRows& rows, KeyForm form) {
  const std::byte* lines[Side + 1];
  for (int r = 0; r < Side + 1; ++r) lines[r] = static_cast<const std::byte*>(two.lines[r]);
  const bool stream = rows.stream && misses(two.dst[0]) == misses(two.dst[1]);
  const int64_t lead = stream ? misses(two.dst[0]) : 0, end = rows.bytes;
  for (int64_t at = 0, next; at < end; at = next) {
    next = at < lead ? lead : at + vector_bytes;
    const int64_t count = lesser(next, end) - at;
    for (int r = 0; r < 2; ++r) __builtin_prefetch(two.ahead[r] + at);
    medians_at<Key, Side>(lines, rows.pixel, at, two.are_two, [&](int one, Vec<Key> keys) {
      const Vec<Key> result = turned_back(keys, form);
      std::byte* const to = two.dst[one] + at;
      if (count < vector_bytes) {
        store_part(to, result, static_cast<std::size_t>(count));
      } else if (stream) {
        store_past_caches(to, result);
      } else {
        store(to, result);
      }
    });
  }
}

// Of whole registers, which overlap at either end.
template <class Key, int Side, bool Turns>
PX_HD void medians_in_registers(const TwoRows& two, const MedianRows& rows, KeyForm form) {
  constexpr int64_t few_registers = 16;  // for which results that go to whole cache lines do not pay
  const std::byte* lines[Side + 1];
#pragma GCC unroll 8
  for (int r = 0; r < Side + 1; ++r) lines[r] = static_cast<const std::byte*>(two.lines[r]);
  std::byte *const first = two.dst[0], *const second = two.dst[1];
  const std::byte *const ahead = two.ahead[0], *const last_ahead = two.ahead[1];
  const int64_t pixel = rows.pixel, last = rows.bytes - vector_bytes;
  int64_t at = 0;
  if (last > few_registers * vector_bytes && misses(first) > 0) at = misses(first) - vector_bytes;
  do {
    const int64_t from = at < 0 ? 0 : at;
    __builtin_prefetch(ahead + from);
    __builtin_prefetch(last_ahead + from);
    medians_at<Key, Side>(lines, pixel, from, true, [&](int one, Vec<Key> keys) {
      store((one == 0 ? first : second) + from, Turns ? turned_back(keys, form) : keys);
    });
    at += vector_bytes;
    if (at > last && at < last + vector_bytes) at = last;
  } while (at <= last);
}

// Calls each(two rows); of an odd number the last one goes with the one before, once more, or alone.
template <int Side, class Each>
PX_HD void by_two(const MedianRows& rows, Each&& each) {
  for (int64_t y = 0; y < rows.rows; y += 2) {
    const int64_t top = y + 1 < rows.rows || y == 0 ? y : y - 1;
    TwoRows two{};
    two.lines = rows.lines + top;
    two.are_two = rows.rows > 1;
    for (int r = 0; r < 2; ++r) {
      two.dst[r] = rows.dst + (two.are_two ? top + r : top) * rows.dst_stride;
      two.ahead[r] = rows.ahead + (top + r) * rows.ahead_stride;
    }
    each(two);
  }
}

template <class Key, int Side>
[[gnu::noinline]] void all_in_parts(const MedianRows& rows, const KeyForm& form) {
  by_two<Side>(rows, [&](const TwoRows& two) { medians_in_parts<Key, Side>(two, rows, form); });
}
template <class Key, int Side, bool Turns>
[[gnu::noinline]] void all_in_registers(const MedianRows& rows, const KeyForm& form) {
  by_two<Side>(rows,
               [&, turns = form](const TwoRows& two) { medians_in_registers<Key, Side, Turns>(two, rows, turns); });
}

template <class Key, int Side>
void medians(const MedianRows& rows, const KeyForm& form) {
  // Short enough for a loop of its own, and to gain by it.
  if constexpr (Side == 3) {
    if (!rows.stream && rows.bytes >= vector_bytes && rows.rows > 1)
      return form.rest != 0 ? all_in_registers<Key, Side, true>(rows, form)
                            : all_in_registers<Key, Side, false>(rows, form);
  }
  all_in_parts<Key, Side>(rows, form);
}

void streamed() { finish_past_caches(); }

#define PX_BY_KEY(of) {of(std::uint8_t), of(std::uint16_t), of(std::int16_t), of(std::int32_t), of(std::int64_t)}
#define PX_SELECT(Key) select<Key>
#define PX_MEDIANS_3(Key) medians<Key, 3>
#define PX_MEDIANS_5(Key) medians<Key, 5>
#define PX_MEDIANS_7(Key) medians<Key, 7>

}  // namespace

extern constinit const RankKernels rank_kernels = {
    PX_BY_KEY(PX_SELECT),
    {PX_BY_KEY(PX_MEDIANS_3), PX_BY_KEY(PX_MEDIANS_5), PX_BY_KEY(PX_MEDIANS_7)},
    streamed,
};

}  // namespace px::PX_TARGET
