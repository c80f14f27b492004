// How the kernels of warps read samples of one, two or four bytes around a run of points: by rows. See docs/warp.md.
//
// The points of a run mostly lie within few rows of the image, and close together in them. These rows are read whole,
// 128 bytes at a time, of which each point takes its own by a permutation: that takes fewer instructions, and loads,
// than reading what lies at each point. Taps beyond a border are clamped to it, or are `value`. Bytes are taken for a
// whole run at once, words and double words for as many points as a register has of them.
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
  const int32_t bytes = width - left, edge = wide - 1;
  const auto walk = [&](auto load_step) {
    Bytes here{};
    for (int32_t s = 0; s < steps; ++s, here += uint8_t{1}, at += image.stride_h << shape) {
      if (image.ahead != 0) {
        fetch_ahead(image, at);
        fetch_ahead(image, at + edge);
      }
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

// Of 16 points each, in the block of each: the least x and y, and the greatest ones, inverted.
PX_HD Vec<int32_t> bounds_by_blocks(const int32_t* all_x, const int32_t* all_y) {
  using Ints = Vec<int32_t>;
  const auto least = [](Ints a, Ints b) { return a < b ? a : b; };
  Bytes all[4];
#pragma GCC unroll 4
  for (int g = 0; g < 4; ++g) {
    const Ints x = load<Ints>(all_x + g * lanes<int32_t>), y = load<Ints>(all_y + g * lanes<int32_t>);
    const Ints not_x = ~x, not_y = ~y, low = least(zip_low(x, y), zip_high(x, y));
    const Ints high = least(zip_low(not_x, not_y), zip_high(not_x, not_y));
    all[g] =
        (Bytes)least((Ints)zip_low_bytes<8>((Bytes)low, (Bytes)high), (Ints)zip_high_bytes<8>((Bytes)low, (Bytes)high));
  }
  transpose_blocks(all);
  return least(least((Ints)all[0], (Ints)all[1]), least((Ints)all[2], (Ints)all[3]));
}

// lanes<Word> numbers of int16, or of int32, as Words.
template <class Word>
PX_HD Vec<Word> as_words(const Vec<int32_t>* numbers) {
  if constexpr (sizeof(Word) == 4) return (Vec<Word>)numbers[0];
  return (Vec<Word>)pack_i16(numbers[0], numbers[1]);
}

// The taps of a whole run of samples as wide as Word, rows first, lanes<Word> points at a time: use(j, taps, lost) for
// those from the j-th on, ordered as pack_i16() does; in `lost`, all ones where no tap is inside. At the end of a run
// the last point is repeated. False, with none used, where points are too far apart from each other.
template <class Word, int Taps, bool Inside, class Use>
PX_HD bool read_words(const WarpImage& image, const WarpPoints& points, Use&& use) {
  using Ints = Vec<int32_t>;
  using Words = Vec<Word>;
  constexpr int at_once = lanes<Word>, parts = at_once / lanes<int32_t>, groups = 2 / parts, step = groups * at_once;
  constexpr int32_t last = Taps - 1, most_rows = 2 * at_once;  // then points cost less
  constexpr auto size = static_cast<int32_t>(sizeof(Word));
  const auto width = static_cast<int32_t>(image.width), height = static_cast<int32_t>(image.height);
  const auto count = static_cast<int>(points.count);
  const auto within = [](int32_t at, int32_t end) { return Inside ? at : lesser(greater(at, 0), end - 1); };

  const int32_t *all_x = points.x, *all_y = points.y;
  alignas(64) int32_t ended[2][warp_run], begin[16];  // the points, the last one repeated; where each sixteen begins
  // How far the farthest group reaches, or any of the call could: what all do alike is foreseen.
  int32_t wide, rows;
  const bool is_straight = points.apart_x[0] >= 0;
  if (is_straight) {
    wide = lesser(points.apart_x[parts - 1] + 1 + last, width);
    rows = lesser(points.apart_y[parts - 1] + 1 + last, height);
  } else {
    if (count < warp_run) {
      const Ints end_x = broadcast(points.x[count - 1]), end_y = broadcast(points.y[count - 1]);
      for (int k = 0; k < warp_run; k += lanes<int32_t>) {
        const Ints is_point = Ints{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} + k < count;
        store(ended[0] + k, is_point ? load<Ints>(points.x + k) : end_x);
        store(ended[1] + k, is_point ? load<Ints>(points.y + k) : end_y);
      }
      all_x = ended[0];
      all_y = ended[1];
    }
    Ints v = bounds_by_blocks(all_x, all_y);
    if constexpr (parts == 2) {
      const Ints other = __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
      v = v < other ? v : other;
    }
    const Ints highs = Ints{0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1};
    const Ints down = Ints{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
    const Ints end = down != 0 ? broadcast(height - 1) : broadcast(width - 1);
    v = (v ^ -highs) + highs * last;
    v = v > 0 ? v : Ints{};
    v = v < end ? v : end;
    store(begin, v);
    const auto greatest = [](Ints a, Ints b) { return a > b ? a : b; };
    Ints reach = __builtin_shufflevector(v, v, 2, 3, 2, 3, 6, 7, 6, 7, 10, 11, 10, 11, 14, 15, 14, 15) - v;
    reach =
        greatest(reach, __builtin_shufflevector(reach, reach, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    reach =
        greatest(reach, __builtin_shufflevector(reach, reach, 4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15));
    wide = reach[0] + 1;
    rows = reach[1] + 1;
  }
  if (wide > 2 * at_once || rows > most_rows) return false;
  // A step reads one row of two registers, or two rows of one.
  const int shape = wide <= at_once && ((rows + 1) & ~1) <= height ? 1 : 0;
  const int32_t steps = shape == 1 ? (rows + 1) >> 1 : rows, high = steps << shape;

  const int32_t edge = (wide - 1) * size;

  const auto walk = [&](auto two_rows) {
    constexpr bool two = decltype(two_rows)::value;
#pragma GCC unroll 1
    for (int j = 0; j < count; j += step) {
      Words taps[groups][Taps * Taps], rows_of[groups][Taps], beyond_x[groups][Taps], beyond_y[groups][Taps];
      const byte* at[groups];
      std::size_t part[groups], behind[groups];
#pragma GCC unroll 2
      for (int g = 0; g < groups; ++g) {
        const int first = j + g * at_once;
        int32_t left, top;
        if (is_straight) {
          left = within(lesser(all_x[first], all_x[first + at_once - 1]), width);
          top = within(lesser(all_y[first], all_y[first + at_once - 1]), height);
        } else {
          left = begin[first / lanes<int32_t> * 4];
          top = begin[first / lanes<int32_t> * 4 + 1];
        }
        top = lesser(top, height - high);
        const auto find = [&](const int32_t* of, int32_t side, int32_t origin, int k, Words& beyond) {
          Ints from[parts], out[parts];
#pragma GCC unroll 2
          for (int i = 0; i < parts; ++i) {
            const Ints tap = load<Ints>(of + first + i * lanes<int32_t>) + k;
            from[i] = tap;
            if constexpr (!Inside) {
              const Ints end = broadcast(side - 1);
              from[i] = from[i] > 0 ? from[i] : Ints{};
              from[i] = from[i] < end ? from[i] : end;
              out[i] = from[i] != tap;
            }
            from[i] -= origin;
          }
          if constexpr (!Inside) beyond = as_words<Word>(out);
          return as_words<Word>(from);
        };
        Words columns[Taps];
#pragma GCC unroll 2
        for (int k = 0; k < Taps; ++k) columns[k] = find(all_x, width, left, k, beyond_x[g][k]);
#pragma GCC unroll 2
        for (int k = 0; k < Taps; ++k) {
          const Words row = find(all_y, height, top, k, beyond_y[g][k]);
          const Words odd = (row & Word{1}) << (size == 4 ? 4 : 5);
          rows_of[g][k] = two ? row >> 1 : row;
#pragma GCC unroll 2
          for (int i = 0; i < Taps; ++i) taps[g][k * Taps + i] = two ? columns[i] | odd : columns[i];
        }
        at[g] = image.data + top * image.stride_h + left * size;
        const int64_t bytes = int64_t{width - left} * size;
        part[g] = static_cast<std::size_t>(lesser<int64_t>(bytes, vector_bytes));
        behind[g] = static_cast<std::size_t>(lesser<int64_t>(greater<int64_t>(bytes - vector_bytes, 0), vector_bytes));
      }
      Words here{};
      for (int32_t s = 0; s < steps; ++s, here += Word{1}) {
#pragma GCC unroll 2
        for (int g = 0; g < groups; ++g) {
          if (image.ahead != 0) {
            fetch_ahead(image, at[g]);
            if (g == groups - 1) fetch_ahead(image, at[g] + edge);
          }
          const auto a = load_part<Words>(at[g], part[g]);
          const auto b = two ? load_part<Words>(at[g] + image.stride_h, part[g])
                             : load_part<Words>(at[g] + vector_bytes, behind[g]);
          at[g] += two ? 2 * image.stride_h : image.stride_h;
#pragma GCC unroll 4
          for (int i = 0; i < Taps * Taps; ++i) {
            taps[g][i] = permute_where(rows_of[g][i / Taps], here, taps[g][i], a, b);
          }
        }
      }
#pragma GCC unroll 2
      for (int g = 0; g < groups; ++g) {
        Words lost{};
        if constexpr (!Inside) {
          if (image.border == Border::constant) {
            const Words value = broadcast(load<Word>(image.value));
#pragma GCC unroll 4
            for (int i = 0; i < Taps * Taps; ++i) {
              const Words beyond = beyond_y[g][i / Taps] | beyond_x[g][i % Taps];
              taps[g][i] = (taps[g][i] & ~beyond) | (value & beyond);
            }
            lost = (beyond_x[g][0] & beyond_x[g][last]) | (beyond_y[g][0] & beyond_y[g][last]);
          }
        }
        if (g * at_once + j < count) use(j + g * at_once, taps[g], lost);
      }
    }
  };
  if (shape == 1) {
    walk(std::true_type{});
  } else {
    walk(std::false_type{});
  }
  return true;
}
// False, too, where points are not numbers, are beyond another border, or are all lost.
template <class Word, int Taps, class Use>
PX_HD bool read_words(const WarpImage& image, const WarpPoints& points, Use&& use) {
  constexpr int32_t last = Taps - 1, step = 2 * lanes<int32_t>;
  if (points.some_nowhere) return false;
  if (points.low_x >= 0 && points.low_y >= 0 && points.high_x < image.width - last &&
      points.high_y < image.height - last) {
    // Lines go on behind their end, where they may leave the image.
    if (points.count % step == 0 || points.apart_x[0] < 0) return read_words<Word, Taps, true>(image, points, use);
    return read_words<Word, Taps, false>(image, points, use);
  }
  if (image.border != Border::constant && image.border != Border::edge) return false;
  if (image.border == Border::constant &&
      (points.high_x < -last || points.low_x >= image.width || points.high_y < -last || points.low_y >= image.height)) {
    return false;
  }
  return read_words<Word, Taps, false>(image, points, use);
}

#endif

}  // namespace px::inline PX_TARGET
