// The loops of copy, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

struct CopyKernels {
  static constexpr int sizes[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32};  // bytes of an element that has loops of its own
  static constexpr int count = 10;

  // A run of bytes; what lies `next` bytes further on is fetched ahead.
  void (*row)(const std::byte* src, std::byte* dst, std::int64_t bytes, std::ptrdiff_t next);
  // dst[i] = src[-i], elements close together.
  using Reverse = void (*)(const std::byte* src, std::byte* dst, std::int64_t elements, std::ptrdiff_t next);
  // dst[y][x] = src[x][y] for a tile: element (x, y) is at src + x * src_x + y * src_y and dst + y * dst_y + x * size,
  // where src_y is size or -size.
  using Transpose = void (*)(const std::byte* src, std::ptrdiff_t src_x, std::ptrdiff_t src_y, std::byte* dst,
                             std::ptrdiff_t dst_y, std::int64_t width, std::int64_t height);
  // Samples of `item` bytes between pixels and planes: src[x][c] to dst[c][x], and back.
  using Planes = void (*)(const std::byte* src, std::byte* dst, std::ptrdiff_t plane, std::int64_t pixels);

  Reverse reverse[count];
  Transpose transpose[count];
  Planes split[4][3];  // by item 1 2 4 8, by channels 2 3 4
  Planes join[4][3];
};

PX_DECLARE_KERNELS(CopyKernels, copy_kernels)

}  // namespace px
