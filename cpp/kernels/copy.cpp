// copy: elements of one size from one place to another, where neither rows nor pixels lie as they did.
//
// Exact     Nothing is computed.
// Why       Each is bound by memory, if enough bytes move per instruction: rows are reversed, pixels and planes
// exchanged, by
//           byte permutations with constant patterns, 64 bytes at a time where one instruction permutes them across
//           the whole register (AVX-512 VBMI) and 16 elsewhere; tiles are transposed in registers of 16 bytes.
// Requires  src and dst disjoint.
// Tail      Element by element.

#include "kernels/copy.h"

#include <utility>

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::byte;
using std::int64_t;
using std::ptrdiff_t;
using std::uint8_t;

#if defined(__AVX512VBMI__)
constexpr int block = 64;  // bytes that one instruction permutes
#else
constexpr int block = 16;
#endif
using Block = typename VectorOf<uint8_t, block>::type;
using Quad = typename VectorOf<uint8_t, 16>::type;

template <int Size>
PX_HD void move(byte* to, const byte* from) {
  std::memcpy(to, from, Size);
}

// Rows that do not follow each other in memory end the stream that the processor fetches ahead, so the next one is
// asked for while this one moves. An address outside is no error.
PX_HD void fetch(const byte* at) { __builtin_prefetch(at); }

// Elements from the start of a run to where its stores are aligned, in (0, block]: the first block is stored where it
// is, and in part again. (Stores that are not aligned cross a line of the cache each time.)
template <int Item>
PX_HD int64_t to_aligned(const byte* dst) {
  const auto at = reinterpret_cast<std::uintptr_t>(dst);
  return at % Item != 0 ? block / Item : static_cast<int64_t>((block - at % block) / Item);
}

void row(const byte* src, byte* dst, int64_t bytes, ptrdiff_t next) {
  int64_t i = 0;
  for (; i + block <= bytes; i += i == 0 ? to_aligned<1>(dst) : block) {
    fetch(src + i + next);
    store(dst + i, load<Block>(src + i));
  }
  if (bytes >= block) {  // the last bytes, some of them again
    store(dst + bytes - block, load<Block>(src + bytes - block));
  } else {
    std::memcpy(dst, src, static_cast<std::size_t>(bytes));
  }
}

// ---- reversed rows

// Byte i of register r, of the registers that hold elements in reverse: which byte of the source's registers it is.
template <int Size, int Registers>
constexpr int mirrored(int r, int i) {
  const int at = r * block + i;
  return (Registers * block / Size - 1 - at / Size) * Size + at % Size;
}

template <int Size, int R, int... I>
PX_HD Block reversed(const Block* m, std::integer_sequence<int, I...>) {
  if constexpr (block % Size == 0) {
    return __builtin_shufflevector(m[0], m[0], mirrored<Size, 1>(0, I)...);
  } else {
    const Block v =
        __builtin_shufflevector(m[0], m[1], (mirrored<Size, 3>(R, I) < 2 * block ? mirrored<Size, 3>(R, I) : 0)...);
    return __builtin_shufflevector(v, m[2],
                                   (mirrored<Size, 3>(R, I) / block == 2 ? mirrored<Size, 3>(R, I) - block : I)...);
  }
}

template <int Size>
void reverse(const byte* src, byte* dst, int64_t elements, ptrdiff_t next) {
  constexpr int registers = block % Size == 0 ? 1 : 3;  // that hold whole elements
  constexpr int step = registers * block / Size;
  constexpr auto all = std::make_integer_sequence<int, block>{};
  const int64_t lead = registers == 1 ? to_aligned<Size>(dst) : step;
  int64_t x = 0;
  if constexpr (step * Size == registers * block) {
    for (; x + step <= elements; x += x == 0 ? lead : step) {
      Block m[3];
      const byte* const from = src - (x + step - 1) * Size;
#pragma GCC unroll 3
      for (int r = 0; r < registers; ++r) {
        fetch(from + r * block + next);
        m[r] = load<Block>(from + r * block);
      }
      store(dst + x * Size, reversed<Size, 0>(m, all));
      if constexpr (registers == 3) {
        store(dst + x * Size + block, reversed<Size, 1>(m, all));
        store(dst + x * Size + 2 * block, reversed<Size, 2>(m, all));
      }
    }
  }
  for (; x < elements; ++x) move<Size>(dst + x * Size, src - x * Size);
}

// ---- pixels to planes and back

// Bytes of channel c among Channels registers of pixels with samples of Item bytes, taken step by step: each step
// merges one more register into what has been gathered. Position i of the result is byte source(i) of all registers
// together.
template <int Item, int Channels>
constexpr int source_of(int c, int i) {
  return (i / Item * Channels + c) * Item + i % Item;
}

template <int Item, int Channels, int C, int... I>
PX_HD Block gather(const Block* m, std::integer_sequence<int, I...>) {
  Block v = __builtin_shufflevector(
      m[0], m[1], (source_of<Item, Channels>(C, I) < 2 * block ? source_of<Item, Channels>(C, I) : 0)...);
  if constexpr (Channels > 2) {
    v = __builtin_shufflevector(
        v, m[2], (source_of<Item, Channels>(C, I) / block == 2 ? source_of<Item, Channels>(C, I) - block : I)...);
  }
  if constexpr (Channels > 3) {
    v = __builtin_shufflevector(
        v, m[3], (source_of<Item, Channels>(C, I) / block == 3 ? source_of<Item, Channels>(C, I) - 2 * block : I)...);
  }
  return v;
}

template <int Item, int Channels, int C>
PX_HD void gather_all(const Block* m, byte* dst, ptrdiff_t plane) {
  if constexpr (C < Channels) {
    store(dst + C * plane, gather<Item, Channels, C>(m, std::make_integer_sequence<int, block>{}));
    gather_all<Item, Channels, C + 1>(m, dst, plane);
  }
}

template <int Item, int Channels>
void split(const byte* src, byte* dst, ptrdiff_t plane, int64_t pixels) {
  constexpr int step = block / Item;
  int64_t x = 0;
  for (; x + step <= pixels; x += x == 0 ? to_aligned<Item>(dst) : step) {
    Block m[Channels];
#pragma GCC unroll 4
    for (int r = 0; r < Channels; ++r) m[r] = load<Block>(src + x * Channels * Item + r * block);
    gather_all<Item, Channels, 0>(m, dst + x * Item, plane);
  }
  for (; x < pixels; ++x) {
    for (int c = 0; c < Channels; ++c) move<Item>(dst + c * plane + x * Item, src + (x * Channels + c) * Item);
  }
}

// Where byte i of register r of pixels comes from: which plane, which byte of it.
template <int Item, int Channels>
constexpr int plane_of(int r, int i) {
  return (r * block + i) / Item % Channels;
}
template <int Item, int Channels>
constexpr int within_plane(int r, int i) {
  return (r * block + i) / Item / Channels * Item + (r * block + i) % Item;
}

template <int Item, int Channels, int R, int... I>
PX_HD Block scatter(const Block* m, std::integer_sequence<int, I...>) {
  Block v = __builtin_shufflevector(
      m[0], m[1],
      (plane_of<Item, Channels>(R, I) < 2 ? plane_of<Item, Channels>(R, I) * block + within_plane<Item, Channels>(R, I)
                                          : 0)...);
  if constexpr (Channels > 2) {
    v = __builtin_shufflevector(
        v, m[2], (plane_of<Item, Channels>(R, I) == 2 ? block + within_plane<Item, Channels>(R, I) : I)...);
  }
  if constexpr (Channels > 3) {
    v = __builtin_shufflevector(
        v, m[3], (plane_of<Item, Channels>(R, I) == 3 ? block + within_plane<Item, Channels>(R, I) : I)...);
  }
  return v;
}

template <int Item, int Channels, int R>
PX_HD void scatter_all(const Block* m, byte* dst) {
  if constexpr (R < Channels) {
    store(dst + R * block, scatter<Item, Channels, R>(m, std::make_integer_sequence<int, block>{}));
    scatter_all<Item, Channels, R + 1>(m, dst);
  }
}

template <int Item, int Channels>
void join(const byte* src, byte* dst, ptrdiff_t plane, int64_t pixels) {
  constexpr int step = block / Item;
  int64_t x = 0;
  for (; x + step <= pixels; x += step) {
    Block m[Channels];
#pragma GCC unroll 4
    for (int c = 0; c < Channels; ++c) m[c] = load<Block>(src + c * plane + x * Item);
    scatter_all<Item, Channels, 0>(m, dst + x * Channels * Item);
  }
  for (; x < pixels; ++x) {
    for (int c = 0; c < Channels; ++c) move<Item>(dst + (x * Channels + c) * Item, src + c * plane + x * Item);
  }
}

// ---- tiles

template <int Size, int... I>
PX_HD Quad zip_low_quad(Quad a, Quad b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, (I / Size % 2 * 16 + I / (2 * Size) * Size + I % Size)...);
}
template <int Size, int... I>
PX_HD Quad zip_high_quad(Quad a, Quad b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, (I / Size % 2 * 16 + 8 + I / (2 * Size) * Size + I % Size)...);
}

// A square of 16 / Size elements each way. Interleaving the first half of the registers with the second, as often as
// halving takes, transposes.
template <int Size>
PX_HD void transpose_quads(Quad* m) {
  constexpr int side = 16 / Size;
  constexpr auto all = std::make_integer_sequence<int, 16>{};
#pragma GCC unroll 4
  for (int half = 1; half < side; half *= 2) {
    Quad t[side];
#pragma GCC unroll 8
    for (int i = 0; i < side / 2; ++i) {
      t[2 * i] = zip_low_quad<Size>(m[i], m[i + side / 2], all);
      t[2 * i + 1] = zip_high_quad<Size>(m[i], m[i + side / 2], all);
    }
#pragma GCC unroll 16
    for (int i = 0; i < side; ++i) m[i] = t[i];
  }
}

// Squares of whole registers for 4 and 8 bytes; RGB travels as 4 bytes, the fourth belonging to the next pixel.
template <int... I>
PX_HD Bytes spread(Bytes v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, (I / 4 * 3 + (I % 4 < 2 ? I % 4 : 2))...);
}
template <int Size>
struct Square {
  static constexpr int side = Size == 8 ? lanes<std::int64_t> : Size >= 3 ? lanes<std::int32_t> : 16 / Size;
  static constexpr int bytes = side * Size;                        // of a row of elements
  static constexpr int loaded = Size == 3 ? vector_bytes : bytes;  // and of what is read for it

  static PX_HD void run(const byte* src, ptrdiff_t src_x, byte* dst, ptrdiff_t down) {
    if constexpr (Size < 3) {
      Quad m[side];
#pragma GCC unroll 16
      for (int i = 0; i < side; ++i) m[i] = load<Quad>(src + i * src_x);
      transpose_quads<Size>(m);
#pragma GCC unroll 16
      for (int i = 0; i < side; ++i) store(dst + i * down, m[i]);
    } else if constexpr (Size == 8) {
      Vec<std::int64_t> m[side];
#pragma GCC unroll 8
      for (int i = 0; i < side; ++i) m[i] = load<Vec<std::int64_t>>(src + i * src_x);
      px::PX_TARGET::transpose<std::int64_t>(m);
#pragma GCC unroll 8
      for (int i = 0; i < side; ++i) store(dst + i * down, m[i]);
    } else {
      constexpr auto all = std::make_integer_sequence<int, vector_bytes>{};
      Vec<std::int32_t> m[side];
#pragma GCC unroll 16
      for (int i = 0; i < side; ++i) {
        const auto v = load<Bytes>(src + i * src_x);
        m[i] = (Vec<std::int32_t>)(Size == 3 ? spread(v, all) : v);
      }
      px::PX_TARGET::transpose<std::int32_t>(m);
#pragma GCC unroll 16
      for (int i = 0; i < side; ++i) {
        if constexpr (Size == 3) {
          store_three_quarters(dst + i * down, drop_fourth_bytes((Bytes)m[i]));
        } else {
          store(dst + i * down, m[i]);
        }
      }
    }
  }
};

template <int Size>
PX_HD void transpose_slowly(const byte* src, ptrdiff_t src_x, ptrdiff_t src_y, byte* dst, ptrdiff_t dst_y,
                            int64_t width, int64_t height) {
  for (int64_t y = 0; y < height; ++y) {
    const byte* from = src + y * src_y;
    byte* to = dst + y * dst_y;
    int64_t x = 0;
    if constexpr (Size == 3) {
      // Four bytes at a time; the next pixel overwrites the fourth. Its source lies in the image for all but the pixels
      // of the last place in memory, so each row ends with three bytes; and so does the column that may be that one.
      if (y != (src_y > 0 ? height - 1 : 0)) {
        for (; x + 1 < width; ++x) move<4>(to + x * 3, from + x * src_x);
      }
    }
    for (; x < width; ++x) move<Size>(to + x * Size, from + x * src_x);
  }
}

template <int Size>
void transpose_tile(const byte* src, ptrdiff_t src_x, ptrdiff_t src_y, byte* dst, ptrdiff_t dst_y, int64_t width,
                    int64_t height) {
  if constexpr (Size <= 4 || Size == 8) {
    using S = Square<Size>;
    constexpr int64_t side = S::side, spare = (S::loaded - S::bytes + Size - 1) / Size;
    int64_t y = 0;
    if (src_y < 0) y = lesser(spare, height);  // what is read too much lies before in the result
    if (y > 0) transpose_slowly<Size>(src, src_x, src_y, dst, dst_y, width, y);
    for (; y + side + (src_y > 0 ? spare : 0) <= height; y += side) {
      // A source that runs upwards in memory is read from its last element on, and stored last row first.
      const int64_t first = src_y > 0 ? y : y + side - 1;
      const ptrdiff_t down = src_y > 0 ? dst_y : -dst_y;
      int64_t x = 0;
      for (; x + side <= width; x += side) {
        S::run(src + x * src_x + first * src_y, src_x, dst + first * dst_y + x * Size, down);
      }
      transpose_slowly<Size>(src + x * src_x + y * src_y, src_x, src_y, dst + y * dst_y + x * Size, dst_y, width - x,
                             side);
    }
    transpose_slowly<Size>(src + y * src_y, src_x, src_y, dst + y * dst_y, dst_y, width, height - y);
  } else {
    transpose_slowly<Size>(src, src_x, src_y, dst, dst_y, width, height);
  }
}

}  // namespace

#define PX_EVERY_SIZE(f) {f<1>, f<2>, f<3>, f<4>, f<6>, f<8>, f<12>, f<16>, f<24>, f<32>}
#define PX_EVERY_PIXEL(f)                                                                    \
  {                                                                                          \
    {f<1, 2>, f<1, 3>, f<1, 4>}, {f<2, 2>, f<2, 3>, f<2, 4>}, {f<4, 2>, f<4, 3>, f<4, 4>}, { \
      f<8, 2>, f<8, 3>, f<8, 4>                                                              \
    }                                                                                        \
  }
extern constinit const CopyKernels copy_kernels = {row, PX_EVERY_SIZE(reverse), PX_EVERY_SIZE(transpose_tile),
                                                   PX_EVERY_PIXEL(split), PX_EVERY_PIXEL(join)};

}  // namespace px::PX_TARGET
