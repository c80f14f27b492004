// x86-64: v2 (SSE4.2), v3 (AVX2, F16C), v4 (AVX-512 with BW, VL, VNNI, VBMI). Included by vec.h.
#pragma once

#include <immintrin.h>

namespace px::inline PX_TARGET {

#if defined(__AVX512BW__)
#define PX_X86(name) _mm512_##name
#define PX_X86_REGISTER __m512i
#elif defined(__AVX2__)
#define PX_X86(name) _mm256_##name
#define PX_X86_REGISTER __m256i
#else
#define PX_X86(name) _mm_##name
#define PX_X86_REGISTER __m128i
#endif
using Register = PX_X86_REGISTER;

template <std::size_t Size>
PX_HD Bytes zip_low_bytes(Bytes a, Bytes b) {
  if constexpr (Size == 1) return (Bytes)PX_X86(unpacklo_epi8)((Register)a, (Register)b);
  if constexpr (Size == 2) return (Bytes)PX_X86(unpacklo_epi16)((Register)a, (Register)b);
  if constexpr (Size == 4) return (Bytes)PX_X86(unpacklo_epi32)((Register)a, (Register)b);
  if constexpr (Size == 8) return (Bytes)PX_X86(unpacklo_epi64)((Register)a, (Register)b);
}
template <std::size_t Size>
PX_HD Bytes zip_high_bytes(Bytes a, Bytes b) {
  if constexpr (Size == 1) return (Bytes)PX_X86(unpackhi_epi8)((Register)a, (Register)b);
  if constexpr (Size == 2) return (Bytes)PX_X86(unpackhi_epi16)((Register)a, (Register)b);
  if constexpr (Size == 4) return (Bytes)PX_X86(unpackhi_epi32)((Register)a, (Register)b);
  if constexpr (Size == 8) return (Bytes)PX_X86(unpackhi_epi64)((Register)a, (Register)b);
}

// A square of 128-bit blocks.
PX_HD void transpose_blocks(Bytes* m) {
#if defined(__AVX512BW__)
  const auto a = (Register)m[0], b = (Register)m[1], c = (Register)m[2], d = (Register)m[3];
  const Register ab_low = _mm512_shuffle_i64x2(a, b, 0x44), ab_high = _mm512_shuffle_i64x2(a, b, 0xee);
  const Register cd_low = _mm512_shuffle_i64x2(c, d, 0x44), cd_high = _mm512_shuffle_i64x2(c, d, 0xee);
  m[0] = (Bytes)_mm512_shuffle_i64x2(ab_low, cd_low, 0x88);
  m[1] = (Bytes)_mm512_shuffle_i64x2(ab_low, cd_low, 0xdd);
  m[2] = (Bytes)_mm512_shuffle_i64x2(ab_high, cd_high, 0x88);
  m[3] = (Bytes)_mm512_shuffle_i64x2(ab_high, cd_high, 0xdd);
#elif defined(__AVX2__)
  const auto a = (Register)m[0], b = (Register)m[1];
  m[0] = (Bytes)_mm256_permute2x128_si256(a, b, 0x20);
  m[1] = (Bytes)_mm256_permute2x128_si256(a, b, 0x31);
#else
  (void)m;
#endif
}

// The blocks of a and b in turn: a0 b0 a1 b1 .. (first half in `low`), undoing in-lane unzipping.
PX_HD void zip_blocks(Bytes a, Bytes b, Bytes& low, Bytes& high) {
#if defined(__AVX512BW__)
  const Register order_low = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const Register order_high = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  low = (Bytes)_mm512_permutex2var_epi64((Register)a, order_low, (Register)b);
  high = (Bytes)_mm512_permutex2var_epi64((Register)a, order_high, (Register)b);
#elif defined(__AVX2__)
  low = (Bytes)_mm256_permute2x128_si256((Register)a, (Register)b, 0x20);
  high = (Bytes)_mm256_permute2x128_si256((Register)a, (Register)b, 0x31);
#else
  low = a;
  high = b;
#endif
}

// 64-bit halves of all blocks: first every low one, then every high one. Puts in order what in-lane packing of two
// registers has mixed.
PX_HD Bytes halves_in_order(Bytes a) {
#if defined(__AVX512BW__)
  return (Bytes)_mm512_permutexvar_epi64(_mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), (Register)a);
#elif defined(__AVX2__)
  return (Bytes)_mm256_permute4x64_epi64((Register)a, 0xd8);
#else
  return a;
#endif
}

// acc[i] + a[2i] * b[2i] + a[2i + 1] * b[2i + 1]
PX_HD Vec<std::int32_t> dot_pairs(Vec<std::int32_t> acc, Vec<std::int16_t> a, Vec<std::int16_t> b) {
#if defined(__AVX512VNNI__)
  return (Vec<std::int32_t>)_mm512_dpwssd_epi32((Register)acc, (Register)a, (Register)b);
#else
  return acc + (Vec<std::int32_t>)PX_X86(madd_epi16)((Register)a, (Register)b);
#endif
}

// a[2i] + a[2i + 1]
PX_HD Vec<std::int16_t> add_neighbours(Bytes a) {
  return (Vec<std::int16_t>)PX_X86(maddubs_epi16)((Register)a, PX_X86(set1_epi8)(1));
}

#if defined(__AVX512BW__)
#define PX_HAS_PERMUTE 1
// Any 32 of the 64 words of a and b.
PX_HD Vec<std::int16_t> permute_pairs(Vec<std::int16_t> a, Vec<std::int16_t> order, Vec<std::int16_t> b) {
  return (Vec<std::int16_t>)_mm512_permutex2var_epi16((Register)a, (Register)order, (Register)b);
}
// Any of the 32 words of a.
PX_HD Vec<std::int16_t> permute_words(Vec<std::int16_t> a, Vec<std::int16_t> order) {
  return (Vec<std::int16_t>)_mm512_permutexvar_epi16((Register)order, (Register)a);
}
// 32-bit quarters of all blocks: first every block's first one, and so on. Puts in order what in-lane packing of four
// registers has mixed.
PX_HD Bytes quarters_in_order(Bytes a) {
  return (Bytes)_mm512_permutexvar_epi32(_mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0),
                                         (Register)a);
}
// Any 64 of the 128 bytes of a and b.
PX_HD Bytes permute_bytes(Bytes a, Bytes order, Bytes b) {
  return (Bytes)_mm512_permutex2var_epi8((Register)a, (Register)order, (Register)b);
}
// The first `bytes` bytes, 32 at most, at two addresses, a half of a register each; the others are zero, and nothing
// beyond is read.
PX_HD Bytes load_two_parts(const void* first, const void* second, std::size_t bytes) {
  const auto mask = static_cast<__mmask32>(_bzhi_u32(~0u, static_cast<unsigned>(bytes)));
  const __m512i low = _mm512_zextsi256_si512(_mm256_maskz_loadu_epi8(mask, first));
  return (Bytes)_mm512_inserti64x4(low, _mm256_maskz_loadu_epi8(mask, second), 1);
}
// Any of the 128 bytes of a and b where `rows` is `row`, and elsewhere the order itself.
PX_HD Bytes permute_bytes_where(Bytes rows, Bytes row, Bytes order, Bytes a, Bytes b) {
  const __mmask64 here = _mm512_cmpeq_epi8_mask((Register)rows, (Register)row);
  return (Bytes)_mm512_mask2_permutex2var_epi8((Register)a, (Register)order, here, (Register)b);
}
// The same of 64 words, and of 32 double words.
PX_HD Vec<std::uint16_t> permute_where(Vec<std::uint16_t> rows, Vec<std::uint16_t> row, Vec<std::uint16_t> order,
                                       Vec<std::uint16_t> a, Vec<std::uint16_t> b) {
  const __mmask32 here = _mm512_cmpeq_epi16_mask((Register)rows, (Register)row);
  return (Vec<std::uint16_t>)_mm512_mask2_permutex2var_epi16((Register)a, (Register)order, here, (Register)b);
}
PX_HD Vec<std::uint32_t> permute_where(Vec<std::uint32_t> rows, Vec<std::uint32_t> row, Vec<std::uint32_t> order,
                                       Vec<std::uint32_t> a, Vec<std::uint32_t> b) {
  const __mmask16 here = _mm512_cmpeq_epi32_mask((Register)rows, (Register)row);
  return (Vec<std::uint32_t>)_mm512_mask2_permutex2var_epi32((Register)a, (Register)order, here, (Register)b);
}
// acc[i] + a[4i] * b[4i] + .. + a[4i + 3] * b[4i + 3]
PX_HD Vec<std::int32_t> dot_fours(Vec<std::int32_t> acc, Bytes a, Vec<std::int8_t> b) {
  return (Vec<std::int32_t>)_mm512_dpbusd_epi32((Register)acc, (Register)a, (Register)b);
}
// Any of the 16 floats of a; where mask says so, and elsewhere those of `others`.
#define PX_HAS_ADD_DOWN 1
// floor(a + 1/2); INT32_MIN for what is beyond int32 or no number.
PX_HD Vec<std::int32_t> half_up(Vec<float> a) {
  constexpr int down = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
  const __m512 raised = _mm512_add_round_ps((__m512)a, _mm512_set1_ps(0.5f), down);
  return (Vec<std::int32_t>)_mm512_cvt_roundps_epi32(raised, down);
}
// Rounded down, whatever the mode.
PX_HD Vec<double> add_down(Vec<double> a, Vec<double> b) {
  return (Vec<double>)_mm512_add_round_pd((__m512d)a, (__m512d)b, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
PX_HD Vec<float> permute_floats(Vec<float> a, Vec<std::int32_t> order) {
  return (Vec<float>)_mm512_permutexvar_ps((Register)order, (__m512)a);
}
PX_HD Vec<float> permute_floats_where(unsigned mask, Vec<float> others, Vec<float> a, Vec<std::int32_t> order) {
  return (Vec<float>)_mm512_mask_permutexvar_ps((__m512)others, static_cast<__mmask16>(mask), (Register)order,
                                                (__m512)a);
}
// Any 16 of the 32 floats of a and b.
PX_HD Vec<float> permute_floats(Vec<float> a, Vec<std::int32_t> order, Vec<float> b) {
  return (Vec<float>)_mm512_permutex2var_ps((__m512)a, (Register)order, (__m512)b);
}
// a + b in the lanes of mask, b in the others.
PX_HD Vec<float> add_or_begin(unsigned mask, Vec<float> a, Vec<float> b) {
  return (Vec<float>)_mm512_mask_add_ps((__m512)b, static_cast<__mmask16>(mask), (__m512)a, (__m512)b);
}
// a + b in the lanes of mask, a in the others.
PX_HD Vec<float> add_where(unsigned mask, Vec<float> a, Vec<float> b) {
  return (Vec<float>)_mm512_mask_add_ps((__m512)a, static_cast<__mmask16>(mask), (__m512)a, (__m512)b);
}
#endif

// Any 16 bytes of each block, or zero where the order's highest bit is set.
PX_HD Bytes shuffle_in_blocks(Bytes a, Bytes order) {
  return (Bytes)PX_X86(shuffle_epi8)((Register)a, (Register)order);
}

// Four int32 to memory as T, in whose range the values lie.
template <class T>
PX_HD void store_four_narrowed(T* to, __m128i value) {
  const __m128i words = static_cast<T>(-1) < 0 ? _mm_packs_epi32(value, value) : _mm_packus_epi32(value, value);
  _mm_storel_epi64((__m128i*)to, words);
}

// Three quarters of a register to memory: pixels of three bytes out of four.
PX_HD void store_three_quarters(void* to, Bytes v) {
#if defined(__AVX512BW__)
  _mm512_mask_storeu_epi8(to, (__mmask64{1} << 48) - 1, (Register)v);
#elif defined(__AVX2__)
  _mm_storeu_si128((__m128i*)to, _mm256_castsi256_si128((Register)v));
  _mm_storel_epi64((__m128i*)((std::byte*)to + 16), _mm256_extracti128_si256((Register)v, 1));
#else
  _mm_storel_epi64((__m128i*)to, (Register)v);
  const int last = _mm_extract_epi32((Register)v, 2);
  std::memcpy((std::byte*)to + 8, &last, 4);
#endif
}

// A bit for each lane of what a comparison gives.
PX_HD std::uint32_t bits_of(Vec<std::int32_t> lanes_or_none) {
#if defined(__AVX512BW__)
  return _mm512_movepi32_mask((__m512i)lanes_or_none);
#elif defined(__AVX2__)
  return static_cast<std::uint32_t>(_mm256_movemask_ps((__m256)lanes_or_none));
#else
  return static_cast<std::uint32_t>(_mm_movemask_ps((__m128)lanes_or_none));
#endif
}

// Reals to whole numbers, ties to even.
PX_HD Vec<float> round_even(Vec<float> value) {
#if defined(__AVX512BW__)
  return (Vec<float>)_mm512_roundscale_ps((__m512)value, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__AVX2__)
  return (Vec<float>)_mm256_round_ps((__m256)value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
  return (Vec<float>)_mm_round_ps((__m128)value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#endif
}

// a > b ? a : b and a < b ? a : b, which the compiler makes two instructions of: b where one is not a number.
PX_HD Vec<float> greater_real(Vec<float> a, Vec<float> b) {
#if defined(__AVX512BW__)
  return (Vec<float>)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (Vec<float>)_mm256_max_ps((__m256)a, (__m256)b);
#else
  return (Vec<float>)_mm_max_ps((__m128)a, (__m128)b);
#endif
}
PX_HD Vec<float> lesser_real(Vec<float> a, Vec<float> b) {
#if defined(__AVX512BW__)
  return (Vec<float>)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (Vec<float>)_mm256_min_ps((__m256)a, (__m256)b);
#else
  return (Vec<float>)_mm_min_ps((__m128)a, (__m128)b);
#endif
}
PX_HD Vec<double> greater_real(Vec<double> a, Vec<double> b) {
#if defined(__AVX512BW__)
  return (Vec<double>)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX2__)
  return (Vec<double>)_mm256_max_pd((__m256d)a, (__m256d)b);
#else
  return (Vec<double>)_mm_max_pd((__m128d)a, (__m128d)b);
#endif
}
PX_HD Vec<double> lesser_real(Vec<double> a, Vec<double> b) {
#if defined(__AVX512BW__)
  return (Vec<double>)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX2__)
  return (Vec<double>)_mm256_min_pd((__m256d)a, (__m256d)b);
#else
  return (Vec<double>)_mm_min_pd((__m128d)a, (__m128d)b);
#endif
}

// In-lane narrowing with saturation: the low half of each block from a, the high half from b.
PX_HD Vec<std::int16_t> pack_i16(Vec<std::int32_t> a, Vec<std::int32_t> b) {
  return (Vec<std::int16_t>)PX_X86(packs_epi32)((Register)a, (Register)b);
}
PX_HD Vec<std::uint8_t> pack_u8(Vec<std::int16_t> a, Vec<std::int16_t> b) {
  return (Vec<std::uint8_t>)PX_X86(packus_epi16)((Register)a, (Register)b);
}

// Integers of 8 and 16 bits from memory, widened to one register of int32, or to half of one. (The compiler takes
// __builtin_convertvector between such types apart, lane by lane.)
template <int Bytes>
PX_HD __m128i load_low(const void* from) {
  __m128i value{};
  std::memcpy(&value, from, Bytes);
  return value;
}
template <class T>
PX_HD __m128i widen_128(const T* from) {
  const __m128i raw = load_low<4 * sizeof(T)>(from);
  if constexpr (sizeof(T) == 1) return _mm_cvtepu8_epi32(raw);
  return static_cast<T>(-1) < 0 ? _mm_cvtepi16_epi32(raw) : _mm_cvtepu16_epi32(raw);
}
#if defined(__AVX2__)
template <class T>
PX_HD __m256i widen_256(const T* from) {
  const __m128i raw = load_low<8 * sizeof(T)>(from);
  if constexpr (sizeof(T) == 1) return _mm256_cvtepu8_epi32(raw);
  return static_cast<T>(-1) < 0 ? _mm256_cvtepi16_epi32(raw) : _mm256_cvtepu16_epi32(raw);
}
#endif
template <class T>
PX_HD Vec<std::int32_t> load_widened(const T* from) {
#if defined(__AVX512BW__)
  if constexpr (sizeof(T) == 1) return (Vec<std::int32_t>)_mm512_cvtepu8_epi32(load_low<16>(from));
  __m256i raw{};
  std::memcpy(&raw, from, 16 * sizeof(T) < sizeof(raw) ? 16 * sizeof(T) : sizeof(raw));
  return (Vec<std::int32_t>)(static_cast<T>(-1) < 0 ? _mm512_cvtepi16_epi32(raw) : _mm512_cvtepu16_epi32(raw));
#elif defined(__AVX2__)
  return (Vec<std::int32_t>)widen_256(from);
#else
  return (Vec<std::int32_t>)widen_128(from);
#endif
}
using HalfI32 = typename VectorOf<std::int32_t, vector_bytes / 2>::type;
template <class T>
PX_HD HalfI32 load_widened_half(const T* from) {
#if defined(__AVX512BW__)
  return (HalfI32)widen_256(from);
#elif defined(__AVX2__)
  return (HalfI32)widen_128(from);
#else
  return HalfI32{load<T>(from), load<T>(from + 1)};
#endif
}

// uint8 from memory, widened to one register of int16.
PX_HD Vec<std::int16_t> load_widened_i16(const std::uint8_t* from) {
#if defined(__AVX512BW__)
  return (Vec<std::int16_t>)_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i*)from));
#elif defined(__AVX2__)
  return (Vec<std::int16_t>)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i*)from));
#else
  return (Vec<std::int16_t>)_mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i*)from));
#endif
}

// A register of int16 as two of int32.
PX_HD void widen(Vec<std::int16_t> from, Vec<std::int32_t>& low, Vec<std::int32_t>& high) {
  const auto v = (Register)from;
#if defined(__AVX512BW__)
  low = (Vec<std::int32_t>)_mm512_cvtepi16_epi32(_mm512_castsi512_si256(v));
  high = (Vec<std::int32_t>)_mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(v, 1));
#elif defined(__AVX2__)
  low = (Vec<std::int32_t>)_mm256_cvtepi16_epi32(_mm256_castsi256_si128(v));
  high = (Vec<std::int32_t>)_mm256_cvtepi16_epi32(_mm256_extracti128_si256(v, 1));
#else
  low = (Vec<std::int32_t>)_mm_cvtepi16_epi32(v);
  high = (Vec<std::int32_t>)_mm_cvtepi16_epi32(_mm_srli_si128(v, 8));
#endif
}

// A register of int32 to memory as T, in whose range the values lie.
template <class T>
PX_HD void store_narrowed(T* to, Vec<std::int32_t> value) {
#if defined(__AVX512BW__)
  if constexpr (sizeof(T) == 1) {
    _mm_storeu_si128((__m128i*)to, _mm512_cvtepi32_epi8((Register)value));
  } else {
    _mm256_storeu_si256((__m256i*)to, _mm512_cvtepi32_epi16((Register)value));
  }
#else
  const Register v = (Register)value;
  const Register words = static_cast<T>(-1) < 0 ? PX_X86(packs_epi32)(v, v) : PX_X86(packus_epi32)(v, v);
  const Register packed = sizeof(T) == 1 ? PX_X86(packus_epi16)(words, words) : words;
#if defined(__AVX2__)
  const __m128i low = _mm256_castsi256_si128(packed), high = _mm256_extracti128_si256(packed, 1);
  const __m128i joined = sizeof(T) == 1 ? _mm_unpacklo_epi32(low, high) : _mm_unpacklo_epi64(low, high);
#else
  const __m128i joined = packed;
#endif
  std::memcpy(to, &joined, lanes<std::int32_t> * sizeof(T));
#endif
}

// A register of words in [0, 255] to memory as bytes.
PX_HD void store_words(std::uint8_t* to, Vec<std::int16_t> value) {
#if defined(__AVX512BW__)
  _mm256_storeu_si256((__m256i*)to, _mm512_cvtepi16_epi8((Register)value));
#elif defined(__AVX2__)
  const __m128i low = _mm256_castsi256_si128((Register)value), high = _mm256_extracti128_si256((Register)value, 1);
  _mm_storeu_si128((__m128i*)to, _mm_packus_epi16(low, high));
#else
  _mm_storel_epi64((__m128i*)to, _mm_packus_epi16((Register)value, (Register)value));
#endif
}
// The upper halves of products.
PX_HD Vec<std::uint16_t> multiply_high(Vec<std::uint16_t> a, Vec<std::uint16_t> b) {
  return (Vec<std::uint16_t>)PX_X86(mulhi_epu16)((Register)a, (Register)b);
}

// Half precision, a register of floats at a time.
PX_HD Vec<float> load_half(const half* from) {
#if defined(__AVX512BW__)
  return (Vec<float>)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)from));
#elif defined(__AVX2__)
  return (Vec<float>)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)from));
#else
  Vec<float> value;
  for (int i = 0; i < lanes<float>; ++i) value[i] = half_to_float(load<half>(from + i));
  return value;
#endif
}
PX_HD void store_half(half* to, Vec<float> value) {
#if defined(__AVX512BW__)
  _mm256_storeu_si256((__m256i*)to, _mm512_cvtps_ph((__m512)value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__AVX2__)
  _mm_storeu_si128((__m128i*)to, _mm256_cvtps_ph((__m256)value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#else
  for (int i = 0; i < lanes<float>; ++i) store(to + i, double_to_half(static_cast<double>(value[i])));
#endif
}

#undef PX_X86
#undef PX_X86_REGISTER

}  // namespace px::inline PX_TARGET
