// Rows of floats to integers in the same order (simd/order.h), and back; one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/convert.h"
#include "kernels/table.h"

namespace px {

struct KeysKernels {
  // By DType: u8 u16 i16 f16 f32 f64; null for integers. dst may be src.
  ConvertKernels::Row to[6], from[6];
};

PX_DECLARE_KERNELS(KeysKernels, keys_kernels)

}  // namespace px
