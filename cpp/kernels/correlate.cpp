// correlate: weighted sums over neighbourhoods of reals.
//
// Exact     The order that kernels/correlate.h gives, each product and sum rounded by itself.
// Why       Lanes are neighbouring samples. A register that is loaded serves all the output rows at once: with two of
//           them a kernel of five rows takes 15 loads for what else took 25, and there are enough sums under way to
//           hide the latency of addition.
// Requires  lines of samples + (columns - 1) * pixel samples; dst disjoint from them.
// Tail      Registers that overlap; a row shorter than one by single samples.

#include "kernels/correlate.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int64_t;

#if defined(__AVX512BW__) || defined(__aarch64__)
constexpr int tile_rows = 2, tile_registers = 4;  // sums of a row and of rows in sixteen registers of thirty-two
#else
constexpr int tile_rows = 2, tile_registers = 2;
#endif

template <class V, class Real>
PX_HD V load_sample(const Real* from) {
  if constexpr (same<V, Real>) {
    return *from;
  } else {
    return load<V>(from);
  }
}

// Outputs x Registers registers of sums, or single samples where V is Real.
template <class Real, class V, int Outputs, int Registers>
struct Tile {
  static constexpr int side = static_cast<int>(sizeof(V) / sizeof(Real));
  // Of a group of products, of a row, of a group of rows, of all: each is first written where one begins.
  V group[Outputs][Registers]{}, row[Outputs][Registers]{}, rows[Outputs][Registers]{}, total[Outputs][Registers]{};

  PX_HD static void load_line(const CorrelateJob& job, const Real* from, int k, V* x) {
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) {
      x[u] = load_sample<V>(from + k * job.pixel + u * side);
      if (Outputs > 1) hold(x[u]);
    }
  }

  // What a line adds to the outputs from First to Last, all of whose taps are there.
  template <int First, int Last>
  PX_HD void add_whole_line(const CorrelateJob& job, const Real* from, int line) {
    const auto* const weights = static_cast<const Real*>(job.weights) + line * job.columns;
    for (int begin = 0; begin < job.columns; begin += sum_group) {
      const int end = lesser(begin + sum_group, job.columns);
      V x[Registers];
      load_line(job, from, begin, x);
#pragma GCC unroll 2
      for (int r = First; r < Last; ++r) {
        const Real w = weights[begin - r * job.columns];
#pragma GCC unroll 4
        for (int u = 0; u < Registers; ++u) group[r][u] = w * x[u];
      }
      for (int k = begin + 1; k < end; ++k) {
        load_line(job, from, k, x);
#pragma GCC unroll 2
        for (int r = First; r < Last; ++r) {
          const Real w = weights[k - r * job.columns];
#pragma GCC unroll 4
          for (int u = 0; u < Registers; ++u) group[r][u] = group[r][u] + w * x[u];
        }
      }
#pragma GCC unroll 2
      for (int r = First; r < Last; ++r) {
#pragma GCC unroll 4
        for (int u = 0; u < Registers; ++u) row[r][u] = begin == 0 ? group[r][u] : row[r][u] + group[r][u];
      }
    }
  }

  // The same for one output, some of whose taps are left out.
  PX_HD void add_line(const CorrelateJob& job, const Real* from, int line, int r) {
    const std::int64_t at = std::int64_t{line - r} * job.columns;
    const auto* const weights = static_cast<const Real*>(job.weights) + at;
    for (int k = 0; k < job.columns; ++k) {
      const int step = job.steps[at + k];
      if (step == 0) continue;
      V x[Registers];
      load_line(job, from, k, x);
      const bool begins = (step & sum_begin) != 0, first = (step & sum_first_group) != 0;
#pragma GCC unroll 4
      for (int u = 0; u < Registers; ++u) group[r][u] = begins ? weights[k] * x[u] : group[r][u] + weights[k] * x[u];
      if ((step & sum_end) == 0) continue;
#pragma GCC unroll 4
      for (int u = 0; u < Registers; ++u) row[r][u] = first ? group[r][u] : row[r][u] + group[r][u];
    }
  }

  PX_HD void end_row(const CorrelateJob& job, int line, int r) {
    const int step = job.row_steps[line - r];
    if (step == 0) return;
    const bool begins = (step & sum_begin) != 0, first = (step & sum_first_group) != 0;
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) rows[r][u] = begins ? row[r][u] : rows[r][u] + row[r][u];
    if ((step & sum_end) == 0) return;
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) total[r][u] = first ? rows[r][u] : total[r][u] + rows[r][u];
  }

  PX_HD void run(const CorrelateJob& job, int64_t at) {
    for (int line = 0; line < job.rows + Outputs - 1; ++line) {
      const Real* const from = static_cast<const Real*>(job.lines[line]) + at;
      const int first = line < job.rows ? 0 : 1, last = lesser(line + 1, Outputs);
      if (job.steps != nullptr) {
#pragma GCC unroll 2
        for (int r = 0; r < Outputs; ++r) {
          if (r >= first && r < last) add_line(job, from, line, r);
        }
      } else if (Outputs == 1 || last == 1) {
        add_whole_line<0, 1>(job, from, line);
      } else if (first == 1) {
        add_whole_line<Outputs - 1, Outputs>(job, from, line);
      } else {
        add_whole_line<0, Outputs>(job, from, line);
      }
#pragma GCC unroll 2
      for (int r = 0; r < Outputs; ++r) {
        if (r >= first && r < last) end_row(job, line, r);
      }
    }
#pragma GCC unroll 2
    for (int r = 0; r < Outputs; ++r) {
#pragma GCC unroll 4
      for (int u = 0; u < Registers; ++u) {
        std::memcpy(static_cast<Real*>(job.dst[r]) + at + u * side, &total[r][u], sizeof(V));
      }
    }
  }
};

template <class Real, class V, int Outputs, int Registers>
PX_HD void tile(const CorrelateJob& job, int64_t at) {
  Tile<Real, V, Outputs, Registers> sums;
  sums.run(job, at);
}

template <class Real, int Outputs>
PX_HD void rows(const CorrelateJob& job) {
  constexpr int block = tile_registers * lanes<Real>;
  int64_t at = 0;
  for (; at + block <= job.samples; at += block) tile<Real, Vec<Real>, Outputs, tile_registers>(job, at);
  if (at == job.samples) return;
  if (job.samples >= block) return tile<Real, Vec<Real>, Outputs, tile_registers>(job, job.samples - block);
  for (; at + lanes<Real> <= job.samples; at += lanes<Real>) tile<Real, Vec<Real>, Outputs, 1>(job, at);
  for (; at < job.samples; ++at) tile<Real, Real, Outputs, 1>(job, at);
}

template <class Real>
void correlate(const CorrelateJob& job) {
  if (job.outputs == 2) return rows<Real, 2>(job);
  rows<Real, 1>(job);
}

}  // namespace

extern constinit const CorrelateKernels correlate_kernels = {tile_rows, correlate<float>, correlate<double>};

}  // namespace px::PX_TARGET
