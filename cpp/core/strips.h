// Splitting rows into strips for parallel_for: many enough to keep every thread busy to the end, of equal height.
#pragma once

#include <algorithm>
#include <cstdint>

namespace px {

// How many threads work of `bytes` (read and written) is worth: waking one costs about as much as 128 KiB moved.
inline int useful_threads(int threads, std::int64_t bytes) {
  return static_cast<int>(std::clamp<std::int64_t>(bytes >> 17, 1, std::max(threads, 1)));
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
