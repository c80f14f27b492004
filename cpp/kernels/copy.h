// The loops of copy, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

struct CopyKernels {
  static constexpr int sizes[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32};  // bytes of an element that has loops of its own
  static constexpr int count = 10;
  static constexpr int index_of(std::int64_t size) {  // of its loops, or -1
    for (int i = 0; i < count; ++i) {
      if (sizes[i] == size) return i;
    }
    return -1;
  }

  // A run of bytes; what lies `next` bytes further on is fetched ahead. With `stream`, here and below, the result goes
  // past the caches, and finish() follows the last of such calls.
  void (*row)(const std::byte* src, std::byte* dst, std::int64_t bytes, std::ptrdiff_t next, bool stream);
  void (*finish)();
  // dst[-i] = src[i], elements close together.
  using Reverse = void (*)(const std::byte* src, std::byte* dst, std::int64_t elements, std::ptrdiff_t next,
                           bool stream);
  // dst[y][x] = src[x][y] for a tile: element (x, y) is at src + x * src_x + y * size and dst + y * dst_y + x * size.
  using Transpose = void (*)(const std::byte* src, std::ptrdiff_t src_x, std::byte* dst, std::ptrdiff_t dst_y,
                             std::int64_t width, std::int64_t height);
  // Samples between pixels and planes: src[x][c] to dst[c][x], and back.
  using Planes = void (*)(const std::byte* src, std::byte* dst, std::ptrdiff_t plane, std::int64_t pixels, bool stream);

  Reverse reverse[count];
  Transpose transpose[count];
  Planes split[count][3];  // by size, by channels 2 3 4; pairs for all sizes, else for those of samples (1 2 4 8)
  Planes join[count][3];
};

PX_DECLARE_KERNELS(CopyKernels, copy_kernels)

}  // namespace px
