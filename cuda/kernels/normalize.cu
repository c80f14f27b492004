// normalize: one multiplication and one addition per sample, and a change of layout on the way.
//
//   dst[x][c] = round( src[x][c] * factor[c] + offset[c] )
//
// Exact     Two roundings in the type of the arithmetic (--fmad=false), then round_to() of the result's type.
// Why       The work is moving memory: a thread takes four samples of a row at once where rows are runs on both sides,
//           or four pixels of three channels where pixels become planes, so that both sides move in wide accesses.
// Requires  src and dst disjoint, or dst[x][c] exactly src[x][c] with samples of one size.

#include <type_traits>

#include "core/check.h"
#include "core/with_type.h"
#include "elements.cuh"
#include "ops.h"

namespace px::cuda {
namespace {

constexpr int at_once = 4;

template <class T>
struct alignas(at_once * sizeof(T) < 16 ? at_once * sizeof(T) : 16) Four {
  T at[at_once];
};

template <class T, class D>
struct Job {
  static constexpr bool wide = std::is_same_v<T, double> || std::is_same_v<D, double>;
  using Real = std::conditional_t<wide, double, float>;
  Pixels src, dst;
  std::int64_t width, channels;
  const Real *factor, *offset;

  PX_HD D of(T sample, std::int64_t c) const {
    return round_to<D>(static_cast<Real>(to_real<Real>(sample) * factor[c] + offset[c]));
  }
  PX_HD void one(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) const {
    store(dst.at(n, y, x, c), of(load<T>(src.at(n, y, x, c)), c));
  }
};

template <class T, class D>
struct EachSample {
  Job<T, D> job;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, job.channels);
    job.one(n, y, x, c);
  }
};

// Runs on both sides.
template <class T, class D>
struct EachFour {
  Job<T, D> job;
  PX_HD void operator()(std::int64_t item, std::int64_t y, std::int64_t n) const {
    const std::int64_t from = item * at_once, samples = job.width * job.channels;
    const T* const src = reinterpret_cast<const T*>(job.src.at(n, y, 0)) + from;
    D* const dst = reinterpret_cast<D*>(job.dst.at(n, y, 0)) + from;
    std::int64_t c = sample_of(from, job.channels).c;
    if (from + at_once > samples) {
      for (std::int64_t k = 0; from + k < samples; ++k) {
        dst[k] = job.of(src[k], c);
        c = c + 1 < job.channels ? c + 1 : 0;
      }
      return;
    }
    const Four<T> in = *reinterpret_cast<const Four<T>*>(src);
    Four<D> out;
    PX_UNROLL
    for (int k = 0; k < at_once; ++k) {
      out.at[k] = job.of(in.at[k], c);
      c = c + 1 < job.channels ? c + 1 : 0;
    }
    *reinterpret_cast<Four<D>*>(dst) = out;
  }
};

// Pixels of three samples to planes.
template <class T, class D>
struct EachFourPixels {
  static constexpr int count = 3;
  Job<T, D> job;
  PX_HD void operator()(std::int64_t item, std::int64_t y, std::int64_t n) const {
    const std::int64_t x = item * at_once;
    if (x + at_once > job.width) {
      for (std::int64_t k = x; k < job.width; ++k) {
        for (int c = 0; c < count; ++c) job.one(n, y, k, c);
      }
      return;
    }
    Four<T> in[count];
    const auto* const src = reinterpret_cast<const Four<T>*>(job.src.at(n, y, x));
    PX_UNROLL
    for (int k = 0; k < count; ++k) in[k] = src[k];
    PX_UNROLL
    for (int c = 0; c < count; ++c) {
      Four<D> out;
      PX_UNROLL
      for (int k = 0; k < at_once; ++k) {
        const int sample = count * k + c;
        out.at[k] = job.of(in[sample / at_once].at[sample % at_once], c);
      }
      *reinterpret_cast<Four<D>*>(job.dst.at(n, y, x, c)) = out;
    }
  }
};

// Whether fours of its samples can be accessed at once.
template <class T>
bool takes_fours(ImageView view) {
  view.w = 1;  // the places of pixels are told from the others
  return alignment_of(view) % static_cast<int>(alignof(Four<T>)) == 0;
}

template <class T, class D>
void run(Call& call, const ImageView& src, const ImageView& dst, const NormalizeConstants& constants) {
  using Real = typename Job<T, D>::Real;
  const auto* const factor = static_cast<const Real*>(call.table(constants.factor(), constants.bytes()));
  const Job<T, D> job{src, dst, src.w, src.c, factor, factor + src.c};
  ImageView pixels = src, values = dst;  // of one channel: how they lie does not matter where they are runs
  pixels.c = values.c = 1;
  const std::int64_t samples = src.w * src.c;
  if (is_close(src) && is_close(dst) && takes_fours<T>(pixels) && takes_fours<D>(values)) {
    return for_each(call, {(samples + at_once - 1) / at_once, src.h, src.n}, EachFour<T, D>{job});
  }
  if (src.c == 3 && is_close(src) && dst.stride_w == dst.item_size && takes_fours<T>(pixels) && takes_fours<D>(dst)) {
    return for_each(call, {(src.w + at_once - 1) / at_once, src.h, src.n}, EachFourPixels<T, D>{job});
  }
  for_each(call, {samples, src.h, src.n}, EachSample<T, D>{job});
}

}  // namespace

Status normalize(Call& call, const ImageView& src, const ImageView& dst, const NormalizeOptions& options) {
  if (Status status = check_normalize(src, dst, options); !status.is_ok()) return status;
  if (is_empty(src)) return Status::ok();
  const NormalizeConstants constants(src.dtype, dst.dtype, src.c, options);
  with_type(src.dtype, [&]<class T>(T*) {
    switch (dst.dtype) {
      case DType::u8: return run<T, std::uint8_t>(call, src, dst, constants);
      case DType::f16: return run<T, half>(call, src, dst, constants);
      case DType::f32: return run<T, float>(call, src, dst, constants);
      default: return run<T, double>(call, src, dst, constants);
    }
  });
  return call.status();
}

}  // namespace px::cuda
