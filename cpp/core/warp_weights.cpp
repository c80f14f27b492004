#include "core/warp_weights.h"

#include <cmath>

#include "core/resample_weights.h"

namespace px {
namespace {

constexpr int taps = 6;

// The weights of pixels -2 .. 3 at fraction t, normalised.
void weights_at(double t, double* weights) {
  double total = 0.0;
  for (int k = 0; k < taps; ++k) {
    weights[k] = lanczos_filter(static_cast<double>(k - 2) - t);
    total = total + weights[k];
  }
  for (int k = 0; k < taps; ++k) weights[k] = weights[k] / total;
}

template <class Real, int Nodes>
void make_intervals(Real (&table)[Nodes][1 << warp_intervals][8]) {
  constexpr int count = 1 << warp_intervals;
  for (int i = 0; i < count; ++i) {
    double differences[Nodes][taps];
    for (int k = 0; k < Nodes; ++k) {
      const double node = static_cast<double>(k) / static_cast<double>(Nodes - 1);
      weights_at((static_cast<double>(i) + node) / static_cast<double>(count), differences[k]);
    }
    for (int order = 0; order < Nodes; ++order) {
      for (int tap = 0; tap < taps; ++tap) table[order][i][tap] = static_cast<Real>(differences[0][tap]);
      for (int k = 0; k + 1 < Nodes - order; ++k) {
        for (int tap = 0; tap < taps; ++tap) {
          differences[k][tap] = (differences[k + 1][tap] - differences[k][tap]) / static_cast<double>(order + 1);
        }
      }
    }
  }
}

WarpTables* make_tables() {
  auto* const tables = new WarpTables();
  constexpr int count = 1 << warp_phases;
  constexpr double unit = 1 << warp_unit;
  for (int i = 0; i < count; ++i) {
    double weights[taps];
    weights_at(static_cast<double>(i) / static_cast<double>(count), weights);
    double running = 0.0;
    int before = 0;
    for (int k = 0; k < taps; ++k) {
      running = running + weights[k];
      const int here = k < taps - 1 ? static_cast<int>(std::floor(running * unit + 0.5)) : 1 << warp_unit;
      tables->phases[i][k] = static_cast<std::int16_t>(here - before);
      before = here;
    }
  }
  make_intervals(tables->f32);
  make_intervals(tables->f64);
  return tables;
}

}  // namespace

const WarpTables& warp_tables() {
  static const WarpTables* const tables = make_tables();
  return *tables;
}

}  // namespace px
