// Arguments of ops that several backends take alike.
#pragma once

#include "bindings/op.h"
#include "core/warp_plan.h"

namespace px::bindings {

template <>
struct Unpack<WarpMatrix> {
  static WarpMatrix from(PyObject* value, const char* name) {
    const Items items(value, name);
    WarpMatrix matrix;
    if (items.count() != matrix.size()) {
      throw pybind11::value_error(std::string(name) + " must have nine numbers each");
    }
    for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] = Unpack<double>::from(items[i], name);
    return matrix;
  }
};

inline MapType map_type_of(const ArrayMemory& map) {
  if (map.kind == 'f' && map.item_size == 8) return MapType::f64;
  if (map.kind == 'f' && map.item_size == 4) return MapType::f32;
  if (map.kind == 'i' && map.item_size == 4) return MapType::i32;
  throw pybind11::type_error("maps must be of float32, float64 or int32");
}

}  // namespace px::bindings
