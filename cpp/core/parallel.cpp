#include "core/parallel.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "core/cpu_count.h"
#include "core/float_environment.h"

namespace px {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto poll_interval = 5ms;
constexpr auto longest_poll_interval = 10ms;

// A call that starts this soon after the last one on its thread belongs to the same work: an op of many short calls has
// to notice Ctrl-C as one long call does.
constexpr auto same_work = 1ms;

// How long a thread looks for news before it sleeps: about what it costs to wake it (5 to 50 us until it runs, and up
// to 30 us of its waker's time where the processor is a virtual one that has to be started). Where news came late but
// soon, as in a loop of short calls, it looks for twice as long as that took; an idle process loses this once.
constexpr auto shortest_spin = 50us, longest_spin = 200us;

// Beyond this many threads an image's rows are bound by memory everywhere we know.
constexpr int default_threads_limit = 256;

// Keeps things that different threads write out of each other's cache lines (two lines: processors prefetch pairs).
constexpr std::size_t cache_line = 128;

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");  // about as long as the pause of x86-64; yield does nothing on most cores
#endif
}

// ---- One call ----------------------------------------------------------------------------------------------------

// When this thread last asked execution.interrupted, and last ended a call.
struct PollState {
  Clock::time_point due{}, last_end{};
};
thread_local constinit PollState poll_state;

struct Call {
  const Execution& execution;
  std::atomic<bool> stop{false};    // begin no more tasks
  std::atomic<bool> failed{false};  // `error` is taken
  std::exception_ptr error;
  bool interrupted = false;  // this and the next are the calling thread's
  bool orphaned = false;     // forked away from its workers

  explicit Call(const Execution& e) : execution(e) {
    if (execution.interrupted == nullptr) return;
    const Clock::time_point now = Clock::now();
    if (now - poll_state.last_end > same_work) poll_state.due = now + poll_interval;
  }
  ~Call() {
    if (execution.interrupted != nullptr) poll_state.last_end = Clock::now();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  bool polls() const { return execution.interrupted != nullptr && !stop.load(std::memory_order_relaxed); }
  void poll();
  void fail(std::exception_ptr what) {
    if (!failed.exchange(true)) error = std::move(what);
    stop.store(true, std::memory_order_relaxed);
  }
};

// Which call this thread runs bodies of, if any, and whether it is the one that made the call.
struct Place {
  Call* call = nullptr;
  bool caller = false;
};
thread_local constinit Place place;

class Inside {
 public:
  explicit Inside(Place now) : saved_(std::exchange(place, now)) {}
  ~Inside() { place = saved_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Place saved_;
};

// Calling thread only.
void Call::poll() {
  if (!polls()) return;
  const Clock::time_point begin = Clock::now();
  if (begin < poll_state.due) return;
  bool yes = false;
  {
    Inside outside({});  // what runs in there (a signal handler of the user's) is no part of this call
    yes = execution.interrupted(execution.user);
  }
  const Clock::time_point end = Clock::now();
  // The callback waits for the interpreter's lock. Where other threads keep that busy, ask less often.
  poll_state.due = end + std::clamp<Clock::duration>(2 * (end - begin), poll_interval, longest_poll_interval);
  if (yes) {
    interrupted = true;
    stop.store(true, std::memory_order_relaxed);
  }
}

Status run_serially(Call& call, bool caller, std::int64_t tasks, detail::BodyRef body) {
  for (std::int64_t task = 0; task < tasks; ++task) {
    if (caller) call.poll();
    if (call.stop.load(std::memory_order_relaxed)) return Status::interrupted();
    body.call(body.body, task, 0);
  }
  return Status::ok();
}

// Which processor a worker keeps away from: its caller's.
//
// A kernel wakes a thread where it ran last, or on an idle processor that shares a cache with that one. Where it knows
// of no such (small virtual machines), a worker that once ran on its caller's processor is woken there from then on,
// and for milliseconds, until the load is balanced, the two run one after the other. A worker that finds itself there
// leaves, and stays away until it meets its caller elsewhere.
class Distance {
 public:
  Distance() : known_(get(allowed_)), current_(allowed_) {}

  // Of the worker itself, as are the others.
  void keep(int caller_cpu) {
    if (!known_ || caller_cpu < 0 || caller_cpu >= CPU_SETSIZE || sched_getcpu() != caller_cpu) return;
    cpu_set_t now;
    if (!get(now)) return;
    if (!CPU_EQUAL(&now, &current_)) allowed_ = now;  // somebody else set it
    now = allowed_;
    CPU_CLR(caller_cpu, &now);
    if (CPU_COUNT(&now) == 0 || sched_setaffinity(0, sizeof now, &now) != 0) return;
    current_ = now;
  }

 private:
  static bool get(cpu_set_t& set) { return sched_getaffinity(0, sizeof set, &set) == 0; }

  cpu_set_t allowed_{};
  bool known_;
  cpu_set_t current_;
};

// ---- The pool ----------------------------------------------------------------------------------------------------
// One call at a time has the pool. It writes the job, then opens the gate for as many workers as it wants. Whoever is
// awake passes the gate, claims tasks until none are left, and leaves. The caller claims tasks like them, closes the
// gate to those who have not come yet, and waits for those inside: thus a worker that is slow to wake delays nobody.

class Pool {
 public:
  void grow(int workers);
  void join();
  void run(Call& call, int threads, std::int64_t tasks, detail::BodyRef body);

 private:
  // The gate counts in its high half the workers that may still pass, in its low half those that are inside. Who passes
  // takes the number of those that still might as its index: 1 at least, as the caller has 0.
  static constexpr std::uint32_t one_inside = 1, one_may_pass = 1u << 16, inside_mask = one_may_pass - 1;

  void work();
  int pass(Distance& distance, Clock::duration patience);
  int try_pass();
  void leave();
  void wake(int workers);
  void take_tasks(int worker);
  void wait_for_workers();
  template <class Condition>
  bool spin(Clock::duration patience, Condition&& condition) const;

  alignas(cache_line) std::atomic<std::uint32_t> gate_{0};
  // The job: written while the gate is closed and nobody is inside.
  Call* call_ = nullptr;
  std::int64_t tasks_ = 0;
  detail::BodyRef body_{};
  std::atomic<bool> enough_cpus_{false};  // for each thread of the call to have one of its own
  std::atomic<int> caller_cpu_{-1};
  alignas(cache_line) std::atomic<std::int64_t> next_{0};  // the first task that nobody claimed

  alignas(cache_line) std::mutex sleep_;
  std::condition_variable woken_;
  int sleepers_ = 0;      // under sleep_
  bool leaving_ = false;  // under sleep_
  alignas(cache_line) std::mutex done_;
  std::condition_variable all_left_;
  std::vector<std::thread> threads_;
  int cpus_ = 1;
};

template <class Condition>
bool Pool::spin(Clock::duration patience, Condition&& condition) const {
  if (condition()) return true;
  if (!enough_cpus_.load(std::memory_order_relaxed)) return false;
  const Clock::time_point end = Clock::now() + patience;
  do {
    for (int i = 0; i < 8; ++i) {
      pause();
      if (condition()) return true;
    }
    // The scheduler may have put the woken beside its waker: then it is the waker who needs this processor.
    std::this_thread::yield();
  } while (Clock::now() < end);
  return condition();  // the last look may be long ago
}

void Pool::work() {
  pthread_setname_np(pthread_self(), "pixlane");
  DefaultFloatEnvironment environment;
  Distance distance;
  Clock::duration patience = shortest_spin;
  Clock::time_point idle_since = Clock::now();
  while (const int worker = pass(distance, patience)) {
    const Clock::duration idle = Clock::now() - idle_since;
    patience = idle > longest_spin ? shortest_spin : std::clamp<Clock::duration>(2 * idle, shortest_spin, longest_spin);
    {
      Inside inside({call_, false});
      take_tasks(worker);
    }
    leave();
    idle_since = Clock::now();
  }
}

int Pool::try_pass() {
  std::uint32_t gate = gate_.load(std::memory_order_relaxed);
  while (gate >= one_may_pass) {
    if (gate_.compare_exchange_weak(gate, gate - one_may_pass + one_inside, std::memory_order_acquire,
                                    std::memory_order_relaxed))
      return static_cast<int>(gate / one_may_pass);
  }
  return 0;
}

// Waits for the gate to open; 0 when the pool is to end.
int Pool::pass(Distance& distance, Clock::duration patience) {
  int worker = 0;
  const auto keep_distance = [&] {
    if (enough_cpus_.load(std::memory_order_relaxed)) distance.keep(caller_cpu_.load(std::memory_order_relaxed));
  };
  const auto arrive = [&] {
    if (gate_.load(std::memory_order_relaxed) < one_may_pass) return false;
    keep_distance();
    return (worker = try_pass()) != 0;
  };
  if (spin(patience, arrive)) return worker;
  std::unique_lock lock(sleep_);
  ++sleepers_;
  while (!leaving_ && (worker = try_pass()) == 0) {
    woken_.wait(lock);
    lock.unlock();
    keep_distance();  // even if it comes too late: for the next time
    lock.lock();
  }
  --sleepers_;
  return worker;
}

void Pool::leave() {
  if (gate_.fetch_sub(one_inside, std::memory_order_acq_rel) != one_inside) return;
  {
    std::lock_guard lock(done_);
  }  // a caller that saw somebody inside is asleep by now, and hears this:
  all_left_.notify_one();
}

// Those awake see the gate open by themselves, the others need a call. Nobody is forgotten: a worker looks at the gate
// once more after it has counted itself among the sleepers, under the same lock.
void Pool::wake(int workers) {
  int asleep = 0;
  {
    std::lock_guard lock(sleep_);
    asleep = sleepers_;
  }
  const int calls = std::min(asleep, workers - (static_cast<int>(threads_.size()) - asleep));
  if (calls <= 0) return;
  if (calls == asleep) return woken_.notify_all();
  for (int i = 0; i < calls; ++i) woken_.notify_one();
}

void Pool::take_tasks(int worker) {
  Call& call = *call_;
  while (true) {
    if (worker == 0) call.poll();
    if (call.stop.load(std::memory_order_relaxed)) return;
    const std::int64_t task = next_.fetch_add(1, std::memory_order_relaxed);
    if (task >= tasks_) return;
    try {
      body_.call(body_.body, task, worker);
    } catch (...) {
      call.fail(std::current_exception());
    }
  }
}

void Pool::wait_for_workers() {
  Call& call = *call_;
  const auto all_left = [&] { return gate_.load(std::memory_order_acquire) == 0; };
  if (spin(longest_spin, all_left)) return;
  std::unique_lock lock(done_);
  while (!all_left()) {
    if (!call.polls()) {
      all_left_.wait(lock);
      continue;
    }
    all_left_.wait_until(lock, poll_state.due);
    lock.unlock();
    call.poll();
    if (call.orphaned) return;  // those inside are in the parent process; the lock may be, too
    lock.lock();
  }
}

void Pool::run(Call& call, int threads, std::int64_t tasks, detail::BodyRef body) {
  grow(threads - 1);
  const int helpers = std::min(threads - 1, static_cast<int>(threads_.size()));
  // With more threads than processors a spinning one would hold up those that work, and none has one to itself.
  enough_cpus_.store(threads <= cpus_, std::memory_order_relaxed);
  caller_cpu_.store(sched_getcpu(), std::memory_order_relaxed);
  call_ = &call;
  tasks_ = tasks;
  body_ = body;
  next_.store(0, std::memory_order_relaxed);
  gate_.store(static_cast<std::uint32_t>(helpers) * one_may_pass, std::memory_order_release);
  wake(helpers);
  {
    Inside inside({&call, true});
    take_tasks(0);
  }
  if (call.orphaned) return;
  gate_.fetch_and(inside_mask, std::memory_order_relaxed);
  wait_for_workers();
}

void Pool::grow(int workers) {
  const int missing = workers - static_cast<int>(threads_.size());
  if (missing <= 0) return;
  // Signals are the host program's business: workers block all of them, by inheritance.
  sigset_t all, saved;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &saved);
  try {
    for (int i = 0; i < missing; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {
    // No more threads or memory to be had: fewer do the work as well.
  }
  pthread_sigmask(SIG_SETMASK, &saved, nullptr);
  cpus_ = affinity_cpus();
}

void Pool::join() {
  {
    std::lock_guard lock(sleep_);
    leaving_ = true;
  }
  woken_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  leaving_ = false;
}

// ---- The process's pool, and fork --------------------------------------------------------------------------------

std::atomic<bool> pool_taken{false};  // by a call, or by a fork; guards what follows
constinit Pool* pool = nullptr;  // never destroyed: calls from atexit handlers and static destructors find it alive

std::atomic<int> count{0};  // 0: to be found out
std::atomic<bool> forked_child{false};

thread_local constinit bool fork_took_pool = false;
thread_local constinit Call* own_parallel_call = nullptr;  // that this thread made and that has the pool

void before_fork() {
  fork_took_pool = !pool_taken.exchange(true, std::memory_order_acquire);
  if (fork_took_pool && pool != nullptr) pool->join();
}

void after_fork_in_parent() {
  if (fork_took_pool) pool_taken.store(false, std::memory_order_release);
}

void after_fork_in_child() {
  if (!fork_took_pool) pool = nullptr;  // its threads are gone, and its locks may be held by them
  if (own_parallel_call != nullptr) own_parallel_call->orphaned = true;
  forked_child.store(true, std::memory_order_relaxed);
  count.store(0, std::memory_order_relaxed);
  pool_taken.store(false, std::memory_order_release);
}

// When the library is loaded, not with the first call: the child's count depends on it.
[[maybe_unused]] const int fork_handlers = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);

// 0 unless PIXLANE_NUM_THREADS is a number from 1 to max_threads.
int environment_threads() {
  const char* text = std::getenv("PIXLANE_NUM_THREADS");
  if (text == nullptr) return 0;
  char* end = nullptr;
  errno = 0;
  const long value = std::strtol(text, &end, 10);
  while (end != text && (*end == ' ' || *end == '\t' || *end == '\n')) ++end;
  return end == text || *end != '\0' || errno != 0 || value < 1 || value > max_threads ? 0 : static_cast<int>(value);
}

// Takes the pool, unless another call has it.
bool take_pool() {
  if (pool_taken.load(std::memory_order_relaxed) || pool_taken.exchange(true, std::memory_order_acquire)) return false;
  if (pool == nullptr) pool = new (std::nothrow) Pool;
  if (pool != nullptr) return true;
  pool_taken.store(false, std::memory_order_release);
  return false;
}

}  // namespace

int default_threads() {
  if (const int asked = environment_threads()) return asked;
  const int cpus = affinity_cpus(), quota = cgroup_cpus();
  return std::min(quota > 0 ? std::min(cpus, quota) : cpus, default_threads_limit);
}

int thread_count() {
  int now = count.load(std::memory_order_relaxed);
  if (now != 0) return now;
  const int found =
      forked_child.load(std::memory_order_relaxed) ? std::max(1, environment_threads()) : default_threads();
  return count.compare_exchange_strong(now, found, std::memory_order_relaxed) ? found : now;  // somebody else set it
}

void set_thread_count(int threads) { count.store(std::clamp(threads, 1, max_threads), std::memory_order_relaxed); }

Status detail::run_tasks(const Execution& execution, std::int64_t tasks, BodyRef body) {
  if (tasks <= 0) return Status::ok();
  if (place.call != nullptr) return run_serially(*place.call, place.caller, tasks, body);

  DefaultFloatEnvironment environment;
  Call call(execution);
  const int threads = worker_count(execution, tasks);
  if (threads < 2 || !take_pool()) {
    Inside inside({&call, true});
    return run_serially(call, true, tasks, body);
  }
  Call* const outer = std::exchange(own_parallel_call, &call);  // one that was orphaned by a fork
  pool->run(call, threads, tasks, body);
  own_parallel_call = outer;
  // An orphan's pool is no longer its to give back.
  if (!call.orphaned) pool_taken.store(false, std::memory_order_release);
  // Ctrl-C before an exception: the callback has already raised it in the interpreter.
  if (call.interrupted) return Status::interrupted();
  if (call.error) std::rethrow_exception(call.error);
  if (call.orphaned)
    return {Code::runtime_error, "the process forked inside of this call; its work goes on in the parent"};
  return Status::ok();
}

}  // namespace px
