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
#include <utility>
#include <vector>

#include "check.h"
#include "core/execution.h"
#include "images.h"
#include "ops/box.h"
#include "ops/copy.h"
#include "ops/correlate.h"
#include "ops/displacement.h"
#include "ops/magnitude.h"
#include "ops/normalize.h"
#include "ops/pad.h"
#include "ops/preprocess.h"
#include "ops/pyramid_down.h"
#include "ops/pyramid_up.h"
#include "ops/rank.h"
#include "ops/remap.h"
#include "ops/resize.h"
#include "ops/warp.h"

namespace {

using namespace images;

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

constexpr px::Border all_borders[] = {px::Border::constant, px::Border::edge, px::Border::reflect,
                                      px::Border::symmetric, px::Border::wrap};

void warps(Bytes& bytes) {
  const std::vector<px::WarpMatrix> matrices = {
      {1, 0.02, -3, -0.02, 1, 2, 0, 0, 1},               // most of it inside
      {0.4, 0.7, 3.25, -0.7, 0.4, 30, 0, 0, 1},          // steep, half of it outside
      {-1, 0, 96, 0, -1, 40, 0, 0, 1},                   // pixels to pixels
      {1.02, 0.1, -5, 0.03, 0.97, 1, 0.003, -0.002, 1},  // a perspective
      {1, 0, 0, 0, 1, 0, 0.05, 0, -1},                   // whose denominator crosses zero
  };
  std::uint64_t seed = 300000;
  for (const DType type : all_types)
    for (const Interpolation filter :
         {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic, Interpolation::lanczos})
      for (const std::int64_t channels : {1, 2, 3, 4})
        for (const px::WarpMatrix& matrix : matrices) {
          ++seed;
          const bool planar = seed % 3 == 0;
          const Image src = random_image(seed, 1, 41, 97, channels, type, planar);
          const Image value = random_image(seed, 1, 1, 1, channels, type, false);
          Image dst(1, 43, 131, channels, type, planar);
          const px::WarpOptions options{filter, all_borders[seed % 5], value.bytes.data(),
                                        (channels == 2 || channels == 4) && seed % 2 == 0};
          bytes.compare(named("warp", src.view, dst.view), dst, [&](const px::Execution& execution) {
            return px::warp(execution, src.view, dst.view, {matrix}, options);
          });
          Image x(1, 43, 131, 1, DType::f32, false), y(1, 43, 131, 1, DType::f32, false);
          Random random(seed);
          for (Image* map : {&x, &y}) {
            for (std::size_t i = 0; i < map->bytes.size(); i += 4) {
              const float point = static_cast<float>(random.next() % 110000) / 1000.0f - 5.0f;
              std::memcpy(map->bytes.data() + i, &point, 4);
            }
          }
          const px::Maps maps{x.view, y.view, px::MapType::f32, seed % 2 == 1};
          bytes.compare(named("remap", src.view, dst.view), dst, [&](const px::Execution& execution) {
            return px::remap(execution, src.view, dst.view, maps, options);
          });
        }
}

void moves(Bytes& bytes) {
  std::uint64_t seed = 400000;
  for (const DType type : all_types)
    for (const std::int64_t channels : {1, 2, 3, 4, 6})
      for (const std::int64_t width : {1, 5, 16, 21, 64, 67, 200}) {
        ++seed;
        const Image src = random_image(seed, 1, 35, width, channels, type, false);
        const Image value = random_image(seed, 1, 1, 1, channels, type, false);
        const auto copied = [&](const char* name, const px::ImageView& view, bool planar) {
          Image dst(1, view.h, view.w, channels, type, planar);
          bytes.compare(named(name, view, dst.view), dst,
                        [&](const px::Execution& execution) { return px::copy(execution, view, dst.view); });
        };
        px::ImageView flipped = src.view;
        flipped.data += (width - 1) * flipped.stride_w;
        flipped.stride_w = -flipped.stride_w;
        copied("flip", flipped, false);
        px::ImageView turned = flipped;
        std::swap(turned.h, turned.w);
        std::swap(turned.stride_h, turned.stride_w);
        copied("rot90", turned, false);
        turned.data = src.view.data + 34 * src.view.stride_h;
        turned.stride_h = src.view.stride_w;
        turned.stride_w = -src.view.stride_h;
        copied("rot270", turned, false);
        copied("planes", src.view, true);
        const Image planes = random_image(seed, 1, 35, width, channels, type, true);
        copied("pixels", planes.view, false);
        for (const px::Border border : all_borders) {
          Image padded(1, 35 + 9, width + 70, channels, type, false);
          const px::PadOptions options{4, 31, border, value.bytes.data()};
          bytes.compare(named("pad", src.view, padded.view), padded, [&](const px::Execution& execution) {
            return px::pad(execution, src.view, padded.view, options);
          });
          Image half(1, 18, (width + 1) / 2, channels, type, false);
          bytes.compare(named("pyramid_down", src.view, half.view), half, [&](const px::Execution& execution) {
            return px::pyramid_down(execution, src.view, half.view, border, value.bytes.data(), false);
          });
        }
        Image twice(1, 69, 2 * width, channels, type, seed % 2 == 0);
        bytes.compare(named("pyramid_up", src.view, twice.view), twice, [&](const px::Execution& execution) {
          return px::pyramid_up(execution, src.view, twice.view, false);
        });
      }
  for (const double sigma : {0.0, 1.5, 9.0}) {
    Image field(2, 37, 71, 1, DType::f32, false);
    bytes.compare(named("displacement", field.view, field.view), field, [&](const px::Execution& execution) {
      return px::displacement(execution, field.view, 77, sigma, 50.0);
    });
  }
}

// A box of taps; weights of integers are whole and small.
std::vector<px::Tap> box(std::int64_t height, std::int64_t width, bool whole) {
  std::vector<px::Tap> taps;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const auto turn = static_cast<double>((y * 7 + x * 5) % 11 - 4);
      taps.push_back(
          {static_cast<double>(y - height / 2), static_cast<double>(x - width / 3), whole ? turn : turn / 37});
    }
  return taps;
}

void sums(Bytes& bytes) {
  struct Sizes {
    std::int64_t h, w;
  };
  constexpr Sizes boxes[] = {{1, 1}, {3, 3}, {2, 5}, {7, 7}, {18, 5}, {2, 40}}, lines[] = {{9, 7}, {40, 3}, {1, 41}};
  constexpr px::Border borders[] = {px::Border::constant, px::Border::reflect, px::Border::wrap};
  std::uint64_t seed = 4000;
  for (const DType type : all_types)
    for (const std::int64_t width : {1, 33, 713}) {
      const std::int64_t channels = 1 + static_cast<std::int64_t>(++seed % 4);
      const Image src = random_image(seed, 2, 19, width, channels, type, seed % 3 == 0);
      const Image value = random_image(seed + 1, 1, 1, 1, channels, type, false);
      const px::Borders border{borders[seed % 3], borders[(seed + 1) % 3]};
      const auto arithmetic = type == DType::u8    ? px::SumArithmetic::integer
                              : type == DType::f64 ? px::SumArithmetic::f64
                                                   : px::SumArithmetic::f32;
      const bool whole = type == DType::u8;
      const auto compare = [&](const std::vector<px::SumPass>& passes, DType result) {
        Image dst(2, 19, width, channels, result, seed % 2 == 0);
        const px::CorrelateOptions options{arithmetic, passes, border, value.bytes.data()};
        bytes.compare(named("correlate", src.view, dst.view), dst, [&](const px::Execution& execution) {
          return px::correlate(execution, src.view, dst.view, options);
        });
      };
      for (const Sizes& size : boxes) {
        const std::vector<px::Tap> taps = box(size.h, size.w, whole);
        compare({{taps, 3}}, type);
        compare({{taps, 3}}, DType::i16);
        if (type != DType::f64) compare({{taps, 3}}, DType::f32);
      }
      for (const Sizes& size : lines) {
        const std::vector<px::Tap> column = box(size.h, 1, whole);
        std::vector<px::Tap> row = box(1, size.w, whole);
        if (!whole) {
          compare({{column, 4}, {row, 6}}, type);
          continue;
        }
        compare({{row, 4}, {column, 6}}, type);
        compare({{row, 4}, {column, 6}}, DType::i16);
        for (std::size_t k = 0; k < row.size() / 2; ++k) row[k].weight = row[row.size() - 1 - k].weight;
        compare({{row, 4}, {column, 6}}, type);
      }
      const DType real = type == DType::f64 ? DType::f64 : DType::f32;
      Image length(2, 19, width, channels, real, false);
      const std::vector<px::Tap> x = box(3, 2, whole), y = box(2, 3, whole);
      const px::CorrelateOptions along_x{arithmetic, {{x, 1}}, border, value.bytes.data()};
      const px::CorrelateOptions along_y{arithmetic, {{y, 1}}, border, value.bytes.data()};
      bytes.compare(named("magnitude", src.view, length.view), length, [&](const px::Execution& execution) {
        return px::magnitude(execution, src.view, length.view, real, along_x, along_y);
      });
    }
}

// Windows of each kind of sum, whole and masked.
void boxes(Bytes& bytes) {
  using px::BoxRows, px::SumType;
  const std::vector<std::vector<px::BoxLine>> levels = {{{0, 0}, {0, 1}, {0, 2}}, {{1, 0}, {1, 3}, {0, 6}}};
  std::uint64_t seed = 500000;
  for (const DType type : all_types)
    for (const std::int64_t channels : {1, 2, 3, 4})
      for (const std::int64_t rows : {1, 3, 9, 40}) {
        ++seed;
        const bool integers = type == DType::u8 || type == DType::u16 || type == DType::i16;
        const SumType sums = integers ? (type == DType::u8 && rows < 20 ? SumType::u16 : SumType::i32)
                                      : (type == DType::f64 ? SumType::f64 : SumType::f32);
        const BoxRows down = integers    ? BoxRows::slide
                             : rows < 8  ? BoxRows::order
                             : rows < 33 ? BoxRows::eight
                                         : BoxRows::blocks;
        const Image src = random_image(seed, 1, 45, 97, channels, type, seed % 3 == 0);
        const Image value = random_image(seed, 1, 1, 1, channels, type, false);
        Image mask = random_image(seed, 1, 45, 97, 1, DType::u8, false);
        for (std::byte& one : mask.bytes) one &= std::byte{1};
        Image dst(1, 45, 97, channels, type, seed % 5 == 0);
        for (const bool masked : {false, true}) {
          px::BoxOptions options{masked && integers ? SumType::i32 : sums,
                                 down,
                                 -(rows / 2),
                                 -3,
                                 rows,
                                 7,
                                 std::min<std::int64_t>(rows, 6),
                                 levels,
                                 {all_borders[seed % 5], all_borders[seed / 5 % 5]},
                                 value.bytes.data(),
                                 {}};
          if (masked) options.mask = mask.view;
          bytes.compare(named("box", src.view, dst.view), dst, [&](const px::Execution& execution) {
            return px::box(execution, src.view, dst.view, options);
          });
        }
      }
}

// Medians of every way, whole and masked: networks, histograms, and bit by bit.
void ranks(Bytes& bytes) {
  const std::vector<std::vector<px::ElementBox>> footprints = {
      {{-1, -1, 3, 3}},   {{-2, -4, 5, 5}}, {{-3, -3, 7, 7}},    {{-4, -4, 9, 9}},
      {{-8, -8, 16, 17}}, {{-1, -1, 2, 3}}, {{-130, 0, 260, 1}}, {{-1, 0, 1, 2}, {0, -5, 1, 7}}};
  std::uint64_t seed = 600000;
  for (const DType type : all_types)
    for (const std::int64_t channels : {1, 3, 4})
      for (const auto& boxes : footprints) {
        ++seed;
        const Image src = random_image(seed, 1, 25, 150, channels, type, seed % 3 == 0);
        const Image value = random_image(seed, 1, 1, 1, channels, type, false);
        Image mask = random_image(seed, 1, 25, 150, 1, DType::u8, false);
        for (std::byte& one : mask.bytes) one &= std::byte{1};
        Image dst(1, 25, 150, channels, type, seed % 5 == 0);
        std::int64_t pixels = 0;
        for (const px::ElementBox& box : boxes) pixels += box.rows * box.columns;
        for (const bool masked : {false, true}) {
          px::RankOptions options{
              boxes, pixels / 2, {all_borders[seed % 5], all_borders[seed / 5 % 5]}, value.bytes.data(), {}};
          if (masked) options.mask = mask.view;
          bytes.compare(named("rank", src.view, dst.view), dst, [&](const px::Execution& execution) {
            return px::rank(execution, src.view, dst.view, options);
          });
        }
      }
}

}  // namespace

int main(int argc, char** argv) {
  Bytes bytes(argc > 1 ? argv[1] : nullptr);
  resize(bytes);
  normalize(bytes);
  preprocess(bytes);
  warps(bytes);
  moves(bytes);
  sums(bytes);
  boxes(bytes);
  ranks(bytes);
  return check::result();
}
