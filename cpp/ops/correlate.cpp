#include "ops/correlate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <tuple>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/plan_cache.h"
#include "core/planes.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/correlate.h"
#include "kernels/correlate_words.h"
#include "kernels/resample_vertical.h"
#include "ops/separable_u8.h"

namespace px {
namespace {

constexpr double farthest = 1 << 29;
constexpr int most_outputs = 32;              // of rows that a kernel makes in one call
constexpr std::int64_t near_bytes = 1 << 14;  // of their lines, to stay in the L1 cache
constexpr std::int64_t end_samples = 16;
constexpr std::int64_t few_bytes = 2048;     // of a row that may as well be copied
constexpr std::size_t most_streamed = 128;   // taps of results that go past the caches
constexpr std::size_t many_taps = 49;        // of uint8, which rows of pairs are made for
constexpr double most_word = 32767.0 / 255;  // sums of so large weights fit int16
constexpr std::int64_t pairs_at_once = 1024;
constexpr std::int64_t panel_samples = 2048;  // of a few rows that stay in the L1 cache between two passes

// A pass as kernels read it: the box that its taps lie in, and these.
struct PlannedPass {
  std::int64_t top = 0, left = 0;      // where the box begins
  std::int64_t rows = 0, columns = 0;  // none: the sum is 0
  int shift = 0;
  std::vector<std::byte> weights;
  std::vector<std::int64_t> row, offsets;    // of each tap: its row of the box, samples from the box's begin
  std::vector<std::int32_t> runs, row_runs;  // reals: see CorrelateTaps
  bool is_single = false, is_box = false, is_whole = false;
  StencilTaps stencil = StencilTaps::none;

  template <class W, class Weight>
  void set_weights(std::size_t count, Weight&& weight) {
    weights.resize(row.size() * sizeof(W));
    for (std::size_t t = 0; t < count; ++t) reinterpret_cast<W*>(weights.data())[t] = static_cast<W>(weight(t));
  }
  void find_runs(std::int64_t channels);
};

void PlannedPass::find_runs(std::int64_t channels) {
  const std::int64_t longest = rows == 1 || columns == 1 ? sum_line : sum_run;
  is_single = rows * columns <= longest;
  const std::int64_t piece = columns <= longest ? columns : sum_piece;
  row_runs.push_back(0);
  std::int64_t last = -1;
  for (std::size_t t = 0; t < row.size(); ++t) {
    const std::int64_t of_run = offsets[t] / channels / piece;
    const bool same_row = t > 0 && row[t] == row[t - 1];
    while (static_cast<std::int64_t>(row_runs.size()) <= row[t]) {
      row_runs.push_back(static_cast<std::int32_t>(runs.size()));
    }
    if (!same_row || of_run != last) runs.push_back(static_cast<std::int32_t>(t));
    last = of_run;
  }
  row_runs.push_back(static_cast<std::int32_t>(runs.size()));
  runs.push_back(static_cast<std::int32_t>(row.size()));
  // A box: the rows that have taps have the first one's columns.
  const auto of_row = [&](std::int64_t j, std::int32_t& begin, std::int32_t& end) {
    begin = runs[static_cast<std::size_t>(row_runs[static_cast<std::size_t>(j)])];
    end = runs[static_cast<std::size_t>(row_runs[static_cast<std::size_t>(j + 1)])];
  };
  std::int32_t begin, end, of_begin, of_end;
  of_row(0, begin, end);
  is_box = is_whole = true;
  for (std::int64_t j = 1; j < rows && is_box; ++j) {
    of_row(j, of_begin, of_end);
    is_whole = is_whole && of_begin < of_end;
    is_box =
        of_begin == of_end || (of_end - of_begin == end - begin &&
                               std::equal(offsets.begin() + begin, offsets.begin() + end, offsets.begin() + of_begin));
  }
  if (rows != 3 || columns != 3) return;
  unsigned taps = 0;
  for (std::size_t t = 0; t < row.size(); ++t) taps |= 1u << (3 * row[t] + offsets[t] / channels);
  for (const StencilTaps known : {StencilTaps::cross, StencilTaps::sides, StencilTaps::rows, StencilTaps::all}) {
    if (taps == static_cast<unsigned>(known)) stencil = known;
  }
}

enum class Sum8 { pairs_of_rows, pairs, words };  // how uint8 is summed

PlannedPass plan_pass(const SumPass& pass, SumArithmetic arithmetic, Sum8 way, std::int64_t channels) {
  PlannedPass planned;
  planned.shift = static_cast<int>(pass.shift);
  if (pass.taps.empty()) return planned;
  const auto axis = [&](double Tap::* along, std::int64_t& begin, std::int64_t& count) {
    const auto [first, last] = std::minmax_element(pass.taps.begin(), pass.taps.end(),
                                                   [&](const Tap& a, const Tap& b) { return a.*along < b.*along; });
    begin = static_cast<std::int64_t>((*first).*along);
    count = static_cast<std::int64_t>((*last).*along) - begin + 1;
  };
  axis(&Tap::dy, planned.top, planned.rows);
  axis(&Tap::dx, planned.left, planned.columns);
  const auto add = [&](const Tap& tap) {
    planned.row.push_back(static_cast<std::int64_t>(tap.dy) - planned.top);
    planned.offsets.push_back((static_cast<std::int64_t>(tap.dx) - planned.left) * channels);
  };
  if (way == Sum8::pairs) {  // of neighbours in a row; a tap without one is half a pair
    std::vector<std::int32_t> pairs;
    for (std::size_t t = 0; t < pass.taps.size(); ++t) {
      const Tap& tap = pass.taps[t];
      add(tap);
      std::uint32_t pair = static_cast<std::uint16_t>(static_cast<std::int16_t>(tap.weight));
      if (t + 1 < pass.taps.size() && pass.taps[t + 1].dy == tap.dy && pass.taps[t + 1].dx == tap.dx + 1) {
        ++t;
        pair |= static_cast<std::uint32_t>(static_cast<std::uint16_t>(static_cast<std::int16_t>(pass.taps[t].weight)))
                << 16;
      }
      pairs.push_back(static_cast<std::int32_t>(pair));
    }
    planned.set_weights<std::int32_t>(pairs.size(), [&](std::size_t t) { return pairs[t]; });
    planned.find_runs(channels);
    planned.is_single = true;
    return planned;
  }
  for (const Tap& tap : pass.taps) add(tap);
  const auto weight = [&](std::size_t t) { return pass.taps[t].weight; };
  switch (arithmetic) {
    case SumArithmetic::integer:
      if (way == Sum8::words) {
        planned.set_weights<std::int16_t>(pass.taps.size(), [&](std::size_t t) { return weight(t) / 2; });
        return planned;
      }
      if (pass.taps.size() % 2 != 0) {  // taps go in pairs: the last one again, without weight
        planned.row.push_back(planned.row.back());
        planned.offsets.push_back(planned.offsets.back());
      }
      planned.set_weights<std::int16_t>(pass.taps.size(), weight);
      return planned;
    case SumArithmetic::f32: planned.set_weights<float>(pass.taps.size(), weight); break;
    case SumArithmetic::f64: planned.set_weights<double>(pass.taps.size(), weight); break;
  }
  planned.find_runs(channels);
  return planned;
}

struct PlanKey {
  SumArithmetic arithmetic;
  std::int64_t channels;
  std::vector<std::int64_t> shifts, counts;
  std::vector<Tap> taps;  // of all passes

  PlanKey(const CorrelateOptions& options, std::int64_t of_channels)
      : arithmetic(options.arithmetic), channels(of_channels) {
    for (const SumPass& pass : options.passes) {
      shifts.push_back(pass.shift);
      counts.push_back(static_cast<std::int64_t>(pass.taps.size()));
      taps.insert(taps.end(), pass.taps.begin(), pass.taps.end());
    }
  }
  bool operator==(const PlanKey& other) const {  // -0 is not 0; a kernel of zeros has no taps to be compared
    return arithmetic == other.arithmetic && channels == other.channels && shifts == other.shifts &&
           counts == other.counts &&
           (taps.empty() || std::memcmp(taps.data(), other.taps.data(), taps.size() * sizeof(Tap)) == 0);
  }
};

struct Plan {
  std::vector<PlannedPass> passes;
  Sum8 way = Sum8::pairs_of_rows;

  std::size_t bytes() const {
    std::size_t taps = 0;
    for (const PlannedPass& pass : passes) taps += pass.row.size();
    return sizeof(Plan) + taps * (sizeof(Tap) + 40);
  }
};

// Rows become pairs of int16 that tiles are summed of; or whole weights, which count twice, make sums of 16 bits.
Sum8 way_of(const SumPass& pass) {
  if (pass.taps.size() >= many_taps) return Sum8::pairs;
  double sum = 0;
  for (const Tap& tap : pass.taps) {
    if (std::fmod(tap.weight, 2.0) != 0) return Sum8::pairs_of_rows;
    sum += std::fabs(tap.weight) / 2;
  }
  return pass.shift == 1 && sum <= most_word ? Sum8::words : Sum8::pairs_of_rows;
}

std::shared_ptr<const Plan> plan_for(const CorrelateOptions& options, std::int64_t channels) {
  thread_local PlanCache<PlanKey, Plan> cache;
  return cache.get(PlanKey(options, channels), [&] {
    Plan plan;
    if (options.arithmetic == SumArithmetic::integer && options.passes.size() == 1)
      plan.way = way_of(options.passes[0]);
    for (const SumPass& pass : options.passes) {
      plan.passes.push_back(plan_pass(pass, options.arithmetic, plan.way, channels));
    }
    return plan;
  });
}

// Sums of one pass: `lines` are where the box begins for the first pixel of the first output, one for each row of the
// box and of the outputs beyond the first.
class Sums {
 public:
  Sums(const PlannedPass& pass, VerticalKernels::Row integers, void (*words)(const WordsJob&),
       void (*tiles)(const CorrelateJob&), std::int64_t pixel, std::int64_t from_item, std::int64_t item, bool is_far)
      : pass_(pass),
        integers_(integers),
        words_(words),
        tiles_(tiles),
        pixel_(pixel),
        from_item_(from_item),
        item_(item),
        is_far_(is_far) {}

  void operator()(const void* const* lines, std::int64_t samples, void* const* dst, int outputs, bool stream,
                  const void** taps, const void* ahead = nullptr) const {
    if (pass_.rows == 0) {
      for (int r = 0; r < outputs; ++r) std::memset(dst[r], 0, static_cast<std::size_t>(samples * item_));
    } else if (tiles_ != nullptr) {
      const CorrelateTaps of_pass{pass_.offsets.data(),
                                  pass_.weights.data(),
                                  pass_.runs.data(),
                                  pass_.row_runs.data(),
                                  static_cast<int>(pass_.rows),
                                  pass_.is_single,
                                  pass_.is_box,
                                  pass_.is_box && pass_.is_whole,
                                  pass_.columns == 1,
                                  pass_.stencil,
                                  pixel_,
                                  pass_.shift};
      tiles_({lines, of_pass, samples, dst, outputs, stream, is_far_, static_cast<PairsResult>(item_)});
    } else {
      const int count = static_cast<int>(pass_.row.size());
      for (int r = 0; r < outputs; ++r) {
        for (std::size_t k = 0; k < pass_.row.size(); ++k) {
          taps[k] = static_cast<const std::byte*>(lines[r + pass_.row[k]]) + pass_.offsets[k] * from_item_;
        }
        if (words_ != nullptr) {
          const auto* const weights = reinterpret_cast<const std::int16_t*>(pass_.weights.data());
          words_({taps, weights, count, samples, dst[r], stream, static_cast<const std::byte*>(ahead)});
          continue;
        }
        integers_({taps, pass_.weights.data(), count, pass_.shift, samples, dst[r], &ahead, ahead != nullptr ? 1 : 0});
      }
    }
  }

 private:
  const PlannedPass& pass_;
  VerticalKernels::Row integers_;
  void (*words_)(const WordsJob&);
  void (*tiles_)(const CorrelateJob&);
  std::int64_t pixel_;             // samples of one
  std::int64_t from_item_, item_;  // bytes of a sample that is summed, and of a sum
  bool is_far_;                    // what is summed is read where the image is
};

// In one pass, or of reals in two. dst's first row is the result's row `top`.
Status correlate_planes(const Execution& execution, const ImageView& src, const ImageView& dst,
                        const CorrelateOptions& options, std::int64_t top) {
  const bool integers = options.arithmetic == SumArithmetic::integer;
  const bool wide = options.arithmetic == SumArithmetic::f64;
  const DType reals = wide ? DType::f64 : DType::f32;
  const VerticalKernels& kernels = PX_PICK_KERNELS(execution.isa, resample_vertical_kernels);
  const CorrelateKernels& tiles = PX_PICK_KERNELS(execution.isa, correlate_kernels);
  const ConvertKernels& convert = PX_PICK_KERNELS(execution.isa, convert_kernels);
  const int dst_type = static_cast<int>(dst.dtype);

  const std::shared_ptr<const Plan> plan = plan_for(options, src.c);
  const std::vector<PlannedPass>& passes = plan->passes;
  // Rows of sums are the result, or become it.
  const bool two = passes.size() == 2, in_pairs = plan->way == Sum8::pairs, in_words = plan->way == Sum8::words;
  const DType summed = !integers                                           ? reals
                       : dst.dtype == DType::u8                            ? DType::u8
                       : (in_pairs || in_words) && dst.dtype == DType::f32 ? DType::f32
                                                                           : DType::i16;
  const ConvertKernels::Row finish = options.alpha == Alpha::divided ? convert.unpremultiply_of(src.c, dst_type)
                                     : summed == dst.dtype           ? nullptr
                                     : integers                      ? convert.from_i16[dst_type]
                                     : wide                          ? convert.from_f64[dst_type]
                                                                     : convert.from_f32[dst_type];
  if (summed != dst.dtype && finish == nullptr) return Status::type_error("out has an unsupported dtype");
  const PlannedPass& first = passes.front();
  const PlannedPass& last = passes.back();
  const std::int64_t work_item = integers ? 2 : wide ? 8 : 4, rows_item = in_pairs ? 4 : integers ? 1 : work_item;
  const std::int64_t sum_item = summed == DType::u8 ? 1 : summed == DType::f32 ? 4 : work_item;
  const auto in_tiles = !integers ? (wide ? tiles.f64 : tiles.f32) : in_pairs ? tiles.pairs : nullptr;
  const bool in_place =
      !in_pairs && options.alpha == Alpha::channel && is_close(src) && src.dtype == (integers ? DType::u8 : reals);
  const WordsKernels& words = PX_PICK_KERNELS(execution.isa, correlate_words_kernels);
  const auto in_16_bits = !in_words              ? nullptr
                          : summed == DType::u8  ? words.u8
                          : summed == DType::f32 ? words.f32
                                                 : words.i16;
  const Sums sum_first(first, summed == DType::u8 ? kernels.u8_u8 : kernels.u8_i16, in_16_bits, in_tiles, src.c,
                       rows_item, sum_item, in_place);
  const Sums sum_last(last, nullptr, nullptr, in_tiles, src.c, rows_item, sum_item, false);

  const std::int64_t samples = src.w * src.c;
  const bool close_dst = is_close(dst);
  const bool large = past_caches(dst.n * dst.h * samples * dst.item_size) && close_dst;
  const auto before = [](const PlannedPass& pass) { return std::max<std::int64_t>(0, -pass.left); };
  const auto behind = [](const PlannedPass& pass) { return std::max<std::int64_t>(0, pass.left + pass.columns - 1); };
  const std::int64_t left = two ? 0 : before(first), right = two ? 0 : behind(first);
  const std::int64_t end_pixels = (end_samples + src.c - 1) / src.c;
  const std::int64_t from_left = left == 0 ? 0 : std::max(left, end_pixels),
                     from_right = right == 0 ? 0 : std::max(right, end_pixels);
  const bool by_ends = in_place && samples * rows_item >= few_bytes && src.w >= 8 * (from_left + from_right);
  // Rows at once: as many as tiles have, or a few times that, so that what each call takes is shared by many.
  const int least = in_tiles != nullptr ? tiles.outputs : 1;
  int most = least;
  if (!two && !in_pairs && !large) {
    const std::int64_t row = (by_ends ? from_left + from_right : src.w + left + right) * src.c * rows_item;
    const std::int64_t near = near_bytes / std::max<std::int64_t>(row, 1);
    most = static_cast<int>(std::clamp<std::int64_t>(near, least, most_outputs)) / least * least;
  }
  const std::int64_t least_window = std::max<std::int64_t>(first.rows, 1) + least - 1;
  const std::int64_t window_rows = least_window + most - least;
  // Rows as they are become padded ones at their ends alone; these are as wide as registers are, which costs as much.
  std::vector<PaddedRows> parts;
  std::vector<std::pair<std::int64_t, std::int64_t>> spans;
  const auto add_part = [&](std::int64_t begin, std::int64_t end) {
    if (begin == end) return;
    const DType work = integers ? DType::u8 : reals;
    parts.emplace_back(src,
                       PaddedRows::Options{options.borders, options.value, begin, end, left, right, window_rows + most,
                                           work, in_pairs ? SampleForm::pairs : form_of(options.alpha)},
                       execution.isa);
    spans.emplace_back(begin, end);
  };
  if (by_ends) {
    add_part(0, from_left);
    add_part(left, src.w - right);
    add_part(src.w - from_right, src.w);
  } else {
    // Pairs take four times the memory of their samples: so many are made that they stay in the L1 cache.
    const std::int64_t count = in_pairs ? std::max<std::int64_t>(1, src.w * src.c / pairs_at_once) : 1;
    for (std::int64_t i = 0; i < count; ++i) add_part(src.w * i / count, src.w * (i + 1) / count);
  }
  const std::size_t together_parts = in_pairs ? 1 : parts.size();  // of a task
  // Of many taps the arithmetic leaves time to fetch what is overwritten, and rows need no parts of tiles at their
  // ends.
  const bool stream = large && finish == nullptr && passes.back().row.size() <= most_streamed;
  const bool stream_floats = large && summed == DType::i16 && dst.dtype == DType::f32;

  // Work in units of what copying takes: a tap of a sample costs about two bytes.
  std::int64_t taps = 0;
  for (const PlannedPass& pass : passes) taps += static_cast<std::int64_t>(pass.row.size());
  const Execution run = execution_for(execution, 2 * dst.n * dst.h * samples * (taps + src.item_size));
  const std::int64_t in_milliseconds = (std::int64_t{1} << 29) / (samples * (taps + 1));
  const std::int64_t preferred = std::min(
      std::max<std::int64_t>({16, 4 * least_window, std::min<std::int64_t>(128, in_milliseconds)}),
      most_rows(samples * (taps + 1), std::max<std::int64_t>(least, 64 * std::min(least_window, src.h) / (taps + 1))));
  const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);
  const auto of_strip = static_cast<std::int64_t>(parts.size() / together_parts);  // tasks
  const std::int64_t tasks = strips.count * dst.n * of_strip;
  // Rows between the passes are made a panel after the other, with what the second pass reads to either side of it.
  const std::int64_t beside = before(last) + behind(last);
  const bool whole = least == 1 || options.borders.across == Border::wrap || last.columns == 0;
  const std::int64_t panel = whole ? src.w : std::min(src.w, std::max(panel_samples / src.c, 4 * beside) + 1);
  std::vector<std::int64_t> beyond;  // for the pixels beyond the sides those of the image, or -1
  for (std::int64_t x = -before(last); two && x < 0; ++x)
    beyond.push_back(border_index(x, src.w, options.borders.across));
  for (std::int64_t x = src.w; two && x < src.w + behind(last); ++x) {
    beyond.push_back(border_index(x, src.w, options.borders.across));
  }
  // The first pixel of a panel, and from that row to the next.
  const std::int64_t pixel = src.c * work_item, begin = (before(last) * pixel + 63) / 64 * 64;
  const std::int64_t between_row =
      two ? begin + ((panel + beside + 1 + behind(last)) * pixel + 191) / 128 * 128 + 64 : 0;
  struct Memory {
    std::array<std::byte*, 3> rings;
    std::byte *between, *outside, *sums, *result, *pointers;
  };
  const auto lay_out = [&](ScratchLayout& layout) {
    const auto bytes = [](std::int64_t count) { return static_cast<std::size_t>(count); };
    Memory memory;
    for (std::size_t i = 0; i < together_parts; ++i) {
      std::size_t most_bytes = 0;
      for (std::size_t k = i; k < parts.size(); k += together_parts)
        most_bytes = std::max(most_bytes, parts[k].bytes());
      memory.rings[i] = layout.take(most_bytes);
    }
    memory.between = layout.take(bytes(most * between_row));
    memory.outside = layout.take(bytes(two ? pixel : 0));
    memory.sums = layout.take(finish != nullptr || !close_dst ? bytes(most * samples * sum_item) : 0);
    memory.result = layout.take(finish != nullptr && !close_dst ? bytes(samples * dst.item_size) : 0);
    memory.pointers =
        layout.take((bytes(3 * window_rows + 1) + std::max(first.row.size(), last.row.size())) * sizeof(void*));
    return memory;
  };
  ScratchLayout size;
  lay_out(size);
  const std::size_t each = size.used();
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    const Memory memory = lay_out(layout);
    const std::int64_t strip = task / of_strip, n = strip / strips.count;
    const std::int64_t y0 = strip % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    const auto first_part = static_cast<std::size_t>(task % of_strip) * together_parts;
    const std::byte* const image = src.data + n * src.stride_n;
    std::vector<PaddedRows::Ring> rings;
    for (std::size_t i = 0; i < together_parts; ++i) rings.emplace_back(parts[first_part + i], n, memory.rings[i]);
    auto** const window = reinterpret_cast<const void**>(memory.pointers);
    auto** const moved = window + window_rows;
    auto** const of_taps = moved + window_rows;
    if (two) {  // what the first pass makes of a constant border
      for (std::int64_t k = 0; k < window_rows; ++k) window[k] = parts[0].value();
      void* const outside = memory.outside;
      sum_first(window, src.c, &outside, 1, false, of_taps);
    }
    std::int64_t before_y = y0, before_lines = 0;
    for (std::int64_t next = y0, together = 0; next < y1; next += together) {
      together = y1 - y0 < least ? 1 : std::clamp<std::int64_t>(y1 - next, least, most);
      const std::int64_t y = std::min(next, y1 - together);  // the last rows are made once more, rather than one by one
      void *sums[most_outputs], *to[most_outputs];
      for (int r = 0; r < together; ++r) {
        sums[r] = finish == nullptr && close_dst ? dst.data + n * dst.stride_n + (y + r) * dst.stride_h
                                                 : memory.sums + r * samples * sum_item;
      }
      const auto finish_rows = [&](std::int64_t x0, std::int64_t x1) {
        if (finish == nullptr && close_dst) return;
        for (int r = 0; r < together; ++r) {
          std::byte* const row = dst.data + n * dst.stride_n + (y + r) * dst.stride_h + x0 * dst.stride_w;
          const std::byte* from = static_cast<const std::byte*>(sums[r]) + x0 * src.c * sum_item;
          if (finish != nullptr) {
            std::byte* const into = close_dst ? row : memory.result;
            if (stream_floats) {
              convert.i16_to_floats_past_caches(reinterpret_cast<const std::int16_t*>(from),
                                                reinterpret_cast<float*>(into), (x1 - x0) * src.c);
            } else {
              finish(from, into, (x1 - x0) * src.c);
            }
            if (close_dst) continue;
            from = into;
          }
          copy_samples(from, dst.c * dst.item_size, dst.item_size, row, dst.stride_w, dst.stride_c, x1 - x0, dst.c,
                       dst.item_size);
        }
      };
      for (std::size_t i = 0; i < together_parts; ++i) {
        if (in_pairs && next + together < y1)
          rings[i].ask_for(top + y + together + first.top + first.rows - 1, together);
        // The windows of one part after the other share rows.
        const std::int64_t lines = window_rows - most + together, moved_on = y - before_y,
                           again = next == y0 || together_parts > 1 ? 0 : std::min(lines, before_lines - moved_on);
        for (std::int64_t k = 0; k < again; ++k) window[k] = window[k + moved_on];
        const std::int64_t known = std::max<std::int64_t>(0, again);
        rings[i].rows(top + y + first.top + known, lines - known, two ? 0 : first.left * src.c * rows_item,
                      window + known);
        if (two) break;
        const auto [x0, x1] = spans[first_part + i];
        if (in_place && next + together < y1) {
          // Of the next rows, too, what lies beside the image: to be read, it has to have left the processor before the
          // many stores that come now; and to be made, it has to have been fetched.
          const std::int64_t new_rows = top + y + together + first.top + first.rows - 1;
          for (int r = 0; stream && r < together; ++r) rings[i].row(new_rows + r);
          if (together_parts > 1 && 2 * (x1 - x0) < src.w) rings[i].ask_for(new_rows + together, together);
        }
        for (int r = 0; r < together; ++r) to[r] = static_cast<std::byte*>(sums[r]) + x0 * src.c * sum_item;
        const std::int64_t new_row = top + y + together + first.top + first.rows - 1;  // of the next ones
        const bool is_there = in_place && new_row >= 0 && new_row < src.h;
        const std::byte* const ahead = image + new_row * src.stride_h + x0 * src.stride_w;
        sum_first(window, (x1 - x0) * src.c, to, static_cast<int>(together), stream, of_taps,
                  is_there ? ahead : nullptr);
        finish_rows(x0, x1);
      }
      for (std::int64_t x0 = 0, x1 = 0; two && x0 < src.w; x0 = x1) {
        // No panel is so narrow that what is beyond it mirrors the one before.
        x1 = src.w - x0 - panel <= beside ? src.w : x0 + panel;
        // What is there of it, and what is beyond the image's sides.
        const std::int64_t from = std::max<std::int64_t>(0, x0 - before(last)),
                           until = std::min(src.w, x1 + behind(last));
        const void* lines[most_outputs];
        for (int r = 0; r < together; ++r) {
          to[r] = memory.between + r * between_row + begin + (from - x0) * pixel;
          lines[r] = memory.between + r * between_row + begin + last.left * pixel;
        }
        for (std::int64_t k = 0; k < window_rows - most + together; ++k) {
          moved[k] = static_cast<const std::byte*>(window[k]) + from * src.c * rows_item;
        }
        sum_first(moved, (until - from) * src.c, to, static_cast<int>(together), false, of_taps);
        for (int r = 0; r < together; ++r) {
          std::byte* const line = memory.between + r * between_row + begin;
          const auto put = [&](std::int64_t x, std::int64_t inside) {
            copy_pixel(inside < 0 ? memory.outside : line + (inside - x0) * pixel, line + (x - x0) * pixel, pixel);
          };
          for (std::int64_t x = x0 - before(last); x < 0; ++x)
            put(x, beyond[static_cast<std::size_t>(x + before(last))]);
          for (std::int64_t x = src.w; x < x1 + behind(last); ++x) {
            put(x, beyond[static_cast<std::size_t>(x - src.w + before(last))]);
          }
          to[r] = static_cast<std::byte*>(sums[r]) + x0 * src.c * sum_item;
        }
        sum_last(lines, (x1 - x0) * src.c, to, static_cast<int>(together), stream, of_taps);
      }
      if (two) finish_rows(0, src.w);
      before_y = y;
      before_lines = window_rows - most + together;
    }
  });
}

}  // namespace

Status check_correlate(const ImageView& src, const CorrelateOptions& options) {
  if (options.passes.empty() || options.passes.size() > 2) return Status::value_error("there are one or two passes");
  const bool integers = options.arithmetic == SumArithmetic::integer;
  if (integers && src.dtype != DType::u8) return Status::type_error("only uint8 is summed in integers");
  if (Status status = check_alpha(src, options.alpha, options.arithmetic == SumArithmetic::f64); !status.is_ok()) {
    return status;
  }
  for (std::size_t i = 0; i < options.passes.size(); ++i) {
    const SumPass& pass = options.passes[i];
    if (integers && (pass.shift < 1 || pass.shift > 30)) return Status::value_error("shift must be from 1 to 30");
    for (std::size_t t = 0; t < pass.taps.size(); ++t) {
      const Tap& tap = pass.taps[t];
      if (t > 0 && std::tie(pass.taps[t - 1].dy, pass.taps[t - 1].dx) >= std::tie(tap.dy, tap.dx)) {
        return Status::value_error("taps go row by row");
      }
      if (!(std::fabs(tap.dy) <= farthest && std::fabs(tap.dx) <= farthest))
        return Status::value_error("a tap is too far");
      if (tap.dy != std::rint(tap.dy) || tap.dx != std::rint(tap.dx))
        return Status::value_error("a tap is between pixels");
      if (options.passes.size() == 2 && ((i == 0) == integers ? tap.dy : tap.dx) != 0) {
        return Status::value_error("of two passes one reads columns, the other rows, and of integers this comes first");
      }
      const bool fits = integers ? tap.weight == std::rint(tap.weight) && std::fabs(tap.weight) <= 32767.0
                                 : std::isfinite(tap.weight);
      if (!fits) return Status::value_error("a weight is out of range");
    }
  }
  return Status::ok();
}

Status correlate(const Execution& execution, const ImageView& src, const ImageView& dst,
                 const CorrelateOptions& options) {
  if (Status status = check_alike(src, dst); !status.is_ok()) return status;
  return correlate_rows(execution, src, dst, options, 0);
}

Status correlate_rows(const Execution& execution, const ImageView& src, const ImageView& dst,
                      const CorrelateOptions& options, std::int64_t top) {
  if (src.dtype == DType::other || dst.dtype == DType::other) return Status::type_error("this dtype is not summed");
  if (src.dtype == DType::f64 && options.arithmetic != SumArithmetic::f64) {
    return Status::type_error("float64 is summed in float64");
  }
  if (Status status = check_correlate(src, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  return by_planes(src, dst, options,
                   [&](const ImageView& from, const ImageView& to, const CorrelateOptions& of_plane) {
                     const bool in_words = options.arithmetic == SumArithmetic::integer && options.passes.size() == 2;
                     return in_words ? separable_u8(execution, from, to, of_plane, top)
                                     : correlate_planes(execution, from, to, of_plane, top);
                   });
}

}  // namespace px
