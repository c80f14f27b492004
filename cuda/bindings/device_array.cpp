#include "bindings/device_array.h"

#include <string>

namespace py = pybind11;

namespace px::bindings {
namespace {

#if !defined(PX_CUDA_HOST)
// Set once, when the backend is loaded; never released.
PyObject* streams = nullptr;

long long integer(py::handle value) {
  const long long number = PyLong_AsLongLong(value.ptr());
  if (number == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return number;
}
#endif

}  // namespace

#if defined(PX_CUDA_HOST)

DeviceArray DeviceArray::from(PyObject* value, const char* name) {
  const Array array = Unpack<Array>::from(value, name);
  if (array.ndim() > most_axes) throw py::value_error(std::string(name) + " has too many axes");
  DeviceArray made;
  made.data_ = array.data();
  made.ndim_ = array.ndim();
  for (int axis = 0; axis < made.ndim_; ++axis) {
    made.sizes_[axis] = array.size(axis);
    made.strides_[axis] = array.stride(axis);
  }
  made.kind_ = array.kind();
  made.byte_order_ = array.byte_order();
  made.item_size_ = array.item_size();
  return made;
}

void* current_stream(int) { return nullptr; }

void bind_device_arrays(py::module_&) {}

#else

DeviceArray DeviceArray::from(PyObject* value, const char* name) {
  const py::handle array(value);
  const py::object memory = py::getattr(array, "data", py::none());
  if (!py::hasattr(memory, "device_id")) refuse(name, "a CuPy array", value);  // an ndarray's data has none
  DeviceArray made;
  const py::object dtype = array.attr("dtype");
  made.data_ = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(memory.attr("ptr").cast<std::uint64_t>()));
  made.device_ = static_cast<int>(integer(memory.attr("device_id")));
  const auto shape = array.attr("shape").cast<py::tuple>(), strides = array.attr("strides").cast<py::tuple>();
  if (shape.size() > most_axes) throw py::value_error(std::string(name) + " has too many axes");
  made.ndim_ = static_cast<int>(shape.size());
  for (int axis = 0; axis < made.ndim_; ++axis) {
    made.sizes_[axis] = static_cast<py::ssize_t>(integer(shape[static_cast<std::size_t>(axis)]));
    made.strides_[axis] = static_cast<py::ssize_t>(integer(strides[static_cast<std::size_t>(axis)]));
  }
  made.kind_ = dtype.attr("kind").cast<std::string>()[0];
  made.byte_order_ = dtype.attr("byteorder").cast<std::string>()[0];
  made.item_size_ = static_cast<py::ssize_t>(integer(dtype.attr("itemsize")));
  return made;
}

void* current_stream(int device) {
  if (streams == nullptr) return nullptr;
  const py::object stream = py::reinterpret_borrow<py::object>(streams)(device);
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(stream.cast<std::uint64_t>()));
}

void bind_device_arrays(py::module_& module) {
  module.def(
      "bind_streams", [](const py::object& of_device) { streams = of_device.inc_ref().ptr(); }, py::arg("of_device"),
      "Register the function that gives the address of the stream on which calls on a device are to go now.");
}

#endif

}  // namespace px::bindings
