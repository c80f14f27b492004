#include "core/copy.h"

#include <algorithm>
#include <cstdlib>
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

// Pixels whose samples stay together. Sizes that no single move has are moved as the next one that does: what a move
// carries too much, the next one overwrites, and there is a pixel further on to be read, but for those at either end.
template <int Size, int Moved = Size>
void copy_pixels(const std::byte* src, std::ptrdiff_t src_pixel, std::byte* dst, std::ptrdiff_t dst_pixel,
                 std::int64_t pixels) {
  const bool whole = Moved == Size || (dst_pixel == Size && std::abs(src_pixel) >= Moved - Size);
  std::int64_t x = 0;
  if (whole && pixels > 2) {
    std::memcpy(dst, src, Size);
    for (x = 1; x + 1 < pixels; ++x) std::memcpy(dst + x * dst_pixel, src + x * src_pixel, Moved);
  }
  for (; x < pixels; ++x) std::memcpy(dst + x * dst_pixel, src + x * src_pixel, Size);
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
  if (src_sample == item && dst_sample == item) {
    switch (channels * item) {
      case 2: return copy_pixels<2>(src, src_pixel, dst, dst_pixel, pixels);
      case 3: return copy_pixels<3, 4>(src, src_pixel, dst, dst_pixel, pixels);
      case 4: return copy_pixels<4>(src, src_pixel, dst, dst_pixel, pixels);
      case 6: return copy_pixels<6, 8>(src, src_pixel, dst, dst_pixel, pixels);
      case 8: return copy_pixels<8>(src, src_pixel, dst, dst_pixel, pixels);
      case 12: return copy_pixels<12, 16>(src, src_pixel, dst, dst_pixel, pixels);
      case 16: return copy_pixels<16>(src, src_pixel, dst, dst_pixel, pixels);
      default: break;
    }
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
