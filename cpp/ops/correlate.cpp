#include "ops/correlate.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/correlate.h"
#include "kernels/resample_vertical.h"

namespace px {
namespace {

constexpr std::int64_t farthest = std::int64_t{1} << 29;
constexpr int max_outputs = 4;  // of rows that a kernel makes at once

// A pass as kernels read it. Integers: the taps one by one, in pairs. Reals: a box of taps, of which some are left out.
struct PlannedPass {
  std::int64_t top = 0, left = 0;      // where the box begins
  std::int64_t rows = 0, columns = 0;  // none: the sum is 0
  std::vector<std::byte> weights;
  int shift = 0;
  std::vector<std::int64_t> row, pixel;        // integers: of each tap, in the box
  std::vector<std::uint8_t> steps, row_steps;  // reals
  std::int64_t item = 0;                       // bytes of a sum

  std::int64_t taps() const { return rows * columns; }
};

template <class W>
W* weights_of(PlannedPass& pass, std::size_t count) {
  pass.weights.resize(count * sizeof(W));
  return reinterpret_cast<W*>(pass.weights.data());
}

// Marks the groups of those that are there.
void mark_groups(std::uint8_t* steps, std::int64_t count) {
  std::int64_t before = 0;
  std::uint8_t* last = nullptr;
  for (std::int64_t k = 0; k < count; ++k) {
    if (steps[k] == 0) continue;
    if (before % sum_group == 0) steps[k] |= sum_begin;
    if (before % sum_group == sum_group - 1) steps[k] |= sum_end;
    if (before < sum_group) steps[k] |= sum_first_group;
    last = &steps[k];
    ++before;
  }
  if (last != nullptr) *last |= sum_end;
}

template <class Real>
void set_box(PlannedPass& pass, const std::vector<Tap>& taps) {
  const auto cells = static_cast<std::size_t>(pass.taps());
  Real* const weights = weights_of<Real>(pass, cells);
  pass.steps.assign(cells, 0);
  pass.row_steps.assign(static_cast<std::size_t>(pass.rows), 0);
  for (const Tap& tap : taps) {
    const std::int64_t row = tap.dy - pass.top, at = row * pass.columns + tap.dx - pass.left;
    weights[at] = static_cast<Real>(tap.weight);
    pass.steps[static_cast<std::size_t>(at)] = sum_take;
    pass.row_steps[static_cast<std::size_t>(row)] = sum_take;
  }
  if (static_cast<std::int64_t>(taps.size()) == pass.taps()) pass.steps.clear();
  for (std::int64_t row = 0; row < pass.rows && !pass.steps.empty(); ++row)
    mark_groups(pass.steps.data() + row * pass.columns, pass.columns);
  mark_groups(pass.row_steps.data(), pass.rows);
}

PlannedPass plan_pass(const SumPass& pass, SumArithmetic arithmetic) {
  PlannedPass planned;
  planned.shift = pass.shift;
  if (pass.taps.empty()) return planned;
  const auto axis = [&](std::int64_t Tap::* along, std::int64_t& begin, std::int64_t& count) {
    const auto [first, last] = std::minmax_element(pass.taps.begin(), pass.taps.end(),
                                                   [&](const Tap& a, const Tap& b) { return a.*along < b.*along; });
    begin = (*first).*along;
    count = (*last).*along - begin + 1;
  };
  axis(&Tap::dy, planned.top, planned.rows);
  axis(&Tap::dx, planned.left, planned.columns);
  switch (arithmetic) {
    case SumArithmetic::integer: {
      const std::size_t count = (pass.taps.size() + 1) / 2 * 2;
      auto* const weights = weights_of<std::int16_t>(planned, count);
      for (std::size_t k = 0; k < count; ++k) {
        const bool is_there = k < pass.taps.size();  // else it is the last one again, without weight
        const Tap& tap = is_there ? pass.taps[k] : pass.taps.back();
        weights[k] = is_there ? static_cast<std::int16_t>(tap.weight) : std::int16_t{0};
        planned.row.push_back(tap.dy - planned.top);
        planned.pixel.push_back(tap.dx - planned.left);
      }
      break;
    }
    case SumArithmetic::f32: set_box<float>(planned, pass.taps); break;
    case SumArithmetic::f64: set_box<double>(planned, pass.taps); break;
  }
  return planned;
}

// Sums of one pass: `lines` are where the box begins for the first pixel of the first output, one for each row of the
// box and of the outputs beyond the first.
class Sums {
 public:
  Sums(const PlannedPass& pass, VerticalKernels::Row integers, void (*reals)(const CorrelateJob&),
       std::int64_t channels)
      : pass_(pass), integers_(integers), reals_(reals), channels_(channels) {}

  void operator()(const void* const* lines, std::int64_t samples, void* const* dst, int outputs, int together,
                  const void** taps) const {
    if (pass_.rows == 0) {
      for (int r = 0; r < outputs; ++r) std::memset(dst[r], 0, static_cast<std::size_t>(samples * pass_.item));
      return;
    }
    if (reals_ != nullptr) {
      const auto run = [&](int first, int count) {
        reals_({lines + first, pass_.weights.data(), pass_.steps.empty() ? nullptr : pass_.steps.data(),
                pass_.row_steps.data(), static_cast<int>(pass_.rows), static_cast<int>(pass_.columns), channels_,
                samples, dst + first, count});
      };
      if (outputs == together) return run(0, outputs);
      for (int r = 0; r < outputs; ++r) run(r, 1);
      return;
    }
    const int count = static_cast<int>(pass_.row.size());
    for (int r = 0; r < outputs; ++r) {
      for (std::size_t k = 0; k < pass_.row.size(); ++k) {
        taps[k] = static_cast<const std::byte*>(lines[r + pass_.row[k]]) + pass_.pixel[k] * channels_ * from_item;
      }
      integers_({taps, pass_.weights.data(), count, pass_.shift, samples, dst[r], nullptr, 0});
    }
  }

  std::int64_t from_item = 1;  // bytes of a sample that is summed

 private:
  const PlannedPass& pass_;
  VerticalKernels::Row integers_;
  void (*reals_)(const CorrelateJob&);
  std::int64_t channels_;
};

Status check_passes(const ImageView& src, const CorrelateOptions& options) {
  if (options.passes.empty() || options.passes.size() > 2) return Status::value_error("there are one or two passes");
  const bool integers = options.arithmetic == SumArithmetic::integer;
  if (integers && src.dtype != DType::u8) return Status::type_error("only uint8 is summed in integers");
  for (std::size_t i = 0; i < options.passes.size(); ++i) {
    const SumPass& pass = options.passes[i];
    if (integers && (pass.shift < 1 || pass.shift > 30)) return Status::value_error("shift must be from 1 to 30");
    for (const Tap& tap : pass.taps) {
      if (std::max(std::llabs(tap.dy), std::llabs(tap.dx)) > farthest) return Status::value_error("a tap is too far");
      if (options.passes.size() == 2 && (i == 0 ? tap.dx : tap.dy) != 0) {
        return Status::value_error("the first of two passes reads columns, the second rows");
      }
      const bool fits = integers ? tap.weight == std::rint(tap.weight) && std::fabs(tap.weight) <= 32767.0
                                 : std::isfinite(tap.weight);
      if (!fits) return Status::value_error("a weight is out of range");
    }
  }
  return Status::ok();
}

Status correlate_planes(const Execution& execution, const ImageView& src, const ImageView& dst,
                        const CorrelateOptions& options) {
  const bool integers = options.arithmetic == SumArithmetic::integer;
  const bool wide = options.arithmetic == SumArithmetic::f64;
  const DType reals = wide ? DType::f64 : DType::f32;
  const VerticalKernels& kernels = PX_PICK_KERNELS(execution.isa, resample_vertical_kernels);
  const CorrelateKernels& tiles = PX_PICK_KERNELS(execution.isa, correlate_kernels);
  const ConvertKernels& convert = PX_PICK_KERNELS(execution.isa, convert_kernels);
  const int dst_type = static_cast<int>(dst.dtype);

  std::vector<PlannedPass> passes;
  for (const SumPass& pass : options.passes) passes.push_back(plan_pass(pass, options.arithmetic));
  // Rows of sums are the result, or become it.
  const DType summed = integers ? (dst.dtype == DType::u8 ? DType::u8 : DType::i16) : reals;
  const ConvertKernels::Row finish = summed == dst.dtype ? nullptr
                                     : integers          ? convert.from_i16[dst_type]
                                     : wide              ? convert.from_f64[dst_type]
                                                         : convert.from_f32[dst_type];
  if (summed != dst.dtype && finish == nullptr) return Status::type_error("out has an unsupported dtype");
  const bool two = passes.size() == 2;
  PlannedPass& first = passes.front();
  PlannedPass& last = passes.back();
  const std::int64_t work_item = integers ? 2 : wide ? 8 : 4, rows_item = integers ? 1 : work_item;
  first.item = work_item;
  last.item = summed == DType::u8 ? 1 : work_item;
  const auto in_integers = [&](bool from_u8, bool to_u8) {
    return from_u8 ? (to_u8 ? kernels.u8_u8 : kernels.u8_i16) : (to_u8 ? kernels.i16_u8 : kernels.i16_i16);
  };
  const auto in_reals = integers ? nullptr : wide ? tiles.f64 : tiles.f32;
  Sums sum_last(last, in_integers(!two, summed == DType::u8), in_reals, src.c);
  Sums sum_first(first, in_integers(true, !two && summed == DType::u8), in_reals, src.c);
  sum_last.from_item = two ? work_item : rows_item;

  const int together = integers ? 1 : tiles.outputs;
  const std::int64_t samples = src.w * src.c, window_rows = std::max<std::int64_t>(first.rows, 1) + together - 1;
  const auto before = [](const PlannedPass& pass) { return std::max<std::int64_t>(0, -pass.left); };
  const auto behind = [](const PlannedPass& pass) { return std::max<std::int64_t>(0, pass.left + pass.columns - 1); };
  const PaddedRows rows(src,
                        {options.borders, options.value, two ? 0 : before(first), two ? 0 : behind(first), window_rows,
                         integers ? DType::u8 : reals},
                        execution.isa);
  const bool close_dst = (dst.c == 1 || dst.stride_c == dst.item_size) && dst.stride_w == dst.c * dst.item_size;

  // Work in units of what copying takes: a tap of a sample costs about two bytes.
  std::int64_t taps = 0;
  for (const PlannedPass& pass : passes) taps += pass.taps();
  const Execution run = execution_for(execution, 2 * dst.n * dst.h * samples * (taps + src.item_size));
  const std::int64_t preferred = std::max<std::int64_t>({16, 4 * window_rows, (std::int64_t{1} << 17) / (samples * 4)});
  const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);
  const std::int64_t tasks = strips.count * dst.n;
  // Pixel 0 of a row between the passes, and from that row to the next.
  const std::int64_t pixel = src.c * work_item, begin = (before(last) * pixel + 63) / 64 * 64;
  const std::int64_t between_row = two ? begin + ((src.w + behind(last)) * pixel + 127) / 64 * 64 : 0;
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *ring, *between, *outside, *sums, *result, *pointers;
    };
    const auto bytes = [](std::int64_t count) { return static_cast<std::size_t>(count); };
    return Parts{layout.take(rows.bytes()),
                 layout.take(bytes(together * between_row)),
                 layout.take(bytes(two ? pixel : 0)),
                 layout.take(finish != nullptr || !close_dst ? bytes(together * samples * last.item) : 0),
                 layout.take(finish != nullptr && !close_dst ? bytes(samples * dst.item_size) : 0),
                 layout.take((bytes(window_rows) + std::max(first.row.size(), last.row.size())) * sizeof(void*))};
  };
  ScratchLayout size;
  lay_out(size);
  const std::size_t each = size.used();
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    const auto parts = lay_out(layout);
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    PaddedRows::Ring ring(rows, n, parts.ring);
    auto** const window = reinterpret_cast<const void**>(parts.pointers);
    auto** const of_taps = window + window_rows;
    if (two) {  // what the first pass makes of a constant border
      for (std::int64_t k = 0; k < window_rows; ++k) window[k] = rows.value();
      void* const outside = parts.outside;
      sum_first(window, src.c, &outside, 1, together, of_taps);
    }
    for (std::int64_t y = y0; y < y1; y += together) {
      const int outputs = static_cast<int>(std::min<std::int64_t>(together, y1 - y));
      for (std::int64_t k = 0; k < window_rows - together + outputs; ++k) {
        window[k] = ring.row(y + first.top + k) + (two ? 0 : first.left * src.c * rows_item);
      }
      void *sums[max_outputs], *between[max_outputs];
      for (int r = 0; r < outputs; ++r) {
        sums[r] = finish == nullptr && close_dst ? dst.data + n * dst.stride_n + (y + r) * dst.stride_h
                                                 : parts.sums + r * samples * last.item;
        between[r] = parts.between + r * between_row + begin;
      }
      sum_first(window, samples, two ? between : sums, outputs, together, of_taps);
      for (int r = 0; r < outputs; ++r) {
        if (two) {
          auto* const line = static_cast<std::byte*>(between[r]);
          const auto beyond = [&](std::int64_t x) {
            const std::int64_t inside = border_index(x, src.w, options.borders.across);
            std::copy_n(inside < 0 ? parts.outside : line + inside * pixel, pixel, line + x * pixel);
          };
          for (std::int64_t x = -before(last); x < 0; ++x) beyond(x);
          for (std::int64_t x = src.w; x < src.w + behind(last); ++x) beyond(x);
          const void* const at = line + last.left * pixel;
          sum_last(&at, samples, &sums[r], 1, together, of_taps);
        }
        if (finish == nullptr && close_dst) continue;
        std::byte* const row = dst.data + n * dst.stride_n + (y + r) * dst.stride_h;
        const auto* from = static_cast<const std::byte*>(sums[r]);
        if (finish != nullptr) {
          std::byte* const to = close_dst ? row : parts.result;
          finish(sums[r], to, samples);
          if (close_dst) continue;
          from = to;
        }
        copy_samples(from, dst.c * dst.item_size, dst.item_size, row, dst.stride_w, dst.stride_c, dst.w, dst.c,
                     dst.item_size);
      }
    }
  });
}

}  // namespace

Status correlate(const Execution& execution, const ImageView& src, const ImageView& dst,
                 const CorrelateOptions& options) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.h != dst.h || src.w != dst.w || src.c != dst.c) {
    return Status::value_error("out must have image's sizes");
  }
  if (src.dtype == DType::other || dst.dtype == DType::other) return Status::type_error("this dtype is not summed");
  if (src.dtype == DType::f64 && options.arithmetic != SumArithmetic::f64) {
    return Status::type_error("float64 is summed in float64");
  }
  if (Status status = check_passes(src, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  // Planes are images of one channel.
  if (src.c == 1 || src.stride_c == src.item_size || dst.stride_c == dst.item_size) {
    return correlate_planes(execution, src, dst, options);
  }
  for (std::int64_t c = 0; c < src.c; ++c) {
    ImageView from = src, to = dst;
    CorrelateOptions of_plane = options;
    from.data += c * src.stride_c;
    to.data += c * dst.stride_c;
    from.c = to.c = 1;
    of_plane.value += c * src.item_size;
    if (Status status = correlate_planes(execution, from, to, of_plane); !status.is_ok()) return status;
  }
  return Status::ok();
}

}  // namespace px
