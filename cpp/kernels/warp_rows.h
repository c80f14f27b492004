// How the kernels of warps read samples of one byte around a run of points: by rows. See docs/warp.md.
//
// The points of a run mostly lie within few rows of the image, and close together in them. These rows are read whole,
// 128 bytes at a time, of which each point takes its own by a permutation of bytes: that takes fewer instructions, and
// loads, than reading what lies at each point. Taps beyond a border are clamped to it, or are `value`.
#pragma once

#include "kernels/warp_samples.h"

namespace px::inline PX_TARGET {

#if defined(PX_HAS_PERMUTE)

// What is packed within blocks: in each block four of the first sixteen, four of the next ones, and so on.
PX_HD Bytes packed_run(const Vec<int32_t> (&v)[4]) { return pack_u8(pack_i16(v[0], v[1]), pack_i16(v[2], v[3])); }

// Where the points of a run are along an axis, from the first row (column) that is read on: taps 0 and, if there are
// two, 1. All ones in `beyond` where that is outside of the image.
template <int Taps, bool Inside>
PX_HD void find_bytes(const int32_t* points, int64_t side, int32_t origin, Bytes* at, Bytes* beyond) {
  using Ints = Vec<int32_t>;
#pragma GCC unroll 2
  for (int k = 0; k < (Inside ? 1 : Taps); ++k) {
    Ints place[4], out[4];
#pragma GCC unroll 4
    for (int g = 0; g < 4; ++g) {
      const Ints tap = load<Ints>(points + g * lanes<int32_t>) + k, end = broadcast(static_cast<int32_t>(side - 1));
      place[g] = tap;
      if constexpr (!Inside) {
        place[g] = place[g] > 0 ? place[g] : Ints{};
        place[g] = place[g] < end ? place[g] : end;
        out[g] = (place[g] != tap) & 0xff;
      }
      place[g] -= origin;
    }
    at[k] = packed_run(place);
    if constexpr (!Inside) beyond[k] = packed_run(out);
  }
  if constexpr (Inside && Taps == 2) at[1] = at[0] + uint8_t{1};
}

// The taps of a whole run, a register each, ordered as packed_run() does: rows first. False where points are too far
// apart from each other, are not numbers, or are beyond another border.
template <int Taps>
PX_HD bool read_rows(const WarpImage& image, const WarpPoints& points, Bytes (&taps)[Taps * Taps]) {
  constexpr int32_t last = Taps - 1, most_steps = 40;
  const auto width = static_cast<int32_t>(image.width), height = static_cast<int32_t>(image.height);
  const bool inside =
      points.low_x >= 0 && points.low_y >= 0 && points.high_x < width - last && points.high_y < height - last;
  if (points.some_nowhere || (!inside && image.border != Border::constant && image.border != Border::edge))
    return false;
  const auto within = [](int32_t at, int32_t side) { return lesser(greater(at, 0), side - 1); };
  const int32_t left = within(points.low_x, width), wide = within(points.high_x + last, width) - left + 1;
  const int32_t first = within(points.low_y, height), rows = within(points.high_y + last, height) - first + 1;
  if (wide > 2 * vector_bytes) return false;
  // A step reads one row of 128 bytes, two of 64 or four of 32; of the last one, too, all rows are there.
  int shape = wide > vector_bytes ? 0 : wide > vector_bytes / 2 ? 1 : 2;
  while (((rows - 1) >> shape) + 1 > height >> shape) --shape;
  const int32_t steps = ((rows - 1) >> shape) + 1, top = lesser(first, height - (steps << shape));
  if (steps > most_steps) return false;

  Bytes x[2], y[2], beyond_x[2], beyond_y[2];
  if (inside) {
    find_bytes<Taps, true>(points.x, width, left, x, beyond_x);
    find_bytes<Taps, true>(points.y, height, top, y, beyond_y);
  } else {
    find_bytes<Taps, false>(points.x, width, left, x, beyond_x);
    find_bytes<Taps, false>(points.y, height, top, y, beyond_y);
  }
  // Where in what a step reads, and in which step.
  Bytes step[Taps];
  const Bytes in_step = broadcast(static_cast<uint8_t>((1 << shape) - 1));
#pragma GCC unroll 2
  for (int r = 0; r < Taps; ++r) {
    const auto row = (Vec<uint32_t>)(y[r] & in_step) << (7 - shape);
    step[r] = (Bytes)((Vec<uint32_t>)(y[r] & ~in_step) >> shape);
#pragma GCC unroll 2
    for (int k = 0; k < Taps; ++k) taps[r * Taps + k] = x[k] | (Bytes)row;
  }
  const byte* at = image.data + top * image.stride_h + left;
  const int32_t bytes = width - left;
  const auto walk = [&](auto load_step) {
    Bytes here{};
    for (int32_t s = 0; s < steps; ++s, here += uint8_t{1}, at += image.stride_h << shape) {
      Bytes a, b;
      load_step(a, b);
#pragma GCC unroll 4
      for (int i = 0; i < Taps * Taps; ++i) taps[i] = permute_bytes_where(step[i / Taps], here, taps[i], a, b);
    }
  };
  const auto part = static_cast<std::size_t>(lesser(bytes, vector_bytes >> (shape / 2)));
  if (shape == 0) {
    const auto behind = static_cast<std::size_t>(within(bytes - vector_bytes, vector_bytes + 1));
    walk([&](Bytes& a, Bytes& b) {
      a = load_part<Bytes>(at, part);
      b = load_part<Bytes>(at + vector_bytes, behind);
    });
  } else if (shape == 1) {
    walk([&](Bytes& a, Bytes& b) {
      a = load_part<Bytes>(at, part);
      b = load_part<Bytes>(at + image.stride_h, part);
    });
  } else {
    walk([&](Bytes& a, Bytes& b) {
      a = load_two_parts(at, at + image.stride_h, part);
      b = load_two_parts(at + 2 * image.stride_h, at + 3 * image.stride_h, part);
    });
  }
  if (!inside && image.border == Border::constant) {
    const Bytes value = broadcast(load<uint8_t>(image.value));
#pragma GCC unroll 4
    for (int i = 0; i < Taps * Taps; ++i) {
      const Bytes beyond = beyond_y[i / Taps] | beyond_x[i % Taps];
      taps[i] = (taps[i] & ~beyond) | (value & beyond);
    }
  }
  return true;
}

#endif

}  // namespace px::inline PX_TARGET
