// An image that goes on beyond its sides, as its border says.
#pragma once

#include "core/border.h"
#include "launch.cuh"

namespace px::cuda {

template <class T>
struct Bordered {
  Pixels src;
  std::int64_t height, width;
  Borders borders;
  const T* value;  // of each channel: what a constant border is

  // Where a row lies, or null for one of the constant border; a column, or -1.
  PX_HD const std::byte* row(std::int64_t n, std::int64_t y) const {
    const std::int64_t at = border_index(y, height, borders.down);
    return at < 0 ? nullptr : src.at(n, at, 0);
  }
  PX_HD std::int64_t column(std::int64_t x) const { return border_index(x, width, borders.across); }
  PX_HD T sample(const std::byte* of_row, std::int64_t of_column, std::int64_t c) const {
    if (of_row == nullptr || of_column < 0) return value[c];
    return load<T>(of_row + of_column * src.stride_w + c * src.stride_c);
  }
  PX_HD T at(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) const {
    return sample(row(n, y), column(x), c);
  }
};

// `value` is a pixel on the host.
template <class T>
Bordered<T> bordered(Call& call, const ImageView& src, const Borders& borders, const std::byte* value) {
  const bool constant = borders.down == Border::constant || borders.across == Border::constant;
  const void* const pixel = constant ? call.table(value, static_cast<std::size_t>(src.c) * sizeof(T)) : nullptr;
  return {src, src.h, src.w, borders, static_cast<const T*>(pixel)};
}

}  // namespace px::cuda
