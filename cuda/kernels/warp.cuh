// Warps (docs/warp.md): a pixel of the result looks at a point of the image, whose fractions become weights.
//
//   out(x, y) = sum w(k) * image(whole(x, y) + k)
//
// Exact     docs/warp.md is the definition; this is it for one pixel, where cpp/kernels/warp_*.cpp have registers.
// Why       A thread per pixel: point and weights are found once for all channels. Blocks of 32 x 8 pixels read what
//           lies together at any angle, through the caches. No textures, whose fractions have 8 bits.
// Requires  Sides of at most 2^29; src and dst disjoint.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/warp_integers.h"
#include "core/warp_plan.h"
#include "core/warp_weights.h"
#include "core/with_type.h"
#include "elements.cuh"

namespace px::cuda {

// ---- points

// A pixel of the image and fractions, in units of 2^-bits.
struct Point {
  std::int64_t x, y;
  std::uint32_t fx, fy;
  bool nowhere = false;
};

PX_HD double clamped(double point) { return lesser(greater(point, -warp_farthest), warp_farthest); }

PX_HD void round_point(double point, int bits, std::int64_t& whole, std::uint32_t& fraction) {
  const double near = clamped(point == point ? point : 0.0);
  if (bits == 0) {
    const double below = floor_of(near);
    whole = static_cast<std::int64_t>(below) + (near - below >= 0.5);
    fraction = 0;
    return;
  }
  const std::int64_t fixed = llrint(near * static_cast<double>(std::int64_t{1} << bits));  // ties to even
  whole = fixed >> bits;
  fraction = static_cast<std::uint32_t>(fixed & ((std::int64_t{1} << bits) - 1));
}

PX_HD Point rounded(double x, double y, int bits) {
  Point point;
  round_point(x, bits, point.x, point.fx);
  round_point(y, bits, point.y, point.fy);
  point.nowhere = !(x == x) || !(y == y);
  return point;
}

// From result to image, with the steps of an affine one in units of 2^-32.
struct Matrix {
  double m[9];
  std::int64_t step_x, step_y;
  bool affine;
};

struct ByMatrix {
  Matrix one;
  const Matrix* list;  // one per image, or null
  int bits;
  bool anchors;

  PX_HD Point operator()(std::int64_t n, std::int64_t x, std::int64_t y) const {
    const Matrix& matrix = list != nullptr ? list[n] : one;
    const double* const m = matrix.m;
    const auto row = static_cast<double>(y);
    if (matrix.affine && anchors) {
      const std::int64_t x0 = x - x % warp_run, half = std::int64_t{1} << (31 - bits);
      const auto column = static_cast<double>(x0);
      const auto axis = [&](const double* of, std::int64_t step) {
        return llrint(clamped(of[0] * column + (of[1] * row + of[2])) * 0x1p32) + half + step * (x - x0);
      };
      const std::int64_t at_x = axis(m, matrix.step_x), at_y = axis(m + 3, matrix.step_y);
      const auto fraction = [&](std::int64_t at) {
        return bits == 0 ? 0u : static_cast<std::uint32_t>(at) >> (32 - bits);
      };
      return {at_x >> 32, at_y >> 32, fraction(at_x), fraction(at_y)};
    }
    const auto column = static_cast<double>(x);
    double px = m[0] * column + (m[1] * row + m[2]), py = m[3] * column + (m[4] * row + m[5]);
    if (!matrix.affine) {
      const double reciprocal = 1.0 / (m[6] * column + (m[7] * row + m[8]));
      px = px * reciprocal;
      py = py * reciprocal;
    }
    return rounded(px, py, bits);
  }
};

struct ByMaps {
  Pixels x_map, y_map;  // stride_n is 0 where one serves all images
  MapType type;
  bool relative;
  int bits;

  PX_HD double value(const std::byte* at) const {
    switch (type) {
      case MapType::f32: return static_cast<double>(load<float>(at));
      case MapType::f64: return load<double>(at);
      default: return static_cast<double>(load<std::int32_t>(at)) * 0x1p-14;
    }
  }
  PX_HD Point operator()(std::int64_t n, std::int64_t x, std::int64_t y) const {
    double px = value(x_map.at(n, y, x)), py = value(y_map.at(n, y, x));
    if (relative) {
      px = static_cast<double>(x) + px;
      py = static_cast<double>(y) + py;
    }
    return rounded(px, py, bits);
  }
};

// ---- weights

template <class Work>
PX_HD void bicubic_weights(Work t, Work* w) {
  w[0] = ((Work(-0.5) * t + Work(1.0)) * t - Work(0.5)) * t;
  w[1] = (Work(1.5) * t - Work(2.5)) * t * t + Work(1.0);
  w[2] = ((Work(-1.5) * t + Work(2.0)) * t + Work(0.5)) * t;
  w[3] = (Work(0.5) * t - Work(0.5)) * t * t;
}

// Newton's form through the nodes of the fraction's interval.
template <class Work>
PX_HD void lanczos_weights(std::uint32_t fraction, const WarpTables* tables, Work* w) {
  constexpr bool narrow = std::is_same_v<Work, float>;
  constexpr int nodes = narrow ? warp_nodes_f32 : warp_nodes_f64, rest_bits = (narrow ? 24 : 32) - warp_intervals;
  const std::uint32_t interval = fraction >> rest_bits;
  const std::int64_t rest = std::int64_t{nodes - 1} * (fraction & ((1u << rest_bits) - 1));
  const Work position = static_cast<Work>(rest) * static_cast<Work>(1.0 / (1u << rest_bits));
  const auto entry = [&](int order, int tap) -> Work {
    if constexpr (narrow) {
      return tables->f32[order][interval][tap];
    } else {
      return tables->f64[order][interval][tap];
    }
  };
  for (int tap = 0; tap < 6; ++tap) {
    Work total = entry(nodes - 1, tap);
    for (int order = nodes - 2; order >= 0; --order) {
      total = total * (position - static_cast<Work>(order)) + entry(order, tap);
    }
    w[tap] = total;
  }
}

template <class Work, int Taps>
PX_HD void weights_of(std::uint32_t fraction, const WarpTables* tables, Work* w) {
  if constexpr (std::is_same_v<Work, std::int32_t>) {
    if constexpr (Taps == 4) {
      bicubic_integers(fraction, w);
    } else {
      for (int k = 0; k < Taps; ++k) w[k] = tables->phases[fraction][k];
    }
  } else if constexpr (Taps == 6) {
    lanczos_weights(fraction, tables, w);
  } else {
    constexpr double unit = std::is_same_v<Work, float> ? 0x1p-24 : 0x1p-32;
    const Work t = static_cast<Work>(fraction) * static_cast<Work>(unit);
    if constexpr (Taps == 4) {
      bicubic_weights(t, w);
    } else {
      w[0] = Work(1.0) - t;
      w[1] = t;
    }
  }
}

// ---- pixels

struct Image {
  Pixels pixels;
  std::int64_t height, width, channels;
  Border border;
};

// Where the taps of a point lie: offsets of rows and columns, and which of them the constant border fills.
template <int Taps>
struct Around {
  std::int64_t row[Taps], column[Taps];
  bool row_inside[Taps], column_inside[Taps];
  bool lost;  // nothing of it is inside of a constant border, or there is no point

  PX_HD Around(const Image& image, const Point& point) {
    constexpr int first = 1 - (Taps + 1) / 2;
    const std::int64_t last = first + Taps - 1;
    lost =
        point.nowhere || (image.border == Border::constant && (point.x + last < 0 || point.x + first >= image.width ||
                                                               point.y + last < 0 || point.y + first >= image.height));
    PX_UNROLL
    for (int k = 0; k < Taps; ++k) {
      const std::int64_t x = border_index(point.x + first + k, image.width, image.border);
      const std::int64_t y = border_index(point.y + first + k, image.height, image.border);
      column_inside[k] = x >= 0;
      row_inside[k] = y >= 0;
      column[k] = x * image.pixels.stride_w;
      row[k] = y * image.pixels.stride_h;
    }
  }
};

// Elements that are moved as they are.
template <class E, class Find>
struct MovePoints {
  Image image;
  Pixels dst;
  Find find;
  const E* value;  // of each channel
  PX_HD void operator()(std::int64_t x, std::int64_t y, std::int64_t n) const {
    const Around<1> around(image, find(n, x, y));
    for (std::int64_t c = 0; c < image.channels; ++c) {
      const std::byte* const from = image.pixels.at(n, 0, 0, c);
      store(dst.at(n, y, x, c), around.lost ? value[c] : load<E>(from + around.row[0] + around.column[0]));
    }
  }
};

template <class T, class Work, int Taps, bool premultiply, class Find>
struct SumPoints {
  Image image;
  Pixels dst;
  Find find;
  const T* value;         // of each channel
  const double* outside;  // the same as reals, premultiplied if wanted
  const WarpTables* tables;

  // Of channel c, whose samples begin at `from`.
  PX_HD Work tap(const std::byte* from, const Around<Taps>& around, int j, int k, std::int64_t c) const {
    if (!around.row_inside[j] || !around.column_inside[k]) return static_cast<Work>(outside[c]);
    const std::byte* const at = from + around.row[j] + around.column[k];
    if constexpr (std::is_same_v<Work, std::int32_t>) {
      return load<T>(at);
    } else {
      const Work real = to_real<Work>(load<T>(at));
      if constexpr (premultiply) {
        const std::int64_t last = image.channels - 1;
        if (c < last) return real * to_real<Work>(load<T>(at + (last - c) * image.pixels.stride_c));
      }
      return real;
    }
  }

  PX_HD Work sum(const std::byte* from, const Around<Taps>& around, const Work* across, const Work* down,
                 const Point& point, std::int64_t c) const {
    constexpr int centre = (Taps + 1) / 2 - 1;
    if constexpr (std::is_same_v<Work, std::int32_t>) {
      std::int32_t total = 1 << 19;
      PX_UNROLL
      for (int j = 0; j < Taps; ++j) {
        std::int32_t row = 1 << 7;
        PX_UNROLL
        for (int k = 0; k < Taps; ++k) row = row + across[k] * tap(from, around, j, k, c);
        total = total + down[j] * (row >> 8);
      }
      return total >> 20;
    } else {
      // Where a fraction is zero the pixel itself is taken: 0 * NaN would not be nothing.
      Work total = 0, here = 0;
      PX_UNROLL
      for (int j = 0; j < Taps; ++j) {
        Work row = across[0] * tap(from, around, j, 0, c);
        PX_UNROLL
        for (int k = 1; k < Taps; ++k) row = row + across[k] * tap(from, around, j, k, c);
        if (point.fx == 0) row = tap(from, around, j, centre, c);
        if (j == centre) here = row;
        total = j == 0 ? down[j] * row : total + down[j] * row;
      }
      return point.fy == 0 ? here : total;
    }
  }

  PX_HD void operator()(std::int64_t x, std::int64_t y, std::int64_t n) const {
    const Point point = find(n, x, y);
    const Around<Taps> around(image, point);
    std::byte* const to = dst.at(n, y, x);
    if (around.lost) {
      for (std::int64_t c = 0; c < image.channels; ++c) store(to + c * dst.stride_c, value[c]);
      return;
    }
    const std::byte* const from = image.pixels.at(n, 0, 0);
    if constexpr (std::is_same_v<Work, std::int32_t> && Taps == 2) {
      const auto tx = static_cast<std::int32_t>(point.fx), ty = static_cast<std::int32_t>(point.fy);
      const std::int32_t w11 = scaled(tx, ty), w01 = tx - w11, w10 = ty - w11, w00 = (1 << warp_unit) - tx - ty + w11;
      for (std::int64_t c = 0; c < image.channels; ++c) {
        const std::byte* const plane = from + c * image.pixels.stride_c;
        const auto at = [&](int j, int k) { return tap(plane, around, j, k, c); };
        const std::int32_t total = w00 * at(0, 0) + w01 * at(0, 1) + w10 * at(1, 0) + w11 * at(1, 1);
        store(to + c * dst.stride_c, static_cast<T>((total + (1 << (warp_unit - 1))) >> warp_unit));
      }
    } else {
      Work across[Taps], down[Taps];
      weights_of<Work, Taps>(point.fx, tables, across);
      weights_of<Work, Taps>(point.fy, tables, down);
      const auto sum_of = [&](std::int64_t c) {
        return sum(from + c * image.pixels.stride_c, around, across, down, point, c);
      };
      if constexpr (premultiply) {
        const std::int64_t last = image.channels - 1;
        const Work opacity = sum_of(last);
        const T stored = round_to<T>(opacity);
        for (std::int64_t c = 0; c < last; ++c) {
          store(to + c * dst.stride_c, round_to<T>(is_zero(stored) ? Work(0) : sum_of(c) / opacity));
        }
        store(to + last * dst.stride_c, stored);
      } else {
        for (std::int64_t c = 0; c < image.channels; ++c) {
          const Work total = sum_of(c);
          if constexpr (std::is_same_v<Work, std::int32_t>) {
            store(to + c * dst.stride_c, static_cast<T>(lesser(greater(total, 0), 255)));
          } else if constexpr (std::is_same_v<T, Work>) {
            store(to + c * dst.stride_c, total);
          } else {
            store(to + c * dst.stride_c, round_to<T>(total));
          }
        }
      }
    }
  }
};

// ---- the ops: what finds points is theirs

template <class Find>
void warp_by(Call& call, const ImageView& from, const ImageView& to, const WarpOptions& options, const Find& find) {
  ImageView src = from, dst = to;
  constexpr unsigned wide = 32;
  const void* const value = call.table(options.value, static_cast<std::size_t>(src.c * src.item_size));
  const bool nearest = options.interpolation == Interpolation::nearest;
  const std::int64_t element = nearest ? join_samples(src, dst) : src.item_size;
  const Image image{src, src.h, src.w, src.c, options.border};
  const Range range{dst.w, dst.h, dst.n};
  if (nearest) {
    const int alignment = alignment_of(src) < alignment_of(dst) ? alignment_of(src) : alignment_of(dst);
    with_element(element, alignment, [&]<class E>(E*) {
      for_each(call, range, MovePoints<E, Find>{image, dst, find, static_cast<const E*>(value)}, wide);
    });
    return;
  }
  const double* const outside = call.table(outside_of(src, options));
  const bool lanczos = options.interpolation == Interpolation::lanczos;
  const auto* const tables =
      lanczos ? static_cast<const WarpTables*>(call.constant(&warp_tables(), sizeof(WarpTables))) : nullptr;
  const auto run = [&]<class T, class Work, int taps, bool premultiply>() {
    for_each(
        call, range,
        SumPoints<T, Work, taps, premultiply, Find>{image, dst, find, static_cast<const T*>(value), outside, tables},
        wide);
  };
  const auto with_taps = [&]<class T, class Work, bool premultiply>() {
    switch (options.interpolation) {
      case Interpolation::bilinear: return run.template operator()<T, Work, 2, premultiply>();
      case Interpolation::bicubic: return run.template operator()<T, Work, 4, premultiply>();
      default: return run.template operator()<T, Work, 6, premultiply>();
    }
  };
  with_type(src.dtype, [&]<class T>(T*) {
    using Plain = std::conditional_t<sizeof(T) == 1, std::int32_t, std::conditional_t<sizeof(T) == 8, double, float>>;
    if (options.premultiply) return with_taps.template operator()<T, double, true>();
    with_taps.template operator()<T, Plain, false>();
  });
}

}  // namespace px::cuda
