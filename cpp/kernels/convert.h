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
};

PX_DECLARE_KERNELS(ConvertKernels, convert_kernels)

}  // namespace px
