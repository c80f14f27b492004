// What a call into C++ does to the interpreter: gives the GIL away, and leaves an exception behind.
#pragma once

#include <pybind11/pybind11.h>

#include "core/status.h"

namespace px::bindings {

// Lets other Python threads run. Unlike pybind11's own, it survives the end of the interpreter: a daemon thread that
// comes back then stops for good, as from Python 3.14 on it does anyway, while older ones unwind it through the
// destructor (which ends the process).
class ReleaseGil {
 public:
  ReleaseGil() : state_(PyEval_SaveThread()) {}
  ~ReleaseGil();
  ReleaseGil(const ReleaseGil&) = delete;
  ReleaseGil& operator=(const ReleaseGil&) = delete;

 private:
  PyThreadState* state_;
};

// Throws the Python exception that a status stands for; returns when it is ok. Needs the GIL. After `interrupted` it is
// what the signal's handler raised: KeyboardInterrupt, or anything else.
void raise(const Status& status);

}  // namespace px::bindings
