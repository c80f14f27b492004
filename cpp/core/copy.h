// Moving samples between layouts, by their size alone: what a sample means does not matter here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace px {

// pixels x channels samples of `item` bytes; strides in bytes, of any sign.
void copy_samples(const std::byte* src, std::ptrdiff_t src_pixel, std::ptrdiff_t src_sample, std::byte* dst,
                  std::ptrdiff_t dst_pixel, std::ptrdiff_t dst_sample, std::int64_t pixels, std::int64_t channels,
                  int item);

// Reverses the order of `pixels` pixels of `pixel` bytes.
void reverse_pixels(std::byte* row, std::int64_t pixels, int pixel);

}  // namespace px
