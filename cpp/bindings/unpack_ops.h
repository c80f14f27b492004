// Arguments of ops that several backends take alike.
#pragma once

#include <string>
#include <string_view>
#include <tuple>

#include "bindings/op.h"
#include "core/morphology_plan.h"
#include "core/warp_plan.h"

namespace px::bindings {

template <>
struct Unpack<std::uint64_t> {
  static std::uint64_t from(PyObject* value, const char*) {
    const unsigned long long number = PyLong_AsUnsignedLongLong(value);
    if (PyErr_Occurred() != nullptr) throw pybind11::error_already_set();
    return number;
  }
};

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

template <>
struct Unpack<Borders> {
  static Borders from(PyObject* value, const char* name) {
    return std::make_from_tuple<Borders>(Unpack<std::tuple<Border, Border>>::from(value, name));
  }
};

template <>
struct Unpack<ElementBox> {
  static ElementBox from(PyObject* value, const char* name) {
    return std::make_from_tuple<ElementBox>(
        Unpack<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>>::from(value, name));
  }
};

template <>
struct Unpack<MorphologyKind> {
  static MorphologyKind from(PyObject* value, const char* name) {
    using enum MorphologyKind;
    const auto kind = Unpack<std::string_view>::from(value, name);
    if (kind == "erode") return erode;
    if (kind == "dilate") return dilate;
    if (kind == "opening") return opening;
    if (kind == "closing") return closing;
    if (kind == "gradient") return gradient;
    if (kind == "top hat") return top_hat;
    if (kind == "black top hat") return black_top_hat;
    throw pybind11::value_error("unknown kind '" + std::string(kind) + "'");
  }
};

// Booleans are in order as the bytes that they are.
inline ImageView ordered(ImageView view, char kind) {
  if (kind == 'b') view.dtype = DType::u8;
  return view;
}

inline MapType map_type_of(const ArrayMemory& map) {
  if (map.kind == 'f' && map.item_size == 8) return MapType::f64;
  if (map.kind == 'f' && map.item_size == 4) return MapType::f32;
  if (map.kind == 'i' && map.item_size == 4) return MapType::i32;
  throw pybind11::type_error("maps must be of float32, float64 or int32");
}

}  // namespace px::bindings
