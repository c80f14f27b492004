// Calls that were checked once are not checked again.
//
// What the Python layer makes of a call (the layout, the shape and dtype of the result, the arguments of the backend)
// follows from the image's shape and dtype and from the other arguments, never from pixels. So for the calls that a
// program makes again and again it is kept, and the next one like them goes from the public function to the op at once.
// Python's checks cost more than the resizing of a small image.
//
// A call is like a kept one when everything that those checks look at is equal: an image that is a plain ndarray of the
// same shape and the very same dtype, aligned; options that are the same in value and type; `out` none, or a contiguous
// ndarray as the result must be, apart from the image. All else, an error too, goes the long way, in Python.
//
// Some ops take maps besides: arrays of which Python looks at the shape and dtype alone, and which it passes on as they
// are. For these, too, the shape and dtype are compared, and the call is made with those of today.
#pragma once

#include <pybind11/pybind11.h>

namespace px::bindings {

// checked_calls(run, op, host, maps): the function of (image, out, *options) that a public function calls, of whose
// options the first `maps` ones are maps.
//
// `run`, of the same arguments, goes the long way and returns the answer and a pixlane._op.Call. `op` is one of this
// module's; a kept call takes it only where the context variable `host` holds this module.
void bind_checked_calls(pybind11::module_& module);

}  // namespace px::bindings
