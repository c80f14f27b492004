#include "ops/displacement.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/displacement.h"

namespace px {
namespace {

// exp(x) for x <= 0, by + - * / alone; 0 below exp(-700).
double exponential(double x) {
  if (x < -700.0) return 0.0;
  const double halvings = std::floor(x * -1.4426950408889634 + 0.5);
  const double rest = (x + halvings * 0.6931471803691238) + halvings * 1.9082149292705877e-10;
  double total = 1.0;
  for (int term = 16; term > 0; --term) total = 1.0 + total * rest / static_cast<double>(term);
  for (int k = 0; k < static_cast<int>(halvings); ++k) total = total * 0.5;
  return total;
}

}  // namespace

std::vector<float> gaussian_weights(double sigma) {
  if (sigma == 0.0) return {1.0f};
  const auto radius = static_cast<int>(std::floor(4.0 * sigma + 0.5));
  std::vector<double> weights;
  for (int k = 0; k <= radius; ++k) {
    const double at = static_cast<double>(k) / sigma;
    weights.push_back(exponential(-0.5 * at * at));
  }
  double total = 0.0;
  for (int k = radius; k > 0; --k) total = total + weights[static_cast<std::size_t>(k)];
  total = 2.0 * total + weights[0];
  std::vector<float> result;
  for (const double weight : weights) result.push_back(static_cast<float>(weight / total));
  return result;
}

Status displacement(const Execution& execution, const ImageView& dst, std::uint64_t seed, double sigma, double alpha) {
  if (Status status = check_view(dst, "out"); !status.is_ok()) return status;
  if (dst.n != 2 || dst.c != 1 || dst.dtype != DType::f32 || dst.stride_w != 4) {
    return Status::value_error("out must be two planes of close float32 samples");
  }
  if (!(sigma >= 0.0 && sigma <= 1000.0)) return Status::value_error("sigma must be from 0 to 1000");
  if (is_empty(dst)) return Status::ok();
  const DisplacementKernels& kernels = PX_PICK_KERNELS(execution.isa, displacement_kernels);
  const std::vector<float> weights = gaussian_weights(sigma);
  const auto radius = static_cast<std::int64_t>(weights.size()) - 1;
  const auto factor = static_cast<float>(alpha);

  // A strip blurs the rows within reach along x, then down; tall strips, as their reach is work done twice.
  const Execution run = execution_for(execution, dst.h * dst.w * 16 * (radius + 8));
  const Strips strips = split_rows(dst.h, std::max<std::int64_t>(64, 2 * radius), 1, run.threads);
  const std::int64_t width = dst.w, wide = (width + 2 * radius + 15) / 16 * 16, narrow = (width + 15) / 16 * 16;
  const std::int64_t most = strips.rows + 2 * radius;
  const auto each = static_cast<std::size_t>(2 * (wide + most * narrow) * 4);
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, strips.count)));

  return parallel_for(run, strips.count, [&](std::int64_t task, int worker) {
    auto* const own = reinterpret_cast<float*>(scratch.data() + each * static_cast<std::size_t>(worker));
    float* const noise[2] = {own, own + wide};
    float* const rows[2] = {own + 2 * wide, own + 2 * wide + most * narrow};
    const std::int64_t y0 = task * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    for (std::int64_t y = y0 - radius; y < y1 + radius; ++y) {
      kernels.noise(seed, -radius, y, width + 2 * radius, noise[0], noise[1]);
      for (int k = 0; k < 2; ++k) {
        kernels.blur(noise[k] + radius, 1, weights.data(), radius, rows[k] + (y - y0 + radius) * narrow, width);
      }
    }
    for (int k = 0; k < 2; ++k) {
      for (std::int64_t y = y0; y < y1; ++y) {
        auto* const to = reinterpret_cast<float*>(dst.data + k * dst.stride_n + y * dst.stride_h);
        kernels.blur(rows[k] + (y - y0 + radius) * narrow, narrow, weights.data(), radius, to, width);
        kernels.scale(to, factor, width);
      }
    }
  });
}

}  // namespace px
