// pyramid_down: an image blurred by 1 4 6 4 1 and halved.
//
//   dst[y][x] = sum over i, j of tap[i] tap[j] src[2 y + i - 2][2 x + j - 2] / 256, columns first
//
// Exact     The sums of core/pyramid_sums.h, in the order of the CPU's.
// Why       A thread per sample of the result. Neighbours share most of the 25 that they read, which the L1 cache
// holds. Requires  Disjoint views.

#include "bordered.cuh"
#include "core/check.h"
#include "core/pyramid_plan.h"
#include "core/pyramid_sums.h"
#include "core/with_type.h"
#include "ops.h"

namespace px::cuda {
namespace {

// of(x) is a column's sum.
template <class T, class Of>
PX_HD T across(Of&& of) {
  using W = typename PyramidWork<T>::type;
  return pyramid_sample<8, T>(five_taps<W>(of(0), of(1), of(2), of(3), of(4), W(4), W(6)));
}

template <class T>
struct Down {
  Bordered<T> src;
  Pixels dst;
  std::int64_t channels;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    using W = typename PyramidWork<T>::type;
    const auto [x, c] = sample_of(at, channels);
    const std::byte* rows[5];
    PX_UNROLL
    for (int k = 0; k < 5; ++k) rows[k] = src.row(n, 2 * y + k - 2);
    const auto sum = [&, x = x, c = c](int k) PX_HD_LAMBDA {
      const std::int64_t column = src.column(2 * x + k - 2);
      const auto one = [&](int i) PX_HD_LAMBDA { return pyramid_work<T>(src.sample(rows[i], column, c)); };
      return five_taps<W>(one(0), one(1), one(2), one(3), one(4), W(4), W(6));
    };
    store(dst.at(n, y, x, c), across<T>(sum));
  }
};

// A thread per pixel: colours times alpha, in float64.
template <class T>
struct WeightedDown {
  Bordered<T> src;
  Pixels dst;
  std::int64_t channels;
  PX_HD void operator()(std::int64_t x, std::int64_t y, std::int64_t n) const {
    const std::int64_t last = channels - 1;
    const auto total = [&](std::int64_t c) PX_HD_LAMBDA {
      const auto sum = [&](int k) PX_HD_LAMBDA {
        const std::int64_t column = src.column(2 * x + k - 2);
        const auto one = [&](int i) PX_HD_LAMBDA {
          const std::byte* const row = src.row(n, 2 * y + i - 2);
          const auto alpha = to_real<double>(src.sample(row, column, last));
          return c == last ? alpha : to_real<double>(src.sample(row, column, c)) * alpha;
        };
        return five_taps<double>(one(0), one(1), one(2), one(3), one(4), 4.0, 6.0);
      };
      return across<double>(sum);
    };
    const double alpha = total(last);
    for (std::int64_t c = 0; c < last; ++c) store(dst.at(n, y, x, c), divided_by_alpha<T>(total(c), alpha));
    store(dst.at(n, y, x, last), round_to<T>(alpha));
  }
};

}  // namespace

Status pyramid_down(Call& call, const ImageView& src, const ImageView& dst, Border border, const std::byte* value,
                    bool premultiply) {
  if (Status status = check_pyramid_down(src, dst, premultiply); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  with_type(src.dtype, [&]<class T>(T*) {
    const auto from = bordered<T>(call, src, {border, border}, value);
    if (premultiply) {
      for_each(call, {dst.w, dst.h, dst.n}, WeightedDown<T>{from, dst, dst.c});
    } else {
      for_each(call, {dst.w * dst.c, dst.h, dst.n}, Down<T>{from, dst, dst.c});
    }
  });
  return call.status();
}

}  // namespace px::cuda
