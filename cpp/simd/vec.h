// Vec<T>: one native register of T, as a GCC/Clang vector. Arithmetic, comparisons and `? :` are the
// language's own; here is only what the language lacks. The few intrinsics are in x86.h and neon.h.
//
// "In-lane" operations work within each 128-bit block of the register, as x86 does; kernels that
// interleave and pack never leave the block, and transpose() puts blocks in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/scalar.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace px::inline PX_TARGET {

#if defined(__AVX512BW__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

template <class T, int Bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(Bytes)));
};
template <class T>
using Vec = typename VectorOf<T, vector_bytes>::type;
template <class T>
constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));
constexpr int blocks = vector_bytes / 16;

using Bytes = Vec<std::uint8_t>;

template <class V>
PX_HD V load(const void* from) {
  V value;
  std::memcpy(&value, from, sizeof(V));
  return value;
}
template <class V>
PX_HD void store(void* to, V value) {
  std::memcpy(to, &value, sizeof(V));
}
// A store that leaves the caches to others, to an address that is a multiple of the register's size; and what comes
// after the last of them, so that all are seen before what follows.
template <class V>
PX_HD void store_past_caches(void* to, V value) {
#if defined(__x86_64__)
  if constexpr (sizeof(V) == 16) _mm_stream_si128((__m128i*)to, (__m128i)value);
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32) _mm256_stream_si256((__m256i*)to, (__m256i)value);
#endif
#if defined(__AVX512BW__)
  if constexpr (sizeof(V) == 64) _mm512_stream_si512((__m512i*)to, (__m512i)value);
#endif
#else
  store(to, value);
#endif
}
PX_HD void finish_past_caches() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}
// The first `bytes` bytes of a register; the others are zero, and nothing beyond is read or written.
#if defined(__AVX512BW__)
template <class V>
PX_HD V load_part(const void* from, std::size_t bytes) {
  return (V)_mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, static_cast<unsigned>(bytes)), from);
}
template <class V>
PX_HD void store_part(void* to, V value, std::size_t bytes) {
  _mm512_mask_storeu_epi8(to, _bzhi_u64(~0ull, static_cast<unsigned>(bytes)), (__m512i)value);
}
#else
template <class V>
PX_HD V load_part(const void* from, std::size_t bytes) {
  V value{};
  std::memcpy(&value, from, bytes);
  return value;
}
template <class V>
PX_HD void store_part(void* to, V value, std::size_t bytes) {
  std::memcpy(to, &value, bytes);
}
#endif
PX_HD void store_part_or_all(void* to, Bytes value, std::size_t bytes) {
  if (bytes >= vector_bytes) return store(to, value);
  store_part(to, value, bytes);
}
// The compiler is to hold this value in a register: it would else load it anew for each use, which takes longer where
// the memory is not aligned.
template <class V>
PX_HD void hold(V& value) {
#if defined(__AVX512F__)
  asm("" : "+v"(value));
#elif defined(__x86_64__)
  asm("" : "+x"(value));
#elif defined(__aarch64__)
  asm("" : "+w"(value));
#else
  (void)value;
#endif
}
template <class T>
PX_HD Vec<T> broadcast(T value) {
  return value - Vec<T>{};  // not 0 + value, which would lose the sign of -0
}

}  // namespace px::inline PX_TARGET

#if defined(__x86_64__)
#include "simd/x86.h"
#elif defined(__aarch64__)
#include "simd/neon.h"
#endif

namespace px::inline PX_TARGET {

// In-lane interleaving of elements of Size bytes: a0 b0 a1 b1 .. of the low (high) halves.
template <class V>
PX_HD V zip_low(V a, V b) {
  return (V)zip_low_bytes<sizeof(a[0])>((Bytes)a, (Bytes)b);
}
template <class V>
PX_HD V zip_high(V a, V b) {
  return (V)zip_high_bytes<sizeof(a[0])>((Bytes)a, (Bytes)b);
}

// Transposes the square of registers at(0) .. at(lanes<T> - 1) to m: a network of in-lane interleavings, then whole
// blocks. Each group of rows is used as soon as it is loaded, for the square may fill all registers that there are.
template <class T, class At>
PX_HD void transpose(Vec<T>* m, At&& at) {
  constexpr int per_block = 16 / static_cast<int>(sizeof(T));
#pragma GCC unroll 8
  for (int group = 0; group < blocks; ++group) {
    Vec<T> a[per_block], b[per_block];
#pragma GCC unroll 8
    for (int i = 0; i < per_block; ++i) a[i] = at(group * per_block + i);
#pragma GCC unroll 4
    for (int half = 1; half < per_block; half *= 2) {
#pragma GCC unroll 8
      for (int i = 0; i < per_block / 2; ++i) {
        b[2 * i] = zip_low(a[i], a[i + per_block / 2]);
        b[2 * i + 1] = zip_high(a[i], a[i + per_block / 2]);
      }
#pragma GCC unroll 8
      for (int i = 0; i < per_block; ++i) a[i] = b[i];
    }
#pragma GCC unroll 8
    for (int i = 0; i < per_block; ++i) m[group * per_block + i] = a[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < per_block; ++i) {
    Bytes column[blocks];
#pragma GCC unroll 4
    for (int g = 0; g < blocks; ++g) column[g] = (Bytes)m[g * per_block + i];
    transpose_blocks(column);
#pragma GCC unroll 4
    for (int g = 0; g < blocks; ++g) m[g * per_block + i] = (Vec<T>)column[g];
  }
}
template <class T>
PX_HD void transpose(Vec<T>* m) {
  transpose<T>(m, [&](int i) { return m[i]; });
}

// Registers that hold pixels of four bytes without every fourth byte: 3/4 of the register, and garbage.
template <int... I>
PX_HD Bytes drop_fourth_bytes(Bytes v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, (I < vector_bytes / 4 * 3 ? I / 3 * 4 + I % 3 : I)...);
}
PX_HD Bytes drop_fourth_bytes(Bytes v) { return drop_fourth_bytes(v, std::make_integer_sequence<int, vector_bytes>{}); }

// A register out of blocks. Put together in registers, as the processor cannot forward several small stores to one
// large load.
using Pair = typename VectorOf<std::int64_t, 16>::type;
template <class V = Bytes, class Block>
PX_HD V join_blocks(Block&& block) {
#if defined(__AVX2__)  // by intrinsics, which insert from memory; a shuffle of vectors would load every block by itself
  const auto two = [&](int first) {
    const __m256i low = _mm256_castsi128_si256((__m128i)block(first));
    return _mm256_inserti128_si256(low, (__m128i)block(first + 1), 1);
  };
#endif
#if defined(__AVX512BW__)
  return (V)_mm512_inserti64x4(_mm512_castsi256_si512(two(0)), two(2), 1);
#elif defined(__AVX2__)
  return (V)two(0);
#else
  return (V)block(0);
#endif
}

// Two neighbouring blocks at each of so many addresses: the first ones, and the second ones.
template <class V, class At>
PX_HD void load_two_blocks(At&& at, V& first, V& second) {
#if defined(__AVX512BW__)
  const auto two = [&](int i) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(load<__m256i>(at(i))), load<__m256i>(at(i + 1)), 1);
  };
  const Register a = two(0), b = two(2);
  first = (V)_mm512_shuffle_i64x2(a, b, 0x88);
  second = (V)_mm512_shuffle_i64x2(a, b, 0xdd);
#elif defined(__AVX2__)
  const auto a = load<Register>(at(0)), b = load<Register>(at(1));
  first = (V)_mm256_permute2x128_si256(a, b, 0x20);
  second = (V)_mm256_permute2x128_si256(a, b, 0x31);
#else
  first = load<V>(at(0));
  second = load<V>(at(0) + 16);
#endif
}

template <class A, class B>
constexpr bool same = false;
template <class A>
constexpr bool same<A, A> = true;

template <class T, class Real>
using Narrow = typename VectorOf<T, static_cast<int>(sizeof(T)) * lanes<Real>>::type;

// lanes<Real> samples of any dtype as one register of reals, exactly.
template <class Real, class T>
PX_HD Vec<Real> load_real(const T* from) {
  if constexpr (same<T, Real>) {
    return load<Vec<Real>>(from);
  } else if constexpr (same<T, half>) {
    if constexpr (same<Real, float>) return load_half(from);
    Vec<Real> value;
    for (int i = 0; i < lanes<Real>; ++i) value[i] = to_real<Real>(load<T>(from + i));
    return value;
  } else if constexpr (same<T, float>) {
    return __builtin_convertvector(load<Narrow<float, Real>>(from), Vec<Real>);
  } else {
    if constexpr (same<Real, float>) {
      return __builtin_convertvector(load_widened(from), Vec<Real>);
    } else {
      return __builtin_convertvector(load_widened_half(from), Vec<Real>);
    }
  }
}

// The inverse: round_to() of scalar.h for a register of reals.
template <class T, class Real>
PX_HD void store_rounded(T* to, Vec<Real> value) {
  if constexpr (same<T, Real>) {
    store(to, value);
  } else if constexpr (same<T, half>) {
    if constexpr (same<Real, float>) return store_half(to, value);
    for (int i = 0; i < lanes<Real>; ++i) store(to + i, round_to<half>(static_cast<Real>(value[i])));
  } else if constexpr (same<T, float>) {
    store(to, __builtin_convertvector(value, Narrow<float, Real>));
  } else {
    const Vec<Real> low = broadcast(static_cast<Real>(Limits<T>::low));
    const Vec<Real> high = broadcast(static_cast<Real>(Limits<T>::high));
    Vec<Real> v = value + broadcast(static_cast<Real>(0.5));
    v = v > low ? v : low;  // NaN becomes low, which is 0 but for signed samples
    v = v < high ? v : high;
    auto integer = __builtin_convertvector(v, Narrow<std::int32_t, Real>);
    if constexpr (Limits<T>::low < 0) {
      // Conversion truncates; below zero the floor is one less where anything was cut off.
      const Vec<Real> back = __builtin_convertvector(integer, Vec<Real>);
      integer += __builtin_convertvector(back > v, Narrow<std::int32_t, Real>);
      integer &= __builtin_convertvector(value == value, Narrow<std::int32_t, Real>);
    }
    if constexpr (same<Real, float>) {
      store_narrowed(to, integer);
    } else {
      for (int i = 0; i < lanes<Real>; ++i) store(to + i, static_cast<T>(integer[i]));
    }
  }
}

}  // namespace px::inline PX_TARGET
