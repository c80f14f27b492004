// Fetching what is read next while something else is computed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/host_device.h"

namespace px {

// What is read next: kernels that work in cache ask for it meanwhile.
struct Ahead {
  const std::byte* at;
  std::ptrdiff_t stride;  // bytes from row to row
  int rows, lines;        // of each row, cache lines
};

}  // namespace px

namespace px::inline PX_TARGET {

// Asks for the lines of an Ahead, evenly over so many calls of next().
struct Fetcher {
  const Ahead& ahead;
  int64_t each;
  int row = 0, line = 0;

  PX_HD Fetcher(const Ahead& what, int64_t calls)
      : ahead(what), each((static_cast<int64_t>(what.rows) * what.lines + calls - 1) / calls) {}

  PX_HD void next() {
    for (int64_t i = 0; i < each && row < ahead.rows; ++i) {
      __builtin_prefetch(ahead.at + row * ahead.stride + 64 * static_cast<int64_t>(line));
      if (++line == ahead.lines) line = 0, ++row;
    }
  }
};

}  // namespace px::inline PX_TARGET
