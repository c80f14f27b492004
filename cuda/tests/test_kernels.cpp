// The ops of cuda/kernels, by the host runtime, give the bytes of the CPU's; images are exactly as large as their
// pixels, so that AddressSanitizer sees the first one too many. Options at random: the Python tests have them all.
#include <functional>
#include <string>
#include <vector>

#include "check.h"
#include "images.h"
#include "ops.h"
#include "ops/copy.h"
#include "ops/displacement.h"
#include "ops/morphology.h"
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
using px::Border;

void compare(const std::string& name, Image& dst, const std::function<px::Status(px::cuda::Call&)>& ours,
             const std::function<px::Status(const px::Execution&)>& cpu) {
  std::fill(dst.bytes.begin(), dst.bytes.end(), std::byte{0xa5});
  CHECK_EQUAL(cpu({}).message, "");
  const std::vector<std::byte> expected = dst.bytes;
  std::fill(dst.bytes.begin(), dst.bytes.end(), std::byte{0x5a});
  px::cuda::Call call(0, nullptr);
  CHECK_EQUAL(ours(call).message, "");
  check::report(dst.bytes == expected, __FILE__, __LINE__, name + ": other bytes than the CPU's");
}

class Cases {
 public:
  explicit Cases(std::uint64_t seed) : random_(seed) {}
  std::int64_t below(std::int64_t limit) { return static_cast<std::int64_t>(random_.next()) % limit; }
  bool coin() { return below(2) == 1; }
  double real(double low, double high) { return low + (high - low) * static_cast<double>(random_.next()) * 0x1p-32; }
  std::int64_t length() { return 1 + below(coin() ? 9 : 90); }
  DType type() { return all_types[below(6)]; }
  Image image(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, DType of) {
    return random_image(random_.next(), n, h, w, c, of, coin());
  }
  Image image(DType of) { return image(1 + below(2), length(), length(), 1 + below(5), of); }
  Border border() { return static_cast<Border>(below(5)); }
  Interpolation warped() { return all_filters[below(4)]; }

 private:
  Random random_;
};

void copy(Cases& cases) {
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  px::ImageView from = v;
  if (cases.coin()) {
    std::swap(from.h, from.w);
    std::swap(from.stride_h, from.stride_w);
  }
  if (cases.coin()) from.data += (from.h - 1) * from.stride_h, from.stride_h = -from.stride_h;
  if (cases.coin()) from.data += (from.w - 1) * from.stride_w, from.stride_w = -from.stride_w;
  Image dst(from.n, from.h, from.w, from.c, from.dtype, cases.coin());
  compare(
      named("copy", v, dst.view), dst, [&](auto& call) { return px::cuda::copy(call, from, dst.view); },
      [&](const auto& run) { return px::copy(run, from, dst.view); });
}

void pad(Cases& cases) {
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  const std::int64_t top = cases.below(40), left = cases.below(40);
  Image dst(v.n, v.h + top + cases.below(40), v.w + left + cases.below(40), v.c, v.dtype, cases.coin());
  const std::vector<std::byte> value(static_cast<std::size_t>(v.c * v.item_size), std::byte{7});
  const px::PadOptions options{top, left, cases.border(), value.data()};
  compare(
      named("pad", v, dst.view), dst, [&](auto& call) { return px::cuda::pad(call, v, dst.view, options); },
      [&](const auto& run) { return px::pad(run, v, dst.view, options); });
}

void normalize(Cases& cases) {
  constexpr DType results[] = {DType::u8, DType::f16, DType::f32, DType::f64};
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  Image dst(v.n, v.h, v.w, v.c, results[cases.below(4)], cases.coin());
  const px::NormalizeOptions options{cases.real(0.001, 2), {cases.real(-1, 1)}, {cases.real(0.1, 2)}};
  compare(
      named("normalize", v, dst.view), dst, [&](auto& call) { return px::cuda::normalize(call, v, dst.view, options); },
      [&](const auto& run) { return px::normalize(run, v, dst.view, options); });
}

void resize(Cases& cases) {
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  Image dst(v.n, cases.below(5) == 0 ? v.h : cases.length(), cases.below(5) == 0 ? v.w : cases.length(), v.c, v.dtype,
            cases.coin());
  px::ResizeOptions options{all_filters[cases.below(5)], cases.coin(), px::has_alpha(v) && cases.below(4) == 0,
                            std::nullopt};
  if (cases.below(3) == 0) {
    const auto h = static_cast<double>(v.h), w = static_cast<double>(v.w);
    options.box =
        px::Box{cases.real(0, 0.4) * w, cases.real(0, 0.4) * h, cases.real(0.6, 1) * w, cases.real(0.6, 1) * h};
  }
  compare(
      named("resize", v, dst.view), dst, [&](auto& call) { return px::cuda::resize(call, v, dst.view, options); },
      [&](const auto& run) { return px::resize(run, v, dst.view, options); });
}

void preprocess(Cases& cases) {
  const DType type = cases.type();
  const std::int64_t channels = 1 + cases.below(4), high = cases.length(), wide = cases.length();
  std::vector<Image> srcs;
  std::vector<px::ImageView> views;
  std::vector<px::Window> windows;
  std::int64_t images = 0;
  for (std::int64_t k = 1 + cases.below(4); k > 0; --k) {
    srcs.push_back(cases.image(1 + cases.below(2), cases.length(), cases.length(), channels, type));
    const px::ImageView& v = srcs.back().view;
    views.push_back(v);
    images += v.n;
    windows.push_back({cases.below(4) == 0 ? v.h : cases.length(), cases.below(4) == 0 ? v.w : cases.length(),
                       cases.below(30) - 15, cases.below(30) - 15, cases.coin()});
  }
  Image dst(images, high, wide, channels, cases.coin() ? DType::f32 : DType::f16, cases.coin());
  const px::PreprocessOptions options{all_filters[cases.below(5)], cases.coin(), {3.0}, {0.01, {0.4}, {0.3}}};
  compare(
      named("preprocess", views[0], dst.view), dst,
      [&](auto& call) { return px::cuda::preprocess(call, views, windows, dst.view, options); },
      [&](const auto& run) { return px::preprocess(run, views, windows, dst.view, options); });
}

px::WarpOptions warp_options(Cases& cases, const px::ImageView& v, const std::vector<std::byte>& value) {
  return {cases.warped(), cases.border(), value.data(), px::has_alpha(v) && cases.below(3) == 0};
}

void warp(Cases& cases) {
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  Image dst(v.n, cases.length(), cases.length(), v.c, v.dtype, cases.coin());
  std::vector<px::WarpMatrix> matrices;
  for (std::int64_t k = cases.coin() ? 1 : v.n; k > 0; --k) {
    const double shear = cases.real(-1, 1), bend = cases.coin() ? 0 : cases.real(-0.01, 0.01);
    matrices.push_back({cases.real(0.2, 2), shear, cases.real(-20, 20), -shear, 1, cases.real(-20, 20), bend, 0, 1});
  }
  const std::vector<std::byte> value(static_cast<std::size_t>(v.c * v.item_size), std::byte{7});
  const px::WarpOptions options = warp_options(cases, v, value);
  compare(
      named("warp", v, dst.view), dst, [&](auto& call) { return px::cuda::warp(call, v, dst.view, matrices, options); },
      [&](const auto& run) { return px::warp(run, v, dst.view, matrices, options); });
}

void remap(Cases& cases) {
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  Image dst(v.n, cases.length(), cases.length(), v.c, v.dtype, cases.coin());
  Image x(1, dst.view.h, dst.view.w, 1, DType::f32, false), y = x;
  y.view.data = y.bytes.data();
  for (Image* const map : {&x, &y}) {
    for (std::size_t at = 0; at < map->bytes.size(); at += 4) {
      const auto point = static_cast<float>(cases.real(-15, 100));
      std::memcpy(map->bytes.data() + at, &point, 4);
    }
  }
  const px::Maps maps{x.view, y.view, px::MapType::f32, cases.coin()};
  const std::vector<std::byte> value(static_cast<std::size_t>(v.c * v.item_size), std::byte{7});
  const px::WarpOptions options = warp_options(cases, v, value);
  compare(
      named("remap", v, dst.view), dst, [&](auto& call) { return px::cuda::remap(call, v, dst.view, maps, options); },
      [&](const auto& run) { return px::remap(run, v, dst.view, maps, options); });
}

std::vector<std::byte> pixel(const px::ImageView& v) {
  return std::vector<std::byte>(static_cast<std::size_t>(v.c * v.item_size), std::byte{7});
}

void pyramids(Cases& cases) {
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  const bool premultiply = px::has_alpha(v) && cases.coin();
  const Border border = cases.border();
  const std::vector<std::byte> value = pixel(v);
  Image half(v.n, (v.h + 1) / 2, (v.w + 1) / 2, v.c, v.dtype, cases.coin());
  compare(
      named("pyramid_down", v, half.view), half,
      [&](auto& call) { return px::cuda::pyramid_down(call, v, half.view, border, value.data(), premultiply); },
      [&](const auto& run) { return px::pyramid_down(run, v, half.view, border, value.data(), premultiply); });
  Image twice(v.n, 2 * v.h - cases.below(2), 2 * v.w - cases.below(2), v.c, v.dtype, cases.coin());
  compare(
      named("pyramid_up", v, twice.view), twice,
      [&](auto& call) { return px::cuda::pyramid_up(call, v, twice.view, premultiply); },
      [&](const auto& run) { return px::pyramid_up(run, v, twice.view, premultiply); });
}

void displacement(Cases& cases) {
  Image field(2, cases.length(), cases.length(), 1, DType::f32, false);
  const double sigma = cases.coin() ? 0 : cases.real(0, 12);
  compare(
      named("displacement", field.view, field.view), field,
      [&](auto& call) { return px::cuda::displacement(call, field.view, 7, sigma, 3.5); },
      [&](const auto& run) { return px::displacement(run, field.view, 7, sigma, 3.5); });
}

std::vector<px::ElementBox> boxes(Cases& cases, std::int64_t most, std::int64_t side) {
  std::vector<px::ElementBox> list;
  for (std::int64_t k = 1 + cases.below(most); k > 0; --k) {
    list.push_back({cases.below(9) - 4, cases.below(9) - 4, 1 + cases.below(side), 1 + cases.below(side)});
  }
  return list;
}

void morphology(Cases& cases) {
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  Image dst(v.n, v.h, v.w, v.c, v.dtype, cases.coin());
  const std::vector<std::byte> value = pixel(v);
  const bool raised = cases.below(4) == 0;
  px::MorphologyOptions options{static_cast<px::MorphologyKind>(cases.below(7)),
                                boxes(cases, 4,
                                      raised         ? 1
                                      : cases.coin() ? 4
                                                     : 40),
                                {},
                                {cases.border(), cases.border()},
                                value.data()};
  for (std::size_t k = 0; raised && k < options.boxes.size(); ++k) options.heights.push_back(cases.real(-9, 9));
  compare(
      named("morphology", v, dst.view), dst,
      [&](auto& call) { return px::cuda::morphology(call, v, dst.view, options); },
      [&](const auto& run) { return px::morphology(run, v, dst.view, options); });
}

void rank(Cases& cases) {
  Image src = cases.image(cases.type());
  const px::ImageView& v = src.view;
  Image dst(v.n, v.h, v.w, v.c, v.dtype, cases.coin());
  Image mask = cases.image(v.n, v.h, v.w, 1, DType::u8);
  const std::vector<std::byte> value = pixel(v);
  px::RankOptions options{boxes(cases, 2, 6), 0, {cases.border(), cases.border()}, value.data(), {}};
  if (const std::int64_t side = 3 + 2 * cases.below(3); cases.coin()) {  // a median in registers
    options.boxes = {{-side / 2, -side / 2, side, side}};
    options.rank = side * side / 2;
  } else if (cases.coin()) {
    for (std::byte& one : mask.bytes) one &= std::byte{1};
    options.mask = mask.view;
  }
  compare(
      named("rank", v, dst.view), dst, [&](auto& call) { return px::cuda::rank(call, v, dst.view, options); },
      [&](const auto& run) { return px::rank(run, v, dst.view, options); });
}

}  // namespace

int main() {
  constexpr void (*ops[])(Cases&) = {copy,  pad,      normalize,    resize,     preprocess, warp,
                                     remap, pyramids, displacement, morphology, rank};
  Cases cases(20261123);
  for (int turn = 0; turn < 120; ++turn) {
    for (const auto op : ops) op(cases);
  }
  return check::result();
}
