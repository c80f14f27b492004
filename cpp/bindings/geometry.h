// The ops that move pixels, as functions of the module.
#pragma once

#include <pybind11/pybind11.h>

namespace px::bindings {

// copy, pad, pyramid_down, pyramid_up, warp, remap, displacement.
void bind_geometry(pybind11::module_& module);

}  // namespace px::bindings
