// Random numbers by a counter: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
#pragma once

#include <cstdint>

#include "core/host_device.h"

namespace px::inline PX_TARGET {

struct PhiloxWords {
  std::uint32_t w[4];
};

// Philox4x32-10 of the counter (c0, c1, 0, 0).
PX_HD PhiloxWords philox(std::uint32_t c0, std::uint32_t c1, std::uint64_t seed) {
  std::uint32_t c2 = 0, c3 = 0;
  auto k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
#if !defined(__CUDACC__)  // which unrolls by itself
#pragma GCC unroll 10
#endif
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{c0} * 0xD2511F53u, b = std::uint64_t{c2} * 0xCD9E8D57u;
    c0 = static_cast<std::uint32_t>(b >> 32) ^ c1 ^ k0;
    c1 = static_cast<std::uint32_t>(b);
    c2 = static_cast<std::uint32_t>(a >> 32) ^ c3 ^ k1;
    c3 = static_cast<std::uint32_t>(a);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// In [-1, 1), of 24 bits.
PX_HD float uniform(std::uint32_t word) {
  return static_cast<float>(static_cast<std::int32_t>(word >> 8)) * 0x1p-23f - 1.0f;
}

}  // namespace px::inline PX_TARGET
