// What the kernels of warps for uint8 have in common: a 16-byte block per pixel, weights broadcast within it.
#pragma once

#include <utility>

#include "kernels/warp_samples.h"

namespace px::inline PX_TARGET {

// Word R of each block in all four of its places.
template <int R, int... I>
PX_HD Vec<int32_t> repeat_in_blocks(Vec<int32_t> v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, (I / 4 * 4 + R)...);
}
template <int R>
PX_HD Vec<int32_t> repeat_in_blocks(Vec<int32_t> v) {
  return repeat_in_blocks<R>(v, std::make_integer_sequence<int, lanes<int32_t>>{});
}

// Weights of lanes<int32_t> pixels, of two pairs of taps: each pair two int16.
struct PairWeights {
  Vec<int32_t> first, second;
};

// The same order in every block.
PX_HD Bytes in_every_block(const uint8_t (&order)[16]) {
  Bytes v;
  for (int b = 0; b < blocks; ++b) std::memcpy(reinterpret_cast<byte*>(&v) + 16 * b, order, 16);
  return v;
}

// Registers of int32 levels, in block b of register r of `one(r)` the pixel 4 b + r, to memory as `lanes<int32_t>`
// pixels: packing within blocks leaves them in order.
template <int C, class One>
PX_HD void put_pixels(byte* dst, One&& one) {
  const Vec<int32_t> m0 = one(std::integral_constant<int, 0>{}), m1 = one(std::integral_constant<int, 1>{});
  const Vec<int32_t> m2 = one(std::integral_constant<int, 2>{}), m3 = one(std::integral_constant<int, 3>{});
  const Bytes pixels = pack_u8(pack_i16(m0, m1), pack_i16(m2, m3));
  if constexpr (C == 4) {
    store(dst, pixels);
  } else {
    store_three_quarters(dst, drop_fourth_bytes(pixels));
  }
}

}  // namespace px::inline PX_TARGET
