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

#include <type_traits>
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

// The bounds of whole pixels as they are found.
struct Bounds {
  Ints low_x = broadcast(INT32_MAX), low_y = low_x, high_x = ~low_x, high_y = ~low_x;

  PX_HD void add(Ints x, Ints y) {
    low_x = least(low_x, x);
    low_y = least(low_y, y);
    high_x = high_x > x ? high_x : x;
    high_y = high_y > y ? high_y : y;
  }
  // And what is said of points that were found one by one, all of them numbers.
  PX_HD void put(const WarpTile& tile, WarpPoints* points) const {
    const Ints low = least(zip_low(low_x, low_y), zip_high(low_x, low_y));
    const Ints high = least(zip_low(~high_x, ~high_y), zip_high(~high_x, ~high_y));
    const Ints all = least_of_blocks(
        least((Ints)zip_low_bytes<8>((Bytes)low, (Bytes)high), (Ints)zip_high_bytes<8>((Bytes)low, (Bytes)high)));
    points->low_x = all[0];
    points->low_y = all[1];
    points->high_x = ~all[2];
    points->high_y = ~all[3];
    const int64_t end = points->count - 1;
    points->along_x = points->x[end] - points->x[0];
    points->along_y = points->y[end] - points->y[0];
    points->placed = tile.wants_places;
    points->some_nowhere = false;
    points->apart_x[0] = points->apart_x[1] = points->apart_y[0] = points->apart_y[1] = -1;
  }
};

// Where pixels lie, if the tile wants that.
struct Placing {
  Vec<uint32_t> column, row, origin;
  bool wanted;

  PX_HD Placing(const WarpTile& tile)
      : column(broadcast(tile.column)),
        row(broadcast(tile.row)),
        origin(broadcast(tile.origin)),
        wanted(tile.wants_places) {}

  PX_HD void put(int j, Ints x, Ints y, WarpPoints* points) const {
    store(points->place + j, (Vec<uint32_t>)x * column + ((Vec<uint32_t>)y * row + origin));
  }
};

// ---- affine

template <int... I>
PX_HD Ints low_halves(Vec<int64_t> a, Vec<int64_t> b, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector((Ints)a, (Ints)b, (2 * I)...);
}
PX_HD Ints low_halves(const Vec<int64_t>* two) {
  return low_halves(two[0], two[1], std::make_integer_sequence<int, at_once>{});
}

template <int... I>
PX_HD Vec<int64_t> multiples(int64_t of, std::integer_sequence<int, I...>) {
  return Vec<int64_t>{I * of...};
}

void steps(int64_t step, WarpSteps* to) {
  using Longs = Vec<int64_t>;
  const int64_t along = lanes<int64_t> * step;
  Longs two[2] = {multiples(step, std::make_integer_sequence<int, lanes<int64_t>>{}), Longs{}};
  two[1] = two[0] + along;
  for (int j = 0; j < warp_run; j += at_once) {
    const Longs high[2] = {two[0] >> 32, two[1] >> 32};
    store(to->low + j, low_halves(two));
    store(to->high + j, low_halves(high));
    two[0] += 2 * along;
    two[1] += 2 * along;
  }
}

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

// What is added to a row of a table to have the points of a run.
struct Axis {
  const WarpSteps& steps;
  Vec<uint32_t> low;
  Ints high;

  PX_HD Axis(int64_t anchor, const WarpSteps& of)
      : steps(of), low(broadcast(static_cast<uint32_t>(anchor))), high(broadcast(static_cast<int32_t>(anchor >> 32))) {}

  PX_HD Ints at(int j, Vec<uint32_t>& fraction) const {
    const auto step = load<Vec<uint32_t>>(steps.low + j);
    fraction = low + step;
    return high + load<Ints>(steps.high + j) - (Ints)(fraction < step);  // a carry is -1
  }
};

// Whether a run of whole pixels begins and ends beyond the same side.
PX_HD bool lies_beyond(int32_t low, int32_t high, int32_t side) {
  return high < -warp_reach || low >= side + warp_reach;
}

bool affine(const WarpTile& tile, int64_t row, int bits, WarpPoints* points) {
  const WarpSteps &steps_x = *tile.steps_x, &steps_y = *tile.steps_y;
  const int64_t anchor_x = tile.anchor_x[row], anchor_y = tile.anchor_y[row], end = points->count - 1;
  const auto last = [&](int64_t anchor, const WarpSteps& steps) {
    return static_cast<int32_t>((anchor + (int64_t{steps.high[end]} * (int64_t{1} << 32) + steps.low[end])) >> 32);
  };
  const auto first_x = static_cast<int32_t>(anchor_x >> 32), first_y = static_cast<int32_t>(anchor_y >> 32);
  const int32_t last_x = last(anchor_x, steps_x), last_y = last(anchor_y, steps_y);
  points->along_x = last_x - first_x;
  points->along_y = last_y - first_y;
  points->low_x = lesser(first_x, last_x);
  points->high_x = greater(first_x, last_x);
  points->low_y = lesser(first_y, last_y);
  points->high_y = greater(first_y, last_y);
  points->placed = tile.wants_places;
  points->some_nowhere = false;
  const bool inside =
      points->low_x >= 0 && points->low_y >= 0 && points->high_x < tile.width - 1 && points->high_y < tile.height;
  if (!inside && tile.may_be_lost &&
      (lies_beyond(points->low_x, points->high_x, tile.width) ||
       lies_beyond(points->low_y, points->high_y, tile.height))) {
    return false;
  }
  for (int k = 0; k < 2; ++k) {
    const int32_t x = steps_x.high[16 * k + 15], y = steps_y.high[16 * k + 15];  // rounded down
    points->apart_x[k] = greater(x + 1, -x);
    points->apart_y[k] = greater(y + 1, -y);
  }

  const Axis in_x(anchor_x, steps_x), in_y(anchor_y, steps_y);
  const Placing placing(tile);
  const int half = warp_run / 2, computed = end >= half ? warp_run : half;
  const auto find = [&](auto has_points, auto has_fractions, auto has_places) {
#pragma GCC unroll 2
    for (int j = 0; j < computed; j += at_once) {
      Vec<uint32_t> fx, fy;
      const Ints x = in_x.at(j, fx), y = in_y.at(j, fy);
      if constexpr (decltype(has_points)::value) {
        store(points->x + j, x);
        store(points->y + j, y);
      }
      if constexpr (decltype(has_fractions)::value) {
        store(points->fx + j, fx >> (32 - bits));
        store(points->fy + j, fy >> (32 - bits));
      }
      if constexpr (decltype(has_places)::value) placing.put(j, x, y, points);
    }
  };
  constexpr std::bool_constant<true> yes;
  constexpr std::bool_constant<false> no;
  if (bits != 0) {
    tile.wants_places ? find(yes, yes, yes) : find(yes, yes, no);
  } else if (inside && !tile.wants_points && points->high_y - points->low_y >= tile.rows_at_most) {
    find(no, no, yes);
  } else {
    tile.wants_places ? find(yes, no, yes) : find(yes, no, no);
  }
  return true;
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
PX_HD Vec<int64_t> half_up_low(Vec<double> points) {
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
PX_HD void round_points(const WarpTile& tile, At&& at, int bits, WarpPoints* points) {
  const Placing placing(tile);
  Bounds bounds;
  Group<T> x, y;
  const auto count = static_cast<int>(points->count);
  for (int j = 0; j < count; j += at_once) {
    at(j, x, y);
    const Split in_x = split(x, bits), in_y = split(y, bits);
    bounds.add(in_x.whole, in_y.whole);
    store(points->x + j, in_x.whole);
    store(points->y + j, in_y.whole);
    if (placing.wanted) placing.put(j, in_x.whole, in_y.whole, points);
    if (bits == 0) continue;
    store(points->fx + j, in_x.fraction);
    store(points->fy + j, in_y.fraction);
  }
  bounds.put(tile, points);
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
  const int64_t rows[2] = {tile->y, tile->y + tile->rows - 1};
  const int ends[2] = {0, warp_run - 1};
  for (const int64_t y : rows) {
    const auto at = static_cast<double>(y);
    const double right = m[1] * at + m[2], down = m[4] * at + m[5], scale = m[7] * at + m[8];
    for (const int j : ends) {
      const double divisor = tile->scale[j] + scale;
      farthest =
          greater(farthest, greater(__builtin_fabs(tile->right[j] + right), __builtin_fabs(tile->down[j] + down)));
      least = lesser(least, divisor);
      greatest = greater(greatest, divisor);
    }
  }
  const double closest = least > 0.0 ? least : -greatest;
  tile->is_near = closest > 0.0 && farthest * (1.0 / closest) < 0x1p26;
}

// Points within 2^26: added to a number of the right size, they are rounded to whole fractions by the addition.
template <bool ToWhole>
PX_HD void near_points(const WarpTile& tile, double right, double down, double scale, int bits, WarpPoints* points) {
  using Longs = Vec<int64_t>;
  const Vec<double> shift = broadcast(1.5 * static_cast<double>(int64_t{1} << (52 - bits)));
  const auto origin = broadcast(static_cast<int32_t>(((Longs)shift)[0] >> bits));
  const Ints mask = broadcast((1 << bits) - 1);
  const auto count = static_cast<int>(points->count);
  const Placing placing(tile);
  Bounds bounds;
  for (int j = 0; j < count; j += at_once) {
    Longs x[2], y[2];
#pragma GCC unroll 2
    for (int k = 0; k < 2; ++k) {
      const int i = j + k * lanes<double>;
      const Vec<double> by = 1.0 / (load<Vec<double>>(tile.scale + i) + scale);
      const Vec<double> in_x = (load<Vec<double>>(tile.right + i) + right) * by;
      const Vec<double> in_y = (load<Vec<double>>(tile.down + i) + down) * by;
      x[k] = ToWhole ? half_up_low(in_x) : (Longs)(in_x + shift);
      y[k] = ToWhole ? half_up_low(in_y) : (Longs)(in_y + shift);
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
    if (placing.wanted) placing.put(j, whole_x, whole_y, points);
    bounds.add(whole_x, whole_y);
  }
  bounds.put(tile, points);
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
  round_points<double>(tile, at, bits, points);
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
PX_HD void map_by_doubles(const WarpMap& from, const WarpTile& tile, int64_t row, int bits, WarpPoints* points) {
  const Row<T> in_x(from.x, from.stride_x, points->count), in_y(from.y, from.stride_y, points->count);
  const auto left = static_cast<double>(tile.x), top = static_cast<double>(tile.y + row);
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
  round_points<double>(tile, at, bits, points);
}

#if defined(PX_HAS_ADD_DOWN)
// Whole pixels of a map of float32. False where some are far, or no numbers.
PX_HD bool whole_points(const WarpTile& tile, const Row<float>& in_x, const Row<float>& in_y, WarpPoints* points) {
  const auto count = static_cast<int>(points->count);
  const Placing placing(tile);
  Bounds bounds;
#pragma GCC unroll 4
  for (int j = 0; j < count; j += at_once) {
    const Ints x = half_up(in_x.get<Vec<float>>(j)), y = half_up(in_y.get<Vec<float>>(j));
    store(points->x + j, x);
    store(points->y + j, y);
    if (placing.wanted) placing.put(j, x, y, points);
    bounds.add(x, y);
  }
  bounds.put(tile, points);
  constexpr auto farthest = static_cast<int32_t>(warp_farthest);
  return lesser(points->low_x, points->low_y) > -farthest && greater(points->high_x, points->high_y) < farthest;
}
#endif

template <class T>
PX_HD void map_as_it_is(const WarpMap& from, const WarpTile& tile, int bits, WarpPoints* points) {
  const Row<T> in_x(from.x, from.stride_x, points->count), in_y(from.y, from.stride_y, points->count);
#if defined(PX_HAS_ADD_DOWN)
  if constexpr (same<T, float>) {
    if (bits == 0 && whole_points(tile, in_x, in_y, points)) return;
  }
#endif
  const auto at = [&](int j, Group<T>& x, Group<T>& y) {
    x.part[0] = in_x.template get<Vec<T>>(j);
    y.part[0] = in_y.template get<Vec<T>>(j);
  };
  round_points<T>(tile, at, bits, points);
}

void map(const WarpMap& from, const WarpTile& tile, int64_t row, int bits, WarpPoints* points) {
  switch (from.type) {
    case MapType::f32:
      if (from.relative || bits == 32) return map_by_doubles<float>(from, tile, row, bits, points);
      return map_as_it_is<float>(from, tile, bits, points);
    case MapType::f64: return map_by_doubles<double>(from, tile, row, bits, points);
    case MapType::i32:
      if (from.relative) return map_by_doubles<int32_t>(from, tile, row, bits, points);
      return map_as_it_is<int32_t>(from, tile, bits, points);
  }
}

}  // namespace

extern constinit const WarpPointKernels warp_points_kernels = {steps, anchors, columns, affine, matrix, map};

}  // namespace px::PX_TARGET
