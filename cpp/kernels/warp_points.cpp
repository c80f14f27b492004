// warp_points: for each pixel of the result, the point of the image that it looks at.
//
// Exact     docs/warp.md: int64 coordinates with fixed anchors, added as two halves and a carry; maps are split into
// the
//           nearest whole number and the rest, which is exact in their own type, and the rest is rounded to the
//           fraction. Both round ties to even: a whole number of fractions is even, so that the rest's ties are the
//           point's.
// Why       64 points at a time, in lanes: nothing here depends on what the image holds.
// Requires  At most warp_run points.
// Tail      The body: whole registers are computed, of which the points beyond the count are nobody's.

#include "kernels/warp_points.h"

#include <utility>

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::byte;
using std::int32_t;
using std::int64_t;
using std::ptrdiff_t;
using std::uint32_t;

using Ints = Vec<int32_t>;
constexpr int at_once = lanes<int32_t>;

// ---- bounds

template <int By, int... I>
PX_HD Ints turned(Ints v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, ((I + By) % at_once)...);
}
PX_HD Ints least(Ints a, Ints b) { return a < b ? a : b; }
// The least of each place of a block.
template <int By = at_once / 2>
PX_HD Ints least_of_blocks(Ints v) {
  if constexpr (By < 4) {
    return v;
  } else {
    return least_of_blocks<By / 2>(least(v, turned<By>(v, std::make_integer_sequence<int, at_once>{})));
  }
}

// The bounds of whole pixels as they are found, the upper ones inverted.
struct Bounds {
  Ints low_x = broadcast(INT32_MAX), low_y = low_x, not_high_x = low_x, not_high_y = low_x;

  PX_HD void add(Ints x, Ints y) {
    low_x = least(low_x, x);
    low_y = least(low_y, y);
    not_high_x = least(not_high_x, ~x);
    not_high_y = least(not_high_y, ~y);
  }
  PX_HD void put(WarpPoints* points) const {
    const Ints low = least(zip_low(low_x, low_y), zip_high(low_x, low_y));
    const Ints high = least(zip_low(not_high_x, not_high_y), zip_high(not_high_x, not_high_y));
    const Ints all = least_of_blocks(least((Ints)zip_low_bytes<8>((Bytes)low, (Bytes)high),
                                           (Ints)zip_high_bytes<8>((Bytes)low, (Bytes)high)));
    points->low_x = all[0];
    points->low_y = all[1];
    points->high_x = ~all[2];
    points->high_y = ~all[3];
  }
};

// ---- affine

void anchors(const double* m, int64_t half, WarpTile* tile) {
  const auto x = static_cast<double>(tile->x), y = static_cast<double>(tile->y);
  const auto axis = [&](const double* row, int64_t* to) {
    for (int64_t r = 0; r < tile->rows; ++r) {
      const double at = row[0] * x + (row[1] * (y + static_cast<double>(r)) + row[2]);
      const double low = at < -warp_farthest ? -warp_farthest : at, near = low > warp_farthest ? warp_farthest : low;
      to[r] = __builtin_llrint(near * 0x1p32) + half;
    }
  };
  axis(m, tile->anchor_x);
  axis(m + 3, tile->anchor_y);
}

PX_HD void affine_axis(int64_t anchor, const WarpSteps& steps, int bits, int end, int32_t* whole, uint32_t* fraction) {
  using Halves = Vec<uint32_t>;
  const auto low = broadcast(static_cast<uint32_t>(anchor));
  const auto high = broadcast(static_cast<int32_t>(anchor >> 32));
#pragma GCC unroll 2
  for (int j = 0; j < end; j += at_once) {
    const auto step = load<Halves>(steps.low + j), sum = low + step;
    store(whole + j, high + load<Ints>(steps.high + j) - (Ints)(sum < step));  // a carry is -1
    if (bits != 0) store(fraction + j, sum >> (32 - bits));
  }
}

void affine(int64_t anchor_x, int64_t anchor_y, const WarpSteps& steps_x, const WarpSteps& steps_y, int bits,
            WarpPoints* points) {
  const int half = warp_run / 2, computed = points->count > half ? warp_run : half;
  affine_axis(anchor_x, steps_x, bits, computed, points->x, points->fx);
  affine_axis(anchor_y, steps_y, bits, computed, points->y, points->fy);
  points->some_nowhere = false;
  for (int k = 0; k < 2; ++k) {
    const int32_t x = steps_x.high[16 * k + 15], y = steps_y.high[16 * k + 15];  // rounded down
    points->apart_x[k] = greater(x + 1, -x);
    points->apart_y[k] = greater(y + 1, -y);
  }
  const int64_t end = points->count - 1;  // between the ends of a line
  points->low_x = lesser(points->x[0], points->x[end]);
  points->high_x = greater(points->x[0], points->x[end]);
  points->low_y = lesser(points->y[0], points->y[end]);
  points->high_y = greater(points->y[0], points->y[end]);
}

// ---- points that are numbers: float32, float64, or int32 in units of 2^-14

// Points of lanes<int32_t> pixels: one register, or two of doubles.
template <class T>
struct Group {
  Vec<T> part[sizeof(T) / 4];
};

struct Split {
  Ints whole, fraction;
};

// NaN comes out as the farthest to the left.
template <class Real>
PX_HD Vec<Real> within_reach(Vec<Real> points) {
  constexpr auto farthest = static_cast<Real>(warp_farthest);
  return lesser_real(greater_real(points, broadcast(-farthest)), broadcast(farthest));
}

// Points to so many fractional bits, 32 for doubles only.
PX_HD Split split(const Group<float>& points, int bits) {
  const Vec<float> near = within_reach<float>(points.part[0]), nearest = round_even(near), rest = near - nearest;
  const Ints whole = __builtin_convertvector(nearest, Ints);
  if (bits == 0) return {whole - (Ints)(rest >= 0.5f), Ints{}};
  const Ints fixed = __builtin_convertvector(round_even(rest * static_cast<float>(1 << bits)), Ints);
  return {whole + (fixed >> 31), fixed & ((1 << bits) - 1)};
}

template <int... I>
PX_HD Ints low_halves(Vec<int64_t> a, Vec<int64_t> b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector((Ints)a, (Ints)b, (2 * I)...);
}
PX_HD Ints low_halves(const Vec<int64_t>* two) {
  return low_halves(two[0], two[1], std::make_integer_sequence<int, at_once>{});
}

PX_HD Split split(const Group<double>& points, int bits) {
  using Longs = Vec<int64_t>;
  constexpr double shift = 0x1.8p52;  // a sum with it is rounded, and its low half is what was added, as an integer
  const auto unit = static_cast<double>(int64_t{1} << bits);
  Longs wholes[2], fixed[2];
#pragma GCC unroll 2
  for (int k = 0; k < 2; ++k) {
    const Vec<double> near = within_reach<double>(points.part[k]), sum = near + shift, rest = near - (sum - shift);
    wholes[k] = (Longs)sum;
    fixed[k] = bits == 0 ? (Longs)(rest >= 0.5) : (Longs)(rest * unit + shift);
  }
  const Ints whole = low_halves(wholes), low = low_halves(fixed);
  if (bits == 0) return {whole - low, Ints{}};
  if (bits < 32) return {whole + (low >> 31), low & ((1 << bits) - 1)};
  const auto zero = (Longs)broadcast(shift);
  const Longs negative[2] = {(Longs)(fixed[0] < zero), (Longs)(fixed[1] < zero)};
  return {whole + low_halves(negative), low};
}

// Integers whose low halves are floor(point + 1/2), of points within 2^26.
PX_HD Vec<int64_t> half_up(Vec<double> points) {
  constexpr double shift = 0x1.8p52;
#if defined(PX_HAS_ADD_DOWN)
  return (Vec<int64_t>)add_down(add_down(points, broadcast(0.5)), broadcast(shift));
#else
  const Vec<double> sum = points + shift, rest = points - (sum - shift);
  return (Vec<int64_t>)sum - (Vec<int64_t>)(rest >= 0.5);
#endif
}

PX_HD Split split(const Group<int32_t>& points, int bits) {
  const Ints whole = points.part[0] >> 14, rest = points.part[0] & 0x3fff;
  if (bits == 0) return {whole + (rest >> 13), Ints{}};
  if (bits >= 14) return {whole, rest << (bits - 14)};
  const int drop = 14 - bits;
  const Ints rounded = (rest + ((1 << (drop - 1)) - 1) + ((rest >> drop) & 1)) >> drop;
  return {whole + (rounded >> bits), rounded & ((1 << bits) - 1)};
}

// at(j, x, y) gives the points from the j-th on.
template <class T, class At>
PX_HD void round_points(At&& at, int bits, WarpPoints* points) {
  Bounds bounds;
  Group<T> x, y;
  const auto count = static_cast<int>(points->count);
  for (int j = 0; j < count; j += at_once) {
    at(j, x, y);
    const Split in_x = split(x, bits), in_y = split(y, bits);
    bounds.add(in_x.whole, in_y.whole);
    store(points->x + j, in_x.whole);
    store(points->y + j, in_y.whole);
    if (bits == 0) continue;
    store(points->fx + j, in_x.fraction);
    store(points->fy + j, in_y.fraction);
  }
  bounds.put(points);
  points->some_nowhere = false;
  points->apart_x[0] = points->apart_x[1] = points->apart_y[0] = points->apart_y[1] = -1;
  if (same<T, int32_t> || lesser(points->low_x, points->low_y) > static_cast<int32_t>(-warp_farthest)) return;
  for (int j = 0; j < count; ++j) {
    if (j % at_once == 0) at(j, x, y);
    const T one = x.part[j % at_once / lanes<T>][j % lanes<T>], two = y.part[j % at_once / lanes<T>][j % lanes<T>];
    points->nowhere[j] = !(one == one) || !(two == two);
    points->some_nowhere |= points->nowhere[j] != 0;
  }
}

// ---- matrices

// The columns from x on.
template <int... I>
PX_HD Vec<double> columns(double x, std::integer_sequence<int, I...>) {
  return broadcast(x) + Vec<double>{static_cast<double>(I)...};
}
PX_HD Vec<double> columns(double x) { return columns(x, std::make_integer_sequence<int, lanes<double>>{}); }

void columns(const double* m, WarpTile* tile) {
  const auto x = static_cast<double>(tile->x);
  for (int j = 0; j < warp_run; ++j) {
    const double at = x + static_cast<double>(j);
    tile->right[j] = m[0] * at;
    tile->down[j] = m[3] * at;
    tile->scale[j] = m[6] * at;
  }
  // Each of the three sums goes one way along a row and along a column, rounded as it is. So none is beyond its four
  // corners, the divisor is no closer to zero, and no point is farther than the farthest corner by the least divisor.
  double farthest = 0.0, least = __builtin_inf(), greatest = -least;
  for (const int64_t y : {tile->y, tile->y + tile->rows - 1}) {
    const auto at = static_cast<double>(y);
    const double right = m[1] * at + m[2], down = m[4] * at + m[5], scale = m[7] * at + m[8];
    for (const int j : {0, warp_run - 1}) {
      const double divisor = tile->scale[j] + scale;
      farthest = greater(farthest, greater(__builtin_fabs(tile->right[j] + right), __builtin_fabs(tile->down[j] + down)));
      least = lesser(least, divisor);
      greatest = greater(greatest, divisor);
    }
  }
  const double divisor = least > 0.0 ? least : greatest < 0.0 ? -greatest : 0.0;
  tile->is_near = farthest * (1.0 / divisor) < 0x1p26;  // not, if that is not a number
}

// Points within 2^26: added to a number of the right size, they are rounded to whole fractions by the addition.
template <bool ToWhole>
PX_HD void near_points(const WarpTile& tile, double right, double down, double scale, int bits, WarpPoints* points) {
  using Longs = Vec<int64_t>;
  const Vec<double> shift = broadcast(1.5 * static_cast<double>(int64_t{1} << (52 - bits)));
  const auto origin = broadcast(static_cast<int32_t>(((Longs)shift)[0] >> bits));
  const Ints mask = broadcast((1 << bits) - 1);
  const auto count = static_cast<int>(points->count);
  Bounds bounds;
  for (int j = 0; j < count; j += at_once) {
    Longs x[2], y[2];
#pragma GCC unroll 2
    for (int k = 0; k < 2; ++k) {
      const int i = j + k * lanes<double>;
      const Vec<double> reciprocal = 1.0 / (load<Vec<double>>(tile.scale + i) + scale);
      const Vec<double> in_x = (load<Vec<double>>(tile.right + i) + right) * reciprocal;
      const Vec<double> in_y = (load<Vec<double>>(tile.down + i) + down) * reciprocal;
      x[k] = ToWhole ? half_up(in_x) : (Longs)(in_x + shift);
      y[k] = ToWhole ? half_up(in_y) : (Longs)(in_y + shift);
    }
    Ints whole_x = low_halves(x), whole_y = low_halves(y);
    if constexpr (!ToWhole) {
      store(points->fx + j, whole_x & mask);
      store(points->fy + j, whole_y & mask);
      const Longs high_x[2] = {x[0] >> bits, x[1] >> bits}, high_y[2] = {y[0] >> bits, y[1] >> bits};
      whole_x = low_halves(high_x) - origin;
      whole_y = low_halves(high_y) - origin;
    }
    store(points->x + j, whole_x);
    store(points->y + j, whole_y);
    bounds.add(whole_x, whole_y);
  }
  bounds.put(points);
  points->some_nowhere = false;
  points->apart_x[0] = points->apart_x[1] = points->apart_y[0] = points->apart_y[1] = -1;
}

void matrix(const double* m, bool is_affine, const WarpTile& tile, int64_t row, int bits, WarpPoints* points) {
  const auto y = static_cast<double>(tile.y + row), from = static_cast<double>(tile.x);
  const double right = m[1] * y + m[2], down = m[4] * y + m[5], scale = m[7] * y + m[8];
  const double mx = m[0], my = m[3], mz = m[6];
  if (!is_affine && bits < 32 && tile.is_near) {
    if (bits == 0) return near_points<true>(tile, right, down, scale, bits, points);
    return near_points<false>(tile, right, down, scale, bits, points);
  }
  const auto at = [&](int j, Group<double>& to_x, Group<double>& to_y) {
#pragma GCC unroll 2
    for (int k = 0; k < 2; ++k) {
      const Vec<double> x = columns(from + static_cast<double>(j + k * lanes<double>));
      to_x.part[k] = mx * x + right;
      to_y.part[k] = my * x + down;
      if (is_affine) continue;
      const Vec<double> reciprocal = 1.0 / (mz * x + scale);
      to_x.part[k] = to_x.part[k] * reciprocal;
      to_y.part[k] = to_y.part[k] * reciprocal;
    }
  };
  round_points<double>(at, bits, points);
}

// ---- maps

template <class T, int... I>
PX_HD Vec<T> numbered(std::integer_sequence<int, I...>) {
  return Vec<T>{static_cast<T>(I)...};
}

// One axis of a run of maps, whole registers of which can be read: beyond its end the last point again.
template <class T>
struct Row {
  alignas(64) T own[warp_run];
  const byte* at;

  Row(const byte* from, ptrdiff_t stride, int64_t count) : at(from) {
    constexpr auto size = static_cast<ptrdiff_t>(sizeof(T));
    if (stride == size && count % at_once == 0) return;
    at = reinterpret_cast<const byte*>(own);
    if (stride == size) {  // by whole registers, as they are read
      const Vec<T> last = broadcast(load<T>(from + (count - 1) * size));
      for (int64_t j = 0; j < count; j += at_once) {
#pragma GCC unroll 2
        for (int64_t i = j; i < j + at_once; i += lanes<T>) {
          const auto rest = static_cast<T>(count - i);
          const auto bytes =
              static_cast<std::size_t>(lesser<int64_t>(greater<int64_t>(count - i, 0) * size, vector_bytes));
          const auto points = load_part<Vec<T>>(from + lesser(i, count) * size, bytes);
          store(own + i, numbered<T>(std::make_integer_sequence<int, lanes<T>>{}) < rest ? points : last);
        }
      }
      return;
    }
    for (int64_t j = 0; j < count; ++j) own[j] = load<T>(from + j * stride);
    for (int64_t j = count; j % at_once != 0; ++j) own[j] = own[count - 1];
  }
  template <class V>
  PX_HD V get(int j) const {
    return load<V>(at + j * static_cast<ptrdiff_t>(sizeof(T)));
  }
};

// Lanes of doubles from those of T.
PX_HD Vec<double> doubles(const Row<double>& row, int j) { return row.get<Vec<double>>(j); }
PX_HD Vec<double> doubles(const Row<float>& row, int j) {
  return __builtin_convertvector(row.get<Narrow<float, double>>(j), Vec<double>);
}
PX_HD Vec<double> doubles(const Row<int32_t>& row, int j) {
  return __builtin_convertvector(row.get<Narrow<int32_t, double>>(j), Vec<double>) * 0x1p-14;
}

template <class T>
PX_HD void map_by_doubles(const WarpMap& from, int64_t first, int64_t row, int bits, WarpPoints* points) {
  const Row<T> in_x(from.x, from.stride_x, points->count), in_y(from.y, from.stride_y, points->count);
  const auto left = static_cast<double>(first), top = static_cast<double>(row);
  const auto at = [&](int j, Group<double>& x, Group<double>& y) {
#pragma GCC unroll 2
    for (int k = 0; k < 2; ++k) {
      const int i = j + k * lanes<double>;
      x.part[k] = doubles(in_x, i);
      y.part[k] = doubles(in_y, i);
      if (!from.relative) continue;
      x.part[k] = columns(left + static_cast<double>(i)) + x.part[k];
      y.part[k] = top + y.part[k];
    }
  };
  round_points<double>(at, bits, points);
}

template <class T>
PX_HD void map_as_it_is(const WarpMap& from, int bits, WarpPoints* points) {
  const Row<T> in_x(from.x, from.stride_x, points->count), in_y(from.y, from.stride_y, points->count);
  const auto at = [&](int j, Group<T>& x, Group<T>& y) {
    x.part[0] = in_x.template get<Vec<T>>(j);
    y.part[0] = in_y.template get<Vec<T>>(j);
  };
  round_points<T>(at, bits, points);
}

void map(const WarpMap& from, int64_t first, int64_t row, int bits, WarpPoints* points) {
  switch (from.type) {
    case MapType::f32:
      if (from.relative || bits == 32) return map_by_doubles<float>(from, first, row, bits, points);
      return map_as_it_is<float>(from, bits, points);
    case MapType::f64: return map_by_doubles<double>(from, first, row, bits, points);
    case MapType::i32:
      if (from.relative) return map_by_doubles<int32_t>(from, first, row, bits, points);
      return map_as_it_is<int32_t>(from, bits, points);
  }
}

}  // namespace

extern constinit const WarpPointKernels warp_points_kernels = {anchors, columns, affine, matrix, map};

}  // namespace px::PX_TARGET
