// The thread pool: every task once, serial where it must be, and its manners under exceptions, interruption, fork and
// exit. Run it under -fsanitize=thread too; the parts that fork out of a busy pool leave themselves out there, as TSan
// refuses them.
#include "core/parallel.h"

#include <dirent.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cfenv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "core/cpu_count.h"

#if defined(__SANITIZE_THREAD__)
#define PX_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PX_TSAN 1
#endif
#endif
#ifndef PX_TSAN
#define PX_TSAN 0
#endif

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Allocations of this thread, to show that a call makes none.
thread_local long allocations = 0;
void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

px::Execution with_threads(int threads) {
  px::Execution execution;
  execution.threads = threads;
  return execution;
}

void busy(std::chrono::microseconds time) {
  const Clock::time_point end = Clock::now() + time;
  while (Clock::now() < end) {
  }
}

int threads_of_process() {
  int n = 0;
  DIR* directory = opendir("/proc/self/task");
  while (const dirent* entry = readdir(directory)) n += entry->d_name[0] != '.';
  closedir(directory);
  return n;
}

// Waits until a thread other than the caller has run a body: a loaded machine may take its time to start one.
// Returns the number of distinct workers seen.
int workers_seen(int threads) {
  const Clock::time_point end = Clock::now() + 20s;
  std::set<int> seen;
  while (seen.size() < 2 && Clock::now() < end) {
    std::mutex mutex;
    CHECK(px::parallel_for(with_threads(threads), 8, [&](std::int64_t, int worker) {
            busy(200us);
            std::lock_guard lock(mutex);
            seen.insert(worker);
          }).is_ok());
  }
  return static_cast<int>(seen.size());
}

// Exit status of `body` run in a forked child; 128 + signal when one ended it.
int in_child(const std::function<int()>& body) {
  std::cout << std::flush;
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void every_task_once() {
  for (const int threads : {-3, 0, 1, 2, 3, 7, 33}) {
    for (const std::int64_t tasks : {-1, 0, 1, 2, 3, 64, 1000}) {
      const px::Execution execution = with_threads(threads);
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(std::max<std::int64_t>(tasks, 0)));
      std::vector<std::atomic<int>> inside(static_cast<std::size_t>(px::worker_count(execution, tasks)));
      std::atomic<bool> right{true};
      const px::Status status = px::parallel_for(execution, tasks, [&](std::int64_t task, int worker) {
        if (worker < 0 || worker >= static_cast<int>(inside.size())) {
          right = false;
          return;
        }
        if (inside[worker]++ != 0) right = false;
        ++runs[task];
        --inside[worker];
      });
      CHECK(status.is_ok());
      CHECK(right);
      for (const auto& n : runs) right = right && n == 1;
      CHECK(right);
    }
  }
}

void worker_counts() {
  CHECK_EQUAL(px::worker_count(with_threads(4), 100), 4);
  CHECK_EQUAL(px::worker_count(with_threads(4), 3), 3);
  CHECK_EQUAL(px::worker_count(with_threads(4), 0), 1);
  CHECK_EQUAL(px::worker_count(with_threads(-1), 5), 1);
  CHECK_EQUAL(px::worker_count(with_threads(1 << 30), std::int64_t{1} << 40), px::max_threads);
}

void workers_help() {
  std::thread([] {}).join();  // with its first thread, TSan starts one of its own
  const int before = threads_of_process();
  CHECK(workers_seen(2) == 2);
  CHECK_EQUAL(threads_of_process(), before + 1);
  CHECK(workers_seen(5) >= 2);
  CHECK_EQUAL(threads_of_process(), before + 4);  // grown
  CHECK(workers_seen(2) >= 2);
  CHECK_EQUAL(threads_of_process(), before + 4);  // kept
}

// Results written by workers are seen by the caller without further ado; TSan watches.
void results_are_visible() {
  std::vector<std::int64_t> out(512);
  for (int round = 0; round < 300; ++round) {
    CHECK(px::parallel_for(with_threads(4), 512, [&](std::int64_t task, int) { out[task] = task * round; }).is_ok());
    bool right = true;
    for (std::int64_t i = 0; i < 512; ++i) right = right && out[i] == i * round;
    CHECK(right);
  }
}

void nested_is_serial() {
  std::atomic<int> inner{0}, wrong{0};
  CHECK(px::parallel_for(with_threads(3), 6, [&](std::int64_t, int) {
          const std::thread::id here = std::this_thread::get_id();
          const px::Status status = px::parallel_for(with_threads(3), 5, [&](std::int64_t, int worker) {
            if (worker != 0 || std::this_thread::get_id() != here) ++wrong;
            ++inner;
          });
          if (!status.is_ok()) ++wrong;
        }).is_ok());
  CHECK_EQUAL(inner.load(), 30);
  CHECK_EQUAL(wrong.load(), 0);
}

// Serial, too, is what an inner call in a serial body is: a body never sees two threads.
void nested_in_serial_is_serial() {
  bool right = true;
  const std::thread::id here = std::this_thread::get_id();
  CHECK(px::parallel_for(with_threads(1), 1, [&](std::int64_t, int) {
          const px::Status status = px::parallel_for(with_threads(4), 50, [&](std::int64_t, int worker) {
            right = right && worker == 0 && std::this_thread::get_id() == here;
          });
          right = right && status.is_ok();
        }).is_ok());
  CHECK(right);
}

void concurrent_calls() {
  std::vector<std::thread> callers;
  std::atomic<long> sum{0};
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        std::atomic<long> own{0};
        const px::Status status = px::parallel_for(with_threads(3), 20, [&](std::int64_t task, int) { own += task; });
        if (!status.is_ok() || own != 190) ++wrong;
        sum += own;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK_EQUAL(wrong.load(), 0);
  CHECK_EQUAL(sum.load(), 6L * 200 * 190);
}

void exceptions() {
  for (const int threads : {1, 2, 4}) {
    for (int round = 0; round < 100; ++round) {
      std::atomic<int> runs{0};
      std::string what;
      try {
        (void)px::parallel_for(with_threads(threads), 1000, [&](std::int64_t task, int) {
          ++runs;
          if (task >= 3) throw std::runtime_error("task failed");
        });
      } catch (const std::runtime_error& error) {
        what = error.what();
      }
      CHECK_EQUAL(what, std::string("task failed"));
      CHECK(runs < 1000);  // the rest was skipped
    }
    std::atomic<int> runs{0};
    CHECK(px::parallel_for(with_threads(threads), 10, [&](std::int64_t, int) { ++runs; }).is_ok());
    CHECK_EQUAL(runs.load(), 10);
  }
  // Through a nested call, from whichever thread it runs on.
  bool caught = false;
  try {
    (void)px::parallel_for(with_threads(2), 4, [](std::int64_t, int) {
      (void)px::parallel_for(with_threads(2), 4, [](std::int64_t, int) { throw std::bad_alloc(); });
    });
  } catch (const std::bad_alloc&) {
    caught = true;
  }
  CHECK(caught);
}

// ---- Interruption --------------------------------------------------------------------------------------------------

struct Polls {
  std::atomic<bool> pending{false};
  std::thread::id thread = std::this_thread::get_id();
  int calls = 0, elsewhere = 0;
  Clock::time_point last{};
  Clock::duration closest = 1h;

  static bool ask(void* user) {
    Polls& self = *static_cast<Polls*>(user);
    const Clock::time_point now = Clock::now();
    self.closest = std::min(self.closest, now - self.last);
    self.last = now;
    ++self.calls;
    if (std::this_thread::get_id() != self.thread) ++self.elsewhere;
    return self.pending;
  }
};

px::Execution polled(int threads, Polls& polls) {
  px::Execution execution = with_threads(threads);
  execution.interrupted = Polls::ask;
  execution.user = &polls;
  return execution;
}

void interruption() {
  for (const int threads : {1, 2, 3}) {
    Polls polls;
    std::atomic<int> runs{0};
    std::atomic<Clock::duration::rep> asked{0};
    std::thread signal([&] {
      std::this_thread::sleep_for(50ms);
      asked = Clock::now().time_since_epoch().count();
      polls.pending = true;
    });
    const px::Status status = px::parallel_for(polled(threads, polls), 1000000, [&](std::int64_t, int) {
      ++runs;
      busy(1ms);
    });
    const Clock::duration late = Clock::now().time_since_epoch() - Clock::duration(asked);
    signal.join();
    CHECK(status.code == px::Code::interrupted);
    CHECK(runs < 100000);
    CHECK(late < 2s);  // 20 ms on a machine of one's own; this is about never hanging
    CHECK(polls.closest >= 5ms);
    CHECK_EQUAL(polls.elsewhere, 0);
    std::cout << "interrupted, " << threads << " threads: after "
              << std::chrono::duration_cast<std::chrono::microseconds>(late).count() << " us\n";
  }
}

// The caller has nothing left to do and waits for a worker's last task, and notices all the same.
void interruption_while_waiting() {
  for (int attempt = 0; attempt < 20; ++attempt) {
    Polls polls;
    polls.pending = true;
    const std::thread::id caller = std::this_thread::get_id();
    std::atomic<bool> worker_began{false};
    const px::Status status = px::parallel_for(polled(2, polls), 2, [&](std::int64_t, int) {
      const Clock::time_point end = Clock::now() + 1s;
      if (std::this_thread::get_id() == caller) {
        while (!worker_began && Clock::now() < end) {
        }
      } else {
        worker_began = true;
        std::this_thread::sleep_for(60ms);
      }
    });
    if (!worker_began) continue;  // the caller did both
    CHECK(status.code == px::Code::interrupted);
    CHECK_EQUAL(polls.calls, 1);  // once told, it asks no more
    return;
  }
  CHECK(false);  // no worker came in twenty attempts
}

void short_calls_do_not_poll() {
  Polls polls;
  std::this_thread::sleep_for(2ms);
  CHECK(px::parallel_for(polled(2, polls), 2, [](std::int64_t, int) {}).is_ok());
  CHECK(polls.calls == 0);
  // A long row of them does, as an op may consist of many.
  for (int i = 0; i < 100; ++i)
    CHECK(px::parallel_for(polled(2, polls), 4, [](std::int64_t, int) { busy(500us); }).is_ok());
  CHECK(polls.calls > 0);
  CHECK(polls.closest >= 5ms);
}

// Only the calling thread asks, and a nested call of its own body counts as that call's work.
void nested_calls_notice() {
  Polls polls;
  polls.pending = true;
  const px::Execution execution = polled(2, polls);
  std::atomic<int> runs{0};
  const px::Status status = px::parallel_for(execution, 2, [&](std::int64_t, int) {
    (void)px::parallel_for(execution, 100000, [&](std::int64_t, int) {
      ++runs;
      busy(500us);
    });
  });
  CHECK(status.code == px::Code::interrupted);
  CHECK(runs < 100000);
  CHECK_EQUAL(polls.elsewhere, 0);
  CHECK_EQUAL(polls.calls, 1);
}

// A Python signal handler may call us again from inside of the callback.
void calls_from_the_callback() {
  struct Handler {
    int depth = 0, runs = 0, calls = 0;
    static bool ask(void* user) {
      Handler& self = *static_cast<Handler*>(user);
      if (self.depth > 0) return false;
      ++self.depth;
      ++self.calls;
      px::Execution inner = with_threads(2);
      inner.interrupted = ask;
      inner.user = user;
      const px::Status status = px::parallel_for(inner, 30, [&](std::int64_t, int) {
        ++self.runs;  // not atomic: the pool is taken, so this is serial
        busy(300us);
      });
      CHECK(status.is_ok());
      --self.depth;
      return false;
    }
  } handler;
  px::Execution execution = with_threads(2);
  execution.interrupted = Handler::ask;
  execution.user = &handler;
  CHECK(px::parallel_for(execution, 100, [](std::int64_t, int) { busy(500us); }).is_ok());
  CHECK(handler.calls > 0);
  CHECK_EQUAL(handler.runs, 30 * handler.calls);
}

// ---- Manners -------------------------------------------------------------------------------------------------------

void no_allocation() {
  const px::Execution execution = with_threads(2);
  const auto body = [](std::int64_t, int) {};
  CHECK(px::parallel_for(execution, 4, body).is_ok());
  const long before = allocations;
  bool right = true;
  for (int i = 0; i < 100; ++i) right = px::parallel_for(execution, 4, body).is_ok() && right;
  const long after = allocations;
  CHECK(right);
  CHECK_EQUAL(after - before, 0L);
}

#if defined(__x86_64__) || defined(__aarch64__)
// A denormal survives a multiplication by one unless they are flushed; 1/3 shows the rounding mode.
bool default_arithmetic() {
  volatile float denormal = 1e-40f, one = 1.0f, three = 3.0f;
  return denormal * one != 0.0f && one / three == 0x1.555556p-2f;
}

void set_flush_to_zero(bool on) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(on ? __builtin_ia32_stmxcsr() | 0x8040u : __builtin_ia32_stmxcsr() & ~0x8040u);
#else
  std::uint64_t fpcr;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  fpcr = on ? fpcr | (1u << 24) : fpcr & ~std::uint64_t{1u << 24};
  __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
#endif
}

void host_rounding_changes_nothing() {
  CHECK(default_arithmetic());
  CHECK(in_child([] {  // a pool made while the host's environment is strange
          set_flush_to_zero(true);
          std::fesetround(FE_UPWARD);
          std::atomic<int> wrong{0};
          for (int round = 0; round < 20; ++round) {
            for (const int threads : {1, 3}) {
              (void)px::parallel_for(with_threads(threads), 12, [&](std::int64_t, int) {
                if (!default_arithmetic()) ++wrong;
                busy(100us);
              });
            }
          }
          if (default_arithmetic() || std::fegetround() != FE_UPWARD) return 2;  // not restored
          try {
            (void)px::parallel_for(with_threads(2), 4, [](std::int64_t, int) { throw 1; });
          } catch (int) {
          }
          if (default_arithmetic()) return 3;
          return wrong == 0 ? 0 : 1;
        }) == 0);
}
#else
void host_rounding_changes_nothing() {}
#endif

void workers_block_signals() {
  std::atomic<int> workers{0}, open{0};
  const std::thread::id caller = std::this_thread::get_id();
  for (int attempt = 0; attempt < 200 && workers == 0; ++attempt) {
    (void)px::parallel_for(with_threads(2), 8, [&](std::int64_t, int) {
      busy(200us);
      if (std::this_thread::get_id() == caller) return;
      sigset_t mask;
      pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGUSR1, SIGCHLD}) open += sigismember(&mask, signal) != 1;
      ++workers;
    });
  }
  CHECK(workers > 0);
  CHECK_EQUAL(open.load(), 0);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  CHECK(sigismember(&mask, SIGINT) == 0);
}

// A worker that meets its caller's processor leaves it. Here it is put there and then set free; without leaving it
// would still be there in the next call, which follows at once. The kernel may put it back, but not often.
void workers_leave_their_caller() {
  if (px::affinity_cpus() < 2) return;
  CHECK(workers_seen(2) == 2);
  cpu_set_t all, own;
  CPU_ZERO(&own);
  CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
  const int here = sched_getcpu();
  CPU_SET(here, &own);
  CHECK(sched_setaffinity(0, sizeof own, &own) == 0);
  const std::thread::id caller = std::this_thread::get_id();
  const auto on_worker = [&](auto&& body) {  // false when none came
    std::atomic<bool> begun{false}, done{false};
    (void)px::parallel_for(with_threads(2), 2, [&](std::int64_t, int) {
      if (std::this_thread::get_id() == caller) {
        const Clock::time_point end = Clock::now() + 50ms;  // asleep, so that the worker can run here
        while (!begun && Clock::now() < end) std::this_thread::sleep_for(100us);
      } else if (!begun.exchange(true)) {
        body();
        done = true;
      }
    });
    return done.load();
  };
  int met = 0, beside = 0;
  const Clock::time_point end = Clock::now() + 20s;
  while (met < 100 && Clock::now() < end) {
    const auto stand_beside = [&] {
      (void)(sched_setaffinity(0, sizeof own, &own) + sched_setaffinity(0, sizeof all, &all));
    };
    if (!on_worker(stand_beside)) continue;
    int where = -1;
    if (!on_worker([&] { where = sched_getcpu(); })) continue;
    ++met;
    beside += where == here;
  }
  CHECK(met > 0);
  CHECK(beside <= met / 4);
  // Whoever confines the workers is obeyed.
  bool alone = true;
  for (int round = 0; round < 20; ++round) {
    if (on_worker([&] { alone = sched_setaffinity(0, sizeof own, &own) == 0 && alone; }))
      on_worker([&] { alone = alone && sched_getcpu() == here; });
  }
  CHECK(alone);
  on_worker([&] { (void)sched_setaffinity(0, sizeof all, &all); });
  CHECK(sched_setaffinity(0, sizeof all, &all) == 0);
}

// An idle pool takes no processor time.
void idle_is_idle() {
  CHECK(workers_seen(2) == 2);
  std::this_thread::sleep_for(20ms);
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(200ms);
  CHECK(std::clock() - before < CLOCKS_PER_SEC / 20);
}

// ---- Fork and exit -------------------------------------------------------------------------------------------------

int call_in_child(int threads) {
  std::atomic<int> runs{0};
  for (int round = 0; round < 50; ++round) {
    const px::Status status = px::parallel_for(with_threads(threads), 20, [&](std::int64_t, int) { ++runs; });
    if (!status.is_ok()) return 1;
  }
  return runs == 1000 ? 0 : 2;
}

void fork_with_an_idle_pool() {
  for (int round = 0; round < (PX_TSAN ? 2 : 20); ++round) {  // TSan sleeps for a second at exit
    CHECK(workers_seen(2) == 2);
    CHECK_EQUAL(in_child([] {
                  if (threads_of_process() != 1 && !PX_TSAN) return 3;
                  if (px::thread_count() != 1) return 4;
                  if (const int failed = call_in_child(3)) return failed;
                  if (in_child([] { return call_in_child(2); }) != 0) return 5;  // and a grandchild
                  px::set_thread_count(2);
                  return px::thread_count() == 2 ? 0 : 6;
                }),
                0);
  }
  setenv("PIXLANE_NUM_THREADS", "3", 1);
  CHECK_EQUAL(in_child([] { return px::thread_count(); }), 3);
  unsetenv("PIXLANE_NUM_THREADS");
}

// Counted as CPython counts for its warning: in the parent, after fork has returned.
void no_thread_is_left_after_fork() {
  if (PX_TSAN) return;  // it has a thread of its own
  for (int round = 0; round < 100; ++round) {
    CHECK(px::parallel_for(with_threads(3), 9, [](std::int64_t, int) { busy(50us); }).is_ok());
    const pid_t child = fork();
    if (child == 0) _exit(0);
    const int threads = threads_of_process();
    waitpid(child, nullptr, 0);
    CHECK_EQUAL(threads, 1);
  }
}

void fork_out_of_a_busy_pool() {
  if (PX_TSAN) return;
  std::atomic<bool> end{false};
  std::atomic<int> wrong{0};
  std::thread caller([&] {
    while (!end) {
      std::atomic<int> runs{0};
      const px::Status status = px::parallel_for(with_threads(3), 30, [&](std::int64_t, int) {
        busy(100us);
        ++runs;
      });
      if (!status.is_ok() || runs != 30) ++wrong;
    }
  });
  for (int round = 0; round < 50; ++round) CHECK_EQUAL(in_child([] { return call_in_child(3); }), 0);
  end = true;
  caller.join();
  CHECK_EQUAL(wrong.load(), 0);
}

void many_threads_fork() {
  if (PX_TSAN) return;
  std::vector<std::thread> forkers;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 3; ++i) {
    forkers.emplace_back([&] {
      for (int round = 0; round < 15; ++round) {
        if (call_in_child(2) != 0) ++wrong;
        if (in_child([] { return call_in_child(2); }) != 0) ++wrong;
      }
    });
  }
  for (std::thread& forker : forkers) forker.join();
  CHECK_EQUAL(wrong.load(), 0);
}

// A signal handler that forks, run by the callback of a call that has workers; and perhaps raises in the child
// (sys.exit).
void fork_from_the_callback(bool raises) {
  if (PX_TSAN) return;
  struct Forker {
    bool raises;
    pid_t child = -1;
    static bool ask(void* user) {
      Forker& self = *static_cast<Forker*>(user);
      if (self.child != -1) return false;
      self.child = fork();
      if (self.child == 0) alarm(60);
      return self.raises && self.child == 0;
    }
  } forker{raises};
  px::Execution execution = with_threads(2);
  execution.interrupted = Forker::ask;
  execution.user = &forker;
  std::atomic<int> runs{0};
  const px::Status status = px::parallel_for(execution, 100, [&](std::int64_t, int) {
    busy(500us);
    ++runs;
  });
  const px::Code expected = raises ? px::Code::interrupted : px::Code::runtime_error;
  if (forker.child == 0) _exit(status.code == expected && call_in_child(2) == 0 ? 0 : 1);
  CHECK(status.is_ok());
  CHECK_EQUAL(runs.load(), 100);
  int code = -1;
  waitpid(forker.child, &code, 0);
  CHECK_EQUAL(code, 0);
}

void exit_while_busy() {
  if (PX_TSAN) return;
  std::cout << std::flush;
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    // Runs after the static objects that were made later are gone.
    std::atexit([] {
      if (call_in_child(2) != 0) _exit(9);
    });
    std::thread([] {
      while (true) (void)px::parallel_for(with_threads(2), 10, [](std::int64_t, int) { busy(100us); });
    }).detach();
    std::this_thread::sleep_for(20ms);
    std::exit(7);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

// ---- Counts --------------------------------------------------------------------------------------------------------

void counts() {
  const int usual = px::default_threads();
  CHECK(usual >= 1 && usual <= px::affinity_cpus());
  CHECK_EQUAL(px::thread_count(), usual);
  px::set_thread_count(5);
  CHECK_EQUAL(px::thread_count(), 5);
  px::set_thread_count(0);
  CHECK_EQUAL(px::thread_count(), 1);
  px::set_thread_count(1 << 30);
  CHECK_EQUAL(px::thread_count(), px::max_threads);
  px::set_thread_count(usual);
  for (const char* valid : {"3", " 3", "3 ", "+3"}) {
    setenv("PIXLANE_NUM_THREADS", valid, 1);
    CHECK_EQUAL(px::default_threads(), 3);
  }
  for (const char* invalid : {"", " ", "0", "-2", "two", "3x", "3.0", "4097", "99999999999999999999"}) {
    setenv("PIXLANE_NUM_THREADS", invalid, 1);
    CHECK_EQUAL(px::default_threads(), usual);
  }
  unsetenv("PIXLANE_NUM_THREADS");
}

struct FakeRoot {
  std::filesystem::path path;
  FakeRoot() {
    char name[] = "/tmp/pixlane_cgroup_XXXXXX";
    path = mkdtemp(name);
  }
  ~FakeRoot() { std::filesystem::remove_all(path); }
  FakeRoot& file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
    return *this;
  }
  int cpus() const { return px::cgroup_cpus(path.string()); }
};

const char v2_mount[] =
    "25 30 0:23 / /sys rw - sysfs sysfs rw\n"
    "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 master:2 - cgroup2 cgroup2 rw,nsdelegate\n";

void control_groups() {
  CHECK_EQUAL(FakeRoot().cpus(), 0);  // nothing mounted
  CHECK_EQUAL(FakeRoot().file("proc/self/mountinfo", v2_mount).file("proc/self/cgroup", "0::/\n").cpus(), 0);
  CHECK_EQUAL(FakeRoot()
                  .file("proc/self/mountinfo", v2_mount)
                  .file("proc/self/cgroup", "0::/\n")
                  .file("sys/fs/cgroup/cpu.max", "150000 100000\n")  // a container with its own namespace
                  .cpus(),
              2);
  const auto nested = [](const char* outer, const char* middle, const char* inner) {
    return FakeRoot()
        .file("proc/self/mountinfo", v2_mount)
        .file("proc/self/cgroup", "1:name=systemd:/elsewhere\n0::/a/b/c\n")
        .file("sys/fs/cgroup/a/cpu.max", outer)
        .file("sys/fs/cgroup/a/b/cpu.max", middle)
        .file("sys/fs/cgroup/a/b/c/cpu.max", inner)
        .cpus();
  };
  CHECK_EQUAL(nested("max 100000", "max 100000", "max 100000"), 0);
  CHECK_EQUAL(nested("max 100000", "max 100000", "400000 100000"), 4);
  CHECK_EQUAL(nested("max 100000", "250000 100000", "400000 100000"), 3);
  CHECK_EQUAL(nested("100000 100000", "max 100000", "400000 100000"), 1);
  CHECK_EQUAL(nested("max 100000", "max 100000", "1000 100000"), 1);
  CHECK_EQUAL(nested("rubbish", "", "-5 0"), 0);
  // Outside of the namespace, and a name that needs escapes.
  CHECK_EQUAL(FakeRoot()
                  .file("proc/self/mountinfo", v2_mount)
                  .file("proc/self/cgroup", "0::/../../x\n")
                  .file("sys/fs/cgroup/cpu.max", "700000 100000\n")
                  .cpus(),
              7);
  CHECK_EQUAL(FakeRoot()
                  .file("proc/self/mountinfo", "30 25 0:26 / /my\\040groups rw - cgroup2 none rw\n")
                  .file("proc/self/cgroup", "0::/x\n")
                  .file("my groups/x/cpu.max", "50000 10000\n")
                  .cpus(),
              5);

  const char v1_mount[] =
      "32 31 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
      "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";
  CHECK_EQUAL(FakeRoot()
                  .file("proc/self/mountinfo", v1_mount)
                  .file("proc/self/cgroup", "3:cpuset:/\n2:cpu,cpuacct:/job/step\n0::/\n")
                  .file("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "610000\n")
                  .file("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n")
                  .file("sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_quota_us", "-1\n")
                  .file("sys/fs/cgroup/cpu,cpuacct/job/step/cpu.cfs_period_us", "100000\n")
                  .cpus(),
              7);
  // A container that sees its own group alone, under the path that the host gave it.
  const char bound_mount[] = "33 31 0:30 /docker/0a1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n";
  for (const char* group : {"2:cpu:/docker/0a1\n", "2:cpu:/docker/0a1/inner\n", "2:cpu:/docker/0a12\n"}) {
    CHECK_EQUAL(FakeRoot()
                    .file("proc/self/mountinfo", bound_mount)
                    .file("proc/self/cgroup", group)
                    .file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n")
                    .file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n")
                    .cpus(),
                2);
  }
}

// ---- Figures: printed, not judged ----------------------------------------------------------------------------------

// Empty tasks show what a call costs its caller, who may do both; tasks that meet, how long a worker takes to come.
void overhead(bool meet) {
  if (PX_TSAN) return;
  if (px::affinity_cpus() < 2) return;
  const px::Execution execution = with_threads(2);
  for (const auto gap : {0us, 10us, 1000us}) {
    std::vector<double> times;
    for (int i = 0; i < (gap < 1ms ? 5000 : 200); ++i) {
      if (gap == 1000us)
        std::this_thread::sleep_for(gap);
      else
        busy(gap);
      const Clock::time_point begin = Clock::now();
      std::atomic<int> begun{0};
      (void)px::parallel_for(execution, 2, [&](std::int64_t, int) {
        ++begun;
        while (meet && begun < 2) {
        }
      });
      times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    }
    std::sort(times.begin(), times.end());
    std::cout << (meet ? "two tasks that meet" : "two empty tasks") << ", 2 threads, " << gap.count()
              << " us after the last: median " << times[times.size() / 2] << " us, 90 % under "
              << times[times.size() * 9 / 10] << " us\n";
  }
}

}  // namespace

int main() {
  unsetenv("PIXLANE_NUM_THREADS");
  counts();
  control_groups();
  worker_counts();
  // qemu-user has threads of its own, and a process with threads that forks under it aborts.
  const bool emulated = std::getenv("PIXLANE_EMULATED") != nullptr;
  if (!emulated) workers_help();
  every_task_once();
  results_are_visible();
  nested_is_serial();
  nested_in_serial_is_serial();
  concurrent_calls();
  exceptions();
  interruption();
  interruption_while_waiting();
  short_calls_do_not_poll();
  nested_calls_notice();
  calls_from_the_callback();
  no_allocation();
  host_rounding_changes_nothing();
  workers_block_signals();
  if (!emulated) workers_leave_their_caller();
  idle_is_idle();
  if (!emulated) {
    fork_with_an_idle_pool();
    no_thread_is_left_after_fork();
    fork_out_of_a_busy_pool();
    many_threads_fork();
    fork_from_the_callback(false);
    fork_from_the_callback(true);
    exit_while_busy();
  }
  overhead(false);
  overhead(true);
  return check::result();
}
