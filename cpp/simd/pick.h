// Byte permutations with constant patterns, over one or several registers. A block is as many bytes as one instruction
// permutes across the whole register: 64 with AVX-512 VBMI, 16 elsewhere.
//
//   struct Pattern { static constexpr int at(int i); };   // which byte of all registers together becomes byte i
//   Block b = pick<Pattern, 3>(registers);
#pragma once

#include <utility>

#include "simd/vec.h"

namespace px::inline PX_TARGET {

#if defined(__AVX512VBMI__)
constexpr int block = 64;
#else
constexpr int block = 16;
#endif
using Block = typename VectorOf<std::uint8_t, block>::type;

template <class Pattern>
constexpr bool picks_from(int r) {
  for (int i = 0; i < block; ++i) {
    if (Pattern::at(i) / block == r) return true;
  }
  return false;
}

// Each step merges one more register into what has been gathered.
template <class Pattern, int R, int Registers, int... I>
PX_HD Block pick_more(const Block* m, Block v, std::integer_sequence<int, I...> all) {
  if constexpr (R == Registers) {
    return v;
  } else if constexpr (!picks_from<Pattern>(R)) {
    return pick_more<Pattern, R + 1, Registers>(m, v, all);
  } else {
    v = __builtin_shufflevector(v, m[R], (Pattern::at(I) / block == R ? Pattern::at(I) - (R - 1) * block : I)...);
    return pick_more<Pattern, R + 1, Registers>(m, v, all);
  }
}
template <class Pattern, int Registers, int... I>
PX_HD Block pick(const Block* m, std::integer_sequence<int, I...> all) {
  constexpr int second = Registers > 1 ? 1 : 0;
  const Block v =
      __builtin_shufflevector(m[0], m[second], (Pattern::at(I) < (second + 1) * block ? Pattern::at(I) : I)...);
  return pick_more<Pattern, second + 1, Registers>(m, v, all);
}
template <class Pattern, int Registers>
PX_HD Block pick(const Block* m) {
  return pick<Pattern, Registers>(m, std::make_integer_sequence<int, block>{});
}

}  // namespace px::inline PX_TARGET
