#include "cuda_runtime.h"

#include <ucontext.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define PX_ASAN 1
#else
#define PX_ASAN 0
#endif

namespace px::cuda_host {
namespace {

// Instrumented frames are large.
constexpr std::size_t stack_bytes = std::size_t{PX_ASAN ? 256 : 64} << 10;

enum class State { ready, at_block_barrier, at_warp_barrier, done };

// A stack of its own and where it goes on. The sanitizer has to be told of each switch.
struct Context {
  ucontext_t registers{};
  void* fake_stack = nullptr;
  const void* bottom = nullptr;
  std::size_t size = 0;
};

void switch_to(Context& from, Context& to) {
#if PX_ASAN
  __sanitizer_start_switch_fiber(&from.fake_stack, to.bottom, to.size);
#endif
  swapcontext(&from.registers, &to.registers);
#if PX_ASAN
  __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
}

struct Fibre {
  Context context;
  std::unique_ptr<std::byte[]> stack;
  Thread thread;
  State state = State::done;
};

// What launches of one thread of the host share: fibres are kept, as making them costs more than switching.
struct Machine {
  Context scheduler;
  std::vector<std::unique_ptr<Fibre>> fibres;
  Fibre* current = nullptr;
  void (*body)(void*) = nullptr;
  void* with = nullptr;
  std::map<const void*, std::vector<std::byte>> statics;
  std::vector<std::byte> dynamic;
  std::vector<std::uint64_t> slots;
  Order order = Order::by_turns;
  int threads = 0;
};

Machine& machine() {
  thread_local Machine own;
  return own;
}

void fibre_main() {
  Machine& m = machine();
#if PX_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &m.scheduler.bottom, &m.scheduler.size);
#endif
  while (true) {
    m.body(m.with);
    m.current->state = State::done;
    switch_to(m.current->context, m.scheduler);
  }
}

void make_fibres(Machine& m, std::size_t count) {
  while (m.fibres.size() < count) {
    m.fibres.push_back(std::make_unique<Fibre>());
    Fibre* const fibre = m.fibres.back().get();
    fibre->stack = std::make_unique_for_overwrite<std::byte[]>(stack_bytes);
    Context& context = fibre->context;
    context.bottom = fibre->stack.get();
    context.size = stack_bytes;
    getcontext(&context.registers);
    context.registers.uc_stack.ss_sp = fibre->stack.get();
    context.registers.uc_stack.ss_size = stack_bytes;
    context.registers.uc_link = nullptr;
    makecontext(&context.registers, fibre_main, 0);
  }
}

void wait(State state) {
  Machine& m = machine();
  Fibre& self = *m.current;
  self.state = state;
  switch_to(self.context, m.scheduler);
}

int linear(const Thread& t) {
  return static_cast<int>((t.index.z * t.block_size.y + t.index.y) * t.block_size.x + t.index.x);
}

// Lets go those who wait for nobody any more. Returns whether any may go on.
bool release(Machine& m) {
  const auto count = static_cast<std::size_t>(m.threads);
  bool all_at_block = true, any = false;
  for (std::size_t i = 0; i < count; ++i) {
    all_at_block &= m.fibres[i]->state == State::at_block_barrier || m.fibres[i]->state == State::done;
  }
  for (std::size_t warp = 0; warp < count; warp += warp_size) {
    const std::size_t end = std::min(count, warp + warp_size);
    bool all_at_warp = true;
    for (std::size_t i = warp; i < end; ++i) {
      all_at_warp &= m.fibres[i]->state == State::at_warp_barrier || m.fibres[i]->state == State::done;
    }
    for (std::size_t i = warp; i < end; ++i) {
      Fibre& fibre = *m.fibres[i];
      if (fibre.state != State::done && (all_at_block || all_at_warp)) {
        fibre.state = State::ready;
        any = true;
      }
    }
  }
  return any;
}

void run_block(Machine& m, bool ascending) {
  do {
    for (int k = 0; k < m.threads; ++k) {
      Fibre& fibre = *m.fibres[static_cast<std::size_t>(ascending ? k : m.threads - 1 - k)];
      if (fibre.state != State::ready) continue;
      m.current = &fibre;
      switch_to(m.scheduler, fibre.context);
    }
  } while (release(m));
  for (int k = 0; k < m.threads; ++k) {
    if (m.fibres[static_cast<std::size_t>(k)]->state == State::done) continue;
    m.fibres.clear();  // they will never come back
    throw std::runtime_error("threads of a block wait at barriers that others of them do not reach");
  }
}

}  // namespace

const Thread& thread() { return machine().current->thread; }
int lane() { return linear(thread()) % warp_size; }
void wait_for_block() { wait(State::at_block_barrier); }
void wait_for_warp() { wait(State::at_warp_barrier); }

void* slot_of(int of_lane) {
  Machine& m = machine();
  return &m.slots[static_cast<std::size_t>(linear(m.current->thread) / warp_size * warp_size + of_lane)];
}

bool is_running(int of_lane) {
  Machine& m = machine();
  const int at = linear(m.current->thread) / warp_size * warp_size + of_lane;
  return at < m.threads && m.fibres[static_cast<std::size_t>(at)]->state != State::done;
}

unsigned ballot(bool predicate) {
  const unsigned own = predicate ? 1 : 0;
  std::memcpy(slot_of(lane()), &own, sizeof(own));
  wait_for_warp();
  unsigned votes = 0;
  for (int k = 0; k < warp_size; ++k) {
    unsigned vote = 0;
    if (is_running(k)) std::memcpy(&vote, slot_of(k), sizeof(vote));
    votes |= vote << k;
  }
  wait_for_warp();
  return votes;
}

void* shared(const void* place, std::size_t bytes) {
  std::vector<std::byte>& memory = machine().statics[place];
  if (memory.empty()) memory.assign(bytes, std::byte{poison});
  return memory.data();
}
void* dynamic_shared() { return machine().dynamic.data(); }

void set_order(Order order) { machine().order = order; }

void run(dim3 grid, dim3 block, std::size_t shared_bytes, void (*body)(void*), void* with) {
  Machine& m = machine();
  m.threads = static_cast<int>(block.x * block.y * block.z);
  if (m.threads < 1 || m.threads > 1024) throw std::runtime_error("a block has 1 to 1024 threads");
  make_fibres(m, static_cast<std::size_t>(m.threads));
  m.body = body;
  m.with = with;
  m.statics.clear();
  std::vector<std::byte>(shared_bytes).swap(m.dynamic);  // exactly so large, for the sanitizer
  m.slots.assign(1024, 0);
  bool ascending = m.order != Order::descending;
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        for (auto& [place, memory] : m.statics) std::memset(memory.data(), poison, memory.size());
        std::fill(m.dynamic.begin(), m.dynamic.end(), std::byte{poison});
        for (int k = 0; k < m.threads; ++k) {
          Fibre& fibre = *m.fibres[static_cast<std::size_t>(k)];
          const auto at = static_cast<unsigned>(k);
          fibre.thread = {{at % block.x, at / block.x % block.y, at / block.x / block.y}, {x, y, z}, block, grid};
          fibre.state = State::ready;
        }
        run_block(m, ascending);
        if (m.order == Order::by_turns) ascending = !ascending;
      }
    }
  }
}

}  // namespace px::cuda_host
