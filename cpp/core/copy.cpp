#include "core/copy.h"

#include <algorithm>
#include <cstring>

namespace px {
namespace {

template <int Item>
void copy_items(const std::byte* src, std::ptrdiff_t src_pixel, std::ptrdiff_t src_sample, std::byte* dst,
                std::ptrdiff_t dst_pixel, std::ptrdiff_t dst_sample, std::int64_t pixels, std::int64_t channels) {
  if (pixels >= channels) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::byte* from = src + c * src_sample;
      std::byte* to = dst + c * dst_sample;
      for (std::int64_t x = 0; x < pixels; ++x) std::memcpy(to + x * dst_pixel, from + x * src_pixel, Item);
    }
  } else {
    for (std::int64_t x = 0; x < pixels; ++x) {
      for (std::int64_t c = 0; c < channels; ++c) {
        std::memcpy(dst + x * dst_pixel + c * dst_sample, src + x * src_pixel + c * src_sample, Item);
      }
    }
  }
}

// RGB out of pixels of four bytes, as Pillow keeps them: each move carries a byte too many, which the next one
// overwrites.
void drop_fourth_byte(const std::byte* src, std::byte* dst, std::int64_t pixels) {
  for (std::int64_t x = 0; x + 1 < pixels; ++x) std::memcpy(dst + 3 * x, src + 4 * x, 4);
  if (pixels > 0) std::memcpy(dst + 3 * (pixels - 1), src + 4 * (pixels - 1), 3);
}

}  // namespace

void copy_samples(const std::byte* src, std::ptrdiff_t src_pixel, std::ptrdiff_t src_sample, std::byte* dst,
                  std::ptrdiff_t dst_pixel, std::ptrdiff_t dst_sample, std::int64_t pixels, std::int64_t channels,
                  int item) {
  if ((channels == 1 || (src_sample == item && dst_sample == item)) && src_pixel == channels * item &&
      dst_pixel == channels * item) {
    std::memcpy(dst, src, static_cast<std::size_t>(pixels * channels * item));
    return;
  }
  if (item == 1 && channels == 3 && src_pixel == 4 && dst_pixel == 3 && src_sample == 1 && dst_sample == 1) {
    return drop_fourth_byte(src, dst, pixels);
  }
  switch (item) {
    case 1: return copy_items<1>(src, src_pixel, src_sample, dst, dst_pixel, dst_sample, pixels, channels);
    case 2: return copy_items<2>(src, src_pixel, src_sample, dst, dst_pixel, dst_sample, pixels, channels);
    case 4: return copy_items<4>(src, src_pixel, src_sample, dst, dst_pixel, dst_sample, pixels, channels);
    default: return copy_items<8>(src, src_pixel, src_sample, dst, dst_pixel, dst_sample, pixels, channels);
  }
}

void reverse_pixels(std::byte* row, std::int64_t pixels, int pixel) {
  for (std::int64_t a = 0, b = pixels - 1; a < b; ++a, --b) {
    std::swap_ranges(row + a * pixel, row + (a + 1) * pixel, row + b * pixel);
  }
}

}  // namespace px
