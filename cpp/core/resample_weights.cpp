#include "core/resample_weights.h"

#include <algorithm>
#include <cmath>

namespace px {
namespace {

constexpr double pi = 3.141592653589793;
// Below this share of an output's footprint, a covered sliver is rounding of x * scale, not area.
constexpr double sliver = 1e-9;

// sin(pi x) for moderate x: reduced to [-1/2, 1/2], then the Taylor series to x^21 (error below 1e-17).
double sin_pi(double x) {
  const double nearest = std::floor(x + 0.5);
  const double t = (x - nearest) * pi;
  const double square = t * t;
  double series = 0.0;
  for (int term = 10; term > 0; --term)
    series = (1.0 - series) * square / static_cast<double>(2 * term * (2 * term + 1));
  const double odd = nearest - 2.0 * std::floor(nearest * 0.5);
  return (t - t * series) * (1.0 - 2.0 * odd);
}

double bilinear(double t) {
  t = std::fabs(t);
  return t < 1.0 ? 1.0 - t : 0.0;
}

// Keys' cubic convolution with a = -1/2.
double bicubic(double t) {
  t = std::fabs(t);
  if (t < 1.0) return (1.5 * t - 2.5) * t * t + 1.0;
  if (t < 2.0) return (((t - 5.0) * t + 8.0) * t - 4.0) * -0.5;
  return 0.0;
}

// sinc(t) sinc(t / 3), windowed to three lobes.
double lanczos(double t) {
  const double third = t / 3.0;
  const double denominator = (pi * t) * (pi * third);
  if (denominator == 0.0) return 1.0;
  return std::fabs(t) < 3.0 ? sin_pi(t) * sin_pi(third) / denominator : 0.0;
}

double filter(Interpolation interpolation, double t) {
  switch (interpolation) {
    case Interpolation::bilinear: return bilinear(t);
    case Interpolation::bicubic: return bicubic(t);
    default: return lanczos(t);
  }
}

double support_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::bilinear: return 1.0;
    case Interpolation::bicubic: return 2.0;
    default: return 3.0;
  }
}

// Divides by the sum, drops zero weights at both ends (a pixel without weight is not read: it may be NaN), and appends.
void append(Axis& axis, std::int64_t first, std::vector<double>& raw) {
  double total = 0.0;
  for (const double w : raw) total = total + w;
  for (double& w : raw) w = w / total;
  std::size_t begin = 0, end = raw.size();
  while (begin + 1 < end && raw[begin] == 0.0) ++begin;
  while (end > begin + 1 && raw[end - 1] == 0.0) --end;
  axis.first.push_back(static_cast<std::int32_t>(first + static_cast<std::int64_t>(begin)));
  axis.count.push_back(static_cast<std::int32_t>(end - begin));
  axis.offset.push_back(static_cast<std::int64_t>(axis.weights.size()));
  axis.weights.insert(axis.weights.end(), raw.begin() + static_cast<std::ptrdiff_t>(begin),
                      raw.begin() + static_cast<std::ptrdiff_t>(end));
}

}  // namespace

double lanczos_filter(double t) { return lanczos(t); }

std::optional<Axis> make_axis(std::int64_t inputs, std::int64_t outputs, double low, double high,
                              Interpolation interpolation, bool antialias) {
  const auto side = static_cast<double>(inputs);
  if (inputs == outputs && low == 0.0 && high == side) return std::nullopt;
  const double scale = (high - low) / static_cast<double>(outputs);
  const double stretch = antialias && scale > 1.0 ? scale : 1.0;
  const double support = support_of(interpolation) * stretch;
  const double inverse = 1.0 / stretch;
  Axis axis;
  axis.first.reserve(static_cast<std::size_t>(outputs));
  axis.count.reserve(static_cast<std::size_t>(outputs));
  axis.offset.reserve(static_cast<std::size_t>(outputs));
  std::vector<double> raw;
  for (std::int64_t j = 0; j < outputs; ++j) {
    const auto x = static_cast<double>(j);
    double first, last;
    raw.clear();
    if (interpolation == Interpolation::area) {
      const double left = low + x * scale;
      const double right = low + (x + 1.0) * scale;
      last = std::min(std::ceil(right), side);
      first = std::min(std::floor(left), last - 1.0);
      for (double k = first; k < last; k += 1.0) {
        const double covered = std::min(k + 1.0, right) - std::max(k, left);
        raw.push_back(covered > sliver * scale ? covered : 0.0);
      }
    } else {
      const double centre = low + (x + 0.5) * scale;
      first = std::max(std::floor(centre - support + 0.5), 0.0);
      last = std::min(std::floor(centre + support + 0.5), side);
      for (double k = first; k < last; k += 1.0) raw.push_back(filter(interpolation, (k + 0.5 - centre) * inverse));
    }
    append(axis, static_cast<std::int64_t>(first), raw);
  }
  axis.taps = *std::max_element(axis.count.begin(), axis.count.end());
  std::int64_t end = 0;
  for (std::size_t j = 0; j < axis.first.size(); ++j) end = std::max<std::int64_t>(end, axis.first[j] + axis.count[j]);
  axis.span = end - *std::min_element(axis.first.begin(), axis.first.end());
  return axis;
}

std::vector<std::int32_t> nearest_index(std::int64_t inputs, std::int64_t outputs, double low, double high) {
  const double scale = (high - low) / static_cast<double>(outputs);
  std::vector<std::int32_t> index(static_cast<std::size_t>(outputs));
  for (std::int64_t j = 0; j < outputs; ++j) {
    const double at = std::floor(low + (static_cast<double>(j) + 0.5) * scale);
    index[static_cast<std::size_t>(j)] =
        static_cast<std::int32_t>(std::min(std::max(at, 0.0), static_cast<double>(inputs) - 1.0));
  }
  return index;
}

namespace {

// Without a call of the library, which takes longer than all the rest where instructions older than SSE4.1 are used.
std::int32_t floor_of(double x) {
  const auto towards_zero = static_cast<std::int32_t>(x);
  return towards_zero - (static_cast<double>(towards_zero) > x);
}

// Rounds the running sums of each output: no weight is off by a whole unit, and the sum is exact.
FixedAxis quantize(const Axis& axis, int bits) {
  FixedAxis fixed;
  fixed.bits = bits;
  fixed.weights.resize(axis.weights.size());
  const double unit = static_cast<double>(std::int64_t{1} << bits), inverse = 1.0 / unit;  // exact, as a power of two
  for (std::size_t j = 0; j < axis.first.size(); ++j) {
    double running = 0.0, positive = 0.0, negative = 0.0, error = 0.0;
    std::int32_t before = 0;
    for (std::int32_t k = 0; k < axis.count[j]; ++k) {
      const auto at = static_cast<std::size_t>(axis.offset[j] + k);
      running = running + axis.weights[at];
      const std::int32_t here = k < axis.count[j] - 1 ? floor_of(running * unit + 0.5) : std::int32_t{1} << bits;
      fixed.weights[at] = here - before;
      before = here;
      const double exact = static_cast<double>(fixed.weights[at]) * inverse;
      positive = positive + std::max(exact, 0.0);
      negative = negative + std::max(-exact, 0.0);
      error = error + std::fabs(exact - axis.weights[at]);
    }
    fixed.positive = std::max(fixed.positive, positive);
    fixed.negative = std::max(fixed.negative, negative);
    fixed.error = std::max(fixed.error, error);
  }
  return fixed;
}

}  // namespace

FixedAxis fixed_axis(const Axis& axis, double low, double high, double rounding) {
  double largest = 0.0;
  for (const double w : axis.weights) largest = std::max(largest, std::fabs(w));
  int bits = 22;
  while (largest * static_cast<double>(std::int64_t{1} << bits) > 32766.0) --bits;
  // An output's weights sum to one, so the positive ones to no less: bits that this rules out need no trial.
  while ((high + rounding) * static_cast<double>(std::int64_t{1} << bits) >= 2147483648.0) --bits;
  for (;; --bits) {
    FixedAxis fixed = quantize(axis, bits);
    const double peak = high * fixed.positive + low * fixed.negative;
    if ((peak + rounding) * static_cast<double>(std::int64_t{1} << bits) < 2147483648.0) return fixed;
  }
}

bool is_vertical_first(const Axis& rows, const Axis& columns, std::int64_t height, std::int64_t width) {
  const auto down = static_cast<double>(rows.taps), across = static_cast<double>(columns.taps);
  const auto h = static_cast<double>(height), w = static_cast<double>(width);
  const double last_pass_across = h * w * across;
  const double last_pass_down = h * w * down;
  const double vertical_first = h * static_cast<double>(columns.span) * down + last_pass_across;
  const double horizontal_first = static_cast<double>(rows.span) * w * across + last_pass_down;
  return !(2.0 * horizontal_first < vertical_first);
}

}  // namespace px
