// pyramid: Burt and Adelson's five taps 1 4 6 4 1, downwards and upwards.
//
// Exact     Integers: sums of at most 65535 * 256 in int32, rounded once. Floats: in the order written, everywhere.
// Why       Down, the columns come first, in whole rows: the only pass over all pixels has neighbouring lanes, and the
//           strided pass has a quarter of the work. Up, it is the other way round. The compiler vectorises these loops.
// Requires  dst disjoint from what is read.
// Tail      The same loops.

#include "kernels/pyramid.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int32_t;
using std::int64_t;

template <class T>
struct WorkOf {
  using type = int32_t;
};
template <>
struct WorkOf<half> {
  using type = float;
};
template <>
struct WorkOf<float> {
  using type = float;
};
template <>
struct WorkOf<double> {
  using type = double;
};
template <class T>
using Work = typename WorkOf<T>::type;

template <class T>
PX_HD Work<T> widened(T sample) {
  return to_real<Work<T>>(sample);
}

template <class T, int Bits>
PX_HD T finished(Work<T> sum) {
  if constexpr (same<Work<T>, int32_t>) {
    return static_cast<T>((sum + (1 << (Bits - 1))) >> Bits);
  } else {
    return round_to<T>(sum * Work<T>(1.0 / (1 << Bits)));
  }
}

template <class W>
PX_HD W five(W a, W b, W c, W d, W e) {
  return ((a + e) + W(4) * (b + d)) + W(6) * c;
}

template <class T>
void down_rows(const void* const rows[5], void* work, int64_t samples) {
  const auto *a = static_cast<const T*>(rows[0]), *b = static_cast<const T*>(rows[1]);
  const auto *c = static_cast<const T*>(rows[2]), *d = static_cast<const T*>(rows[3]);
  const auto* e = static_cast<const T*>(rows[4]);
  auto* __restrict to = static_cast<Work<T>*>(work);
  for (int64_t i = 0; i < samples; ++i) {
    to[i] = five(widened(a[i]), widened(b[i]), widened(c[i]), widened(d[i]), widened(e[i]));
  }
}

template <class T, int C>
void down_columns_of(const Work<T>* from, T* __restrict dst, int64_t pixels, int64_t channels) {
  const int64_t count = C > 0 ? C : channels;
  for (int64_t x = 0; x < pixels; ++x) {
    for (int64_t c = 0; c < count; ++c) {
      const Work<T>* at = from + 2 * x * count + c;
      dst[x * count + c] = finished<T, 8>(five(at[0], at[count], at[2 * count], at[3 * count], at[4 * count]));
    }
  }
}
template <class T>
void down_columns(const void* work, void* dst, int64_t pixels, int64_t channels) {
  const auto* from = static_cast<const Work<T>*>(work);
  auto* to = static_cast<T*>(dst);
  if (channels == 1) return down_columns_of<T, 1>(from, to, pixels, 1);
  if (channels == 3) return down_columns_of<T, 3>(from, to, pixels, 3);
  if (channels == 4) return down_columns_of<T, 4>(from, to, pixels, 4);
  down_columns_of<T, 0>(from, to, pixels, channels);
}

template <class T, int C>
void up_columns_of(const T* from, Work<T>* __restrict to, int64_t pixels, int64_t channels) {
  const int64_t count = C > 0 ? C : channels;
  int64_t x = 0;
  for (; x + 2 <= pixels; x += 2) {
    for (int64_t c = 0; c < count; ++c) {
      const T* at = from + x / 2 * count + c;
      const Work<T> before = widened(at[0]), here = widened(at[count]), after = widened(at[2 * count]);
      to[x * count + c] = (before + after) + Work<T>(6) * here;
      to[(x + 1) * count + c] = Work<T>(4) * (here + after);
    }
  }
  for (int64_t c = 0; c < count && x < pixels; ++c) {
    const T* at = from + x / 2 * count + c;
    to[x * count + c] = (widened(at[0]) + widened(at[2 * count])) + Work<T>(6) * widened(at[count]);
  }
}
template <class T>
void up_columns(const void* src, void* work, int64_t pixels, int64_t channels) {
  const auto* from = static_cast<const T*>(src);
  auto* to = static_cast<Work<T>*>(work);
  if (channels == 1) return up_columns_of<T, 1>(from, to, pixels, 1);
  if (channels == 3) return up_columns_of<T, 3>(from, to, pixels, 3);
  if (channels == 4) return up_columns_of<T, 4>(from, to, pixels, 4);
  up_columns_of<T, 0>(from, to, pixels, channels);
}

template <class T>
void up_rows(const void* before, const void* here, const void* after, void* dst, int64_t samples, bool odd) {
  const auto *a = static_cast<const Work<T>*>(before), *b = static_cast<const Work<T>*>(here);
  const auto* c = static_cast<const Work<T>*>(after);
  auto* __restrict to = static_cast<T*>(dst);
  if (odd) {
    for (int64_t i = 0; i < samples; ++i) to[i] = finished<T, 6>(Work<T>(4) * (b[i] + c[i]));
  } else {
    for (int64_t i = 0; i < samples; ++i) to[i] = finished<T, 6>((a[i] + c[i]) + Work<T>(6) * b[i]);
  }
}

}  // namespace

#define PX_EVERY_TYPE(f) {f<std::uint8_t>, f<std::uint16_t>, f<std::int16_t>, f<half>, f<float>, f<double>}
extern constinit const PyramidKernels pyramid_kernels = {PX_EVERY_TYPE(down_rows), PX_EVERY_TYPE(down_columns),
                                                         PX_EVERY_TYPE(up_columns), PX_EVERY_TYPE(up_rows)};

}  // namespace px::PX_TARGET
