// What lies outside of an image: the pixel that an index beyond its side reads instead.
#pragma once

#include <cstdint>

#include "core/host_device.h"

namespace px {
enum class Border : std::uint8_t { constant, edge, reflect, symmetric, wrap };

struct Borders {
  Border down, across;
};
}  // namespace px

namespace px::inline PX_TARGET {

// A pixel of 0 .. side - 1, or -1 for one that the constant border fills.
PX_HD std::int64_t border_index(std::int64_t index, std::int64_t side, Border border) {
  if (index >= 0 && index < side) return index;
  const auto within = [&](std::int64_t period) {
    const std::int64_t rest = index % period;
    return rest < 0 ? rest + period : rest;
  };
  // Mostly the first time that a border repeats the image: no division.
  switch (border) {
    case Border::constant: return -1;
    case Border::edge: return index < 0 ? 0 : side - 1;
    case Border::wrap: {
      const std::int64_t at = index < 0 ? index + side : index - side;
      return at >= 0 && at < side ? at : within(side);
    }
    case Border::symmetric: {
      if (index < 0 && index >= -side) return -1 - index;
      if (index >= side && index < 2 * side) return 2 * side - 1 - index;
      const std::int64_t at = within(2 * side);
      return at < side ? at : 2 * side - 1 - at;
    }
    case Border::reflect: {
      if (side == 1) return 0;
      if (index < 0 && index > -side) return -index;
      if (index >= side && index < 2 * side - 1) return 2 * side - 2 - index;
      const std::int64_t at = within(2 * side - 2);
      return at < side ? at : 2 * side - 2 - at;
    }
  }
  return 0;
}

}  // namespace px::inline PX_TARGET
