#include "bindings/execution.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/parallel.h"

namespace px::bindings {
namespace {

namespace py = pybind11;

// Written once, when config.py is imported; never released, as calls may come from atexit handlers.
std::atomic<PyObject*> threads_variable{nullptr}, isa_variable{nullptr};
std::atomic<Isa> default_isa{Isa{}};
std::atomic<unsigned long> main_thread{0};

const std::vector<Isa>& isas() {
  static const auto* const all = new std::vector<Isa>(available_isas());
  return *all;
}

bool find_isa(const char* name, Isa& isa) {
  for (const Isa candidate : isas()) {
    if (std::strcmp(isa_name(candidate), name) == 0) {
      isa = candidate;
      return true;
    }
  }
  return false;
}

// The variable's value in this context; null for None, and before config.py has registered it.
py::object get(const std::atomic<PyObject*>& variable) {
  PyObject* const object = variable.load(std::memory_order_acquire);
  PyObject* value = nullptr;
  if (object == nullptr) return {};
  if (PyContextVar_Get(object, Py_None, &value) != 0) throw py::error_already_set();
  auto owned = py::reinterpret_steal<py::object>(value);
  if (owned.is_none()) return {};
  return owned;
}

// Runs the handlers of signals that have come; true when one of them raised.
bool check_signals(void*) {
  const PyGILState_STATE state = PyGILState_Ensure();
  const bool raised = PyErr_CheckSignals() != 0;
  PyGILState_Release(state);
  return raised;
}

void bind_context(const py::object& threads, const py::object& isa) {
  if (!PyContextVar_CheckExact(threads.ptr()) || !PyContextVar_CheckExact(isa.ptr()))
    throw py::type_error("bind_context takes two context variables");
  const py::object main = py::module_::import("threading").attr("main_thread")().attr("ident");
  main_thread = main.cast<unsigned long>();

  // A child that is forked inside of `with num_threads(n)` has n such siblings, likely: it begins with one thread all
  // the same. And the thread that forked is the child's main thread.
  PyObject* const variable = threads.inc_ref().ptr();
  const py::cpp_function after_fork([variable] {
    main_thread = PyThread_get_thread_ident();
    PyObject* const token = PyContextVar_Set(variable, Py_None);
    if (token == nullptr) throw py::error_already_set();
    Py_DECREF(token);
  });
  py::module_::import("os").attr("register_at_fork")(py::arg("after_in_child") = after_fork);

  threads_variable.store(variable, std::memory_order_release);
  isa_variable.store(isa.inc_ref().ptr(), std::memory_order_release);
}

}  // namespace

CallScope::CallScope() : execution{.isa = default_isa.load(std::memory_order_relaxed)} {
  if (const py::object threads = get(threads_variable)) {
    const long value = PyLong_AsLong(threads.ptr());
    if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    execution.threads = static_cast<int>(std::clamp(value, 1L, long{max_threads}));
  } else {
    execution.threads = thread_count();
  }
  if (const py::object isa = get(isa_variable)) {
    const char* const name = PyUnicode_AsUTF8(isa.ptr());
    if (name == nullptr) throw py::error_already_set();
    if (!find_isa(name, execution.isa))
      throw py::value_error(std::string("this machine cannot run the instruction set ") + name);
  }
  if (PyThread_get_thread_ident() == main_thread.load(std::memory_order_relaxed)) execution.interrupted = check_signals;
}

void bind_execution(py::module_& module) {
  // An invalid name is config.py's to refuse.
  Isa isa = best_isa();
  if (const char* const name = std::getenv("PIXLANE_ISA")) find_isa(name, isa);
  default_isa = isa;

  module.def("bind_context", bind_context, py::arg("threads"), py::arg("isa"),
             "Register the context variables that every call reads; None in one means the default of the process.");
  module.def(
      "isas",
      [] {
        py::list names;
        for (const Isa available : isas()) names.append(isa_name(available));
        return names;
      },
      "The instruction sets that this machine can run, slowest first.");
  module.def("best_isa", [] { return isa_name(best_isa()); }, "The best of isas().");
}

}  // namespace px::bindings
