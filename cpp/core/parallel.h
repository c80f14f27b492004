// parallel_for: the one way in which an op uses more than one thread.
//
//   Status status = parallel_for(execution, tasks, [&](int64_t task, int worker) { ... });
//
// Calls body(task, worker) once for each task in [0, tasks), in any order and on any thread. `worker` lies in
// [0, worker_count(execution, tasks)), and no two bodies with the same one run at once, so that it can index scratch
// memory. Tasks are claimed one by one: make them equal to some 50 us or more of work, and less than 20 ms, as only
// between tasks is Ctrl-C noticed. What a body computes must not depend on the worker: the number of threads never
// shows in a result.
//
// Serial    with fewer than two tasks or threads, inside of another body, and while another call has the pool:
//           nested and concurrent calls would only fight for the same processors.
// Ends      with ok when every task ran; with `interrupted` when execution.interrupted said so, between two tasks; or
// by
//           throwing what a body threw (one of them, if several). In the latter two cases the tasks not yet begun are
//           skipped.
// Polls     execution.interrupted from the calling thread alone, at most every 5 ms, never in a call shorter than that.
// It must
//           not throw. It may itself call parallel_for (a Python signal handler runs in it), and may fork.
// Rounding  bodies run with the default floating-point environment (round to nearest, denormals kept, traps off), which
// is
//           restored afterwards: a host program that flushes denormals to zero gets the same bytes.
// Fork      joins idle workers first; they come back with the next call. A pool in use by another thread is abandoned
// in the
//           child. A call that forks from within itself goes on in the parent and is a runtime_error in the child.
// Memory    neither allocates nor locks for long: a call costs about a microsecond beyond its work when workers are
// awake, and
//           never waits for one that has not begun.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "core/execution.h"
#include "core/status.h"

namespace px {

// More is refused by the bindings, and cut to this here.
inline constexpr int max_threads = 4096;

// What this process may use: PIXLANE_NUM_THREADS when valid, else the smaller of the affinity mask and of the control
// group's quota, but 256 at most. Looks every time.
int default_threads();

// The process's count, which calls use that ask for none. Begins as default_threads(), but as PIXLANE_NUM_THREADS or 1
// in a forked child, as those come in numbers of their own (data loaders). Values are clamped to [1, max_threads].
int thread_count();
void set_thread_count(int count);

// The number of workers that parallel_for tells apart.
inline int worker_count(const Execution& execution, std::int64_t tasks) {
  const std::int64_t threads = std::clamp(execution.threads, 1, max_threads);
  return static_cast<int>(std::clamp<std::int64_t>(tasks, 1, threads));
}

namespace detail {

// A body without its type: no allocation, and one copy of the code behind it.
struct BodyRef {
  void* body;
  void (*call)(void* body, std::int64_t task, int worker);
};

Status run_tasks(const Execution& execution, std::int64_t tasks, BodyRef body);

}  // namespace detail

template <class Body>
Status parallel_for(const Execution& execution, std::int64_t tasks, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  void* address = const_cast<void*>(static_cast<const void*>(std::addressof(body)));
  return detail::run_tasks(execution, tasks, {address, [](void* erased, std::int64_t task, int worker) {
                                                (*static_cast<Plain*>(erased))(task, worker);
                                              }});
}

}  // namespace px
