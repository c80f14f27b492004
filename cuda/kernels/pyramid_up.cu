// pyramid_up: an image doubled, and blurred by four times 1 4 6 4 1.
//
//   Zeros come between the pixels, so an even position has three taps (1 6 1) and an odd one two (4 4): along the rows,
//   then down the columns. The doubled grid is mirrored about its edges.
//
// Exact     The sums of core/pyramid_sums.h, in the order of the CPU's.
// Why       A thread per sample of the result, which reads nine at most.
// Requires  Disjoint views.

#include "core/border.h"
#include "core/check.h"
#include "core/pyramid_plan.h"
#include "core/pyramid_sums.h"
#include "core/with_type.h"
#include "launch.cuh"
#include "ops.h"

namespace px::cuda {
namespace {

// The pixel that position `at` of the grid of pixels is, mirrored.
PX_HD std::int64_t mirrored_pixel(std::int64_t at, std::int64_t side) {
  return border_index(2 * at, 2 * side, Border::reflect) / 2;
}

// of(i, j) is the sample of pixel (i, j), where i and j are -1, 0 or 1 from (y / 2, x / 2).
template <class W, class Of>
PX_HD W risen(bool odd_y, bool odd_x, Of&& of) {
  const auto across = [&](int i) PX_HD_LAMBDA {
    return odd_x ? odd_taps<W>(of(i, 0), of(i, 1), W(4)) : even_taps<W>(of(i, -1), of(i, 0), of(i, 1), W(6));
  };
  return odd_y ? odd_taps<W>(across(0), across(1), W(4)) : even_taps<W>(across(-1), across(0), across(1), W(6));
}

template <class T>
struct Up {
  Pixels src, dst;
  std::int64_t height, width, channels;  // of src
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    const auto one = [&, x = x, c = c](int i, int j) PX_HD_LAMBDA {
      return pyramid_work<T>(
          load<T>(src.at(n, mirrored_pixel(y / 2 + i, height), mirrored_pixel(x / 2 + j, width), c)));
    };
    using W = typename PyramidWork<T>::type;
    store(dst.at(n, y, x, c), pyramid_sample<6, T>(risen<W>(y % 2 != 0, x % 2 != 0, one)));
  }
};

// A thread per pixel: colours times alpha, in float64.
template <class T>
struct WeightedUp {
  Pixels src, dst;
  std::int64_t height, width, channels;
  PX_HD void operator()(std::int64_t x, std::int64_t y, std::int64_t n) const {
    const std::int64_t last = channels - 1;
    const auto total = [&](std::int64_t c) PX_HD_LAMBDA {
      const auto one = [&](int i, int j) PX_HD_LAMBDA {
        const std::int64_t row = mirrored_pixel(y / 2 + i, height), column = mirrored_pixel(x / 2 + j, width);
        const auto alpha = to_real<double>(load<T>(src.at(n, row, column, last)));
        return c == last ? alpha : to_real<double>(load<T>(src.at(n, row, column, c))) * alpha;
      };
      return pyramid_sample<6, double>(risen<double>(y % 2 != 0, x % 2 != 0, one));
    };
    const double alpha = total(last);
    for (std::int64_t c = 0; c < last; ++c) store(dst.at(n, y, x, c), divided_by_alpha<T>(total(c), alpha));
    store(dst.at(n, y, x, last), round_to<T>(alpha));
  }
};

}  // namespace

Status pyramid_up(Call& call, const ImageView& src, const ImageView& dst, bool premultiply) {
  if (Status status = check_pyramid_up(src, dst, premultiply); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  with_type(src.dtype, [&]<class T>(T*) {
    if (premultiply) {
      for_each(call, {dst.w, dst.h, dst.n}, WeightedUp<T>{src, dst, src.h, src.w, src.c});
    } else {
      for_each(call, {dst.w * dst.c, dst.h, dst.n}, Up<T>{src, dst, src.h, src.w, src.c});
    }
  });
  return call.status();
}

}  // namespace px::cuda
