// Splitting rows into strips for parallel_for: many enough to keep every thread busy to the end, of equal height.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/execution.h"

namespace px {

// Work of at most so many bytes, read and written, takes some microseconds: whatever a call does besides shows in its
// time, and nobody waits for it.
inline constexpr std::int64_t small_work = std::int64_t{1} << 15;

// How a call runs whose work is `bytes` read and written. It uses as many threads as that is worth (waking one costs
// about as much as 128 KiB moved), and small work does not even ask for the time.
inline Execution execution_for(const Execution& execution, std::int64_t bytes) {
  Execution run = execution;
  run.threads = static_cast<int>(std::clamp<std::int64_t>(bytes >> 17, 1, std::max(execution.threads, 1)));
  if (bytes <= small_work) run.interrupted = nullptr;
  return run;
}

// Whether a result of so many bytes, written once in order, goes past the caches. Stores that go through them first
// fetch what they overwrite; but what reads the result next finds it there, if it is not too large: a quarter of a
// last-level cache of 32 MiB is where both cost as much.
inline bool past_caches(std::int64_t bytes) { return bytes >= std::int64_t{1} << 23; }

// Ctrl-C is noticed between strips alone: the most rows, of so many bytes or the work of as many, that nobody waits
// for, but no fewer than `least`, with which what each strip makes anew is a small part.
inline std::int64_t most_rows(std::int64_t row_bytes, std::int64_t least) {
  return std::max<std::int64_t>({1, least, (std::int64_t{1} << 29) / row_bytes});
}

struct Strips {
  std::int64_t rows;   // in each strip but the last
  std::int64_t count;  // of strips
};

// `preferred` rows is what a kernel likes best.
inline Strips split_rows(std::int64_t rows, std::int64_t preferred, std::int64_t images, int threads) {
  std::int64_t count = (rows + preferred - 1) / preferred;
  if (threads > 1 && count * images < 4 * threads) {  // few: a multiple of the threads, so that none waits for another
    count = std::min(rows, (count * images + threads - 1) / threads * threads / std::max<std::int64_t>(images, 1));
    count = std::max<std::int64_t>(count, 1);
  }
  const std::int64_t height = (rows + count - 1) / count;
  return {height, (rows + height - 1) / height};
}

}  // namespace px
