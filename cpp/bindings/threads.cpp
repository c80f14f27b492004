// The thread count, from Python and from C; and a probe that shows tests what the pool does.
#include <pybind11/stl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings/execution.h"
#include "core/parallel.h"

// For threadpoolctl, which finds a library by such symbols and calls them through ctypes.
extern "C" {
[[gnu::visibility("default")]] int pixlane_get_num_threads() { return px::thread_count(); }
[[gnu::visibility("default")]] void pixlane_set_num_threads(int count) { px::set_thread_count(count); }
}

namespace px::bindings {
namespace {

namespace py = pybind11;

void set_num_threads(int count) {
  if (count < 1 || count > max_threads)
    throw py::value_error("count must be from 1 to " + std::to_string(max_threads) + ", got " + std::to_string(count));
  set_thread_count(count);
}

void raise_to(std::atomic<int>& highest, int value) {
  for (int seen = highest; seen < value && !highest.compare_exchange_weak(seen, value);) {
  }
}

// Runs tasks that keep a processor busy for a while, each of them `nested` more in a call of its own.
// Returns the worker of each task (-1: skipped), and the most tasks that ran at once.
py::tuple parallel_probe(std::int64_t tasks, std::optional<int> threads, int microseconds, std::int64_t fail_at,
                         std::int64_t nested) {
  if (tasks < 0 || nested < 0 || microseconds < 0) throw py::value_error("a negative number of tasks or microseconds");
  std::vector<int> workers(static_cast<std::size_t>(tasks), -1);
  std::atomic<int> now{0}, most{0};
  const auto work = [&] {
    raise_to(most, ++now);
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
    while (std::chrono::steady_clock::now() < end) {
    }
    --now;
  };
  call(-1, [&](Execution execution) {
    if (threads) execution.threads = *threads;
    return parallel_for(execution, tasks, [&](std::int64_t task, int worker) {
      if (task == fail_at) throw std::runtime_error("task " + std::to_string(task) + " failed");
      workers[static_cast<std::size_t>(task)] = worker;
      if (nested == 0) return work();
      (void)parallel_for(execution, nested,
                         [&](std::int64_t, int) { work(); });  // the outer call tells of interruption
    });
  });
  py::list list;
  for (const int worker : workers) list.append(worker);
  return py::make_tuple(list, most.load());
}

}  // namespace

void bind_threads(py::module_& module) {
  module.def("set_num_threads", set_num_threads, py::arg("count"), "Set the thread count of this process.");
  module.def("get_num_threads", thread_count, "The thread count of this process.");
  module.def("default_num_threads", default_threads,
             "PIXLANE_NUM_THREADS, else what CPU affinity and the control group's quota allow.");
  module.def("_parallel_probe", parallel_probe, py::arg("tasks"), py::arg("threads"), py::arg("microseconds_per_task"),
             py::arg("fail_at") = -1, py::arg("nested") = 0, "Run busy tasks; returns (worker of each, most at once).");
}

}  // namespace px::bindings
