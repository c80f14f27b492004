// Images of random pixels, for tests of the ops without Python.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/image.h"
#include "core/resample_weights.h"

namespace images {

using px::DType;
using px::Interpolation;

constexpr DType all_types[] = {DType::u8, DType::u16, DType::i16, DType::f16, DType::f32, DType::f64};
constexpr Interpolation all_filters[] = {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic,
                                         Interpolation::lanczos, Interpolation::area};

inline int size_of(DType type) { return type == DType::u8 ? 1 : type == DType::f64 ? 8 : type == DType::f32 ? 4 : 2; }

// Exactly as large as its pixels, so that AddressSanitizer sees the first byte too many.
struct Image {
  std::vector<std::byte> bytes;
  px::ImageView view;

  Image(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, DType type, bool planar) {
    const int item = size_of(type);
    bytes.resize(static_cast<std::size_t>(n * h * w * c * item));
    view = {bytes.data(), n, h, w, c, h * w * c * item, 0, 0, 0, type, item};
    view.stride_h = planar ? w * item : w * c * item;
    view.stride_w = planar ? item : c * item;
    view.stride_c = planar ? h * w * item : item;
  }
};

// A 64-bit linear congruential generator (Knuth's constants); the high half is random enough.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 32);
  }

  // All values of the integers; floats of both signs and many sizes, finite, as any NaN may stand for any other.
  void fill(Image& image) {
    std::byte* at = image.bytes.data();
    const auto put = [&](const auto& value) {
      std::memcpy(at, &value, sizeof value);
      at += sizeof value;
    };
    while (at < image.bytes.data() + image.bytes.size()) {
      const std::uint32_t bits = next();
      const double real = (bits % 200001 - 100000.0) / (1 << (bits >> 28));
      switch (image.view.dtype) {
        case DType::u8: put(static_cast<std::uint8_t>(bits >> 8)); break;
        case DType::f16: put(static_cast<std::uint16_t>((bits >> 8) & 0xbfff)); break;  // below 2
        case DType::f32: put(static_cast<float>(real)); break;
        case DType::f64: put(real); break;
        default: put(static_cast<std::uint16_t>(bits >> 8)); break;
      }
    }
  }

 private:
  std::uint64_t state_;
};

inline Image random_image(std::uint64_t seed, std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c,
                          DType type, bool planar) {
  Image image(n, h, w, c, type, planar);
  Random(seed).fill(image);
  return image;
}

inline std::string named(const char* op, const px::ImageView& src, const px::ImageView& dst) {
  const auto text = [](const px::ImageView& view) {
    return std::to_string(view.h) + "x" + std::to_string(view.w) + "x" + std::to_string(view.c) + " of type " +
           std::to_string(static_cast<int>(view.dtype)) + (view.stride_c == view.item_size ? "" : " planar");
  };
  return std::string(op) + " " + text(src) + " to " + text(dst);
}

}  // namespace images
