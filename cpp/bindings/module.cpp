// pixlane._native
#include <pybind11/pybind11.h>

#include "bindings/execution.h"

PYBIND11_MODULE(_native, module, pybind11::mod_gil_not_used()) {
  module.doc() = "The C++ backend of pixlane.";
  module.attr("__version__") = PIXLANE_VERSION;
  px::bindings::bind_execution(module);
  px::bindings::bind_threads(module);
}
