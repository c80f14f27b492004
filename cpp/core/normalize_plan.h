// normalize: its options, what every backend checks, and its constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/image.h"
#include "core/status.h"

namespace px {

struct NormalizeOptions {
  double scale = 1.0;
  std::vector<double> mean, std;  // one value, or one per channel
};

Status check_normalize(DType from, DType to, std::int64_t channels, const NormalizeOptions& options);
// The same of views: one shape, disjoint or exactly the same memory.
Status check_normalize(const ImageView& src, const ImageView& dst, const NormalizeOptions& options);
// Whether both are the same samples.
bool is_in_place(const ImageView& src, const ImageView& dst);

// The constants of x * factor + offset in the type of the arithmetic, made in float64: a factor per channel, then an
// offset per channel.
struct NormalizeConstants {
  NormalizeConstants(DType from, DType to, std::int64_t channels, const NormalizeOptions& options);

  const std::byte* factor() const { return reinterpret_cast<const std::byte*>(values.data()); }
  const std::byte* offset() const { return factor() + channels * real; }
  std::size_t bytes() const { return static_cast<std::size_t>(2 * channels * real); }

  std::ptrdiff_t real;  // bytes of the arithmetic's type: float32 unless float64 comes in or goes out
  std::int64_t channels;
  std::vector<double> values;  // memory of the reals
};

}  // namespace px
