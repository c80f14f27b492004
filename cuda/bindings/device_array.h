// Arrays on the device, as the bindings take them: CuPy's for _cuda, NumPy's for _cuda_host.
#pragma once

#include <pybind11/pybind11.h>

#include "bindings/op.h"

namespace px::bindings {

constexpr int most_axes = 8;

// An array that the caller keeps alive; `device` is its number.
class DeviceArray {
 public:
  // Throws TypeError for an array of another library, in main memory for one.
  static DeviceArray from(PyObject* value, const char* name);

  ArrayMemory memory() const { return {data_, ndim_, sizes_, strides_, kind_, byte_order_, item_size_}; }
  operator ArrayMemory() const { return memory(); }  // NOLINT: meant to convert
  int ndim() const { return ndim_; }
  char kind() const { return kind_; }
  pybind11::ssize_t item_size() const { return item_size_; }
  int device() const { return device_; }

 private:
  std::byte* data_ = nullptr;
  int ndim_ = 0, device_ = 0;
  pybind11::ssize_t sizes_[most_axes]{}, strides_[most_axes]{};
  char kind_ = 0, byte_order_ = '=';
  pybind11::ssize_t item_size_ = 0;
};

template <>
struct Unpack<DeviceArray> {
  static DeviceArray from(PyObject* value, const char* name) { return DeviceArray::from(value, name); }
};

// The stream that calls on a device go to now: what bind_streams() was given says so, else the default one.
void* current_stream(int device);

void bind_device_arrays(pybind11::module_& module);

}  // namespace px::bindings
