// Python functions of ops, made from C++ functions. Each parameter's type says how its argument is unpacked:
//
//   void resize(Array src, Array dst, std::string_view layout, ..);      throws what the call is to raise
//   bind_op<resize>(module, "resize", {"src", "dst", "layout", ..});
//
// Arguments go by position alone and straight from the interpreter's stack (METH_FASTCALL): a general dispatcher, which
// looks for overloads, keywords and conversions, costs more than resizing a small image does.
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "bindings/arrays.h"
#include "core/border.h"

namespace px::bindings {

[[noreturn]] inline void refuse(const char* name, const char* accepted, PyObject* value) {
  throw pybind11::type_error(std::string(name) + " must be " + accepted + ", got " + Py_TYPE(value)->tp_name);
}

// Unpack<T>::from(value, name): the argument as a T that lasts as long as the call's arguments do.
template <class T>
struct Unpack;

template <>
struct Unpack<Array> {
  static Array from(PyObject* value, const char* name) {
    if (!Array::is(value)) refuse(name, "a NumPy array", value);
    return Array(value);
  }
};

template <>
struct Unpack<bool> {
  static bool from(PyObject* value, const char* name) {
    if (value != Py_True && value != Py_False) refuse(name, "a bool", value);
    return value == Py_True;
  }
};

template <>
struct Unpack<double> {
  static double from(PyObject* value, const char*) {
    const double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred() != nullptr) throw pybind11::error_already_set();
    return number;
  }
};

template <>
struct Unpack<std::int64_t> {
  static std::int64_t from(PyObject* value, const char*) {
    const long long number = PyLong_AsLongLong(value);
    if (number == -1 && PyErr_Occurred() != nullptr) throw pybind11::error_already_set();
    return number;
  }
};

template <>
struct Unpack<std::string_view> {
  static std::string_view from(PyObject* value, const char* name) {
    if (!PyUnicode_Check(value)) refuse(name, "a str", value);
    Py_ssize_t size = 0;
    const char* const text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text == nullptr) throw pybind11::error_already_set();
    return {text, static_cast<std::size_t>(size)};
  }
};

template <>
struct Unpack<Interpolation> {
  static Interpolation from(PyObject* value, const char* name) {
    return interpolation_of(Unpack<std::string_view>::from(value, name));
  }
};

template <>
struct Unpack<Border> {
  static Border from(PyObject* value, const char* name) {
    const auto border = Unpack<std::string_view>::from(value, name);
    if (border == "constant") return Border::constant;
    if (border == "edge") return Border::edge;
    if (border == "reflect") return Border::reflect;
    if (border == "symmetric") return Border::symmetric;
    if (border == "wrap") return Border::wrap;
    throw pybind11::value_error("unknown border '" + std::string(border) + "'");
  }
};

// The items of a tuple, which holds them for as long as the call lasts: a list could lose them meanwhile.
class Items {
 public:
  Items(PyObject* value, const char* name) : value_(value) {
    if (!PyTuple_Check(value)) refuse(name, "a tuple", value);
  }
  std::size_t count() const { return static_cast<std::size_t>(PyTuple_GET_SIZE(value_)); }
  PyObject* operator[](std::size_t i) const { return PyTuple_GET_ITEM(value_, static_cast<Py_ssize_t>(i)); }

 private:
  PyObject* value_;
};

template <class T>
struct Unpack<std::vector<T>> {
  static std::vector<T> from(PyObject* value, const char* name) {
    const Items items(value, name);
    std::vector<T> values;
    values.reserve(items.count());
    for (std::size_t i = 0; i < items.count(); ++i) values.push_back(Unpack<T>::from(items[i], name));
    return values;
  }
};

// One value alone, or several in a tuple.
template <class T>
struct OneOrMore : std::vector<T> {};

template <class T>
struct Unpack<OneOrMore<T>> {
  static OneOrMore<T> from(PyObject* value, const char* name) {
    if (!PyTuple_Check(value)) return {{Unpack<T>::from(value, name)}};
    return {Unpack<std::vector<T>>::from(value, name)};
  }
};

template <class... Each>
struct Unpack<std::tuple<Each...>> {
  static std::tuple<Each...> from(PyObject* value, const char* name) {
    const Items items(value, name);
    if (items.count() != sizeof...(Each)) {
      throw pybind11::value_error(std::string(name) + " must have " + std::to_string(sizeof...(Each)) + " items");
    }
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<Each...>{Unpack<Each>::from(items[I], name)...};
    }(std::index_sequence_for<Each...>{});
  }
};

template <class T>
struct Unpack<std::optional<T>> {
  static std::optional<T> from(PyObject* value, const char* name) {
    if (value == Py_None) return std::nullopt;
    return Unpack<T>::from(value, name);
  }
};

// Runs body(), which returns a new reference; null, with the exception set, where it throws.
template <class Body>
PyObject* guarded(Body&& body) {
  try {
    return body();
  } catch (pybind11::error_already_set& error) {
    error.restore();
  } catch (const pybind11::builtin_exception& error) {
    error.set_error();
  } catch (const std::bad_alloc&) {
    PyErr_SetString(PyExc_MemoryError, "the memory that this call computes with cannot be allocated");
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

template <auto Function>
struct Binding;

template <class... Parameters, void (*Function)(Parameters...)>
struct Binding<Function> {
  using Names = std::array<const char*, sizeof...(Parameters)>;
  static inline Names names{};
  static inline std::string signature;
  static inline PyMethodDef method{};

  static PyObject* call(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
    return guarded([&] {
      if (count != sizeof...(Parameters)) {
        throw pybind11::type_error(std::string(method.ml_name) + " takes " + std::to_string(sizeof...(Parameters)) +
                                   " arguments, got " + std::to_string(count));
      }
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        // Braces keep the order, so that the first wrong argument is the one that is named.
        std::apply(Function, std::tuple<std::remove_cvref_t<Parameters>...>{
                                 Unpack<std::remove_cvref_t<Parameters>>::from(arguments[I], names[I])...});
      }(std::index_sequence_for<Parameters...>{});
      return Py_NewRef(Py_None);
    });
  }
};

template <auto Function>
void bind_op(pybind11::module_& module, const char* name, const typename Binding<Function>::Names& names) {
  using Bound = Binding<Function>;
  Bound::names = names;
  Bound::signature = std::string(name) + "(";  // in the form that inspect.signature() reads
  for (const char* const parameter : names) Bound::signature += std::string(parameter) + ", ";
  Bound::signature += "/)\n--\n\n";
  Bound::method = {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&Bound::call)), METH_FASTCALL,
                   Bound::signature.c_str()};
  PyObject* const function = PyCFunction_NewEx(&Bound::method, module.ptr(), module.attr("__name__").ptr());
  if (function == nullptr) throw pybind11::error_already_set();
  module.add_object(name, pybind11::reinterpret_steal<pybind11::object>(function));
}

}  // namespace px::bindings
