// From the name of a sample type to the type.
#pragma once

#include <cstdint>

#include "core/image.h"
#include "core/scalar.h"

namespace px {

// Calls visit with a null pointer of the sample type.
template <class Visit>
void with_type(DType dtype, Visit&& visit) {
  switch (dtype) {
    case DType::u8: return visit(static_cast<std::uint8_t*>(nullptr));
    case DType::u16: return visit(static_cast<std::uint16_t*>(nullptr));
    case DType::i16: return visit(static_cast<std::int16_t*>(nullptr));
    case DType::f16: return visit(static_cast<half*>(nullptr));
    case DType::f32: return visit(static_cast<float*>(nullptr));
    case DType::f64: return visit(static_cast<double*>(nullptr));
    case DType::other: return;
  }
}

}  // namespace px
