// Rows of samples to rows of another type, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

struct ConvertKernels {
  using Row = void (*)(const void* src, void* dst, std::int64_t samples);
  // By DType: u8 u16 i16 f16 f32 f64. To reals exactly, so there is no float64 to float32.
  Row to_f32[6], to_f64[6];
  // To integers floor(x + 1/2), clamped, NaN to 0; to floats the nearest; there is no float32 to float64.
  Row from_i16[6], from_f32[6], from_f64[6];
  void (*i16_to_floats_past_caches)(const std::int16_t* src, float* dst, std::int64_t samples);
  // Of each sample of uint8 the pair of int16 that it is with the one `next` samples on.
  void (*pairs)(const std::uint8_t* src, std::int32_t* dst, std::int64_t samples, std::int64_t next);
  // By channels (2 or 4, alpha last) and DType. To float64, colours times their alpha: from pixels that lie `pixel`
  // bytes apart, their samples `sample`. And back, divided by the alpha that came out.
  using Premultiply = void (*)(const std::byte* src, std::ptrdiff_t pixel, std::ptrdiff_t sample, double* dst,
                               std::int64_t pixels);
  Premultiply premultiply[2][6];
  Row unpremultiply[2][6];

  Premultiply premultiply_of(std::int64_t channels, int type) const { return premultiply[channels == 4][type]; }
  Row unpremultiply_of(std::int64_t channels, int type) const { return unpremultiply[channels == 4][type]; }
};

PX_DECLARE_KERNELS(ConvertKernels, convert_kernels)

}  // namespace px
