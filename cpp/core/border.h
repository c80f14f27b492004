// What lies outside of an image: the pixel that an index beyond its side reads instead.
#pragma once

#include <cstdint>

#include "core/host_device.h"

namespace px {
enum class Border : std::uint8_t { constant, edge, reflect, symmetric, wrap };
}  // namespace px

namespace px::inline PX_TARGET {

// A pixel of 0 .. side - 1, or -1 for one that the constant border fills.
PX_HD std::int64_t border_index(std::int64_t index, std::int64_t side, Border border) {
  if (index >= 0 && index < side) return index;
  const auto within = [&](std::int64_t period) {
    const std::int64_t rest = index % period;
    return rest < 0 ? rest + period : rest;
  };
  switch (border) {
    case Border::constant: return -1;
    case Border::edge: return index < 0 ? 0 : side - 1;
    case Border::wrap: return within(side);
    case Border::symmetric: {
      const std::int64_t at = within(2 * side);
      return at < side ? at : 2 * side - 1 - at;
    }
    case Border::reflect: {
      if (side == 1) return 0;
      const std::int64_t at = within(2 * side - 2);
      return at < side ? at : 2 * side - 2 - at;
    }
  }
  return 0;
}

}  // namespace px::inline PX_TARGET
