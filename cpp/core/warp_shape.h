// What kernels and plans of warps agree on; no standard containers, as kernels include it.
#pragma once

#include <cstdint>

namespace px {

constexpr int warp_run = 64;              // pixels from one anchor to the next
constexpr double warp_farthest = 0x1p30;  // where coordinates are clamped

enum class MapType : std::uint8_t { f32, f64, i32 };

}  // namespace px
