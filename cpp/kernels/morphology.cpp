// morphology: the least and the largest of neighbours.
//
// Exact     Selects samples; grey elements add one rounded sum or difference to that.
// Why       Lanes are neighbouring samples, and every neighbour is a load that only begins elsewhere. Of several rows
// of
//           results at once, what all of them see is looked at once: 8 of height 31 take 38 loads, not 248.
// Requires  lines and dst of `samples` samples, as kernels/morphology.h says.
// Tail      The last register once more, or a part of one.

#include "kernels/morphology.h"

#include "simd/order.h"

namespace px::PX_TARGET {
namespace {

using std::int64_t;

#if defined(__AVX512BW__) || defined(__aarch64__)
constexpr bool many_registers = true;  // 32
#else
constexpr bool many_registers = false;
#endif

template <class V>
PX_HD V load_at(const void* line, int64_t at) {
  return load<V>(static_cast<const std::byte*>(line) + at);
}

// Registers registers of the result. Count 0: known at run time only.
template <bool Largest, int Count, int Registers, class Read, class Write>
PX_HD void lines_at(const void* const* lines, int count, Read&& read, Write&& write) {
  decltype(read(lines[0], 0)) result[Registers];
#pragma GCC unroll 4
  for (int u = 0; u < Registers; ++u) result[u] = read(lines[0], u);
  const int last = Count > 0 ? Count : count;
#pragma GCC unroll 8
  for (int k = 1; k < last; ++k) {
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) result[u] = extreme<Largest>(result[u], read(lines[k], u));
  }
#pragma GCC unroll 4
  for (int u = 0; u < Registers; ++u) write(u, result[u]);
}

// Of lines that begin `shift` bytes further on.
template <class T, bool Largest, bool Finish, int Count>
PX_HD void run_lines(const void* const* given, int count, int64_t samples, void* dst, bool stream, int64_t shift) {
  using V = Vec<KeyOf<T>>;
  const void* own[Count > 0 ? Count : 1];
  if constexpr (Count > 0) {
    for (int k = 0; k < Count; ++k) own[k] = static_cast<const std::byte*>(given[k]) + shift;
  }
  const void* const* const lines = Count > 0 ? own : given;
  const int64_t apart = Count > 0 ? 0 : shift;
  auto* const to = static_cast<std::byte*>(dst);
  const int64_t bytes = samples * static_cast<int64_t>(sizeof(T));
  const auto done = [](V v) { return Finish ? from_keys<T>(v) : v; };
  int64_t at = 0;
  const auto part = [&](int64_t size) {
    const auto rest = static_cast<std::size_t>(size);
    lines_at<Largest, Count, 1>(
        lines, count,
        [&](const void* line, int) { return load_part<V>(static_cast<const std::byte*>(line) + at + apart, rest); },
        [&](int, V v) { store_part(to + at, done(v), rest); });
    at += size;
  };
  const auto whole = [&](auto registers, auto&& write) {
    constexpr int unroll = decltype(registers)::value;
    for (; at + unroll * vector_bytes <= bytes; at += unroll * vector_bytes) {
      lines_at<Largest, Count, unroll>(
          lines, count, [&](const void* line, int u) { return load_at<V>(line, at + apart + u * vector_bytes); },
          [&](int u, V v) { write(to + at + u * vector_bytes, done(v)); });
    }
  };
  constexpr std::integral_constant<int, 4> four{};
  constexpr std::integral_constant<int, 1> one{};
  const auto through = [](void* where, V v) { store(where, v); };
  if (Finish && stream) {
    const auto lead = static_cast<int64_t>(-reinterpret_cast<std::uintptr_t>(to) % vector_bytes);
    if (lead > 0) part(lesser(lead, bytes));
    whole(four, [](void* where, V v) { store_past_caches(where, v); });
  } else {
    whole(four, through);
  }
  whole(one, through);
  if (at == bytes) return;
  if (Finish && !stream && bytes >= vector_bytes) {  // the last register once more: dst is no line
    at = bytes - vector_bytes;
    return whole(one, through);
  }
  part(bytes - at);
}

template <class T, bool Largest, bool Finish, int Count>
PX_HD void run_rows(const void* const* lines, int count, int64_t samples, void* dst, bool stream, int64_t rows,
                    int64_t step) {
  for (int64_t r = 0; r < rows; ++r) {
    run_lines<T, Largest, Finish, Count>(lines, count, samples, static_cast<std::byte*>(dst) + r * step, stream,
                                         r * step);
  }
}

template <class T, bool Largest, bool Finish>
PX_HD void of_lines(const void* const* lines, int count, int64_t samples, void* dst, bool stream, int64_t rows,
                    int64_t step) {
  switch (count) {
    case 1: return run_rows<T, Largest, Finish, 1>(lines, count, samples, dst, stream, rows, step);
    case 2: return run_rows<T, Largest, Finish, 2>(lines, count, samples, dst, stream, rows, step);
    case 3: return run_rows<T, Largest, Finish, 3>(lines, count, samples, dst, stream, rows, step);
    case 4: return run_rows<T, Largest, Finish, 4>(lines, count, samples, dst, stream, rows, step);
    case 5: return run_rows<T, Largest, Finish, 5>(lines, count, samples, dst, stream, rows, step);
    default: return run_rows<T, Largest, Finish, 0>(lines, count, samples, dst, stream, rows, step);
  }
}
template <class T, bool Largest>
void line(const void* const* lines, int count, int64_t samples, void* dst, int64_t rows, int64_t step) {
  of_lines<T, Largest, false>(lines, count, samples, dst, false, rows, step);
}
template <class T, bool Largest>
void finish(const void* const* lines, int count, int64_t samples, void* dst, bool stream) {
  of_lines<T, Largest, true>(lines, count, samples, dst, stream, 1, 0);
}

// Of Registers registers of each output: what lies between the last first row and the first last one belongs to all,
// the rows before are taken in from there upwards, those after downwards.
template <bool Largest, int Outputs, int Registers, class V, class Read, class Write>
PX_HD void block_at(const void* const* lines, int rows, Read&& read, Write&& write) {
  V above[Outputs][Registers];
#pragma GCC unroll 2
  for (int u = 0; u < Registers; ++u) above[Outputs - 1][u] = read(lines[Outputs - 1], u);
  for (int k = Outputs; k < rows; ++k) {
#pragma GCC unroll 2
    for (int u = 0; u < Registers; ++u) {
      above[Outputs - 1][u] = extreme<Largest>(above[Outputs - 1][u], read(lines[k], u));
    }
  }
#pragma GCC unroll 8
  for (int r = Outputs - 2; r >= 0; --r) {
#pragma GCC unroll 2
    for (int u = 0; u < Registers; ++u) above[r][u] = extreme<Largest>(above[r + 1][u], read(lines[r], u));
  }
  V below[Registers];
#pragma GCC unroll 2
  for (int u = 0; u < Registers; ++u) write(0, u, above[0][u]);
#pragma GCC unroll 8
  for (int r = 1; r < Outputs; ++r) {
#pragma GCC unroll 2
    for (int u = 0; u < Registers; ++u) {
      const V next = read(lines[rows + r - 1], u);
      below[u] = r == 1 ? next : extreme<Largest>(below[u], next);
      write(r, u, extreme<Largest>(above[r][u], below[u]));
    }
  }
}

template <class T, bool Largest, int Outputs>  // T is that of the lines
void block(const void* const* lines, int rows, int64_t samples, void* const* dst, const void* const* ahead) {
  using V = Vec<KeyOf<T>>;
  constexpr int registers = many_registers || Outputs <= 4 ? 2 : 1;
  const int64_t bytes = samples * static_cast<int64_t>(sizeof(T));
  const auto to = [&](int r, int64_t at) { return static_cast<std::byte*>(dst[r]) + at; };
  int64_t at = 0;
  for (; at + registers * vector_bytes <= bytes; at += registers * vector_bytes) {
#pragma GCC unroll 16
    for (int r = 0; r < 2 * Outputs; ++r) {
      for (int64_t line = 0; line < registers * vector_bytes; line += 64) {
        __builtin_prefetch(static_cast<const std::byte*>(ahead[r]) + at + line, 0, 2);
      }
    }
    block_at<Largest, Outputs, registers, V>(
        lines, rows, [&](const void* from, int u) { return to_keys<T>(load_at<V>(from, at + u * vector_bytes)); },
        [&](int r, int u, V v) { store(to(r, at + u * vector_bytes), v); });
  }
  if (bytes < vector_bytes) {
    const auto rest = static_cast<std::size_t>(bytes);
    block_at<Largest, Outputs, 1, V>(
        lines, rows, [&](const void* from, int) { return to_keys<T>(load_part<V>(from, rest)); },
        [&](int r, int, V v) { store_part(to(r, 0), v, rest); });
    return;
  }
  for (; at < bytes; at += vector_bytes) {
    at = lesser<int64_t>(at, bytes - vector_bytes);  // the last register may begin before
    block_at<Largest, Outputs, 1, V>(
        lines, rows, [&](const void* from, int) { return to_keys<T>(load_at<V>(from, at)); },
        [&](int r, int, V v) { store(to(r, at), v); });
  }
}

template <class Real, bool Largest>
void grey(const void* const* lines, const double* heights, int count, int64_t samples, void* dst) {
  using Key = KeyOf<Real>;
  using V = Vec<Real>;
  const int64_t bytes = samples * static_cast<int64_t>(sizeof(Real));
  for (int64_t at = 0; at < bytes; at += vector_bytes) {
    const auto rest = static_cast<std::size_t>(lesser<int64_t>(bytes - at, vector_bytes));
    Vec<Key> result{};
    for (int k = 0; k < count; ++k) {
      const auto* const from = static_cast<const std::byte*>(lines[k]) + at;
      const V x = rest == vector_bytes ? load<V>(from) : load_part<V>(from, rest);
      const V height = broadcast(static_cast<Real>(heights[k]));
      const Vec<Key> key = to_keys<Real>((Vec<Key>)(Largest ? x + height : x - height));
      result = k == 0 ? key : extreme<Largest>(result, key);
    }
    const auto floats = from_keys<Real>(result);
    if (rest == vector_bytes) {
      store(static_cast<std::byte*>(dst) + at, floats);
    } else {
      store_part(static_cast<std::byte*>(dst) + at, floats, rest);
    }
  }
}

template <class T>
PX_HD Vec<T> difference(Vec<T> a, Vec<T> b) {
  if constexpr (same<T, std::int16_t>) {
    // Beyond the range the signs of a and b differ, and so do those of a and of what is left of the difference.
    const auto wrapped = (Vec<T>)((Vec<std::uint16_t>)a - (Vec<std::uint16_t>)b);
    const Vec<T> end = (a >> 15) ^ broadcast(std::int16_t{0x7fff});
    return ((a ^ b) & (a ^ wrapped)) < 0 ? end : wrapped;
  } else if constexpr (same<T, std::uint8_t> || same<T, std::uint16_t>) {
    return extreme<true>(a, b) - b;
  } else {
    return a - b;
  }
}

template <class T>
void subtract(const void* a, const void* b, int64_t samples, void* dst) {
  const auto *left = static_cast<const std::byte*>(a), *right = static_cast<const std::byte*>(b);
  auto* to = static_cast<std::byte*>(dst);
  if constexpr (same<T, half>) {
    constexpr int64_t step = lanes<float>;
    for (int64_t i = 0; i < samples; i += step) {
      const auto bytes = static_cast<std::size_t>(2 * lesser(samples - i, step));
      half parts[2][lanes<float>] = {};
      std::memcpy(parts[0], left + 2 * i, bytes);
      std::memcpy(parts[1], right + 2 * i, bytes);
      store_half(parts[0], load_half(parts[0]) - load_half(parts[1]));
      std::memcpy(to + 2 * i, parts[0], bytes);
    }
  } else {
    using V = Vec<T>;
    int64_t bytes = samples * static_cast<int64_t>(sizeof(T));
    for (; bytes >= vector_bytes; bytes -= vector_bytes) {
      store(to, difference<T>(load<V>(left), load<V>(right)));
      left += vector_bytes, right += vector_bytes, to += vector_bytes;
    }
    const auto rest = static_cast<std::size_t>(bytes);
    if (rest > 0) store_part(to, difference<T>(load_part<V>(left, rest), load_part<V>(right, rest)), rest);
  }
}

void streamed() { finish_past_caches(); }

using std::int16_t, std::uint16_t, std::uint8_t;

#define PX_BY_TYPE(of)                                                                    \
  {                                                                                       \
      {of(uint8_t, false), of(uint8_t, true)}, {of(uint16_t, false), of(uint16_t, true)}, \
      {of(int16_t, false), of(int16_t, true)}, {of(half, false), of(half, true)},         \
      {of(float, false), of(float, true)},     {of(double, false), of(double, true)},     \
  }
#define PX_LINE(T, largest) line<KeyOf<T>, largest>
#define PX_FINISH(T, largest) finish<T, largest>
#define PX_BLOCK_1(T, largest) block<KeyOf<T>, largest, 1>
#define PX_BLOCK_2(T, largest) block<KeyOf<T>, largest, 2>
#define PX_BLOCK_4(T, largest) block<KeyOf<T>, largest, 4>
#define PX_BLOCK_8(T, largest) block<KeyOf<T>, largest, 8>
#define PX_BEGIN_1(T, largest) block<T, largest, 1>
#define PX_BEGIN_2(T, largest) block<T, largest, 2>
#define PX_BEGIN_4(T, largest) block<T, largest, 4>
#define PX_BEGIN_8(T, largest) block<T, largest, 8>

}  // namespace

extern constinit const MorphologyKernels morphology_kernels = {
    PX_BY_TYPE(PX_LINE),
    PX_BY_TYPE(PX_FINISH),
    {PX_BY_TYPE(PX_BLOCK_1), PX_BY_TYPE(PX_BLOCK_2), PX_BY_TYPE(PX_BLOCK_4), PX_BY_TYPE(PX_BLOCK_8)},
    {PX_BY_TYPE(PX_BEGIN_1), PX_BY_TYPE(PX_BEGIN_2), PX_BY_TYPE(PX_BEGIN_4), PX_BY_TYPE(PX_BEGIN_8)},
    {{grey<float, false>, grey<float, true>}, {grey<double, false>, grey<double, true>}},
    {subtract<uint8_t>, subtract<uint16_t>, subtract<int16_t>, subtract<half>, subtract<float>, subtract<double>},
    streamed,
};

}  // namespace px::PX_TARGET
