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

#include <utility>

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

// A register of results. Past is only asked for where they are aligned, and as wide as the arithmetic.
template <bool Past, class D, class Real>
PX_HD void put(D* to, Vec<Real> value) {
  if constexpr (Past) {
    store_past_caches(to, value);
  } else {
    store_rounded<D, Real>(to, value);
  }
}

// Samples before the first that begins a register's place in memory.
template <class D>
PX_HD int64_t before_aligned(const void* dst) {
  const auto past = static_cast<int64_t>(reinterpret_cast<std::uintptr_t>(dst) % vector_bytes);
  return (vector_bytes - past) % vector_bytes / static_cast<int64_t>(sizeof(D));
}

// Pages end what the processor fetches ahead by itself.
template <class S>
PX_HD void fetch_along(const S* src) {
  __builtin_prefetch(reinterpret_cast<const std::byte*>(src) + 4096);
}

// Factors and offsets of the lanes of a run of interleaved pixels; they repeat after `channels` registers.
template <class Real>
PX_HD Vec<Real> repeated(const Real* values, int64_t channels, int64_t from) {
  Vec<Real> v{};
  for (int i = 0; i < lanes<Real>; ++i) v[i] = values[(from + i) % channels];
  return v;
}

template <class Real, class S, class D, bool Past>
void interleaved(const NormalizeJob& job) {
  constexpr int most = 8;  // channels whose pattern stays in registers or in L1
  constexpr int side = lanes<Real>;
  const auto* factor = static_cast<const Real*>(job.factor);
  const auto* offset = static_cast<const Real*>(job.offset);
  const auto* src = static_cast<const S*>(job.src);
  auto* dst = static_cast<D*>(job.dst);
  const int64_t channels = job.channels, samples = job.pixels * channels;
  const int64_t lead = Past ? lesser(samples, before_aligned<D>(dst)) : 0;
  int64_t i = 0;
  Vec<Real> a[most], b[most];
  const int period = channels == 3                                     ? 3
                     : channels == 1 || channels == 2 || channels == 4 ? 4
                                                                       : static_cast<int>(channels);
  if (channels <= most) {
    for (int p = 0; p < period; ++p) {
      a[p] = repeated(factor, channels, lead + p * side);
      b[p] = repeated(offset, channels, lead + p * side);
    }
  }
  const auto one = [&] {
    sample<Real, S, D>(src + i, reinterpret_cast<std::byte*>(dst + i), factor[i % channels], offset[i % channels]);
  };
  const auto block = [&](int p) {
    put<Past, D, Real>(dst + i + p * side, load_real<Real>(src + i + p * side) * a[p] + b[p]);
  };
  for (; i < lead; ++i) one();
  if (period == 4) {
    for (; i + 4 * side <= samples; i += 4 * side) fetch_along(src + i), block(0), block(1), block(2), block(3);
  } else if (period == 3) {
    for (; i + 3 * side <= samples; i += 3 * side) fetch_along(src + i), block(0), block(1), block(2);
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
  for (; i < samples; ++i) one();
}

// Lanes First, First + Step, .. of a and b together, modulo their number.
template <int First, int Step, class V, int... I>
PX_HD V every_lane(V a, V b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(a, b, (First + Step * I) % (2 * static_cast<int>(sizeof...(I)))...);
}
template <int First, int Step, class Real>
PX_HD Vec<Real> every(Vec<Real> a, Vec<Real> b) {
  return every_lane<First, Step>(a, b, std::make_integer_sequence<int, lanes<Real>>());
}
template <int First, class Real, int... I>
PX_HD Vec<Real> thirds_lane(Vec<Real> blended, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(blended, blended, (First + 3 * I) % static_cast<int>(sizeof...(I))...);
}

// Channel C of as many RGB pixels as there are lanes, from the three registers that hold them: for each lane exactly
// one register has it, so they are blended, and the lanes put in order.
template <class Real>
struct Thirds {
  static constexpr int side = lanes<Real>;
  using Index = Vec<IndexOf<Real>>;
  Index from[3][3];  // for a channel, all ones where the lane comes from register r

  PX_HD Thirds() {
    for (int c = 0; c < 3; ++c) {
      for (int r = 0; r < 3; ++r) from[c][r] = Index{};
      for (int j = 0; j < side; ++j) from[c][(j * 3 + c) / side][(j * 3 + c) % side] = -1;
    }
  }
  template <int C>
  PX_HD Vec<Real> channel(const Vec<Real>* m) const {
    const Index blended = ((Index)m[0] & from[C][0]) | ((Index)m[1] & from[C][1]) | ((Index)m[2] & from[C][2]);
    return thirds_lane<C, Real>((Vec<Real>)blended, std::make_integer_sequence<int, side>());
  }
};

template <class Real, class S, class D, int C, bool Past>
void planar(const NormalizeJob& job) {
  constexpr int side = lanes<Real>;
  const auto* factor = static_cast<const Real*>(job.factor);
  const auto* offset = static_cast<const Real*>(job.offset);
  const auto* src = static_cast<const S*>(job.src);
  const auto plane = [&](int64_t c) { return static_cast<std::byte*>(job.dst) + c * job.dst_channel; };
  int64_t x = 0;
  const auto ones = [&](int64_t end) {
    for (; x < end; ++x) {
      for (int64_t c = 0; c < job.channels; ++c) {
        sample<Real, S, D>(src + job.channels * x + c, plane(c) + x * job.dst_pixel, factor[c], offset[c]);
      }
    }
  };
  const auto put_plane = [&](int c, Vec<Real> value) {
    put<Past, D, Real>(reinterpret_cast<D*>(plane(c)) + x, value * broadcast(factor[c]) + broadcast(offset[c]));
  };
  if constexpr (Past) ones(lesser(job.pixels, before_aligned<D>(job.dst)));
  if constexpr (C == 3) {
    const Thirds<Real> thirds;
    for (; x + side <= job.pixels; x += side) {
      fetch_along(src + C * x);
      Vec<Real> m[C];
#pragma GCC unroll 3
      for (int r = 0; r < C; ++r) m[r] = load_real<Real>(src + C * x + r * side);
      put_plane(0, thirds.template channel<0>(m));
      put_plane(1, thirds.template channel<1>(m));
      put_plane(2, thirds.template channel<2>(m));
    }
  } else if constexpr (C == 2 || C == 4) {
    // Halving: even and odd lanes of pairs of registers, once for two channels, twice for four.
    for (; x + side <= job.pixels; x += side) {
      fetch_along(src + C * x);
      Vec<Real> m[C], t[C];
#pragma GCC unroll 4
      for (int r = 0; r < C; ++r) m[r] = load_real<Real>(src + C * x + r * side);
#pragma GCC unroll 2
      for (int r = 0; r < C / 2; ++r) {
        t[r] = every<0, 2, Real>(m[2 * r], m[2 * r + 1]);
        t[r + C / 2] = every<1, 2, Real>(m[2 * r], m[2 * r + 1]);
      }
      if constexpr (C == 4) {  // t: channels 0 2, 0 2, 1 3, 1 3
        put_plane(0, every<0, 2, Real>(t[0], t[1]));
        put_plane(1, every<0, 2, Real>(t[2], t[3]));
        put_plane(2, every<1, 2, Real>(t[0], t[1]));
        put_plane(3, every<1, 2, Real>(t[2], t[3]));
      } else {
        put_plane(0, t[0]), put_plane(1, t[1]);
      }
    }
  }
  ones(job.pixels);
}

template <class Real, class S, class D, bool Past>
void run_to(const NormalizeJob& job) {
  const auto item = static_cast<std::ptrdiff_t>(sizeof(D));
  if ((job.channels == 1 || job.dst_channel == item) && job.dst_pixel == item * job.channels) {
    return interleaved<Real, S, D, Past>(job);
  }
  if (job.dst_pixel == item) {
    if (job.channels == 3) return planar<Real, S, D, 3, Past>(job);
    if (job.channels == 2) return planar<Real, S, D, 2, Past>(job);
    if (job.channels == 4) return planar<Real, S, D, 4, Past>(job);
  }
  planar<Real, S, D, 0, false>(job);
}

template <class Real, class S, class D>
void run(const NormalizeJob& job) {
  if constexpr (same<D, Real>) {
    const bool planes = job.dst_pixel == static_cast<std::ptrdiff_t>(sizeof(D));
    if (job.stream && reinterpret_cast<std::uintptr_t>(job.dst) % sizeof(D) == 0 &&
        (!planes || job.dst_channel % vector_bytes == 0)) {
      run_to<Real, S, D, true>(job);
      return finish_past_caches();
    }
  }
  run_to<Real, S, D, false>(job);
}

}  // namespace

#define PX_NORMALIZE_FROM(Real, S) \
  {run<Real, S, std::uint8_t>, run<Real, S, half>, run<Real, S, float>, run<double, S, double>}
extern constinit const NormalizeKernels normalize_kernels = {{
    PX_NORMALIZE_FROM(float, std::uint8_t),
    PX_NORMALIZE_FROM(float, std::uint16_t),
    PX_NORMALIZE_FROM(float, std::int16_t),
    PX_NORMALIZE_FROM(float, half),
    PX_NORMALIZE_FROM(float, float),
    PX_NORMALIZE_FROM(double, double),
}};

}  // namespace px::PX_TARGET
