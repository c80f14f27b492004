#include "ops/displacement.h"

#include <algorithm>

#include "core/check.h"
#include "core/displacement_plan.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/displacement.h"

namespace px {

Status displacement(const Execution& execution, const ImageView& dst, std::uint64_t seed, double sigma, double alpha) {
  if (Status status = check_displacement(dst, sigma); !status.is_ok()) return status;
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
