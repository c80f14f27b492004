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
  const std::byte* at;
  std::ptrdiff_t skip;  // from behind a row's last line to the next row
  int64_t each;
  int rows, lines, left;  // left: lines of this row

  PX_HD Fetcher(const Ahead& what, int64_t calls)
      : at(what.at),
        skip(what.stride - 64 * static_cast<std::ptrdiff_t>(what.lines)),
        each((static_cast<int64_t>(what.rows) * what.lines + calls - 1) / calls),
        rows(each > 0 ? what.rows : 0),
        lines(what.lines),
        left(what.lines) {}

  PX_HD void next() {
    if (rows == 0) return;
    for (int64_t i = 0; i < each; ++i, at += 64) {
      __builtin_prefetch(at);
      if (--left > 0) continue;
      if (--rows == 0) return;
      left = lines;
      at += skip;
    }
  }
};

}  // namespace px::inline PX_TARGET
