// pyramid: Burt and Adelson's five taps 1 4 6 4 1, downwards and upwards.
//
// Exact     Integers: sums of at most 255 * 256 in uint16, of at most 65535 * 256 in int32, rounded once. Floats: in
// the
//           order written, everywhere.
// Why       Down, the columns come first, in whole rows, and the rows then have a quarter of the work. Up, it is the
// other
//           way round. Even and odd pixels lie in lines of their own, so all lanes hold neighbours in both passes. A
//           row of sums stays in the L1 cache.
// Requires  dst disjoint from what is read.
// Tail      The last step again, further back; sample by sample where there are fewer than a step takes.

#include "kernels/pyramid.h"

#include "core/pyramid_sums.h"
#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int16_t;
using std::int32_t;
using std::int64_t;
using std::uint16_t;
using std::uint8_t;

// Registers of sums that a step takes.
template <class T>
struct Sums {
  static constexpr int registers = same<T, uint8_t> ? 2 : 1;
};
template <class T>
using Work = typename PyramidWork<T>::type;
template <class T>
using Lanes = Vec<Work<T>>;
template <class T>
constexpr int step = Sums<T>::registers * lanes<Work<T>>;

template <class T>
PX_HD Lanes<T> load_wide(const T* from) {
  if constexpr (same<T, uint8_t>) {
    return (Lanes<T>)load_widened_i16(from);
  } else if constexpr (same<T, half>) {
    return load_half(from);
  } else if constexpr (same<T, Work<T>>) {
    return load<Lanes<T>>(from);
  } else {
    return load_widened(from);
  }
}
// Sums divided by 2^Bits, a step of them.
template <int Bits, class T>
PX_HD void store_finished(T* to, const Lanes<T>* sums) {
  if constexpr (same<T, uint8_t>) {
    const auto words = [&](int i) { return (Vec<int16_t>)((sums[i] + broadcast<uint16_t>(1 << (Bits - 1))) >> Bits); };
    store(to, halves_in_order((Bytes)pack_u8(words(0), words(1))));
  } else if constexpr (same<Work<T>, int32_t>) {
    store_narrowed(to, (sums[0] + broadcast<int32_t>(1 << (Bits - 1))) >> Bits);
  } else {
    const Lanes<T> value = sums[0] * broadcast(Work<T>(1.0 / (1 << Bits)));
    if constexpr (same<T, half>) {
      store_half(to, value);
    } else {
      store(to, value);
    }
  }
}
PX_HD auto constant(auto number, auto like) {
  if constexpr (sizeof(like) > sizeof(number)) {
    return broadcast(number);
  } else {
    return number;
  }
}
// The arithmetic, of registers and of single sums.
template <class W, class V>
PX_HD V five(V a, V b, V c, V d, V e) {
  return five_taps<V>(a, b, c, d, e, constant(W(4), a), constant(W(6), a));
}
template <class W, class V>
PX_HD V even_of(V before, V here, V after) {
  return even_taps<V>(before, here, after, constant(W(6), here));
}
template <class W, class V>
PX_HD V odd_of(V here, V after) {
  return odd_taps<V>(here, after, constant(W(4), here));
}

// A step at a time; then the last one again, further back.
template <class T, class Step, class One>
PX_HD void in_steps(int64_t samples, Step&& some, One&& one) {
  if (samples < step<T>) {
    for (int64_t i = 0; i < samples; ++i) one(i);
    return;
  }
  int64_t i = 0;
  for (; i + step<T> <= samples; i += step<T>) some(i);
  if (i < samples) some(samples - step<T>);
}
// The same for what is made register by register, to[i] = make(i).
template <class T, class Make, class One>
PX_HD void in_registers(Work<T>* to, int64_t samples, Make&& make, One&& one) {
  const auto some = [&](int64_t i) {
#pragma GCC unroll 2
    for (int r = 0; r < Sums<T>::registers; ++r) store(to + i + r * lanes<Work<T>>, make(i + r * lanes<Work<T>>));
  };
  in_steps<T>(samples, some, [&](int64_t i) { to[i] = one(i); });
}

// Asks for a line for the L2 cache, as rows of large images do not stay in the L1 until they are read.
PX_HD void fetch(const void* at, std::ptrdiff_t further) {
  __builtin_prefetch(static_cast<const std::byte*>(at) + further, 0, 2);
}

template <class T>
void down_rows(const void* const rows[5], void* work, int64_t samples, std::ptrdiff_t next) {
  using W = Work<T>;
  const auto *a = static_cast<const T*>(rows[0]), *b = static_cast<const T*>(rows[1]);
  const auto *c = static_cast<const T*>(rows[2]), *d = static_cast<const T*>(rows[3]);
  const auto* e = static_cast<const T*>(rows[4]);
  const auto wide = [&](int64_t i) {
    fetch(d + i, next);
    return five<W>(load_wide(a + i), load_wide(b + i), load_wide(c + i), load_wide(d + i), load_wide(e + i));
  };
  const auto one = [&](int64_t i) {
    return five<W>(pyramid_work(a[i]), pyramid_work(b[i]), pyramid_work(c[i]), pyramid_work(d[i]), pyramid_work(e[i]));
  };
  in_registers<T>(static_cast<W*>(work), samples, wide, one);
}

template <class T>
void down_columns(const void* evens, const void* odds, void* dst, int64_t samples, int64_t channels,
                  const void* ahead) {
  using W = Work<T>;
  const auto *even = static_cast<const W*>(evens), *odd = static_cast<const W*>(odds);
  auto* const to = static_cast<T*>(dst);
  const int64_t one_on = channels, two_on = 2 * channels;
  const auto wide = [&](const W* from) { return load<Vec<W>>(from); };
  const auto some = [&](int64_t i) {
    Lanes<T> sums[Sums<T>::registers];
    constexpr int read = 2 * step<T> * static_cast<int>(sizeof(T));  // bytes of the source's row for a step
#pragma GCC unroll 2
    for (int line = 0; line < read; line += 64) fetch(static_cast<const T*>(ahead) + 2 * i, line);
#pragma GCC unroll 2
    for (int r = 0; r < Sums<T>::registers; ++r) {
      const W *const e = even + i + r * lanes<W>, *const o = odd + i + r * lanes<W>;
      sums[r] = five<W>(wide(e), wide(o), wide(e + one_on), wide(o + one_on), wide(e + two_on));
    }
    store_finished<8>(to + i, sums);
  };
  in_steps<T>(samples, some, [&](int64_t i) {
    const W *const e = even + i, *const o = odd + i;
    to[i] = pyramid_sample<8, T>(five<W>(e[0], o[0], e[one_on], o[one_on], e[two_on]));
  });
}

template <class T>
void up_columns(const void* src, void* evens, void* odds, int64_t samples, int64_t channels) {
  using W = Work<T>;
  const auto* const before = static_cast<const T*>(src);
  const T *const here = before + channels, *const after = here + channels;
  in_registers<T>(
      static_cast<W*>(evens), samples,
      [&](int64_t i) { return even_of<W>(load_wide(before + i), load_wide(here + i), load_wide(after + i)); },
      [&](int64_t i) { return even_of<W>(pyramid_work(before[i]), pyramid_work(here[i]), pyramid_work(after[i])); });
  in_registers<T>(
      static_cast<W*>(odds), samples, [&](int64_t i) { return odd_of<W>(load_wide(here + i), load_wide(after + i)); },
      [&](int64_t i) { return odd_of<W>(pyramid_work(here[i]), pyramid_work(after[i])); });
}

template <class T>
void up_rows(const void* before, const void* here, const void* after, void* even, void* odd, int64_t samples) {
  using W = Work<T>;
  const auto *a = static_cast<const W*>(before), *b = static_cast<const W*>(here), *c = static_cast<const W*>(after);
  auto *const to_even = static_cast<T*>(even), *const to_odd = static_cast<T*>(odd);
  const auto some = [&](int64_t i) {
    Lanes<T> evens[Sums<T>::registers], odds[Sums<T>::registers];
#pragma GCC unroll 2
    for (int r = 0; r < Sums<T>::registers; ++r) {
      const int64_t at = i + r * lanes<W>;
      const auto middle = load<Lanes<T>>(b + at), last = load<Lanes<T>>(c + at);
      evens[r] = even_of<W>(load<Lanes<T>>(a + at), middle, last);
      odds[r] = odd_of<W>(middle, last);
    }
    store_finished<6>(to_even + i, evens);
    store_finished<6>(to_odd + i, odds);
  };
  in_steps<T>(samples, some, [&](int64_t i) {
    to_even[i] = pyramid_sample<6, T>(even_of<W>(a[i], b[i], c[i]));
    to_odd[i] = pyramid_sample<6, T>(odd_of<W>(b[i], c[i]));
  });
}

}  // namespace

#define PX_EVERY_TYPE(f) {f<uint8_t>, f<uint16_t>, f<int16_t>, f<half>, f<float>, f<double>}
extern constinit const PyramidKernels pyramid_kernels = {PX_EVERY_TYPE(down_rows), PX_EVERY_TYPE(down_columns),
                                                         PX_EVERY_TYPE(up_columns), PX_EVERY_TYPE(up_rows)};

}  // namespace px::PX_TARGET
