// Weights of separable resampling: which inputs each output reads, and how much of each.
//
// Everything is made of + - * / and floor on doubles in a fixed order, so that the Python twin
// (reference/resample_weights.py) makes the same tables to the last bit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace px {

enum class Interpolation : int { nearest, bilinear, bicubic, lanczos, area };

// Output j reads inputs first[j] .. first[j] + count[j] - 1 with weights[offset[j] ..].
struct Axis {
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> count;
  std::vector<std::int64_t> offset;
  std::vector<double> weights;
  std::int64_t taps = 0;  // the largest count
  std::int64_t span = 0;  // inputs from the first to the last one read

  std::int64_t outputs() const { return static_cast<std::int64_t>(first.size()); }
};

// Empty where every output is its input.
std::optional<Axis> make_axis(std::int64_t inputs, std::int64_t outputs, double low, double high,
                              Interpolation interpolation, bool antialias);

std::vector<std::int32_t> nearest_index(std::int64_t inputs, std::int64_t outputs, double low, double high);

// The same table in integers with `bits` fractional bits; each output's weights sum to exactly 2^bits.
struct FixedAxis {
  std::vector<std::int32_t> weights;  // laid out like Axis::weights
  int bits = 0;
  double positive = 0;  // the largest sum of positive weights of any output, as a real number
  double negative = 0;  // the largest sum of the others, without the sign
  double error = 0;     // the largest sum of |integer - real| of any output
};

// Quantizes to the most bits (22 at most) at which weights fit int16 and sums over inputs in
// [-low, high] fit int32; `rounding` is the constant that the pass adds before it shifts.
FixedAxis fixed_axis(const Axis& axis, double low, double high, double rounding);

// sinc(t) sinc(t / 3), windowed to three lobes.
double lanczos_filter(double t);

// The order of the passes, by the work of each; a tie goes to the vertical pass first.
bool is_vertical_first(const Axis& rows, const Axis& columns, std::int64_t height, std::int64_t width);

}  // namespace px
