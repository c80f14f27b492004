// AArch64 NEON, which every AArch64 CPU has. Included by vec.h.
#pragma once

#include <arm_neon.h>

namespace px::inline PX_TARGET {

template <std::size_t Size>
PX_HD Bytes zip_low_bytes(Bytes a, Bytes b) {
  if constexpr (Size == 1) return (Bytes)vzip1q_u8((uint8x16_t)a, (uint8x16_t)b);
  if constexpr (Size == 2) return (Bytes)vzip1q_u16((uint16x8_t)a, (uint16x8_t)b);
  if constexpr (Size == 4) return (Bytes)vzip1q_u32((uint32x4_t)a, (uint32x4_t)b);
  if constexpr (Size == 8) return (Bytes)vzip1q_u64((uint64x2_t)a, (uint64x2_t)b);
}
template <std::size_t Size>
PX_HD Bytes zip_high_bytes(Bytes a, Bytes b) {
  if constexpr (Size == 1) return (Bytes)vzip2q_u8((uint8x16_t)a, (uint8x16_t)b);
  if constexpr (Size == 2) return (Bytes)vzip2q_u16((uint16x8_t)a, (uint16x8_t)b);
  if constexpr (Size == 4) return (Bytes)vzip2q_u32((uint32x4_t)a, (uint32x4_t)b);
  if constexpr (Size == 8) return (Bytes)vzip2q_u64((uint64x2_t)a, (uint64x2_t)b);
}

PX_HD void transpose_blocks(Bytes*) {}
PX_HD void zip_blocks(Bytes a, Bytes b, Bytes& low, Bytes& high) {
  low = a;
  high = b;
}

PX_HD Bytes halves_in_order(Bytes a) { return a; }

PX_HD Vec<std::int32_t> dot_pairs(Vec<std::int32_t> acc, Vec<std::int16_t> a, Vec<std::int16_t> b) {
  const auto low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
  const auto high = vmull_high_s16((int16x8_t)a, (int16x8_t)b);
  return acc + (Vec<std::int32_t>)vpaddq_s32(low, high);
}

// a[2i] + a[2i + 1]
PX_HD Vec<std::int16_t> add_neighbours(Bytes a) { return (Vec<std::int16_t>)vpaddlq_u8((uint8x16_t)a); }

// Any 16 bytes of each block, or zero where the order's highest bit is set.
PX_HD Bytes shuffle_in_blocks(Bytes a, Bytes order) { return (Bytes)vqtbl1q_u8((uint8x16_t)a, (uint8x16_t)order); }

// Four int32 to memory as T, in whose range the values lie.
template <class T>
PX_HD void store_four_narrowed(T* to, int32x4_t value) {
  vst1_u16((std::uint16_t*)to, vmovn_u32((uint32x4_t)value));
}

// Three quarters of a register to memory: pixels of three bytes out of four.
PX_HD void store_three_quarters(void* to, Bytes v) {
  vst1_u8((std::uint8_t*)to, vget_low_u8((uint8x16_t)v));
  const std::uint32_t last = vgetq_lane_u32((uint32x4_t)v, 2);
  std::memcpy((std::byte*)to + 8, &last, 4);
}

// A bit for each lane of what a comparison gives.
PX_HD std::uint32_t bits_of(Vec<std::int32_t> lanes_or_none) {
  return vaddvq_u32((uint32x4_t)lanes_or_none & uint32x4_t{1, 2, 4, 8});
}

// Reals to whole numbers, ties to even.
PX_HD Vec<float> round_even(Vec<float> value) { return (Vec<float>)vrndnq_f32((float32x4_t)value); }

PX_HD Vec<std::int16_t> pack_i16(Vec<std::int32_t> a, Vec<std::int32_t> b) {
  return (Vec<std::int16_t>)vcombine_s16(vqmovn_s32((int32x4_t)a), vqmovn_s32((int32x4_t)b));
}
PX_HD Vec<std::uint8_t> pack_u8(Vec<std::int16_t> a, Vec<std::int16_t> b) {
  return (Vec<std::uint8_t>)vcombine_u8(vqmovun_s16((int16x8_t)a), vqmovun_s16((int16x8_t)b));
}

// Integers of 8 and 16 bits from memory, widened to one register of int32, or to half of one.
template <class T>
PX_HD Vec<std::int32_t> load_widened(const T* from) {
  if constexpr (sizeof(T) == 1) {
    std::uint32_t raw;
    std::memcpy(&raw, from, sizeof(raw));
    const uint16x8_t words = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(raw)));
    return (Vec<std::int32_t>)vmovl_u16(vget_low_u16(words));
  } else if constexpr (static_cast<T>(-1) < 0) {
    return (Vec<std::int32_t>)vmovl_s16(load<int16x4_t>(from));
  } else {
    return (Vec<std::int32_t>)vmovl_u16(load<uint16x4_t>(from));
  }
}
using HalfI32 = typename VectorOf<std::int32_t, vector_bytes / 2>::type;
template <class T>
PX_HD HalfI32 load_widened_half(const T* from) {
  return HalfI32{load<T>(from), load<T>(from + 1)};
}

PX_HD Vec<std::int16_t> load_widened_i16(const std::uint8_t* from) {
  return (Vec<std::int16_t>)vmovl_u8(load<uint8x8_t>(from));
}

// A register of int16 as two of int32.
PX_HD void widen(Vec<std::int16_t> from, Vec<std::int32_t>& low, Vec<std::int32_t>& high) {
  low = (Vec<std::int32_t>)vmovl_s16(vget_low_s16((int16x8_t)from));
  high = (Vec<std::int32_t>)vmovl_high_s16((int16x8_t)from);
}

// A register of int32 to memory as T, in whose range the values lie.
template <class T>
PX_HD void store_narrowed(T* to, Vec<std::int32_t> value) {
  const uint16x4_t words = vmovn_u32((uint32x4_t)value);
  if constexpr (sizeof(T) == 1) {
    const uint8x8_t bytes = vmovn_u16(vcombine_u16(words, words));
    std::memcpy(to, &bytes, 4);
  } else {
    std::memcpy(to, &words, 8);
  }
}

// A register of words in [0, 255] to memory as bytes.
PX_HD void store_words(std::uint8_t* to, Vec<std::int16_t> value) { vst1_u8(to, vmovn_u16((uint16x8_t)value)); }
// The upper halves of products.
PX_HD Vec<std::uint16_t> multiply_high(Vec<std::uint16_t> a, Vec<std::uint16_t> b) {
  const uint32x4_t low = vmull_u16(vget_low_u16((uint16x8_t)a), vget_low_u16((uint16x8_t)b));
  const uint32x4_t high = vmull_high_u16((uint16x8_t)a, (uint16x8_t)b);
  return (Vec<std::uint16_t>)vcombine_u16(vshrn_n_u32(low, 16), vshrn_n_u32(high, 16));
}

PX_HD Vec<float> load_half(const half* from) {
  return (Vec<float>)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(&from->bits)));
}
PX_HD void store_half(half* to, Vec<float> value) {
  vst1_u16(&to->bits, vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)value)));
}

// a > b ? a : b and a < b ? a : b.
template <class Reals>
PX_HD Reals greater_real(Reals a, Reals b) {
  return a > b ? a : b;
}
template <class Reals>
PX_HD Reals lesser_real(Reals a, Reals b) {
  return a < b ? a : b;
}

}  // namespace px::inline PX_TARGET
