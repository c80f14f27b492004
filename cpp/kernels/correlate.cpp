// correlate: weighted sums over neighbourhoods, of reals and of pairs of int16.
//
// Exact     The order that kernels/correlate.h gives, each product and sum rounded by itself. Sums begin with -0, to
// which
//           adding changes nothing. Integers do not overflow, in any order.
// Why       Lanes are neighbouring samples. A register that is loaded serves all the output rows of a tile, as loads
// from
//           between cache lines take twice as long as the arithmetic of a tap; a weight serves all its registers.
// Requires  lines of as many samples as the farthest offset and `samples` take; dst disjoint from them.
// Tail      Tiles that overlap; where rows are shorter, smaller ones, and single samples.

#include "kernels/correlate.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int16_t;
using std::int32_t;
using std::int64_t;

constexpr int tile_rows = 4;
#if defined(__AVX512BW__) || defined(__aarch64__)
constexpr int tile_registers = 4;  // sums in sixteen of thirty-two
#else
constexpr int tile_registers = 2;
#endif
constexpr int line_registers = 4;     // of a tile of one row
constexpr int stencil_registers = 2;  // whose weights are in registers, too
constexpr int few_blocks = 8;         // of a row of whose results it does not matter where they lie
constexpr int ahead_bytes = 1024;     // of the lines that are new, a few tiles

template <class V, class Item>
PX_HD V load_sample(const Item* from) {
  if constexpr (same<V, Item>) {
    return *from;
  } else {
    return load<V>(from);
  }
}

// Sums of reals, by registers and by single samples.
template <class Real>
struct Reals {
  using Item = Real;  // of lines, weights and sums

  template <class V>
  PX_HD static V begin(int) {
    return -V{};
  }
  template <class V>
  PX_HD static V add(V sum, V weight, V x) {
    return sum + weight * x;
  }
  // What add() makes of -0.
  template <class V>
  PX_HD static V first(V weight, V x) {
    return weight * x;
  }
  PX_HD static int64_t result_bytes(const CorrelateJob&) { return sizeof(Real); }
  template <class V>
  PX_HD static void end(const CorrelateJob&, void* row, int64_t at, V sum, bool stream) {
    auto* const to = static_cast<Real*>(row) + at;
    if constexpr (!same<V, Real>) {
      if (stream) return store_past_caches(to, sum);
    }
    std::memcpy(to, &sum, sizeof(V));
  }
};

// Sums of pairs of int16, clamped to the result's type; float32 holds them as they are.
struct Pairs {
  using Item = int32_t;

  template <class V>
  PX_HD static V begin(int shift) {
    return (int32_t{1} << (shift - 1)) - V{};
  }
  PX_HD static Vec<int32_t> add(Vec<int32_t> sum, Vec<int32_t> weight, Vec<int32_t> x) {
    return dot_pairs(sum, (Vec<int16_t>)weight, (Vec<int16_t>)x);
  }
  PX_HD static int32_t add(int32_t sum, int32_t weight, int32_t x) {
    const auto low = [](int32_t pair) { return static_cast<int32_t>(static_cast<int16_t>(pair)); };
    return sum + low(weight) * low(x) + (weight >> 16) * (x >> 16);
  }
  PX_HD static int64_t result_bytes(const CorrelateJob& job) { return static_cast<int64_t>(job.result); }
  // By the type of the result, which decides the last steps alone: the loops are there once.
  template <class V>
  PX_HD static void end(const CorrelateJob& job, void* row, int64_t at, V sum, bool stream) {
    const V value = sum >> job.taps.shift;
    switch (job.result) {
      case PairsResult::u8: return put(static_cast<std::uint8_t*>(row) + at, value);
      case PairsResult::i16: return put(static_cast<int16_t*>(row) + at, value);
      case PairsResult::f32: break;
    }
    auto* const to = static_cast<float*>(row) + at;
    if constexpr (same<V, int32_t>) {
      *to = static_cast<float>(value);
    } else {
      const auto reals = __builtin_convertvector(value, Vec<float>);
      stream ? store_past_caches(to, reals) : store(to, reals);
    }
  }

 private:
  template <class To, class V>
  PX_HD static void put(To* to, V value) {
    const V low = static_cast<int32_t>(Limits<To>::low) - V{}, high = static_cast<int32_t>(Limits<To>::high) - V{};
    value = value > low ? value : low;
    value = value < high ? value : high;
    if constexpr (same<V, int32_t>) {
      *to = static_cast<To>(value);
    } else {
      store_narrowed(to, value);
    }
  }
};

// body<0>() .. body<N - 1>(), unrolled before anything else, so that arrays of registers become registers.
template <class Body, int... I>
PX_HD void unroll(Body&& body, std::integer_sequence<int, I...>) {
  (body.template operator()<I>(), ...);
}
template <int N, class Body>
PX_HD void unroll(Body&& body) {
  unroll(body, std::make_integer_sequence<int, N>{});
}

// The compiler is to keep this in memory, as registers are for what changes at each tap.
template <class T>
PX_HD void keep_in_memory(T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

// Outputs x Registers registers of sums, or single samples where V is Real. Chained: a run does not end with its row,
// as there are no others, or as rows are of one column, where a group is a run.
template <class A, class V, int Outputs, int Registers, bool Chained>
struct Tile {
  using Item = typename A::Item;
  static constexpr int side = static_cast<int>(sizeof(V) / sizeof(Item));
  using Sums = V[Outputs][Registers];

  PX_HD static void clear(V (&sums)[Registers]) {
    unroll<Registers>([&]<int U>() PX_HD_LAMBDA { sums[U] = -V{}; });
  }
  PX_HD static void add(V (&sums)[Registers], const V (&more)[Registers]) {
    unroll<Registers>([&]<int U>() PX_HD_LAMBDA { sums[U] = sums[U] + more[U]; });
  }

  // Adds, to the outputs from First on, what taps begin .. end of the first one's row make of a line; `apart` is how
  // far the same taps of the row above are.
  // Begins: the first tap's products are what the sums begin with.
  template <int First, int Count, bool Begins, class Some>
  PX_HD static void add_taps(Some& sums, const CorrelateTaps& taps, const Item* from, int begin, int end,
                             std::ptrdiff_t apart) {
    const auto* const weights = static_cast<const Item*>(taps.weights);
    const auto add_tap = [&]<bool Is_first>(std::ptrdiff_t t) PX_HD_LAMBDA {
      V x[Registers];
      const Item* const at = from + taps.offsets[t];
      unroll<Registers>([&]<int U>() PX_HD_LAMBDA {
        V value = load_sample<V>(at + U * side);  // by itself, as the array would become memory
        if constexpr (Count > 1) hold(value);
        x[U] = value;
      });
      unroll<Count>([&]<int R>() PX_HD_LAMBDA {
        V w = weights[t - R * apart] - V{};  // a broadcast that loses no sign
        hold(w);
        unroll<Registers>([&]<int U>() PX_HD_LAMBDA {
          V& sum = sums[First + R][U];
          if constexpr (Is_first) {
            sum = A::first(w, x[U]);
          } else {
            sum = A::add(sum, w, x[U]);
          }
        });
      });
    };
    if constexpr (Begins) add_tap.template operator()<true>(begin++);
    for (std::ptrdiff_t t = begin; t < end; ++t) add_tap.template operator()<false>(t);
  }

  // The same of a kernel of one row, which takes each output's own line.
  PX_HD static void add_taps(Sums& sums, const CorrelateTaps& taps, const Item* const (&from)[Outputs], int begin,
                             int end) {
    const auto* const weights = static_cast<const Item*>(taps.weights);
    for (std::ptrdiff_t t = begin; t < end; ++t) {
      const int64_t offset = taps.offsets[t];
      V w = weights[t] - V{};
      hold(w);
      unroll<Outputs>([&]<int R>() PX_HD_LAMBDA {
        unroll<Registers>([&]<int U>() PX_HD_LAMBDA {
          sums[R][U] = A::add(sums[R][U], w, load_sample<V>(from[R] + offset + U * side));
        });
      });
    }
  }

  PX_HD static void add_lines(Sums& sums, const CorrelateJob& job, int64_t at) {
    const CorrelateTaps& taps = job.taps;
    const Item* from[Outputs];
    unroll<Outputs>([&]<int R>() PX_HD_LAMBDA { from[R] = static_cast<const Item*>(job.lines[R]) + at; });
    if constexpr (Chained) {
      add_taps(sums, taps, from, 0, taps.runs[taps.row_runs[1]]);
    } else {
      for (std::int32_t each = 0; each < taps.row_runs[1]; ++each) {
        V run[Outputs][Registers];
        unroll<Outputs>([&]<int R>() PX_HD_LAMBDA { clear(run[R]); });
        add_taps(run, taps, from, taps.runs[each], taps.runs[each + 1]);
        unroll<Outputs>([&]<int R>() PX_HD_LAMBDA { add(sums[R], run[R]); });
        keep_in_memory(sums);
      }
    }
  }

  template <int First, int Count>
  PX_HD static void add_line(Sums& sums, const CorrelateTaps& taps, const Item* from, int line) {
    const std::int32_t first = taps.row_runs[line - First], last = taps.row_runs[line - First + 1];
    const int begin = taps.runs[first], end = taps.runs[last];
    const std::ptrdiff_t apart = end - begin;  // in a box
    if constexpr (Chained) {
      add_taps<First, Count, false>(sums, taps, from, begin, end, apart);
    } else {
      V run[Count][Registers];
      add_taps<0, Count, true>(run, taps, from, taps.runs[first], taps.runs[first + 1], apart);
      for (std::int32_t each = first + 1; each < last; ++each) {
        V row[Count][Registers];  // so far
        unroll<Count>([&]<int R>()
                          PX_HD_LAMBDA { unroll<Registers>([&]<int U>() PX_HD_LAMBDA { row[R][U] = run[R][U]; }); });
        keep_in_memory(row);
        add_taps<0, Count, true>(run, taps, from, taps.runs[each], taps.runs[each + 1], apart);
        unroll<Count>([&]<int R>() PX_HD_LAMBDA {
          unroll<Registers>([&]<int U>() PX_HD_LAMBDA { run[R][U] = row[R][U] + run[R][U]; });
        });
      }
      unroll<Count>([&]<int R>() PX_HD_LAMBDA { add(sums[First + R], run[R]); });
    }
  }

  // All lines of a box whose rows all have taps, without a decision for each: what three rows need, and what more do.
  PX_HD static void add_three(Sums& sums, const CorrelateJob& job, int64_t at) {
    constexpr int rows = 3;
    unroll<rows + Outputs - 1>([&]<int Line>() PX_HD_LAMBDA {
      constexpr int first = Line < rows ? 0 : Line - rows + 1, last = Line < Outputs ? Line : Outputs - 1;
      add_line<first, last - first + 1>(sums, job.taps, static_cast<const Item*>(job.lines[Line]) + at, Line);
    });
  }
  PX_HD static void add_whole(Sums& sums, const CorrelateJob& job, int64_t at) {
    const auto from = [&](int line) PX_HD_LAMBDA {
      if constexpr (!Chained) keep_in_memory(sums);
      return static_cast<const Item*>(job.lines[line]) + at;
    };
    unroll<Outputs - 1>([&]<int Line>() PX_HD_LAMBDA { add_line<0, Line + 1>(sums, job.taps, from(Line), Line); });
    int line = Outputs - 1;
    for (; line < job.taps.rows; ++line) add_line<0, Outputs>(sums, job.taps, from(line), line);
    unroll<Outputs - 1>([&]<int Past>() PX_HD_LAMBDA {
      add_line<Past + 1, Outputs - 1 - Past>(sums, job.taps, from(line + Past), line + Past);
    });
  }

  PX_HD static void add_all_lines(Sums& sums, Sums& total, const CorrelateJob& job, int64_t at, bool grouped) {
    const CorrelateTaps& taps = job.taps;
    for (int line = 0; line < taps.rows + Outputs - 1; ++line) {
      if constexpr (!Chained) keep_in_memory(sums);
      if (grouped) keep_in_memory(total);
      const Item* const from = static_cast<const Item*>(job.lines[line]) + at;
      unsigned which = 0;  // of the outputs have taps here
      unroll<Outputs>([&]<int R>() PX_HD_LAMBDA {
        const int j = line - R;
        which |= j >= 0 && j < taps.rows && taps.row_runs[j] < taps.row_runs[j + 1] ? 1u << R : 0;
      });
      if constexpr (Outputs == 1) {
        if (which != 0) add_line<0, 1>(sums, taps, from, line);
      } else {
        static_assert(Outputs == 4);
        switch (which) {
          case 0b1111: add_line<0, 4>(sums, taps, from, line); break;
          case 0b0111: add_line<0, 3>(sums, taps, from, line); break;
          case 0b0011: add_line<0, 2>(sums, taps, from, line); break;
          case 0b1110: add_line<1, 3>(sums, taps, from, line); break;
          case 0b1100: add_line<2, 2>(sums, taps, from, line); break;
          case 0b0110: add_line<1, 2>(sums, taps, from, line); break;
          default:
            if ((which & 1) != 0) add_line<0, 1>(sums, taps, from, line);
            if ((which & 2) != 0) add_line<1, 1>(sums, taps, from, line);
            if ((which & 4) != 0) add_line<2, 1>(sums, taps, from, line);
            if ((which & 8) != 0) add_line<3, 1>(sums, taps, from, line);
        }
      }
      if (!grouped) continue;
      // Rows end in groups whether they have taps or not.
      unroll<Outputs>([&]<int R>() PX_HD_LAMBDA {
        const int ended = line - R + 1;
        if (ended >= 1 && ended <= taps.rows && (ended % sum_group == 0 || ended == taps.rows)) {
          add(total[R], sums[R]);
          clear(sums[R]);
        }
      });
    }
  }

  PX_HD static void sum(const CorrelateJob& job, int64_t at) {
    Sums sums;   // of a run, or of a group of rows where runs end
    Sums total;  // of groups, where there are several
    const CorrelateTaps& taps = job.taps;
    const bool grouped = !taps.is_single && taps.rows > sum_group;
    unroll<Outputs>([&]<int R>() PX_HD_LAMBDA {
      unroll<Registers>([&]<int U>() PX_HD_LAMBDA { sums[R][U] = A::template begin<V>(taps.shift); });
    });
    if (grouped) {
      unroll<Outputs>([&]<int R>() PX_HD_LAMBDA { clear(total[R]); });
    }
    if (taps.rows == 1) {
      add_lines(sums, job, at);
    } else if (Chained && Outputs > 1 && taps.rows == 3 && taps.is_whole) {
      add_three(sums, job, at);
    } else if (Outputs > 1 && taps.rows >= Outputs && taps.is_whole && !grouped) {
      add_whole(sums, job, at);
    } else {
      add_all_lines(sums, total, job, at, grouped);
    }
    if (grouped) {
      unroll<Outputs>([&]<int R>()
                          PX_HD_LAMBDA { unroll<Registers>([&]<int U>() PX_HD_LAMBDA { sums[R][U] = total[R][U]; }); });
    }
    const bool stream = job.stream;  // else read anew after each store
    unroll<Outputs>([&]<int R>() PX_HD_LAMBDA {
      void* const to = job.dst[R];
      unroll<Registers>([&]<int U>() PX_HD_LAMBDA { A::end(job, to, at + U * side, sums[R][U], stream); });
    });
  }
};

template <class A, class V, int Outputs, int Registers, bool Chained>
__attribute__((noinline)) void tile(const CorrelateJob& job, int64_t at) {
  Tile<A, V, Outputs, Registers, Chained>::sum(job, at);
}

// Whether there are samples which all rows of dst have at the beginning of a register; the first of them.
PX_HD bool can_stream(const CorrelateJob& job, int64_t result_bytes, int64_t& first) {
  const auto address = [&](int r) { return reinterpret_cast<std::uintptr_t>(job.dst[r]) % vector_bytes; };
  for (int r = 1; r < job.outputs; ++r) {
    if (address(r) != address(0)) return false;
  }
  const std::uintptr_t bytes = (vector_bytes - address(0)) % vector_bytes;
  first = static_cast<int64_t>(bytes) / result_bytes;
  return static_cast<int64_t>(bytes) % result_bytes == 0;
}

// Tiles of any taps, as functions of their own.
template <class A, class V, int Outputs, int Registers, bool Chained>
struct AnyTaps {
  using Arithmetic = A;
  static constexpr int outputs = Outputs, registers = Registers;
  static constexpr bool aligns = false;
  template <int Some>
  PX_HD void make(const CorrelateJob& job, int64_t at) const {
    tile<A, V, Outputs, Some, Chained>(job, at);
  }
};

// Rows of a tile's height, tile after tile.
template <class Tiles>
PX_HD void blocks(const CorrelateJob& job, const Tiles& tiles) {
  using Item = typename Tiles::Arithmetic::Item;
  constexpr int registers = Tiles::registers, block = registers * lanes<Item>;
  int64_t at = 0, first = 0;
  CorrelateJob each = job;
  each.stream = false;
  if (job.stream && can_stream(job, Tiles::Arithmetic::result_bytes(job), first)) {
    if (first > 0) tiles.template make<1>(each, 0);
    at = first;
    each.stream = true;
  }
  if (Tiles::aligns && !job.stream && job.samples >= few_blocks * block &&
      can_stream(job, Tiles::Arithmetic::result_bytes(job), first) && first > 0) {
    tiles.template make<1>(each, 0);  // so that results are whole cache lines from there on
    at = first;
  }
  for (; at + block <= job.samples; at += block) {
    if (job.is_far) {
      for (int r = 0; r < Tiles::outputs; ++r) {
        const auto* const line = static_cast<const Item*>(job.lines[job.taps.rows - 1 + r]) + at;
        for (int u = 0; u < registers; ++u) {
          __builtin_prefetch(reinterpret_cast<const char*>(line + u * lanes<Item>) + ahead_bytes);
        }
      }
    }
    tiles.template make<registers>(each, at);
  }
  if (registers > 1 && each.stream) {  // as little as may be of what went past the caches is stored again
    for (; at + lanes<Item> <= job.samples; at += lanes<Item>) tiles.template make<1>(each, at);
    each.stream = false;
    if (at < job.samples) tiles.template make<1>(each, job.samples - lanes<Item>);
    return;
  }
  each.stream = false;
  if (at < job.samples) tiles.template make<registers>(each, job.samples - block);
}

// Some rows of a job.
PX_HD CorrelateJob part(const CorrelateJob& job, int first, int outputs) {
  CorrelateJob some = job;
  some.lines += first;
  some.dst += first;
  some.outputs = outputs;
  return some;
}
// Calls each(rows) with so many of a job's rows at a time; the last ones are made once more, rather than one by one.
template <class Each>
PX_HD void by_tiles(const CorrelateJob& job, Each&& each) {
  for (int r = 0; r < job.outputs; r += tile_rows) {
    each(part(job, r + tile_rows <= job.outputs ? r : job.outputs - tile_rows, tile_rows));
  }
}

template <class A, bool Chained>
PX_HD void rows(const CorrelateJob& job) {
  using Item = typename A::Item;
  using V = Vec<Item>;
  if (job.outputs >= tile_rows && job.taps.is_box && job.samples >= lanes<Item>) {
    const bool wide = job.samples >= tile_registers * lanes<Item>;
    return by_tiles(job, [&](const CorrelateJob& some) PX_HD_LAMBDA {
      wide ? blocks(some, AnyTaps<A, V, tile_rows, tile_registers, Chained>{})
           : blocks(some, AnyTaps<A, V, tile_rows, 1, Chained>{});
    });
  }
  for (int r = 0; r < job.outputs; ++r) {
    const CorrelateJob one = part(job, r, 1);
    if (job.samples >= line_registers * lanes<Item>) {
      blocks(one, AnyTaps<A, V, 1, line_registers, Chained>{});
    } else if (job.samples >= lanes<Item>) {
      blocks(one, AnyTaps<A, V, 1, 1, Chained>{});
    } else {
      for (int64_t at = 0; at < job.samples; ++at) tile<A, Item, 1, 1, Chained>(one, at);
    }
  }
}

// ---- three rows of three columns, of which it is known beforehand which have a tap

// A tile of four rows by Registers: no decision is left, and weights stay in registers where there are 32.
template <class Real, StencilTaps Taps, int Registers>
class Stencil {
 public:
  using Arithmetic = Reals<Real>;
  using V = Vec<Real>;
  static constexpr int outputs = tile_rows, registers = Registers, side = 3;
  static constexpr bool aligns = true;

  PX_HD explicit Stencil(const CorrelateTaps& taps) {
    const auto* weight = static_cast<const Real*>(taps.weights);
    unroll<side * side>([&]<int T>() PX_HD_LAMBDA {
      if constexpr (has(T)) weights_[T] = *weight++ - V{};
    });
    unroll<side>([&]<int C>() PX_HD_LAMBDA { columns_[C] = C * taps.pixel; });
  }

  template <int Some>
  PX_HD void make(const CorrelateJob& job, int64_t at) const {
    V sums[outputs][Some];
    unroll<outputs + side - 1>([&]<int Line>() PX_HD_LAMBDA {
      const Real* const line = static_cast<const Real*>(job.lines[Line]) + at;
      unroll<side>([&]<int C>() PX_HD_LAMBDA {
        constexpr int top = Line < side ? 0 : Line - side + 1, bottom = Line < outputs ? Line : outputs - 1;
        V x[Some];
        if constexpr (any<C>(Line - bottom, Line - top)) {
          unroll<Some>([&]<int U>() PX_HD_LAMBDA { x[U] = load<V>(line + columns_[C] + U * lanes<Real>); });
        }
        unroll<bottom - top + 1>([&]<int R>() PX_HD_LAMBDA {
          constexpr int output = top + R, tap = (Line - output) * side + C;
          if constexpr (has(tap)) {
            unroll<Some>([&]<int U>() PX_HD_LAMBDA {
              V& sum = sums[output][U];
              if constexpr (is_first(tap)) {
                sum = Arithmetic::first(weights_[tap], x[U]);
              } else {
                sum = Arithmetic::add(sum, weights_[tap], x[U]);
              }
            });
          }
        });
      });
    });
    const bool stream = job.stream;  // else read anew after each store, as pointers are
    void* to[outputs];
    unroll<outputs>([&]<int R>() PX_HD_LAMBDA { to[R] = job.dst[R]; });
    unroll<outputs>([&]<int R>() PX_HD_LAMBDA {
      unroll<Some>([&]<int U>()
                       PX_HD_LAMBDA { Arithmetic::end(job, to[R], at + U * lanes<Real>, sums[R][U], stream); });
    });
  }

 private:
  static constexpr bool has(int tap) { return (static_cast<unsigned>(Taps) >> tap & 1) != 0; }
  static constexpr bool is_first(int tap) { return (static_cast<unsigned>(Taps) & ((1u << tap) - 1)) == 0; }
  template <int C>
  static constexpr bool any(int first_row, int last_row) {
    for (int row = first_row; row <= last_row; ++row) {
      if (has(row * side + C)) return true;
    }
    return false;
  }

  V weights_[side * side];
  int64_t columns_[side];
};

template <class Real, StencilTaps Taps>
void stencil(const CorrelateJob& job) {
  const auto with = [&](const auto& tiles) PX_HD_LAMBDA {
    by_tiles(job, [&](const CorrelateJob& some) PX_HD_LAMBDA { blocks(some, tiles); });
  };
  if (job.samples >= stencil_registers * lanes<Real>) return with(Stencil<Real, Taps, stencil_registers>(job.taps));
  with(Stencil<Real, Taps, 1>(job.taps));
}

template <class Real>
PX_HD void any_rows(const CorrelateJob& job) {
  if (job.taps.is_single || job.taps.is_column) return rows<Reals<Real>, true>(job);
  rows<Reals<Real>, false>(job);
}

template <class Real>
void correlate(const CorrelateJob& job) {
  const bool are_tiles = job.outputs >= tile_rows && job.samples >= lanes<Real>;
  switch (are_tiles ? job.taps.stencil : StencilTaps::none) {
    case StencilTaps::none: any_rows<Real>(job); break;
    case StencilTaps::cross: stencil<Real, StencilTaps::cross>(job); break;
    case StencilTaps::sides: stencil<Real, StencilTaps::sides>(job); break;
    case StencilTaps::rows: stencil<Real, StencilTaps::rows>(job); break;
    case StencilTaps::all: stencil<Real, StencilTaps::all>(job); break;
  }
  if (job.stream) finish_past_caches();
}

void correlate_pairs(const CorrelateJob& job) {
  rows<Pairs, true>(job);
  if (job.stream) finish_past_caches();
}

}  // namespace

extern constinit const CorrelateKernels correlate_kernels = {
    tile_rows,
    correlate<float>,
    correlate<double>,
    correlate_pairs,
};

}  // namespace px::PX_TARGET
