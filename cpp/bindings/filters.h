// The Python functions of filters that look at a neighbourhood.
#pragma once

#include <pybind11/pybind11.h>

namespace px::bindings {

void bind_filters(pybind11::module_& module);

}  // namespace px::bindings
