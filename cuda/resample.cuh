// One pass of a separable resampling, along either axis; what resize and preprocess are made of.
//
//   out[i] = sum_k w[i][k] * in[first[i] + k],  i running along the axis
//
// Exact     The tables and the order of the passes are the CPU's (core/resample_plan). uint8: int32 sums of int16
//           weights, shifted; up to 7 fractional bits in int16 between the passes. Reals: sums in the order of the
//           taps.
// Why       A thread per sample of the result, pixel after pixel: neighbours read neighbouring samples, along y
//           together, along x from the same few lines of the cache, and share their weights. What lies between the
//           passes (a few MiB) stays in the L2 cache.
// Requires  Tables on the device; src and dst disjoint.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/resample_plan.h"
#include "launch.cuh"

namespace px::cuda {

// An AxisTable on the device; null where every result is its input.
struct Taps {
  const std::int32_t *first = nullptr, *count = nullptr;
  const std::int64_t* offset = nullptr;
  const void* weights = nullptr;
  int shift = 0;
};

struct PlanTables {
  Taps rows, columns;
};
PlanTables upload(Call& call, const std::shared_ptr<const ResizePlan>& plan);

// Which part of a whole result a pass makes, and where.
struct Job {
  Pixels src{{}}, dst{{}};
  std::int64_t width = 0, height = 0, channels = 1;  // of what is written
  // What of that shows the image; the rest is `value`. Mirrored afterwards, if wanted.
  std::int64_t x0 = 0, x1 = 0, y0 = 0, y1 = 0;
  std::int64_t left = 0, top = 0;  // pixel (0, 0) is that pixel of the whole result
  bool mirrored = false, vertical = false;
  bool src_between = false, dst_between = false;  // the address is an offset in the memory between passes
  Taps rows, columns;                             // of a pass, the one of its axis alone counts
};

// A job for all images of a batch, or a list of jobs, one per image.
struct Jobs {
  Job one;
  const Job* list = nullptr;
  std::int64_t between = 0;  // its address
};

template <class Work>
constexpr bool is_fixed = std::is_same_v<Work, std::int32_t>;
template <class Work>
using WeightOf = std::conditional_t<is_fixed<Work>, std::int16_t, Work>;

// What a pass keeps for the next one.
template <class Work>
using Between = std::conditional_t<is_fixed<Work>, std::int16_t, Work>;

template <class T, class Work>
PX_HD T result_of(Work sum) {
  if constexpr (is_fixed<Work> && sizeof(T) == 1) {
    return static_cast<T>(lesser(greater(sum, 0), 255));
  } else if constexpr (is_fixed<Work>) {
    return static_cast<T>(sum);
  } else if constexpr (std::is_same_v<T, Work>) {
    return sum;
  } else {
    return round_to<T>(sum);
  }
}

// Where a sample goes, as it is.
template <class T>
struct Plain {
  PX_HD void operator()(std::byte* to, std::int64_t, T sample) const { store(to, sample); }
};

enum class Alpha { none, multiply, divide, both };

// In: samples that it reads. T: what the sum becomes, handed to sink(address, channel, sample). `value`: of what lies
// outside of the image, one T a channel; may be null where nothing does.
template <class In, class T, class Work, class Sink, Alpha alpha = Alpha::none>
struct Pass {
  Jobs jobs;
  Sink sink;
  const T* value = nullptr;

  static constexpr bool multiplies = alpha == Alpha::multiply || alpha == Alpha::both;
  static constexpr bool divides = alpha == Alpha::divide || alpha == Alpha::both;

  PX_HD static Work tap(std::int64_t at, const Job& job, std::int64_t c) {
    const In sample = load<In>(at);
    if constexpr (is_fixed<Work>) {
      return sample;
    } else {
      const Work real = to_real<Work>(sample);
      if constexpr (multiplies) {
        if (c + 1 < job.channels) return real * to_real<Work>(load<In>(at + (job.channels - 1 - c) * job.src.stride_c));
      }
      return real;
    }
  }

  PX_HD static Work sum(const Job& job, const Taps& taps, std::int64_t i, std::int64_t from, std::int64_t step,
                        std::int64_t c) {
    const int count = taps.count[i];
    const auto* const w = static_cast<const WeightOf<Work>*>(taps.weights) + taps.offset[i];
    from += taps.first[i] * step;
    if constexpr (is_fixed<Work>) {
      Work total = 1 << (taps.shift - 1);
      for (int k = 0; k < count; ++k) total = total + w[k] * tap(from + k * step, job, c);
      return total >> taps.shift;
    } else {
      Work total = w[0] * tap(from, job, c);
      for (int k = 1; k < count; ++k) total = total + w[k] * tap(from + k * step, job, c);
      return total;
    }
  }

  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t z) const {
    const Job& job = jobs.list != nullptr ? jobs.list[z] : jobs.one;
    const std::int64_t n = jobs.list != nullptr ? 0 : z;
    if (y >= job.height || at >= job.width * job.channels) return;
    const auto [x, c] = sample_of(at, job.channels);
    const std::int64_t into =
        job.dst.address(n, y, job.mirrored ? job.width - 1 - x : x, c) + (job.dst_between ? jobs.between : 0);
    std::byte* const to = reinterpret_cast<std::byte*>(into);
    if (x < job.x0 || x >= job.x1 || y < job.y0 || y >= job.y1) return sink(to, c, value[c]);
    const std::int64_t column = x + job.left, row = y + job.top;
    const Taps& taps = job.vertical ? job.rows : job.columns;
    const std::int64_t from =
        job.src.address(n, job.vertical ? 0 : row, job.vertical ? column : 0) + (job.src_between ? jobs.between : 0);
    const std::int64_t step = job.vertical ? job.src.stride_h : job.src.stride_w;
    const std::int64_t i = job.vertical ? row : column;
    const Work total = sum(job, taps, i, from + c * job.src.stride_c, step, c);
    if constexpr (divides) {
      const std::int64_t last = job.channels - 1;
      const Work opacity = c == last ? total : sum(job, taps, i, from + last * job.src.stride_c, step, last);
      const T stored = round_to<T>(opacity);
      sink(to, c, c == last ? stored : round_to<T>(is_zero(stored) ? Work(0) : total / opacity));
    } else {
      sink(to, c, result_of<T>(total));
    }
  }
};

// Samples that are taken as they are: nearest, and images of the result's size.
template <class T, class Sink>
struct Pick {
  Jobs jobs;
  Sink sink;
  const T* value = nullptr;

  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t z) const {
    const Job& job = jobs.list != nullptr ? jobs.list[z] : jobs.one;
    const std::int64_t n = jobs.list != nullptr ? 0 : z;
    if (y >= job.height || at >= job.width * job.channels) return;
    const auto [x, c] = sample_of(at, job.channels);
    std::byte* const to = job.dst.at(n, y, job.mirrored ? job.width - 1 - x : x, c);
    if (x < job.x0 || x >= job.x1 || y < job.y0 || y >= job.y1) return sink(to, c, value[c]);
    const std::int64_t column = x + job.left, row = y + job.top;
    sink(to, c,
         load<T>(job.src.at(n, job.rows.first != nullptr ? job.rows.first[row] : row,
                            job.columns.first != nullptr ? job.columns.first[column] : column, c)));
  }
};

// The two passes of an image (or one, or none) as jobs. `wanted` is the last one's, all but its source and tables; the
// first one, of width 0 if there is none, writes to memory between the passes, of which `between` samples are in use.
struct Passes {
  Job first, last;
};
Passes passes_of(const ResizePlan& plan, const PlanTables& tables, const ImageView& src, Job wanted,
                 std::int64_t images, int between_item, std::int64_t& between);

}  // namespace px::cuda
