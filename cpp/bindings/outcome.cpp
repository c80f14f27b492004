#include "bindings/outcome.h"

#include <unistd.h>

#if defined(__GLIBCXX__)
#include <cxxabi.h>
#endif

namespace px::bindings {

namespace py = pybind11;

// A forced unwind is an exception of no type, so UBSan takes the reference for one to null.
[[gnu::no_sanitize("null")]] ReleaseGil::~ReleaseGil() {
#if defined(__GLIBCXX__) && PY_VERSION_HEX < 0x030E0000
  try {
    PyEval_RestoreThread(state_);
  } catch (abi::__forced_unwind&) {  // the interpreter is ending, and wants this thread to
    while (true) pause();
  }
#else
  PyEval_RestoreThread(state_);
#endif
}

void raise(const Status& status) {
  PyObject* type = nullptr;
  switch (status.code) {
    case Code::ok: return;
    case Code::interrupted:
      if (PyErr_Occurred() == nullptr) PyErr_SetNone(PyExc_KeyboardInterrupt);
      throw py::error_already_set();
    case Code::type_error: type = PyExc_TypeError; break;
    case Code::value_error: type = PyExc_ValueError; break;
    case Code::memory_error: type = PyExc_MemoryError; break;
    case Code::runtime_error: type = PyExc_RuntimeError; break;
  }
  PyErr_SetString(type, status.message.c_str());
  throw py::error_already_set();
}

}  // namespace px::bindings
