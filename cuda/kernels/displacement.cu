// displacement: the random fields of elastic: noise of a number per pixel, blurred by a gaussian along the rows, then
// down the columns.
//
// Exact     Philox's integers, then float32 sums of pairs of taps from the middle outwards, as on the CPU.
// Why       A thread per two pixels of noise, which share a counter, and per sample of a sum. Noise is made in bands of
//           rows, so that memory beyond the image is bounded whatever sigma is.
// Requires  Planes of close samples.

#include <algorithm>
#include <vector>

#include "core/check.h"
#include "core/displacement_plan.h"
#include "core/philox.h"
#include "launch.cuh"
#include "ops.h"

namespace px::cuda {
namespace {

constexpr std::int64_t band_samples = std::int64_t{1} << 24;

// Fields from column `left`, which is even, and row `top` on; rows of `width` samples, an even number.
struct Noise {
  std::uint64_t seed;
  std::int64_t left, top, width;
  float *x, *y;
  PX_HD void operator()(std::int64_t pair, std::int64_t row, std::int64_t) const {
    const PhiloxWords words =
        philox(static_cast<std::uint32_t>((left >> 1) + pair), static_cast<std::uint32_t>(top + row), seed);
    const std::int64_t at = row * width + 2 * pair;
    x[at] = uniform(words.w[0]);
    y[at] = uniform(words.w[1]);
    x[at + 1] = uniform(words.w[2]);
    y[at + 1] = uniform(words.w[3]);
  }
};

// Both fields: z is 0 for x and 1 for y.
struct Blur {
  const float *from_x, *from_y;  // of the first result
  std::int64_t from_row, step;   // samples
  const float* weights;
  std::int64_t radius;
  std::byte* to;
  std::int64_t to_field, to_row;  // bytes
  float factor;
  bool scales;
  PX_HD void operator()(std::int64_t x, std::int64_t y, std::int64_t field) const {
    const float* const here = (field == 0 ? from_x : from_y) + y * from_row + x;
    float total = weights[0] * here[0];
    for (std::int64_t k = 1; k <= radius; ++k) total = total + weights[k] * (here[-k * step] + here[k * step]);
    if (scales) total = total * factor;
    store(to + field * to_field + y * to_row + x * 4, total);
  }
};

}  // namespace

Status displacement(Call& call, const ImageView& dst, std::uint64_t seed, double sigma, double alpha) {
  if (Status status = check_displacement(dst, sigma); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  const std::vector<float> gaussian = gaussian_weights(sigma);
  const float* const weights = call.table(gaussian);
  const auto radius = static_cast<std::int64_t>(gaussian.size()) - 1;
  const std::int64_t before = (radius + 1) / 2 * 2, wide = (before + dst.w + radius + 1) / 2 * 2;
  const std::int64_t rows = dst.h + 2 * radius, field = rows * dst.w;
  const std::int64_t band = std::min(rows, std::max<std::int64_t>(1, band_samples / wide));
  auto* const noise = call.scratch<float>(2 * band * wide);
  auto* const across = call.scratch<float>(2 * field);
  if (call.has_failed()) return call.status();
  for (std::int64_t y = 0; y < rows; y += band) {
    const std::int64_t some = std::min(band, rows - y);
    for_each(call, {wide / 2, some}, Noise{seed, -before, y - radius, wide, noise, noise + band * wide});
    for_each(call, {dst.w, some, 2},
             Blur{noise + before, noise + band * wide + before, wide, 1, weights, radius,
                  reinterpret_cast<std::byte*>(across + y * dst.w), field * 4, dst.w * 4, 1.0f, false});
  }
  for_each(call, {dst.w, dst.h, 2},
           Blur{across + radius * dst.w, across + field + radius * dst.w, dst.w, dst.w, weights, radius, dst.data,
                dst.stride_n, dst.stride_h, static_cast<float>(alpha), true});
  return call.status();
}

}  // namespace px::cuda
