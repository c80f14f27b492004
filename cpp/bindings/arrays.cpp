#include "bindings/arrays.h"

#include <string>

namespace py = pybind11;

namespace px::bindings {
namespace {

DType dtype_of(char kind, py::ssize_t size) {
  if (kind == 'u' && size == 1) return DType::u8;
  if (kind == 'u' && size == 2) return DType::u16;
  if (kind == 'i' && size == 2) return DType::i16;
  if (kind == 'f' && size == 2) return DType::f16;
  if (kind == 'f' && size == 4) return DType::f32;
  if (kind == 'f' && size == 8) return DType::f64;
  return DType::other;
}

}  // namespace

bool Array::is(PyObject* object) { return py::isinstance<py::array>(object); }

bool Array::is_plain(PyObject* object) {
  static PyTypeObject* const ndarray = py::detail::npy_api::get().PyArray_Type_;
  return Py_TYPE(object) == ndarray;
}

py::ssize_t Array::item_size() const {
  static const bool numpy_1 = py::detail::npy_api::get().PyArray_RUNTIME_VERSION_ < 0x12;
  return numpy_1 ? py::detail::array_descriptor1_proxy(fields_->descr)->elsize
                 : py::detail::array_descriptor2_proxy(fields_->descr)->elsize;
}

namespace {

struct Extent {
  std::int64_t size, stride;
};

// `extent(axis)` is that of each axis of the layout.
template <class At>
ImageView view_by(const ArrayMemory& array, std::string_view layout, const char* name, At&& extent) {
  ImageView view;
  view.n = view.h = view.w = view.c = 1;
  for (std::size_t axis = 0; axis < layout.size(); ++axis) {
    const auto [size, stride] = extent(axis);
    switch (layout[axis]) {
      case 'N': view.n = size, view.stride_n = stride; break;
      case 'H': view.h = size, view.stride_h = stride; break;
      case 'W': view.w = size, view.stride_w = stride; break;
      case 'C': view.c = size, view.stride_c = stride; break;
      default: throw py::value_error("unknown layout '" + std::string(layout) + "'");
    }
  }
  const char order = array.byte_order, kind = array.kind;
  if (order == '>' || (kind != 'u' && kind != 'i' && kind != 'f' && kind != 'b')) {
    throw py::type_error(std::string(name) + " must be of booleans, integers or reals in native byte order");
  }
  view.item_size = static_cast<int>(array.item_size);
  if (view.item_size > 8) throw py::type_error(std::string(name) + " has samples of more than 8 bytes");
  view.dtype = dtype_of(kind, view.item_size);
  view.data = array.data;
  return view;
}

}  // namespace

ImageView view_of(const ArrayMemory& array, std::string_view layout, const char* name) {
  if (static_cast<std::size_t>(array.ndim) != layout.size()) {
    throw py::value_error(std::string(name) + " has " + std::to_string(array.ndim) + " axes, but its layout is '" +
                          std::string(layout) + "'");
  }
  return view_by(array, layout, name, [&](std::size_t axis) { return Extent{array.sizes[axis], array.strides[axis]}; });
}

ImageView view_of(const ArrayMemory& array, std::string_view layout, const char* name, const Axes& axes,
                  const ArrayMemory& like) {
  if (axes.size() != layout.size() || static_cast<std::size_t>(like.ndim) != layout.size()) {
    throw py::value_error("axes must name one axis of " + std::string(name) + " for each of the result");
  }
  std::int64_t begin = 0;
  ImageView view = view_by(array, layout, name, [&](std::size_t place) {
    const auto [axis, first, step] = axes[place];
    const std::int64_t count = like.sizes[place];
    if (axis == -1) {
      if (count != 1) throw py::value_error("an axis that " + std::string(name) + " lacks must be of length one");
      return Extent{count, 0};
    }
    if (axis < 0 || axis >= array.ndim || (step != 1 && step != -1)) throw py::value_error("unknown axis or step");
    const std::int64_t side = array.sizes[axis], stride = array.strides[axis];
    if (count == 0) return Extent{0, stride};
    if (count > side || first < 0 || first >= side || first + (count - 1) * step < 0 ||
        first + (count - 1) * step >= side) {
      throw py::value_error("axes must lie within " + std::string(name));
    }
    begin += first * stride;
    return Extent{count, stride * step};
  });
  view.data += begin;
  return view;
}

ImageView writable_view_of(const Array& array, std::string_view layout, const char* name) {
  if (!array.is_writeable()) throw py::value_error(std::string(name) + " is read-only");
  return view_of(array, layout, name);
}

const std::byte* pixel_of(const Array& value, const ImageView& image) {
  if (value.ndim() != 1 || value.size(0) != image.c || value.item_size() != image.item_size ||
      (image.c > 1 && value.stride(0) != image.item_size)) {
    throw py::value_error("value must be a pixel of image");
  }
  return value.data();
}

Interpolation interpolation_of(std::string_view name) {
  if (name == "nearest") return Interpolation::nearest;
  if (name == "bilinear") return Interpolation::bilinear;
  if (name == "bicubic") return Interpolation::bicubic;
  if (name == "lanczos") return Interpolation::lanczos;
  if (name == "area") return Interpolation::area;
  throw py::value_error("unknown interpolation '" + std::string(name) + "'");
}

}  // namespace px::bindings
