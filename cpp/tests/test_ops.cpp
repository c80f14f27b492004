// The ops without Python: every instruction set of this machine gives the same bytes, whatever the number of threads.
//
//   test_ops [FILE]    writes the bytes of all results too, for comparison with another architecture's
//
// Whether they are the right bytes, the Python tests say. This one runs where those cannot: cross-compiled, under
// emulation.
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "check.h"
#include "core/execution.h"
#include "ops/normalize.h"
#include "ops/preprocess.h"
#include "ops/resize.h"

namespace {

using px::DType;
using px::Interpolation;

constexpr DType all_types[] = {DType::u8, DType::u16, DType::i16, DType::f16, DType::f32, DType::f64};
constexpr Interpolation all_filters[] = {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic,
                                         Interpolation::lanczos, Interpolation::area};

int size_of(DType type) { return type == DType::u8 ? 1 : type == DType::f64 ? 8 : type == DType::f32 ? 4 : 2; }

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

Image random_image(std::uint64_t seed, std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, DType type,
                   bool planar) {
  Image image(n, h, w, c, type, planar);
  Random(seed).fill(image);
  return image;
}

class Bytes {
 public:
  explicit Bytes(const char* file) {
    if (file) out_.open(file, std::ios::binary);
  }

  // Runs `op` into `dst` on each instruction set in turn, each with another number of threads, and keeps the first
  // result.
  void compare(const std::string& name, Image& dst, const std::function<px::Status(const px::Execution&)>& op) {
    std::vector<std::byte> first;
    int threads = 1;
    for (const px::Isa isa : px::available_isas()) {
      std::fill(dst.bytes.begin(), dst.bytes.end(), std::byte{0xa5});
      const px::Status status = op({.isa = isa, .threads = threads++});
      if (!status.is_ok()) {
        CHECK_EQUAL(name + ": " + status.message, "");
        return;
      }
      if (first.empty()) first = dst.bytes;
      check::report(first == dst.bytes, __FILE__, __LINE__, name + ": other bytes on " + px::isa_name(isa));
    }
    out_.write(reinterpret_cast<const char*>(first.data()), static_cast<std::streamsize>(first.size()));
  }

 private:
  std::ofstream out_;
};

std::string named(const char* op, const px::ImageView& src, const px::ImageView& dst) {
  const auto text = [](const px::ImageView& view) {
    return std::to_string(view.h) + "x" + std::to_string(view.w) + "x" + std::to_string(view.c) + " of type " +
           std::to_string(static_cast<int>(view.dtype)) + (view.stride_c == view.item_size ? "" : " planar");
  };
  return std::string(op) + " " + text(src) + " to " + text(dst);
}

void resize(Bytes& bytes) {
  struct Sizes {
    std::int64_t h, w, to_h, to_w;
  };
  constexpr Sizes sizes[] = {{1, 1, 3, 5},    {5, 7, 5, 3},    {9, 31, 20, 33},    {13, 67, 6, 29},
                             {16, 64, 8, 32}, {33, 37, 7, 97}, {40, 300, 11, 131}, {70, 3, 31, 3}};
  std::uint64_t seed = 1;
  for (const DType type : all_types)
    for (const Interpolation filter : all_filters)
      for (const Sizes& size : sizes)
        for (const std::int64_t channels : {1, 2, 3, 4, 5})
          for (const bool planar : {false, true}) {
            const Image src = random_image(++seed, 1, size.h, size.w, channels, type, planar);
            Image dst(1, size.to_h, size.to_w, channels, type, planar);
            px::ResizeOptions options;
            options.interpolation = filter;
            options.antialias = seed % 4 != 0;
            options.premultiply = channels == 4 && filter != Interpolation::nearest && seed % 3 == 0;
            if (seed % 5 == 0)
              options.box = px::Box{0.25, 0.0, static_cast<double>(size.w), 0.75 * static_cast<double>(size.h)};
            bytes.compare(
                named("resize", src.view, dst.view) + " filter " + std::to_string(static_cast<int>(filter)), dst,
                [&](const px::Execution& execution) { return px::resize(execution, src.view, dst.view, options); });
          }
}

void normalize(Bytes& bytes) {
  std::uint64_t seed = 100000;
  for (const DType from : all_types)
    for (const DType to : {DType::u8, DType::f16, DType::f32, DType::f64})
      for (const std::int64_t channels : {1, 3, 4})
        for (std::int64_t width = 1; width <= 67; width += channels == 3 ? 1 : 11)
          for (const bool planar : {false, true}) {
            const Image src = random_image(++seed, 2, 3, width, channels, from, width % 7 == 0);
            Image dst(2, 3, width, channels, to, planar);
            px::NormalizeOptions options;
            options.scale = to == DType::u8 ? 0.75 : 1.0 / 255;
            options.mean = {0.485};
            options.std = {0.229};
            if (channels == 3) options.mean = {0.485, 0.456, 0.406}, options.std = {0.229, 0.224, 0.225};
            bytes.compare(named("normalize", src.view, dst.view), dst, [&](const px::Execution& execution) {
              return px::normalize(execution, src.view, dst.view, options);
            });
          }
}

void preprocess(Bytes& bytes) {
  std::uint64_t seed = 200000;
  for (const DType from : all_types)
    for (const DType to : {DType::f16, DType::f32})
      for (const Interpolation filter : all_filters)
        for (const bool planar : {false, true}) {
          const Image wide = random_image(++seed, 1, 45, 97, 3, from, false);
          const Image high = random_image(++seed, 1, 61, 40, 3, from, true);
          const std::vector<px::Window> windows = {{32, 69, 4, 22, planar},
                                                   {20, 13, -2, -6, !planar}};  // a crop, a letter box
          Image dst(2, 24, 25, 3, to, planar);
          px::PreprocessOptions options;
          options.interpolation = filter;
          options.pad_value = {114};
          options.normalize = {1.0 / 255, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
          bytes.compare(named("preprocess", wide.view, dst.view), dst, [&](const px::Execution& execution) {
            return px::preprocess(execution, {wide.view, high.view}, windows, dst.view, options);
          });
        }
}

}  // namespace

int main(int argc, char** argv) {
  Bytes bytes(argc > 1 ? argv[1] : nullptr);
  resize(bytes);
  normalize(bytes);
  preprocess(bytes);
  return check::result();
}
