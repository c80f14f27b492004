// The host runtime of cuda/host: threads do what a GPU's do, and what a kernel lacks shows.
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "check.h"
#include "launch.cuh"

#if defined(__SANITIZE_ADDRESS__)
// Memory that cannot be had is an error to be tested, not the end.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
#endif

namespace {

using px::cuda::Call;
using px::cuda_host::Order;

constexpr Order orders[] = {Order::by_turns, Order::ascending, Order::descending};
constexpr int side = 64;

struct Row {
  int at[side];
};

// Each block reverses its own part; each thread reads what another has written.
template <bool waits>
__global__ void reverse(const int* from, int* to) {
  PX_SHARED(Row, row);
  const unsigned at = blockIdx.x * blockDim.x + threadIdx.x;
  row.at[threadIdx.x] = from[at];
  if (waits) __syncthreads();
  to[at] = row.at[side - 1 - threadIdx.x];
}

template <bool waits>
std::vector<int> reversed(Order order) {
  std::vector<int> from(4 * side), to(from.size());
  std::iota(from.begin(), from.end(), 1);
  px::cuda_host::set_order(order);
  Call call(0, nullptr);
  px::cuda::launch(call, dim3(4), dim3(side), 0, reverse<waits>, static_cast<const int*>(from.data()), to.data());
  px::cuda_host::set_order(Order::by_turns);
  return to;
}

void barriers() {
  std::vector<int> expected;
  for (int block = 0; block < 4; ++block) {
    for (int k = side; k > 0; --k) expected.push_back(block * side + k);
  }
  for (const Order order : orders) {
    CHECK(reversed<true>(order) == expected);
    CHECK(reversed<false>(order) != expected);
  }
}

__global__ void read_unwritten(unsigned char* to) {
  PX_SHARED(Row, row);
  auto* const dynamic = static_cast<unsigned char*>(px::cuda_host::dynamic_shared());
  if (threadIdx.x == 0 && blockIdx.x == 0) {
    std::memset(&row, 1, sizeof row);
    std::memset(dynamic, 1, 8);
  }
  __syncthreads();
  if (blockIdx.x == 1) to[threadIdx.x] = reinterpret_cast<unsigned char*>(&row)[threadIdx.x];
  if (blockIdx.x == 1 && threadIdx.x < 8) to[threadIdx.x + 8] = dynamic[threadIdx.x];
}

void poison() {
  std::vector<unsigned char> to(16);
  Call call(0, nullptr);
  px::cuda::launch(call, dim3(2), dim3(8), 8, read_unwritten, to.data());
  CHECK(to == std::vector<unsigned char>(16, px::cuda_host::poison));
}

__global__ void sum_warps(const int* from, int* sums, unsigned* votes, int* total) {
  const unsigned at = blockIdx.x * blockDim.x + threadIdx.x;
  int value = from[at];
  for (int step = warpSize / 2; step > 0; step /= 2) value += __shfl_xor_sync(~0u, value, step);
  const int neighbour = __shfl_down_sync(~0u, from[at], 1), first = __shfl_sync(~0u, from[at], 0);
  const unsigned odd = __ballot_sync(~0u, from[at] % 2);
  if (threadIdx.x % warpSize == 0) {
    sums[at / warpSize] = value;
    votes[at / warpSize] = odd;
    atomicAdd(total, value + (neighbour - from[at + 1]) + (first - from[at]));
  }
}

void warps() {
  std::vector<int> from(2 * side);
  for (int i = 0; i < 2 * side; ++i) from[static_cast<std::size_t>(i)] = i * i % 71;
  for (const Order order : orders) {
    std::vector<int> sums(4), expected(4);
    std::vector<unsigned> votes(4), odd(4);
    int total = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
      expected[i / 32] += from[i];
      odd[i / 32] |= static_cast<unsigned>(from[i] % 2) << i % 32;
    }
    px::cuda_host::set_order(order);
    Call call(0, nullptr);
    px::cuda::launch(call, dim3(2), dim3(side), 0, sum_warps, static_cast<const int*>(from.data()), sums.data(),
                     votes.data(), &total);
    CHECK(sums == expected);
    CHECK(votes == odd);
    CHECK_EQUAL(total, std::accumulate(from.begin(), from.end(), 0));
  }
  px::cuda_host::set_order(Order::by_turns);
}

// Threads that have ended are not waited for.
__global__ void some_leave(int* to) {
  if (threadIdx.x % 3 == 0) return;
  __syncthreads();
  atomicAdd(to, 1);
}

// The halves of a warp wait in different places.
__global__ void apart() {
  if (threadIdx.x < 16) {
    __syncwarp();
  } else {
    __syncthreads();
  }
}

void ends() {
  int count = 0;
  Call call(0, nullptr);
  px::cuda::launch(call, dim3(3), dim3(9), 0, some_leave, &count);
  CHECK_EQUAL(count, 18);
  bool thrown = false;
  try {
    px::cuda::launch(call, dim3(1), dim3(32), 0, apart);
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  CHECK(thrown);
  count = 0;
  px::cuda::launch(call, dim3(1), dim3(9), 0, some_leave, &count);  // and the next launch is as if nothing had been
  CHECK_EQUAL(count, 6);
}

// ---- what the sanitizer finds, each in a process of its own

struct Write {
  int* to;
  std::int64_t at;
  PX_HD void operator()(std::int64_t, std::int64_t, std::int64_t) const { to[at] = 1; }
};

__global__ void write_shared(int at) {
  PX_SHARED(Row, row);
  __syncthreads();
  row.at[at + static_cast<int>(threadIdx.x)] = 1;
}

// How a process ends that runs body(): 0, or 1 by a sanitizer, or what it says itself.
template <class Body>
int outcome(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (freopen("/dev/null", "w", stderr) == nullptr) _exit(3);
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void strays() {
  const auto end = [](const Call& call) {
    if (!call.status().is_ok()) _exit(2);  // nothing has run
  };
  const auto scratch = [&](std::int64_t at) {
    Call call(0, nullptr);
    int* const memory = call.scratch<int>(100);
    for_each(call, {1}, Write{memory, at});
    end(call);
  };
  const auto table = [&](std::int64_t at) {
    Call call(0, nullptr);
    const int* const memory = call.table(std::vector<int>(10));
    for_each(call, {1}, Write{const_cast<int*>(memory), at});
    end(call);
  };
  const auto shared = [&](int at) {
    Call call(0, nullptr);
    px::cuda::launch(call, dim3(1), dim3(8), 0, write_shared, at);
    end(call);
  };
  CHECK_EQUAL(outcome([&] { scratch(99), table(9), shared(side - 8); }), 0);
#if defined(__SANITIZE_ADDRESS__)
  CHECK_EQUAL(outcome([&] { scratch(100); }), 1);
  CHECK_EQUAL(outcome([&] { scratch(-1); }), 1);
  CHECK_EQUAL(outcome([&] { table(10); }), 1);
  CHECK_EQUAL(outcome([&] { shared(side - 7); }), 1);
#endif
}

// ---- tables

void tables() {
  const auto before = px::cuda::kept(0);
  const std::vector<int> values{1, 2, 3};
  const int* first = nullptr;
  {
    Call call(0, nullptr);
    first = call.table(values);
    CHECK(first != nullptr && first[2] == 3);
    CHECK(call.table(std::vector<int>()) == nullptr);
  }
  Call call(0, nullptr);
  CHECK(call.table(std::vector<int>{1, 2, 3}) == first);
  CHECK(call.table(std::vector<int>{1, 2, 4}) != first);
  CHECK_EQUAL(px::cuda::kept(0).tables, before.tables + 2);
  CHECK_EQUAL(px::cuda::kept(0).bytes, before.bytes + 24);

  // A plan's tables are those of its address for as long as they are kept.
  auto plan = std::make_shared<const int>(7);
  int packed = 0;
  const auto pack = [&] { return ++packed, std::vector<std::byte>(100); };
  const std::byte* const own = call.tables_of(plan, pack);
  CHECK(call.tables_of(plan, pack) == own);
  CHECK_EQUAL(packed, 1);
  CHECK_EQUAL(plan.use_count(), 2);

  // Many tables: the oldest go, but for those of calls under way.
  for (int k = 0; k < 2000; ++k) {
    Call one(0, nullptr);
    one.table(std::vector<int>{k, -k});
  }
  CHECK(px::cuda::kept(0).tables <= 512);
  CHECK(call.table(values) == first && first[2] == 3);
  for (int k = 0; k < 5; ++k) {
    Call one(0, nullptr);
    CHECK(one.table(std::vector<int>(6 << 20, k)) != nullptr);
  }
  CHECK(px::cuda::kept(0).bytes <= std::size_t{64} << 20);
}

void failures() {
  Call call(0, nullptr);
  CHECK(call.scratch<double>(std::int64_t{1} << 58) == nullptr);
  CHECK(call.status().code == px::Code::memory_error);
  CHECK_EQUAL(call.status().message, "cudaErrorMemoryAllocation: out of memory");
  CHECK(call.scratch<int>(1) == nullptr && call.table(std::vector<int>{1}) == nullptr);
  int untouched = 0;
  for_each(call, {1}, Write{&untouched, 0});
  CHECK_EQUAL(untouched, 0);
  CHECK(Call(0, nullptr).status().is_ok());
  CHECK(Call(-1, nullptr).status().code == px::Code::value_error);
  CHECK_EQUAL(outcome([] { _exit(Call(0, nullptr).has_failed() ? 5 : 0); }), 5);  // forked after the first call
}

}  // namespace

int main() {
  strays();  // while none of these processes has used CUDA
  barriers();
  poison();
  warps();
  ends();
  tables();
  failures();
  return check::result();
}
