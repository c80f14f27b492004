// Integer weights of warps of uint8, with warp_unit fractional bits; see docs/warp.md.
#pragma once

#include <cstdint>

#include "core/host_device.h"
#include "core/warp_weights.h"

namespace px::inline PX_TARGET {

PX_HD std::int32_t scaled(std::int32_t a, std::int32_t b) { return (a * b + (1 << (warp_unit - 1))) >> warp_unit; }

PX_HD void bicubic_integers(std::uint32_t fraction, std::int32_t* w) {
  const auto t = static_cast<std::int32_t>(fraction);
  const std::int32_t t2 = scaled(t, t), t3 = scaled(t2, t);
  w[0] = -((t3 - 2 * t2 + t + 1) >> 1);
  w[3] = -((t2 - t3 + 1) >> 1);
  w[2] = (t + 4 * t2 - 3 * t3 + 1) >> 1;
  w[1] = (1 << warp_unit) - w[0] - w[2] - w[3];
}

}  // namespace px::inline PX_TARGET
