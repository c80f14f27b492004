#include "core/displacement_plan.h"

#include <cmath>
#include <cstdint>

#include "core/check.h"

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

Status check_displacement(const ImageView& dst, double sigma) {
  if (Status status = check_view(dst, "out"); !status.is_ok()) return status;
  if (dst.n != 2 || dst.c != 1 || dst.dtype != DType::f32 || dst.stride_w != 4) {
    return Status::value_error("out must be two planes of close float32 samples");
  }
  if (!(sigma >= 0.0 && sigma <= 1000.0)) return Status::value_error("sigma must be from 0 to 1000");
  return Status::ok();
}

}  // namespace px
