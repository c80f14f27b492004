// Grids of threads on the CPU, for the kernels under cuda/kernels.
//
// A block's threads are fibres: each runs until it waits for a barrier, and then the next one does. So a kernel that
// lacks a barrier reads what no other thread has written yet, and the order in which threads come to their turn decides
// what else goes wrong: blocks go in ascending and descending order by turns. Shared memory is filled with a pattern
// before each block, so that nothing is read there that the block has not written. Kernels without barriers need none
// of this, they are loops (for_each in launch.cuh).
#pragma once

#include <cstddef>
#include <cstring>
#include <utility>

namespace px::cuda_host {

constexpr int warp_size = 32;

struct Index {
  unsigned x = 0, y = 0, z = 0;
};
// Who a thread is.
struct Thread {
  Index index, block;
  dim3 block_size, grid_size;
};
const Thread& thread();
int lane();

// ---- barriers: return when all threads of the block (the warp) that have not ended wait, too

void wait_for_block();
void wait_for_warp();
// A place for the warp's threads to leave a value in; at most 8 bytes each.
void* slot_of(int lane);
bool is_running(int lane);

// The value of another thread of the warp.
template <class T>
T exchange(const T& value, int from) {
  static_assert(sizeof(T) <= 8);
  std::memcpy(slot_of(lane()), &value, sizeof(T));
  wait_for_warp();
  T found = value;
  if (is_running(from)) std::memcpy(&found, slot_of(from), sizeof(T));
  wait_for_warp();  // nobody overwrites what another has yet to read
  return found;
}
unsigned ballot(bool predicate);

// ---- shared memory

// That of a declaration, which `place` identifies; the same for all threads of a block.
void* shared(const void* place, std::size_t bytes);
// What was asked for at the launch.
void* dynamic_shared();
constexpr unsigned char poison = 0xcb;  // as float -2.7e7, as double -4e57, and no index of anything

// ---- launches

enum class Order { by_turns, ascending, descending };
void set_order(Order order);  // of this thread's launches

// Runs body() as each thread of each block. Throws std::runtime_error where threads wait for each other for ever.
void run(dim3 grid, dim3 block, std::size_t shared_bytes, void (*body)(void*), void* with);

template <class Body>
void run(dim3 grid, dim3 block, std::size_t shared_bytes, Body&& body) {
  run(
      grid, block, shared_bytes, [](void* erased) { (*static_cast<std::remove_reference_t<Body>*>(erased))(); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

}  // namespace px::cuda_host
