// ImageView: where the pixels of a batch of images lie. Plain data, shared by every layer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace px {

enum class DType : std::uint8_t { u8, u16, i16, f16, f32, f64, other };

// What the last channel of 2 or 4 is: one like the others; or what colours are multiplied by before they are summed,
// the result being these sums, or colours again, divided by the alpha that came out.
enum class Alpha : std::uint8_t { channel, multiplied, divided };

struct ImageView {
  std::byte* data = nullptr;
  std::int64_t n = 0, h = 0, w = 0, c = 0;                              // sizes
  std::int64_t stride_n = 0, stride_h = 0, stride_w = 0, stride_c = 0;  // bytes, of any sign
  DType dtype = DType::other;
  int item_size = 0;  // bytes of one sample
};

// Whether the samples of a row lie close together, pixel after pixel.
constexpr bool is_close(const ImageView& view) {
  return (view.c == 1 || view.stride_c == view.item_size) && view.stride_w == view.c * view.item_size;
}

// Whether there may be an alpha: behind gray, or behind red, green and blue.
constexpr bool has_alpha(const ImageView& view) { return view.c == 2 || view.c == 4; }

}  // namespace px
