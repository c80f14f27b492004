// NumPy arrays and arguments as the core takes them. The Python layer has checked what they mean; here it is only made
// certain that a view is what it claims to be.
#pragma once

#include <pybind11/numpy.h>

#include <string_view>

#include "core/image.h"
#include "core/resample_weights.h"

namespace px::bindings {

// The array's memory as N,H,W,C. Throws TypeError or ValueError.
ImageView view_of(const pybind11::array& array, std::string_view layout, const char* name);
// The same for an array that is written to.
ImageView writable_view_of(const pybind11::array& array, std::string_view layout, const char* name);

Interpolation interpolation_of(std::string_view name);

}  // namespace px::bindings
