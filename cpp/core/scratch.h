// Scratch memory of a call. Each thread keeps its last block, so that repeated calls neither go to the
// system nor touch fresh pages; a block too large to keep goes back at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace px {

inline constexpr std::int64_t cache_line = 64;
// Bytes rounded up to whole lines of the cache.
constexpr std::int64_t whole_lines(std::int64_t bytes) { return (bytes + cache_line - 1) / cache_line * cache_line; }
constexpr std::size_t size_of(std::int64_t bytes) { return static_cast<std::size_t>(bytes); }

class Scratch {
 public:
  // Throws std::bad_alloc. The memory is aligned to 64 and uninitialised.
  explicit Scratch(std::size_t bytes) {
    Block& kept = kept_block();
    if (kept.bytes >= bytes) {
      block_ = std::exchange(kept, Block{});
    } else {
      block_.bytes = (bytes + 4095) / 4096 * 4096;
      block_.memory.reset(static_cast<std::byte*>(std::aligned_alloc(64, block_.bytes)));
      if (bytes > 0 && !block_.memory) throw std::bad_alloc();
    }
  }
  ~Scratch() {
    if (block_.bytes <= most_kept && block_.bytes > kept_block().bytes) kept_block() = std::move(block_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::byte* data() const { return block_.memory.get(); }

 private:
  static constexpr std::size_t most_kept = std::size_t{16} << 20;
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  struct Block {
    std::unique_ptr<std::byte, Free> memory;
    std::size_t bytes = 0;
    Block() = default;
    Block(Block&& other) noexcept : memory(std::move(other.memory)), bytes(std::exchange(other.bytes, 0)) {}
    Block& operator=(Block&& other) noexcept {
      memory = std::move(other.memory);
      bytes = std::exchange(other.bytes, 0);
      return *this;
    }
  };
  static Block& kept_block() {
    thread_local Block kept;
    return kept;
  }
  Block block_;
};

// Cuts a block into aligned parts: first to add up the size, then to hand out the addresses.
class ScratchLayout {
 public:
  explicit ScratchLayout(std::byte* base = nullptr) : base_(base) {}
  std::byte* take(std::size_t bytes) {
    std::byte* const at = base_ ? base_ + used_ : nullptr;
    used_ += (bytes + 63) / 64 * 64;
    return at;
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
};

}  // namespace px
