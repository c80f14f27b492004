// copy: elements of one size from one place to another, where neither rows nor pixels lie as they did.
//
// Exact     Nothing is computed.
// Why       Each is bound by memory, if enough bytes move per instruction: rows are reversed, pixels and planes
//           exchanged by byte permutations with constant patterns, tiles transposed in registers. Sources are read in
//           the order in which they lie in memory, whatever the result's order is: reads are what a processor waits for
//           and fetches ahead.
// Requires  src and dst disjoint.
// Tail      The last block again, further back, so that some elements are moved twice; element by element in rows
//           that are shorter than a block.

#include "kernels/copy.h"

#include <type_traits>
#include <utility>

#include "simd/pick.h"
#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::byte;
using std::int64_t;
using std::ptrdiff_t;
using std::uint8_t;

using Quad = typename VectorOf<uint8_t, 16>::type;

template <int Size>
PX_HD void move(byte* to, const byte* from) {
  std::memcpy(to, from, Size);
}

// Rows that do not follow each other in memory end the stream that the processor fetches ahead, so the next one is
// asked for while this one moves. An address outside is no error.
PX_HD void fetch(const byte* at) { __builtin_prefetch(at); }

// How many elements take as many bytes as are left over from whole blocks in `bytes`: fewer than a block has bytes; -1
// where no number of them does. (Stores that are not aligned cross a line of the cache each time.)
template <int Size>
PX_HD int64_t to_aligned(std::uintptr_t bytes) {
  constexpr int low = Size & -Size, odd = Size / low;  // a power of two, and 1 or 3
  static_assert(odd == 1 || odd == 3);
  constexpr std::uintptr_t steps = block > low ? block / low : 1;
  if (bytes % (low < block ? low : block) != 0) return -1;
  return static_cast<int64_t>(bytes / low * (odd == 3 ? 43 : 1) % steps);  // 3 * 43 = 2 * 64 + 1
}
PX_HD std::uintptr_t address(const byte* at) { return reinterpret_cast<std::uintptr_t>(at); }

// A row of `count` elements, at least `step`, that body<Past>(x) moves `step` of at a time, and one(x) alone. Stores
// are aligned from element `lead` on, if that is not -1. Both ends are made by steps that overlap others, but not where
// stores go past the caches: those are slow where a line is in them.
template <class Body, class One>
PX_HD void in_steps(int64_t count, int64_t step, int64_t lead, bool stream, Body&& body, One&& one) {
  int64_t x = 0;
  if (stream && lead >= 0) {
    for (; x < lead; ++x) one(x);
    for (; x + step <= count; x += step) body.template operator()<true>(x);
    for (; x < count; ++x) one(x);
  } else {
    body.template operator()<false>(0);
    for (x = lead > 0 ? lead : step; x + step <= count; x += step) body.template operator()<false>(x);
    if (x < count) body.template operator()<false>(count - step);
  }
}

template <bool Past, class V>
PX_HD void put(byte* to, V value) {
  if constexpr (Past) {
    store_past_caches(to, value);
  } else {
    store(to, value);
  }
}

void finish() { finish_past_caches(); }

void row(const byte* src, byte* dst, int64_t bytes, ptrdiff_t next, bool stream) {
  if (bytes < block) return static_cast<void>(std::memcpy(dst, src, static_cast<std::size_t>(bytes)));
  const auto copied = [&]<bool Past>(int64_t i) {
    fetch(src + i + next);
    put<Past>(dst + i, load<Block>(src + i));
  };
  in_steps(bytes, block, to_aligned<1>(-address(dst)), stream, copied, [&](int64_t i) { dst[i] = src[i]; });
}

// ---- reversed rows

// Byte i of register R, of the registers that hold Elements elements in reverse.
template <int Size, int Elements, int R>
struct Mirrored {
  static constexpr int at(int i) {
    const int place = R * block + i;
    return place < Elements * Size ? (Elements - 1 - place / Size) * Size + place % Size : i;
  }
};

template <int Size>
void reverse(const byte* src, byte* dst, int64_t elements, ptrdiff_t next, bool stream) {
  constexpr int registers = block % Size == 0 ? 1 : 3;  // that hold whole elements
  constexpr int step = registers * block / Size;
  byte* const end = dst + Size;  // behind the result
  const auto one = [&](int64_t x) { move<Size>(dst - x * Size, src + x * Size); };
  if constexpr (step * Size == registers * block) {
    const auto reversed = [&]<bool Past>(int64_t x) {
      Block m[3];
      const byte* const from = src + x * Size;
      byte* const to = end - (x + step) * Size;
#pragma GCC unroll 3
      for (int r = 0; r < registers; ++r) {
        fetch(from + r * block + next);
        m[r] = load<Block>(from + r * block);
      }
      put<Past>(to, pick<Mirrored<Size, step, 0>, registers>(m));
      if constexpr (registers == 3) {
        put<Past>(to + block, pick<Mirrored<Size, step, 1>, 3>(m));
        put<Past>(to + 2 * block, pick<Mirrored<Size, step, 2>, 3>(m));
      }
    };
    if (elements >= step) return in_steps(elements, step, to_aligned<Size>(address(end)), stream, reversed, one);
  }
  constexpr int few = block / Size;
  if constexpr (registers == 3 && few > 1) {  // short rows, a register at a time
    const auto reversed = [&]<bool>(int64_t x) {
      const Block m = load_part<Block>(src + x * Size, few * Size);
      store_part(end - (x + few) * Size, pick<Mirrored<Size, few, 0>, 1>(&m), few * Size);
    };
    if (elements >= few) return in_steps(elements, few, -1, false, reversed, one);
  }
  for (int64_t x = 0; x < elements; ++x) one(x);
}

// ---- pixels to planes and back

constexpr ptrdiff_t along = 4096;  // bytes that are fetched ahead of a run: the processor's own streams end with a page

// Byte i of channel C among Channels registers of pixels with samples of Item bytes.
template <int Item, int Channels, int C>
struct OfChannel {
  static constexpr int at(int i) { return (i / Item * Channels + C) * Item + i % Item; }
};
// Byte i of register R of pixels, among registers of a plane each.
template <int Item, int Channels, int R>
struct OfPlanes {
  static constexpr int at(int i) {
    const int place = R * block + i;
    return place / Item % Channels * block + place / Item / Channels * Item + place % Item;
  }
};
// The same where a register does not hold whole samples: three of each plane.
template <int Item, int R>
struct OfPair {
  static constexpr int at(int i) {
    const int place = R % 3 * block + i;
    return (place / Item * 2 + R / 3) * Item + place % Item;
  }
};
template <int Item, int R>
struct OfPairPlanes {
  static constexpr int at(int i) {
    const int place = R * block + i;
    return place / Item % 2 * 3 * block + place / Item / 2 * Item + place % Item;
  }
};

template <class Body, int... R>
PX_HD void each_of(std::integer_sequence<int, R...>, Body&& body) {
  (body.template operator()<R>(), ...);
}
template <int Count, class Body>
PX_HD void each(Body&& body) {
  each_of(std::make_integer_sequence<int, Count>{}, static_cast<Body&&>(body));
}

// The shape of split and join: registers of a plane, and of all planes, that hold whole pixels.
template <int Item, int Channels>
struct Group {
  static constexpr int each = block % Item == 0 ? 1 : 3;
  static constexpr int all = each * Channels;
  static constexpr int step = each * block / Item;
  static constexpr bool exists = step * Item == each * block && (each == 1 || Channels == 2);
};

template <int Item, int Channels>
void split(const byte* src, byte* dst, ptrdiff_t plane, int64_t pixels, bool stream) {
  using G = Group<Item, Channels>;
  const auto one = [&](int64_t x) {
    for (int c = 0; c < Channels; ++c) move<Item>(dst + c * plane + x * Item, src + (x * Channels + c) * Item);
  };
  if constexpr (G::exists) {
    const auto some = [&]<bool Past>(int64_t x) {
      Block m[G::all];
#pragma GCC unroll 6
      for (int r = 0; r < G::all; ++r) {
        fetch(src + x * Channels * Item + r * block + along);
        m[r] = load<Block>(src + x * Channels * Item + r * block);
      }
      each<G::all>([&]<int R> {
        byte* const to = dst + x * Item + R / G::each * plane + R % G::each * block;
        if constexpr (G::each == 1) {
          put<Past>(to, pick<OfChannel<Item, Channels, R>, G::all>(m));
        } else {
          put<Past>(to, pick<OfPair<Item, R>, G::all>(m));
        }
      });
    };
    if (pixels >= G::step) {
      const bool aligned = plane % block == 0;
      return in_steps(pixels, G::step, to_aligned<Item>(-address(dst)), stream && aligned, some, one);
    }
  }
  for (int64_t x = 0; x < pixels; ++x) one(x);
}

template <int Item, int Channels>
void join(const byte* src, byte* dst, ptrdiff_t plane, int64_t pixels, bool stream) {
  using G = Group<Item, Channels>;
  const auto one = [&](int64_t x) {
    for (int c = 0; c < Channels; ++c) move<Item>(dst + (x * Channels + c) * Item, src + c * plane + x * Item);
  };
  if constexpr (G::exists) {
    const auto some = [&]<bool Past>(int64_t x) {
      Block m[G::all];
#pragma GCC unroll 6
      for (int r = 0; r < G::all; ++r) {
        const byte* const from = src + x * Item + r / G::each * plane + r % G::each * block;
        fetch(from + along);
        m[r] = load<Block>(from);
      }
      each<G::all>([&]<int R> {
        byte* const to = dst + x * Channels * Item + R * block;
        if constexpr (G::each == 1) {
          put<Past>(to, pick<OfPlanes<Item, Channels, R>, G::all>(m));
        } else {
          put<Past>(to, pick<OfPairPlanes<Item, R>, G::all>(m));
        }
      });
    };
    if (pixels >= G::step) {
      return in_steps(pixels, G::step, to_aligned<Item * Channels>(-address(dst)), stream, some, one);
    }
  }
  for (int64_t x = 0; x < pixels; ++x) one(x);
}

// ---- tiles

// Squares also ask for what will be read and written a few steps further down: of a tile's rows there are more than the
// processor follows by itself.
PX_HD void fetch_to_write(byte* at) { __builtin_prefetch(at, 1); }

template <int Size, int... I>
PX_HD Quad zip_quads(Quad a, Quad b, int high, std::integer_sequence<int, I...>) {
  if (high) return __builtin_shufflevector(a, b, (I / Size % 2 * 16 + 8 + I / (2 * Size) * Size + I % Size)...);
  return __builtin_shufflevector(a, b, (I / Size % 2 * 16 + I / (2 * Size) * Size + I % Size)...);
}
template <int Size, class V>
PX_HD V zip(V a, V b, int high) {
  if constexpr (sizeof(V) == 16) {
    return zip_quads<Size>(a, b, high, std::make_integer_sequence<int, 16>{});
  } else {
    return high ? zip_high_bytes<Size>(a, b) : zip_low_bytes<Size>(a, b);
  }
}

// Squares of 1 and 2 bytes, as wide as V. So many rows as a block of 16 bytes has elements are transposed within
// blocks: interleaving the first half of the registers with the second, as often as halving takes, does it. Then whole
// blocks.
template <int Size, class V>
struct FineSquare {
  static constexpr int side = static_cast<int>(sizeof(V)) / Size, rows = 16 / Size, groups = side / rows;

  static PX_HD void run(const byte* src, ptrdiff_t src_x, byte* dst, ptrdiff_t dst_y, ptrdiff_t ahead) {
    V m[groups][rows];
    for (int g = 0; g < groups; ++g) {
      V a[rows], b[rows];
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) {
        const byte* const from = src + (g * rows + i) * src_x;
        fetch(from + ahead);
        a[i] = load<V>(from);
      }
#pragma GCC unroll 4
      for (int half = 1; half < rows; half *= 2) {
#pragma GCC unroll 16
        for (int i = 0; i < rows; ++i) b[i] = zip<Size>(a[i / 2], a[i / 2 + rows / 2], i % 2);
#pragma GCC unroll 16
        for (int i = 0; i < rows; ++i) a[i] = b[i];
      }
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) m[g][i] = a[i];
    }
    for (int i = 0; i < rows; ++i) {
      V column[groups];
#pragma GCC unroll 4
      for (int g = 0; g < groups; ++g) column[g] = m[g][i];
      if constexpr (groups > 1) transpose_blocks(column);
#pragma GCC unroll 4
      for (int g = 0; g < groups; ++g) {
        byte* const to = dst + (g * rows + i) * dst_y;
        store(to, column[g]);
        fetch_to_write(to + side * dst_y);
      }
    }
  }
};

// Squares of 4 and 8 bytes. RGB travels as 4 bytes, the fourth belonging to the next pixel.
template <int... I>
PX_HD Bytes spread(Bytes v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, (I / 4 * 3 + (I % 4 < 2 ? I % 4 : 2))...);
}
template <int Size>
struct Square {
  using Lane = std::conditional_t<Size == 8, int64_t, std::int32_t>;
  static constexpr int side = lanes<Lane>;

  static PX_HD void run(const byte* src, ptrdiff_t src_x, byte* dst, ptrdiff_t dst_y, ptrdiff_t ahead) {
    constexpr auto all = std::make_integer_sequence<int, vector_bytes>{};
    Vec<Lane> m[side];
    px::PX_TARGET::transpose<Lane>(m, [&](int i) {
      const byte* const from = src + i * src_x;
      fetch(from + ahead);
      if constexpr (Size == 3) {
        return (Vec<Lane>)spread(load_part<Bytes>(from, side * Size), all);
      } else {
        return load<Vec<Lane>>(from);
      }
    });
#pragma GCC unroll 16
    for (int i = 0; i < side; ++i) {
      byte* const to = dst + i * dst_y;
      if constexpr (Size == 3) {
        store_three_quarters(to, drop_fourth_bytes((Bytes)m[i]));
      } else {
        store(to, m[i]);
      }
      fetch_to_write(to + side * dst_y);
    }
  }
};

constexpr ptrdiff_t fetched_ahead = 256;  // bytes along the source's rows

// By squares; what is left at either end is part of one more of them, further back. False where one does not fit.
template <int Size, class S>
PX_HD bool transposed(const byte* src, ptrdiff_t src_x, byte* dst, ptrdiff_t dst_y, int64_t width, int64_t height) {
  constexpr int64_t side = S::side;
  if (width < side || height < side) return false;
  for (int64_t y = 0; y < height; y += side) {
    y = lesser(y, height - side);
    for (int64_t x = 0; x < width; x += side) {
      x = lesser(x, width - side);
      S::run(src + x * src_x + y * Size, src_x, dst + y * dst_y + x * Size, dst_y, fetched_ahead);
    }
  }
  return true;
}

template <int Size>
void transpose_tile(const byte* src, ptrdiff_t src_x, byte* dst, ptrdiff_t dst_y, int64_t width, int64_t height) {
  if constexpr (Size <= 2) {
    if (transposed<Size, FineSquare<Size, Bytes>>(src, src_x, dst, dst_y, width, height)) return;
    if (transposed<Size, FineSquare<Size, Quad>>(src, src_x, dst, dst_y, width, height)) return;
  } else if constexpr (Size == 3 || Size == 4 || Size == 8) {
    if (transposed<Size, Square<Size>>(src, src_x, dst, dst_y, width, height)) return;
  }
  // Sizes that no single move has travel as the next one that does, and what is too much is overwritten by the next
  // element. Its source lies in the image for all but the last element of a row.
  constexpr int moved = Size % 3 == 0 ? Size / 3 * 4 : Size;
  constexpr int line = Size < 64 ? 64 / Size : 1;  // elements of a line of the cache
  for (int64_t y = 0; y < height; ++y) {
    const byte* const from = src + y * Size;
    byte* const to = dst + y * dst_y;
    int64_t x = 0;
    if (y + 1 < height) {
      if (y % line == 0) {
        for (int64_t ahead = 0; ahead < width; ++ahead) fetch(from + ahead * src_x + fetched_ahead);
      }
      for (; x + 1 < width; ++x) move<moved>(to + x * Size, from + x * src_x);
    }
    for (; x < width; ++x) move<Size>(to + x * Size, from + x * src_x);
  }
}

}  // namespace

#define PX_EVERY_SIZE(f) {f<1>, f<2>, f<3>, f<4>, f<6>, f<8>, f<12>, f<16>, f<24>, f<32>}
#define PX_EVERY_PIXEL(f)                                                                                        \
  {                                                                                                              \
    {f<1, 2>, f<1, 3>, f<1, 4>}, {f<2, 2>, f<2, 3>, f<2, 4>}, {f<3, 2>}, {f<4, 2>, f<4, 3>, f<4, 4>}, {f<6, 2>}, \
        {f<8, 2>, f<8, 3>, f<8, 4>}, {f<12, 2>}, {f<16, 2>}, {f<24, 2>}, {                                       \
      f<32, 2>                                                                                                   \
    }                                                                                                            \
  }
extern constinit const CopyKernels copy_kernels = {
    row, finish, PX_EVERY_SIZE(reverse), PX_EVERY_SIZE(transpose_tile), PX_EVERY_PIXEL(split), PX_EVERY_PIXEL(join)};

}  // namespace px::PX_TARGET
