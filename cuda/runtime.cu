#include "runtime.h"

#include <unistd.h>

#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace px::cuda {

// Memory on a device that outlives the call that made it. Whoever reads it leaves an event behind, so that it can be
// given back in their order.
struct Table {
  std::string key;
  std::shared_ptr<const void> owner;  // of the address that is the key
  void* memory = nullptr;
  std::size_t bytes = 0;
  int users = 0;          // calls under way
  bool captured = false;  // part of a graph: never given back
  std::vector<std::pair<cudaStream_t, cudaEvent_t>> readers;
};

struct Device {
  static constexpr std::size_t most_tables = 512, most_bytes = std::size_t{64} << 20;

  cudaMemPool_t pool = nullptr;
  cudaStream_t own = nullptr;
  std::mutex mutex;         // of what follows
  std::list<Table> tables;  // most recently used first
  std::unordered_map<std::string_view, std::list<Table>::iterator> by_key;
  std::size_t bytes = 0;
};

namespace {

constexpr int most_devices = 64;
std::mutex devices_mutex;
Device* devices[most_devices];
pid_t process = 0;  // that made them

// A device's own pool keeps its memory between calls; the default one gives it back at every synchronization.
cudaError_t make_device(int id, Device& device) {
  if (const cudaError_t error = cudaStreamCreateWithFlags(&device.own, cudaStreamNonBlocking)) return error;
#if defined(__CUDACC__)
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  properties.location.id = id;
  if (const cudaError_t error = cudaMemPoolCreate(&device.pool, &properties)) return error;
  std::uint64_t kept = std::uint64_t{256} << 20;
  return cudaMemPoolSetAttribute(device.pool, cudaMemPoolAttrReleaseThreshold, &kept);
#else
  (void)id;
  return cudaSuccess;
#endif
}

// In the order of everyone who reads it. Needs the device's mutex.
void give_back(Device& device, std::list<Table>::iterator table) {
  for (const auto& [stream, event] : table->readers) {
    cudaStreamWaitEvent(device.own, event, 0);
    cudaEventDestroy(event);
  }
  cudaFreeAsync(table->memory, device.own);
  device.bytes -= table->bytes;
  device.by_key.erase(table->key);
  device.tables.erase(table);
}

void make_room(Device& device, std::size_t bytes) {
  for (auto at = device.tables.end(); at != device.tables.begin();) {
    if (device.tables.size() < Device::most_tables && device.bytes + bytes <= Device::most_bytes) return;
    const auto table = std::prev(at);
    if (table->users > 0 || table->captured) {
      at = table;
    } else {
      give_back(device, table);
    }
  }
}

}  // namespace

Call::Call(int device, cudaStream_t stream) : stream_(stream) {
  if (device < 0 || device >= most_devices) {
    refusal_ = Status::value_error("device " + std::to_string(device) + " is beyond what pixlane knows");
    return;
  }
  const std::lock_guard lock(devices_mutex);
  if (process != 0 && process != getpid()) {
    refusal_ = Status::runtime_error(
        "CUDA was used before this process was forked, and does not work in the child; start workers by spawn");
    return;
  }
  int current = 0;
  if (!check(cudaGetDevice(&current))) return;
  if (current != device) {
    if (!check(cudaSetDevice(device))) return;
    before_ = current;
  }
  if (devices[device] == nullptr) {
    auto made = std::make_unique<Device>();
    if (!check(make_device(device, *made))) return;
    devices[device] = made.release();  // never freed: calls may come until the process ends
    process = getpid();
  }
  device_ = devices[device];
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream_, &capture));
  captures_ = capture != cudaStreamCaptureStatusNone;
}

Call::~Call() {
  for (void* const memory : scratch_) cudaFreeAsync(memory, stream_);
  if (!tables_.empty()) {
    const std::lock_guard lock(device_->mutex);
    for (Table* const table : tables_) {
      --table->users;
      if (captures_) {
        table->captured = true;
        continue;
      }
      auto reader = table->readers.begin();
      while (reader != table->readers.end() && reader->first != stream_) ++reader;
      if (reader == table->readers.end()) {
        cudaEvent_t event = nullptr;
        if (cudaEventCreateWithFlags(&event, cudaEventDisableTiming) != cudaSuccess) {
          table->captured = true;  // without an event nobody knows when it may go
          continue;
        }
        reader = table->readers.insert(reader, {stream_, event});
      }
      cudaEventRecord(reader->second, stream_);
    }
  }
  if (before_ >= 0) cudaSetDevice(before_);
}

bool Call::check(cudaError_t error) {
  if (error != cudaSuccess && error_ == cudaSuccess) {
    error_ = error;
    cudaGetLastError();  // so that the next call does not find it
  }
  return !has_failed();
}

Status Call::status() const {
  if (!refusal_.is_ok() || error_ == cudaSuccess) return refusal_;
  const std::string message = std::string(cudaGetErrorName(error_)) + ": " + cudaGetErrorString(error_);
  return error_ == cudaErrorMemoryAllocation ? Status::memory_error(message) : Status::runtime_error(message);
}

void* Call::scratch_bytes(std::size_t bytes) {
  void* memory = nullptr;
  if (bytes == 0 || has_failed()) return nullptr;
  if (!check(cudaMallocFromPoolAsync(&memory, bytes, device_->pool, stream_))) return nullptr;
  scratch_.push_back(memory);
  return memory;
}

const void* Call::table(const void* data, std::size_t bytes) {
  const std::string_view key(static_cast<const char*>(data), bytes);
  if (bytes == 0) return nullptr;
  const void* const found = find(key);
  return found != nullptr ? found : put(key, data, bytes, nullptr);
}

const void* Call::constant(const void* data, std::size_t bytes) {
  const Key key('@', data);
  const void* const found = find(key.text());
  return found != nullptr ? found : put(key.text(), data, bytes, nullptr);
}

const void* Call::find(std::string_view key) {
  if (has_failed()) return nullptr;
  const std::lock_guard lock(device_->mutex);
  const auto found = device_->by_key.find(key);
  if (found == device_->by_key.end()) return nullptr;
  device_->tables.splice(device_->tables.begin(), device_->tables, found->second);
  return use(*found->second);
}

const void* Call::put(std::string_view key, const void* data, std::size_t bytes, std::shared_ptr<const void> owner) {
  if (bytes == 0 || has_failed()) return nullptr;
  if (captures_) {
    refusal_ = Status::runtime_error(
        "a graph is being captured, and this call needs tables that are not on the device yet; make a call like it "
        "before");
    return nullptr;
  }
  const std::lock_guard lock(device_->mutex);
  if (const auto found = device_->by_key.find(key); found != device_->by_key.end()) return use(*found->second);
  make_room(*device_, bytes);
  void* memory = nullptr;
  if (!check(cudaMallocFromPoolAsync(&memory, bytes, device_->pool, device_->own))) return nullptr;
  if (!check(cudaMemcpyAsync(memory, data, bytes, cudaMemcpyHostToDevice, device_->own)) ||
      !check(cudaStreamSynchronize(device_->own))) {
    cudaFreeAsync(memory, device_->own);
    return nullptr;
  }
  device_->tables.push_front({std::string(key), std::move(owner), memory, bytes, 0, false, {}});
  device_->by_key.emplace(device_->tables.front().key, device_->tables.begin());
  device_->bytes += bytes;
  return use(device_->tables.front());
}

// For as long as the call lasts. Needs the device's mutex.
const void* Call::use(Table& table) {
  ++table.users;
  tables_.push_back(&table);
  return table.memory;
}

Kept kept(int device) {
  const std::lock_guard lock(devices_mutex);
  if (device < 0 || device >= most_devices || devices[device] == nullptr) return {0, 0};
  const std::lock_guard of_device(devices[device]->mutex);
  return {devices[device]->tables.size(), devices[device]->bytes};
}

}  // namespace px::cuda
