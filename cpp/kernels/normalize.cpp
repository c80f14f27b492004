// normalize: one multiplication and one addition per sample, and a change of layout on the way.
//
//   dst[x][c] = round( src[x][c] * factor[c] + offset[c] )
//
// Exact     Two roundings in the type of the arithmetic, then round_to() of the result's type; the same everywhere.
// Why       The work is moving memory, so what matters is that interleaved pixels become planes within registers:
//           for an odd number of channels, channel c of `lanes` pixels lies in different lanes of `channels`
//           registers, so blending them and one permutation gather it.
// Requires  src and dst disjoint, or dst[x][c] exactly src[x][c] with samples of one size.
// Tail      sample(), the scalar formula.

#include "kernels/normalize.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int32_t;
using std::int64_t;

template <int Size>
struct Signed {
  using type = int64_t;
};
template <>
struct Signed<4> {
  using type = int32_t;
};
template <class Real>
using IndexOf = typename Signed<sizeof(Real)>::type;

template <class Real, class S, class D>
PX_HD void sample(const S* src, std::byte* dst, Real factor, Real offset) {
  store(dst, round_to<D>(static_cast<Real>(to_real<Real>(load<S>(src)) * factor + offset)));
}

// Factors and offsets of the lanes of a run of interleaved pixels; they repeat after `channels` registers.
template <class Real>
PX_HD Vec<Real> repeated(const Real* values, int64_t channels, int64_t from) {
  Vec<Real> v{};
  for (int i = 0; i < lanes<Real>; ++i) v[i] = values[(from + i) % channels];
  return v;
}

template <class Real, class S, class D>
void interleaved(const NormalizeJob& job) {
  constexpr int most = 8;  // channels whose pattern stays in registers or in L1
  constexpr int side = lanes<Real>;
  const auto* factor = static_cast<const Real*>(job.factor);
  const auto* offset = static_cast<const Real*>(job.offset);
  const auto* src = static_cast<const S*>(job.src);
  auto* dst = static_cast<D*>(job.dst);
  const int64_t channels = job.channels, samples = job.pixels * channels;
  int64_t i = 0;
  Vec<Real> a[most], b[most];
  const int period = channels == 3 ? 3 : channels == 1 || channels == 2 || channels == 4 ? 4 : static_cast<int>(channels);
  if (channels <= most) {
    for (int p = 0; p < period; ++p) {
      a[p] = repeated(factor, channels, p * side);
      b[p] = repeated(offset, channels, p * side);
    }
  }
  const auto block = [&](int p) {
    store_rounded<D, Real>(dst + i + p * side, load_real<Real>(src + i + p * side) * a[p] + b[p]);
  };
  if (period == 4) {
    for (; i + 4 * side <= samples; i += 4 * side) block(0), block(1), block(2), block(3);
  } else if (period == 3) {
    for (; i + 3 * side <= samples; i += 3 * side) block(0), block(1), block(2);
  } else if (period <= most) {
    for (; i + period * side <= samples; i += period * side) {
      for (int p = 0; p < period; ++p) block(p);
    }
  }
  if (channels > most) {
    for (int64_t x = 0; x < samples; x += channels) {
      for (int64_t c = 0; c < channels; ++c) {
        sample<Real, S, D>(src + x + c, reinterpret_cast<std::byte*>(dst + x + c), factor[c], offset[c]);
      }
    }
    return;
  }
  for (; i < samples; ++i) {
    sample<Real, S, D>(src + i, reinterpret_cast<std::byte*>(dst + i), factor[i % channels], offset[i % channels]);
  }
}

// Channel c of `side` pixels from the C registers that hold them, C odd: for each lane exactly one register has it.
template <int C, class Real>
struct Gather {
  static constexpr int side = lanes<Real>;
  using Index = Vec<IndexOf<Real>>;
  Index take[C];          // after blending, which lane goes where
  Index from[C][C];       // all ones where the lane comes from register r

  PX_HD Gather() {
    for (int c = 0; c < C; ++c) {
      for (int r = 0; r < C; ++r) from[c][r] = Index{};
      for (int j = 0; j < side; ++j) {
        const int at = j * C + c;
        take[c][j] = at % side;
        from[c][at / side][at % side] = -1;
      }
    }
  }
  PX_HD Vec<Real> operator()(const Vec<Real>* m, int c) const {
    Index blended = (Index)m[0] & from[c][0];
#pragma GCC unroll 3
    for (int r = 1; r < C; ++r) blended |= (Index)m[r] & from[c][r];
    return (Vec<Real>)__builtin_shuffle(blended, take[c]);
  }
};

template <class Real, class S, class D, int C>
void planar(const NormalizeJob& job) {
  constexpr int side = lanes<Real>;
  const auto* factor = static_cast<const Real*>(job.factor);
  const auto* offset = static_cast<const Real*>(job.offset);
  const auto* src = static_cast<const S*>(job.src);
  const auto plane = [&](int64_t c) { return static_cast<std::byte*>(job.dst) + c * job.dst_channel; };
  int64_t x = 0;
  if constexpr (C == 3) {
    const Gather<C, Real> gather;
    for (; x + side <= job.pixels; x += side) {
      Vec<Real> m[C];
#pragma GCC unroll 3
      for (int r = 0; r < C; ++r) m[r] = load_real<Real>(src + C * x + r * side);
#pragma GCC unroll 3
      for (int c = 0; c < C; ++c) {
        store_rounded<D, Real>(reinterpret_cast<D*>(plane(c)) + x, gather(m, c) * broadcast(factor[c]) + broadcast(offset[c]));
      }
    }
  } else if constexpr (C == 2 || C == 4) {
    // Halving: even and odd lanes of pairs of registers, once for two channels, twice for four.
    using Index = Vec<IndexOf<Real>>;
    Index even{}, odd{};
    for (int i = 0; i < side; ++i) even[i] = 2 * i, odd[i] = 2 * i + 1;
    for (; x + side <= job.pixels; x += side) {
      Vec<Real> m[C], t[C];
#pragma GCC unroll 4
      for (int r = 0; r < C; ++r) m[r] = load_real<Real>(src + C * x + r * side);
#pragma GCC unroll 2
      for (int r = 0; r < C / 2; ++r) {
        t[r] = __builtin_shuffle(m[2 * r], m[2 * r + 1], even);
        t[r + C / 2] = __builtin_shuffle(m[2 * r], m[2 * r + 1], odd);
      }
      if constexpr (C == 4) {  // t: channels 0 2, 0 2, 1 3, 1 3
        m[0] = __builtin_shuffle(t[0], t[1], even);
        m[2] = __builtin_shuffle(t[0], t[1], odd);
        m[1] = __builtin_shuffle(t[2], t[3], even);
        m[3] = __builtin_shuffle(t[2], t[3], odd);
      } else {
        m[0] = t[0], m[1] = t[1];
      }
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        store_rounded<D, Real>(reinterpret_cast<D*>(plane(c)) + x, m[c] * broadcast(factor[c]) + broadcast(offset[c]));
      }
    }
  }
  for (; x < job.pixels; ++x) {
    for (int64_t c = 0; c < job.channels; ++c) {
      sample<Real, S, D>(src + job.channels * x + c, plane(c) + x * job.dst_pixel, factor[c], offset[c]);
    }
  }
}

template <class Real, class S, class D>
void run(const NormalizeJob& job) {
  const auto item = static_cast<std::ptrdiff_t>(sizeof(D));
  if ((job.channels == 1 || job.dst_channel == item) && job.dst_pixel == item * job.channels) {
    return interleaved<Real, S, D>(job);
  }
  if (job.dst_pixel == item) {
    if (job.channels == 3) return planar<Real, S, D, 3>(job);
    if (job.channels == 2) return planar<Real, S, D, 2>(job);
    if (job.channels == 4) return planar<Real, S, D, 4>(job);
  }
  planar<Real, S, D, 0>(job);
}

}  // namespace

#define PX_NORMALIZE_FROM(Real, S) \
  { run<Real, S, std::uint8_t>, run<Real, S, half>, run<Real, S, float>, run<double, S, double> }
extern constinit const NormalizeKernels normalize_kernels = {{
    PX_NORMALIZE_FROM(float, std::uint8_t),
    PX_NORMALIZE_FROM(float, std::uint16_t),
    PX_NORMALIZE_FROM(float, std::int16_t),
    PX_NORMALIZE_FROM(float, half),
    PX_NORMALIZE_FROM(float, float),
    PX_NORMALIZE_FROM(double, double),
}};

}  // namespace px::PX_TARGET
