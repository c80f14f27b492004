// One call of an op on a GPU: its device and stream, the memory it needs besides its arrays, and what failed first.
//
//   Call call(device, stream);
//   const std::byte* tables = call.tables_of(plan, pack);     kept on the device for the next call with this plan
//   auto* between = call.scratch<std::int16_t>(count);        from and back to a pool, in the order of the stream
//   for_each(call, .., Kernel{..});
//   return call.status();
//
// Nothing here waits for the caller's stream. A table that is not there yet is copied on a stream of our own, and that
// short copy is waited for: from then on any stream may read it, and a graph may be captured. What is captured keeps
// its tables for ever, as a graph may be launched at any time.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/image.h"
#include "core/status.h"

namespace px::cuda {

struct Table;
struct Device;

class Call {
 public:
  // The device is current for as long as the call lasts; the one that was comes back.
  Call(int device, cudaStream_t stream);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  cudaStream_t stream() const { return stream_; }
  bool has_failed() const { return error_ != cudaSuccess || !refusal_.is_ok(); }
  // Remembers the first error. Returns whether there has been none.
  bool check(cudaError_t error);
  // What the op returns: the error as a Status that carries CUDA's name for it.
  Status status() const;

  // Null after a failure, and for no bytes. Values must be plain data.
  template <class T>
  const T* table(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<const T*>(table(values.data(), values.size() * sizeof(T)));
  }
  const void* table(const void* data, std::size_t bytes);
  // What pack() makes of a plan, kept for as long as the plan's address says which it is: the table shares it.
  template <class Plan, class Pack>
  const std::byte* tables_of(const std::shared_ptr<const Plan>& plan, Pack&& pack) {
    const Key key('#', plan.get());
    if (const void* const found = find(key.text())) return static_cast<const std::byte*>(found);
    const std::vector<std::byte> packed = pack();
    return static_cast<const std::byte*>(put(key.text(), packed.data(), packed.size(), plan));
  }
  // The same for what never changes, such as a constant table of the program: found by its address, not by its bytes.
  const void* constant(const void* data, std::size_t bytes);

  template <class T>
  T* scratch(std::int64_t count) {
    return static_cast<T*>(scratch_bytes(static_cast<std::size_t>(count) * sizeof(T)));
  }

 private:
  // A key that no bytes of a table are: an address, and what it is of.
  struct Key {
    Key(char kind, const void* address) {
      text_[0] = kind;
      std::memcpy(text_ + 1, &address, sizeof(address));
    }
    std::string_view text() const { return {text_, sizeof(text_)}; }
    char text_[1 + sizeof(void*)];
  };

  void* scratch_bytes(std::size_t bytes);
  const void* find(std::string_view key);
  const void* put(std::string_view key, const void* data, std::size_t bytes, std::shared_ptr<const void> owner);

  const void* use(Table& table);

  int before_ = -1;
  cudaStream_t stream_;
  Device* device_ = nullptr;
  bool captures_ = false;
  cudaError_t error_ = cudaSuccess;
  Status refusal_;
  std::vector<Table*> tables_;
  std::vector<void*> scratch_;
};

// For tests: the tables that a device keeps, and their bytes.
struct Kept {
  std::size_t tables, bytes;
};
Kept kept(int device);

}  // namespace px::cuda
