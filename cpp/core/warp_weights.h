// Tables of the lanczos weights of warps: the twin, to the last bit, of reference/warp_weights.py (see docs/warp.md).
#pragma once

#include <cstdint>

namespace px {

constexpr int warp_unit = 14;      // fractional bits of integer weights
constexpr int warp_phases = 12;    // bits of the fraction that choose a row of `phases`
constexpr int warp_intervals = 6;  // bits of the fraction that choose an interval of the real tables
constexpr int warp_nodes_f32 = 4, warp_nodes_f64 = 7;  // through which lanczos is interpolated

struct WarpTables {
  std::int16_t phases[1 << warp_phases][8];           // six weights of sum 2^14, and zeros
  float f32[warp_nodes_f32][1 << warp_intervals][8];  // forward differences over their factorial, by order
  double f64[warp_nodes_f64][1 << warp_intervals][8];
};

// Made once, and never freed.
const WarpTables& warp_tables();

}  // namespace px
