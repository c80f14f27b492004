// The way of every call from Python into the core: read the context, release the GIL, run, turn a Status into an
// exception.
//
//   call(bytes, [&](const Execution& execution) { return px::resize(execution, src, dst, options); });
//
// Everything that touches Python objects (arguments, buffers) is done before, as the op runs without the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>

#include "bindings/outcome.h"
#include "core/execution.h"
#include "core/float_environment.h"
#include "core/strips.h"
#include "core/trace.h"

namespace px::bindings {

// How the calling thread wants its calls run: num_threads() and use_isa() of this context, else the process's choice.
// Only on the main thread, where Python handles signals, are calls to be interrupted. Needs the GIL to be made.
class CallScope {
 public:
  CallScope();
  Execution execution;
};

// `bytes` is what the op reads and writes, -1 where its work has nothing to do with that. Small work keeps the GIL: to
// give it away and get it back would take as long, and much longer where other threads want it.
template <class Op>
void call(std::int64_t bytes, Op&& op) {
  const CallScope scope;
  trace().clear();
  Status status;
  {
    std::optional<ReleaseGil> released;
    if (bytes < 0 || bytes > small_work) released.emplace();
    const DefaultFloatEnvironment environment;  // plans are made in it, too, before there are tasks
    status = op(scope.execution);
  }
  raise(status);
}

// bind_context (the two context variables of config.py), isas, best_isa.
void bind_execution(pybind11::module_& module);

// set_num_threads, get_num_threads, default_num_threads, and _parallel_probe for tests.
void bind_threads(pybind11::module_& module);

}  // namespace px::bindings
