// NumPy arrays and arguments as the core takes them. The Python layer has checked what they mean; here it is only made
// certain that a view is what it claims to be.
#pragma once

#include <pybind11/numpy.h>

#include <string_view>
#include <tuple>
#include <vector>

#include "core/image.h"
#include "core/resample_weights.h"

namespace px::bindings {

// What an array of any library is to the bindings.
struct ArrayMemory {
  std::byte* data;
  int ndim;
  const pybind11::ssize_t *sizes, *strides;
  char kind, byte_order;
  pybind11::ssize_t item_size;
};

// An ndarray that the caller keeps alive. Its fields are read in place: NumPy's headers are not needed, and neither are
// its functions.
class Array {
 public:
  // Whether it is one; `is_plain` leaves out subclasses.
  static bool is(PyObject* object);
  static bool is_plain(PyObject* object);

  explicit Array(PyObject* object) : fields_(pybind11::detail::array_proxy(object)) {}
  std::byte* data() const { return reinterpret_cast<std::byte*>(fields_->data); }
  int ndim() const { return fields_->nd; }
  pybind11::ssize_t size(int axis) const { return fields_->dimensions[axis]; }
  pybind11::ssize_t stride(int axis) const { return fields_->strides[axis]; }
  PyObject* dtype() const { return fields_->descr; }
  char kind() const { return pybind11::detail::array_descriptor_proxy(fields_->descr)->kind; }
  char byte_order() const { return pybind11::detail::array_descriptor_proxy(fields_->descr)->byteorder; }
  pybind11::ssize_t item_size() const;
  operator ArrayMemory() const {  // NOLINT: meant to convert
    return {data(), ndim(), fields_->dimensions, fields_->strides, kind(), byte_order(), item_size()};
  }
  bool is_aligned() const { return has(pybind11::detail::npy_api::NPY_ARRAY_ALIGNED_); }
  bool is_writeable() const { return has(pybind11::detail::npy_api::NPY_ARRAY_WRITEABLE_); }
  bool is_c_contiguous() const { return has(pybind11::detail::npy_api::NPY_ARRAY_C_CONTIGUOUS_); }

 private:
  bool has(int flag) const { return (fields_->flags & flag) != 0; }
  const pybind11::detail::PyArray_Proxy* fields_;
};

// The array's memory as N,H,W,C. Throws TypeError or ValueError.
ImageView view_of(const ArrayMemory& array, std::string_view layout, const char* name);
// The same of parts of an array in another order: for each axis of `like` the axis of the array (-1 for one of its own,
// of length one), the index there to begin at, and the step, 1 or -1.
using Axes = std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t>>;
ImageView view_of(const ArrayMemory& array, std::string_view layout, const char* name, const Axes& axes,
                  const ArrayMemory& like);
// The same for an array that is written to.
ImageView writable_view_of(const Array& array, std::string_view layout, const char* name);

// The memory that its samples take; NumPy has made certain that this does not overflow.
inline std::int64_t bytes_of(const ImageView& view) { return view.n * view.h * view.w * view.c * view.item_size; }

// The memory of a pixel of image: an array of one sample per channel, of its dtype.
const std::byte* pixel_of(const Array& value, const ImageView& image);

Interpolation interpolation_of(std::string_view name);

}  // namespace px::bindings
