#include "ops/separable_u8.h"

#include <algorithm>
#include <vector>

#include "core/copy.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/separable_u8.h"

namespace px {
namespace {

constexpr int most = SeparableU8Kernels::most_rows;
constexpr std::int64_t lines_bytes = 32 << 10;  // of a panel's lines between the passes, to stay in the L1 cache
constexpr std::int64_t least_samples = 512;     // of a panel

std::int32_t pair_of(double first, double second) {
  const auto half = [](double weight) {
    return std::uint32_t{static_cast<std::uint16_t>(static_cast<std::int16_t>(weight))};
  };
  return static_cast<std::int32_t>(half(first) | half(second) << 16);
}

struct Across {
  std::int64_t left = 0, right = 0;  // pixels that are read to either side
  bool is_symmetric = true;
  int shift;
  std::vector<std::int64_t> offsets;
  std::vector<std::int32_t> pairs;

  Across(const SumPass& pass, std::int64_t channels) : shift(static_cast<int>(pass.shift)) {
    const std::span<const Tap> taps = pass.taps;
    const std::size_t count = taps.size();
    if (count == 0) return;
    left = std::max<std::int64_t>(0, -static_cast<std::int64_t>(taps.front().dx));
    right = std::max<std::int64_t>(0, static_cast<std::int64_t>(taps.back().dx));
    for (std::size_t t = 0; t < count; ++t) is_symmetric &= taps[t].weight == taps[count - 1 - t].weight;
    std::vector<double> weights;
    const auto add = [&](const Tap& tap) { offsets.push_back(static_cast<std::int64_t>(tap.dx) * channels); };
    if (!is_symmetric) {
      for (const Tap& tap : taps) {
        add(tap);
        weights.push_back(tap.weight);
      }
    } else {
      if (count % 2 != 0) {
        add(taps[count / 2]);
        weights.push_back(taps[count / 2].weight);
      }
      for (std::size_t t = 0; t < count / 2; ++t) {
        add(taps[t]);
        add(taps[count - 1 - t]);
        weights.push_back(taps[t].weight);
      }
    }
    if (weights.size() % 2 != 0) weights.push_back(0);
    for (std::size_t k = 0; k < weights.size(); k += 2) pairs.push_back(pair_of(weights[k], weights[k + 1]));
  }
};

struct Down {
  std::int64_t top = 0, rows = 0;
  int shift, steps = 0;
  std::vector<std::int32_t> pairs;

  explicit Down(const SumPass& pass) : shift(static_cast<int>(pass.shift)) {
    if (pass.taps.empty()) return;
    top = static_cast<std::int64_t>(pass.taps.front().dy);
    rows = static_cast<std::int64_t>(pass.taps.back().dy) - top + 1;
    std::vector<double> weights(size_of(rows));
    for (const Tap& tap : pass.taps) weights[size_of(static_cast<std::int64_t>(tap.dy) - top)] = tap.weight;
    // Output r sees line k as its row k - r.
    const auto at = [&](std::int64_t k) { return k >= 0 && k < rows ? weights[size_of(k)] : 0.0; };
    steps = static_cast<int>((rows + most) / 2);
    for (std::int64_t line = 0; line < 2 * steps; line += 2) {
      for (std::int64_t r = 0; r < most; ++r) pairs.push_back(pair_of(at(line - r), at(line + 1 - r)));
    }
  }
};

}  // namespace

Status separable_u8(const Execution& execution, const ImageView& src, const ImageView& dst,
                    const CorrelateOptions& options, std::int64_t top, const SharpeningWords* sharpen) {
  const SeparableU8Kernels& kernels = PX_PICK_KERNELS(execution.isa, separable_u8_kernels);
  const ConvertKernels& convert = PX_PICK_KERNELS(execution.isa, convert_kernels);
  const SharpenKernels& sharpening = PX_PICK_KERNELS(execution.isa, sharpen_kernels);
  const bool bytes = dst.dtype == DType::u8 && sharpen == nullptr, words = dst.dtype == DType::i16;
  const bool is_finished = !bytes && !words;
  const ConvertKernels::Row finish = is_finished ? convert.from_i16[static_cast<int>(dst.dtype)] : nullptr;
  if (is_finished && sharpen == nullptr && finish == nullptr) return Status::type_error("out has an unsupported dtype");
  const Across across(options.passes[0], src.c);
  const Down down(options.passes[1]);
  const bool is_direct = !is_finished && is_close(dst);
  const std::int64_t sum_item = bytes ? 1 : 2;

  // Panels of columns: most read the image where it is, blocks of the last pixels included.
  const std::int64_t lines = std::max<std::int64_t>(down.rows, 1) + most;
  const std::int64_t samples = src.w * src.c, block = kernels.block;
  const std::int64_t at_once = std::max(least_samples, lines_bytes / 2 / lines);
  const std::int64_t count = std::clamp<std::int64_t>((samples + at_once / 2) / at_once, 1, src.w);
  const std::int64_t behind = across.right + (block - 1 + src.c - 1) / src.c;
  struct Panel {
    std::int64_t begin, end;
    PaddedRows rows;
  };
  std::vector<Panel> panels;
  std::size_t rows_bytes = 0;
  std::int64_t widest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t begin = src.w * i / count, end = src.w * (i + 1) / count;
    const std::int64_t right = end + behind <= src.w ? behind : across.right;
    panels.push_back({begin, end,
                      PaddedRows(src, {options.borders, options.value, begin, end, across.left, right, 1, DType::u8},
                                 execution.isa)});
    rows_bytes = std::max(rows_bytes, panels.back().rows.bytes());
    widest = std::max(widest, (end - begin) * src.c);
  }
  // Odd in cache lines, so that lines do not fall into the same sets of the cache.
  const std::int64_t line_samples = (widest + block - 1) / block * block + cache_line / 2;

  const auto taps = static_cast<std::int64_t>(options.passes[0].taps.size() + options.passes[1].taps.size());
  const Execution run = execution_for(execution, 2 * dst.n * dst.h * samples * (taps + 1));
  const std::int64_t in_milliseconds = (std::int64_t{1} << 29) / (widest * (taps + 1));
  const std::int64_t preferred =
      std::min(std::max<std::int64_t>({16, 8 * lines, std::min<std::int64_t>(512, in_milliseconds)}),
               most_rows(widest * (taps + 1), std::max<std::int64_t>(most, 64 * std::min(lines, src.h) / (taps + 1))));
  const Strips strips = split_rows(dst.h, preferred, dst.n * count, run.threads);
  struct Memory {
    std::byte *rows, *lines, *sums, *result, *pointers;
  };
  const auto lay_out = [&](ScratchLayout& layout) {
    Memory memory;
    memory.rows = layout.take(rows_bytes);
    memory.lines = layout.take(size_of(lines * line_samples * 2));
    memory.sums = layout.take(is_direct ? 0 : size_of(most * whole_lines(widest * sum_item)));
    memory.result = layout.take(is_finished && !is_close(dst) ? size_of(widest * dst.item_size) : 0);
    memory.pointers = layout.take(size_of(2 * down.steps) * sizeof(void*));
    return memory;
  };
  ScratchLayout size;
  lay_out(size);
  const std::size_t each = size.used();
  const std::int64_t tasks = strips.count * dst.n * count;
  const Scratch scratch(each * size_of(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    const Memory memory = lay_out(layout);
    const Panel& panel = panels[size_of(task % count)];
    const std::int64_t n = task / count / strips.count;
    const std::int64_t y0 = task / count % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    const std::int64_t width = (panel.end - panel.begin) * src.c;
    PaddedRows::Ring ring(panel.rows, n, memory.rows);
    auto* const line_memory = reinterpret_cast<std::int16_t*>(memory.lines);
    auto** const window = reinterpret_cast<const std::int16_t**>(memory.pointers);
    const auto line = [&](std::int64_t k) { return line_memory + k % lines * line_samples; };
    const std::int64_t first = top + y0 + down.top;  // where the strip's first line is in src
    AcrossJob of_row{nullptr,
                     across.offsets.data(),
                     across.pairs.data(),
                     static_cast<int>(across.offsets.size()),
                     across.is_symmetric,
                     across.shift,
                     (width + block - 1) / block,
                     nullptr};
    std::int64_t made = 0;
    for (std::int64_t y = y0; y < y1; y += kernels.rows) {
      const int outputs = static_cast<int>(std::min<std::int64_t>(kernels.rows, y1 - y));
      const std::int64_t until = down.rows == 0 ? 0 : y - y0 + outputs + down.rows - 1;
      if (y + outputs < y1) ring.ask_for(first + until, kernels.rows);
      for (; made < until; ++made) {
        of_row.row = reinterpret_cast<const std::uint8_t*>(ring.row(first + made));
        of_row.dst = line(made);
        kernels.across(of_row);
      }
      for (std::int64_t k = 0; k < 2 * down.steps; ++k) window[k] = line(std::min(y - y0 + k, until - 1));
      void* to[most];
      std::byte* const place = dst.data + n * dst.stride_n + y * dst.stride_h + panel.begin * dst.stride_w;
      for (int r = 0; r < outputs; ++r) {
        to[r] = is_direct ? place + r * dst.stride_h : memory.sums + r * whole_lines(width * sum_item);
      }
      (bytes ? kernels.down_u8
             : kernels.down_i16)({window, down.pairs.data(), down.steps, down.shift, width, to, outputs});
      for (int r = 0; r < outputs && !is_direct; ++r) {
        std::byte* const row = place + r * dst.stride_h;
        const auto* from = static_cast<const std::byte*>(to[r]);
        if (is_finished) {
          std::byte* const into = is_close(dst) ? row : memory.result;
          if (sharpen != nullptr) {
            sharpening.u8(reinterpret_cast<const std::uint8_t*>(ring.row(top + y + r)),
                          reinterpret_cast<const std::int16_t*>(from), reinterpret_cast<std::uint8_t*>(into), width,
                          *sharpen);
          } else {
            finish(from, into, width);
          }
          if (is_close(dst)) continue;
          from = into;
        }
        copy_samples(from, dst.c * dst.item_size, dst.item_size, row, dst.stride_w, dst.stride_c,
                     panel.end - panel.begin, dst.c, dst.item_size);
      }
    }
  });
}

}  // namespace px
