#include "bindings/checked_calls.h"

#include <pybind11/critical_section.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "bindings/arrays.h"
#include "bindings/op.h"

namespace px::bindings {
namespace {

namespace py = pybind11;

constexpr std::size_t most_kept = 64;       // calls of an op: a look through them takes less than a check
constexpr std::size_t most_arguments = 16;  // of an op
constexpr std::size_t most_maps = 2;
constexpr int most_axes = 4;

// The fields of pixlane._op.Call, by their places.
enum CallField { call_source, call_shape, call_dtype, call_arguments };

// Values that cannot change: a call may be known by them.
bool is_constant(PyObject* value) {
  if (PyTuple_CheckExact(value)) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
      if (!is_constant(PyTuple_GET_ITEM(value, i))) return false;
    }
    return true;
  }
  if (PyType_Check(value)) return !PyType_HasFeature(reinterpret_cast<PyTypeObject*>(value), Py_TPFLAGS_HEAPTYPE);
  return value == Py_None || PyBool_Check(value) || PyLong_CheckExact(value) || PyFloat_CheckExact(value) ||
         PyUnicode_CheckExact(value) || PyBytes_CheckExact(value);
}

// What a meaning has made for the op: constants, and arrays that nobody writes to (a pixel of a border's value).
bool is_settled(PyObject* value) {
  if (!PyTuple_CheckExact(value)) return is_constant(value) || (Array::is_plain(value) && !Array(value).is_writeable());
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
    if (!is_settled(PyTuple_GET_ITEM(value, i))) return false;
  }
  return true;
}

// Whether a constant and another value are alike in type and value: 1, 1.0 and True are not.
bool is_same(PyObject* kept, PyObject* given) {
  if (kept == given) return true;
  if (Py_TYPE(kept) != Py_TYPE(given)) return false;
  if (PyTuple_CheckExact(kept)) {
    const Py_ssize_t count = PyTuple_GET_SIZE(kept);
    if (PyTuple_GET_SIZE(given) != count) return false;
    for (Py_ssize_t i = 0; i < count; ++i) {
      if (!is_same(PyTuple_GET_ITEM(kept, i), PyTuple_GET_ITEM(given, i))) return false;
    }
    return true;
  }
  if (PyFloat_CheckExact(kept)) {
    const double one = PyFloat_AS_DOUBLE(kept), two = PyFloat_AS_DOUBLE(given);
    return std::memcmp(&one, &two, sizeof one) == 0;  // -0.0 is not 0.0
  }
  if (!PyLong_CheckExact(kept) && !PyUnicode_CheckExact(kept) && !PyBytes_CheckExact(kept)) return false;
  return PyObject_RichCompareBool(kept, given, Py_EQ) == 1;
}

// Shape and dtype of an array. The dtype is known by its object, which is kept, so that no other can take its address.
struct Form {
  py::object dtype;
  int ndim = 0;
  std::array<Py_intptr_t, most_axes> shape{};

  bool matches(const Array& array) const {
    if (array.dtype() != dtype.ptr() || array.ndim() != ndim) return false;
    for (int axis = 0; axis < ndim; ++axis) {
      if (array.size(axis) != shape[static_cast<std::size_t>(axis)]) return false;
    }
    return true;
  }
};

struct Bounds {
  const std::byte *low, *high;
};

Bounds bounds_of(const Array& array) {
  Bounds bounds{array.data(), array.data() + array.item_size()};
  for (int axis = 0; axis < array.ndim(); ++axis) {
    const py::ssize_t reach = (array.size(axis) - 1) * array.stride(axis);
    (reach < 0 ? bounds.low : bounds.high) += reach;
  }
  return bounds;
}

bool are_apart(const Array& a, const Array& b) {
  const Bounds one = bounds_of(a), two = bounds_of(b);
  return one.high <= two.low || two.high <= one.low;
}

// Whether the long way's checks of `out` would pass, but for where it may not lie. Shapes have no zeros here.
bool takes_result(PyObject* out, const Form& result) {
  if (!Array::is_plain(out)) return false;
  const Array array(out);
  return array.is_c_contiguous() && array.is_aligned() && array.is_writeable() && result.matches(array);
}

struct Kept {
  Form image, result;
  std::array<Form, most_maps> maps;
  std::array<std::size_t, most_maps> map_places{};  // among the arguments, where there is a None for each
  py::tuple options;                                // of the public function, behind the maps
  py::tuple arguments;                              // of the op, after the image and the result
};

class CheckedCalls {
  using Function = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t);

 public:
  CheckedCalls(py::object run, py::object op, py::object host, std::size_t maps)
      : run_(std::move(run)),
        op_(std::move(op)),
        host_(std::move(host)),
        maps_(maps),
        function_(reinterpret_cast<Function>(reinterpret_cast<void (*)()>(PyCFunction_GetFunction(op_.ptr())))),
        module_(PyCFunction_GetSelf(op_.ptr())) {}

  // A new reference, or null with an exception set.
  PyObject* call(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    if (count < begin_of_options()) throw py::type_error("image, out and maps are needed");
    if (PyObject* const answer = again(self, arguments, count)) return answer;
    if (PyErr_Occurred() != nullptr) return nullptr;
    auto both = py::reinterpret_steal<py::object>(
        PyObject_Vectorcall(run_.ptr(), arguments, static_cast<std::size_t>(count), nullptr));
    if (!both) return nullptr;
    if (!PyTuple_Check(both.ptr()) || PyTuple_GET_SIZE(both.ptr()) != 2) {
      throw py::type_error("run must return the answer and the call");
    }
    keep(self, arguments, count, PyTuple_GET_ITEM(both.ptr(), 1));
    return Py_NewRef(PyTuple_GET_ITEM(both.ptr(), 0));
  }

 private:
  // The answer of a kept call, or null: with an exception set where it failed, without where there is none like it.
  PyObject* again(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
    PyObject *const image = arguments[0], *const out = arguments[1];
    if (!Array::is_plain(image)) return nullptr;
    const Array array(image);
    if (!array.is_aligned() || !maps_are_known(arguments)) return nullptr;
    std::shared_ptr<const Kept> kept;
    {
      const py::scoped_critical_section one_at_a_time(self);  // there is the GIL, or else a lock
      kept = find(arguments, count);
    }
    if (!kept || !host_is_this_module()) return nullptr;
    py::object result;
    if (out == Py_None) {
      result = allocate(kept->result);
      if (!result) {  // the long way says what is too large
        PyErr_Clear();
        return nullptr;
      }
    } else {
      if (!takes_result(out, kept->result) || !are_apart(Array(out), array)) return nullptr;
      for (std::size_t k = 0; k < maps_; ++k) {
        if (!are_apart(Array(out), Array(arguments[2 + k]))) return nullptr;
      }
      result = py::reinterpret_borrow<py::object>(out);
    }
    const auto more = static_cast<std::size_t>(PyTuple_GET_SIZE(kept->arguments.ptr()));
    std::array<PyObject*, most_arguments> stack;
    stack[0] = image;
    stack[1] = result.ptr();
    for (std::size_t i = 0; i < more; ++i) {
      stack[2 + i] = PyTuple_GET_ITEM(kept->arguments.ptr(), static_cast<Py_ssize_t>(i));
    }
    for (std::size_t k = 0; k < maps_; ++k) stack[2 + kept->map_places[k]] = arguments[2 + k];
    PyObject* const none = function_(module_, stack.data(), static_cast<Py_ssize_t>(2 + more));
    if (none == nullptr) return nullptr;
    Py_DECREF(none);
    return result.release().ptr();
  }

  Py_ssize_t begin_of_options() const { return static_cast<Py_ssize_t>(2 + maps_); }

  // Whether calls with such maps are kept, if any are.
  bool maps_are_known(PyObject* const* arguments) const {
    return std::all_of(arguments + 2, arguments + 2 + maps_, [](PyObject* map) {
      return Array::is_plain(map) && Array(map).is_aligned() && Array(map).ndim() <= most_axes;
    });
  }

  // Most recently used first.
  std::shared_ptr<const Kept> find(PyObject* const* arguments, Py_ssize_t all) {
    const Array image(arguments[0]);
    PyObject* const* const options = arguments + begin_of_options();
    const Py_ssize_t count = all - begin_of_options();
    for (std::size_t i = 0; i < used_; ++i) {
      const Kept& kept = *kept_[i];
      if (!kept.image.matches(image) || PyTuple_GET_SIZE(kept.options.ptr()) != count) continue;
      std::size_t known = 0;
      while (known < maps_ && kept.maps[known].matches(Array(arguments[2 + known]))) ++known;
      if (known < maps_) continue;
      Py_ssize_t same = 0;
      while (same < count && is_same(PyTuple_GET_ITEM(kept.options.ptr(), same), options[same])) ++same;
      if (same < count) continue;
      if (i > 0) std::rotate(kept_.begin(), kept_.begin() + i, kept_.begin() + i + 1);
      return kept_[0];
    }
    return nullptr;
  }

  void keep(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* call) {
    if (!PyTuple_Check(call) || PyTuple_GET_SIZE(call) <= call_arguments) throw py::type_error("call must be a Call");
    PyObject* const image = arguments[0];
    // What was viewed, copied or one of several is looked at anew each time.
    if (!Array::is_plain(image) || PyTuple_GET_ITEM(call, call_source) != image) return;
    const Array array(image);
    const Py_ssize_t first = begin_of_options();
    if (array.ndim() > most_axes || !maps_are_known(arguments) ||
        !std::all_of(arguments + first, arguments + count, is_constant)) {
      return;
    }
    auto kept = std::make_shared<Kept>();
    if (!keep_arguments(arguments, PyTuple_GET_ITEM(call, call_arguments), *kept)) return;
    kept->image = form_of(array);
    for (std::size_t k = 0; k < maps_; ++k) kept->maps[k] = form_of(Array(arguments[2 + k]));

    const Items shape(PyTuple_GET_ITEM(call, call_shape), "shape");
    if (shape.count() > most_axes) return;
    kept->result.dtype = py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(call, call_dtype));
    if (!py::isinstance<py::dtype>(kept->result.dtype)) throw py::type_error("dtype must be a numpy.dtype");
    kept->result.ndim = static_cast<int>(shape.count());
    for (std::size_t axis = 0; axis < shape.count(); ++axis) {
      kept->result.shape[axis] = Unpack<std::int64_t>::from(shape[axis], "shape");
      if (kept->result.shape[axis] < 1) return;
    }

    kept->options = py::tuple(count - first);
    for (Py_ssize_t i = first; i < count; ++i) {
      PyTuple_SET_ITEM(kept->options.ptr(), i - first, Py_NewRef(arguments[i]));
    }

    std::shared_ptr<const Kept> last = std::move(kept);  // what falls out is let go after the lock
    {
      const py::scoped_critical_section one_at_a_time(self);
      used_ = std::min(used_ + 1, most_kept);
      std::swap(last, kept_[used_ - 1]);
      std::rotate(kept_.begin(), kept_.begin() + used_ - 1, kept_.begin() + used_);
    }
  }

  // The op's arguments, if all but the maps are settled and each map is passed on as it came, once.
  bool keep_arguments(PyObject* const* given, PyObject* rest, Kept& kept) const {
    if (!PyTuple_Check(rest) || PyTuple_GET_SIZE(rest) + 2 > Py_ssize_t{most_arguments}) return false;
    const Py_ssize_t size = PyTuple_GET_SIZE(rest);
    kept.arguments = py::tuple(size);
    std::array<int, most_maps> found{};
    for (Py_ssize_t i = 0; i < size; ++i) {
      PyObject* value = PyTuple_GET_ITEM(rest, i);
      const auto map = static_cast<std::size_t>(std::find(given + 2, given + 2 + maps_, value) - (given + 2));
      if (map < maps_) {
        ++found[map];
        kept.map_places[map] = static_cast<std::size_t>(i);
        value = Py_None;
      } else if (!is_settled(value)) {
        return false;
      }
      PyTuple_SET_ITEM(kept.arguments.ptr(), i, Py_NewRef(value));
    }
    return std::all_of(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(maps_), [](int n) { return n == 1; });
  }

  static Form form_of(const Array& array) {
    Form form;
    form.dtype = py::reinterpret_borrow<py::object>(array.dtype());
    form.ndim = array.ndim();
    for (int axis = 0; axis < array.ndim(); ++axis) form.shape[static_cast<std::size_t>(axis)] = array.size(axis);
    return form;
  }

  bool host_is_this_module() const {
    PyObject* value = nullptr;
    if (PyContextVar_Get(host_.ptr(), nullptr, &value) != 0) throw py::error_already_set();
    const auto owned = py::reinterpret_steal<py::object>(value);
    return value == module_;
  }

  static py::object allocate(const Form& form) {
    static const py::detail::npy_api& numpy = py::detail::npy_api::get();
    return py::reinterpret_steal<py::object>(numpy.PyArray_NewFromDescr_(
        numpy.PyArray_Type_, form.dtype.inc_ref().ptr(), form.ndim, form.shape.data(), nullptr, nullptr, 0, nullptr));
  }

  const py::object run_, op_, host_;
  const std::size_t maps_;
  const Function function_;
  PyObject* const module_;
  std::array<std::shared_ptr<const Kept>, most_kept> kept_;
  std::size_t used_ = 0;
};

constexpr const char* capsule_name = "pixlane.checked_calls";

PyObject* call(PyObject* capsule, PyObject* const* arguments, Py_ssize_t count) {
  return guarded([&] {
    auto* const calls = static_cast<CheckedCalls*>(PyCapsule_GetPointer(capsule, capsule_name));
    return calls->call(capsule, arguments, count);
  });
}

PyMethodDef method{"call", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&call)), METH_FASTCALL, nullptr};

py::object checked_calls(const py::object& run, const py::object& op, const py::object& host, std::size_t maps) {
  if (!PyCFunction_CheckExact(op.ptr()) || PyCFunction_GetFlags(op.ptr()) != METH_FASTCALL ||
      !PyContextVar_CheckExact(host.ptr()) || maps > most_maps) {
    throw py::type_error("checked_calls takes a function, an op of this module, a context variable and at most 2 maps");
  }
  const py::capsule capsule(new CheckedCalls(run, op, host, maps), capsule_name,
                            [](void* calls) { delete static_cast<CheckedCalls*>(calls); });
  PyObject* const function = PyCFunction_NewEx(&method, capsule.ptr(), nullptr);
  if (function == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(function);
}

}  // namespace

void bind_checked_calls(py::module_& module) {
  module.def("checked_calls", checked_calls, py::arg("run"), py::arg("op"), py::arg("host"), py::arg("maps"),
             "The function of (image, out, *options) that calls run, and for calls like an earlier one op at once.");
}

}  // namespace px::bindings
