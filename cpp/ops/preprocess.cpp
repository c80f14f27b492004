#include "ops/preprocess.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/check.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "core/with_type.h"

namespace px {
namespace {

// One entry of the list: an image, or a batch of one size.
struct Entry : Shown {
  std::shared_ptr<const Resampler> resampler;  // none where the window misses the image
  bool planar = false;
  std::int64_t slot = 0;  // of the first image in the batch
  Strips strips{};
  std::size_t staging = 0, scratch = 0;
};

struct Task {
  std::int64_t entry, image, strip;
  std::int64_t cost;
};

template <class T>
void fill_row(std::byte* row, std::int64_t pixels, std::int64_t channels, const std::vector<double>& value) {
  for (std::int64_t i = 0; i < pixels * channels; ++i) {
    const T sample = round_to<T>(value[value.size() == 1 ? 0 : static_cast<std::size_t>(i % channels)]);
    std::memcpy(row + i * static_cast<std::int64_t>(sizeof(T)), &sample, sizeof(T));
  }
}

}  // namespace

Status preprocess(const Execution& execution, const std::vector<ImageView>& srcs, const std::vector<Window>& windows,
                  const ImageView& dst, const PreprocessOptions& options) {
  if (Status status = check_preprocess(srcs, windows, dst, options); !status.is_ok()) return status;
  if (is_empty(dst) || srcs.empty()) return Status::ok();

  const DType dtype = srcs[0].dtype;
  const int item = srcs[0].item_size;
  const Normalizer normalizer(execution.isa, dtype, dst.dtype, dst.c, options.normalize);
  const ResizeOptions resizing{options.interpolation, options.antialias, false, std::nullopt};

  std::vector<Entry> entries(srcs.size());
  std::int64_t slots = 0, bytes = dst.n * dst.h * dst.w * dst.c * dst.item_size;
  bool padded = false;
  for (std::size_t i = 0; i < srcs.size(); ++i) {
    const ImageView& src = srcs[i];
    const Window& window = windows[i];
    Entry& entry = entries[i];
    static_cast<Shown&>(entry) = shown_of(window, dst.h, dst.w);
    entry.slot = slots;
    slots += src.n;
    bytes += src.n * src.h * src.w * src.c * item;
    entry.planar = src.c > 1 && src.stride_w == item && src.stride_c != item;
    padded |= entry.x1 - entry.x0 < dst.w || entry.y1 - entry.y0 < dst.h;
  }
  const Execution run = execution_for(execution, bytes);

  // Plans are made side by side: for photographs of many sizes they are a good part of the work.
  const auto prepare = [&](std::int64_t at, int) {
    Entry& entry = entries[static_cast<std::size_t>(at)];
    const ImageView& src = srcs[static_cast<std::size_t>(at)];
    const Window& window = windows[static_cast<std::size_t>(at)];
    entry.strips = {dst.h, 1};
    if (entry.x0 == entry.x1 || entry.y0 == entry.y1 || src.n == 0) return;
    entry.resampler = Resampler::get(execution.isa, src,
                                     {window.height, window.width, resizing, entry.planar, entry.x0 + window.left,
                                      entry.x1 + window.left, window.flip});
    if (bytes > small_work)
      entry.strips = split_rows(dst.h, entry.resampler->preferred_rows(false), dst.n, run.threads);
    entry.staging = (static_cast<std::size_t>(entry.resampler->row_bytes()) + 63) / 64 * 64;
    entry.scratch = entry.staging * static_cast<std::size_t>(entry.strips.rows);
    std::size_t most = 0;
    for (std::int64_t y = 0; y < dst.h; y += entry.strips.rows) {
      const std::int64_t y0 = std::max(y, entry.y0), y1 = std::min({y + entry.strips.rows, entry.y1, dst.h});
      if (y0 < y1) most = std::max(most, entry.resampler->scratch_bytes(y0 + window.top, y1 + window.top, y1 - y0));
    }
    entry.scratch += most;
  };
  if (Status status = parallel_for(run, static_cast<std::int64_t>(entries.size()), prepare); !status.is_ok())
    return status;

  std::size_t each = 0;
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    each = std::max(each, entries[i].scratch);
    const std::int64_t cost = srcs[i].h * srcs[i].w / entries[i].strips.count;
    for (std::int64_t image = 0; image < srcs[i].n; ++image) {
      for (std::int64_t strip = 0; strip < entries[i].strips.count; ++strip) {
        tasks.push_back({static_cast<std::int64_t>(i), image, strip, cost});
      }
    }
  }
  // The largest first: a large one begun last would keep a single thread busy at the end.
  if (srcs.size() > 1 && run.threads > 1) {
    std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) { return a.cost > b.cost; });
  }

  each = (each + 63) / 64 * 64;
  const auto count = static_cast<std::int64_t>(tasks.size());
  const std::size_t padding_bytes = padded ? static_cast<std::size_t>(dst.w * dst.c * item) : 0;
  const std::size_t workers = static_cast<std::size_t>(worker_count(run, count));
  const Scratch scratch(each * workers + padding_bytes);
  std::byte* const padding = scratch.data() + each * workers;
  if (padded) {
    with_type(dtype, [&]<class T>(T*) { fill_row<T>(padding, dst.w, dst.c, options.pad_value); });
  }

  return parallel_for(run, count, [&](std::int64_t at, int worker) {
    const Task& task = tasks[static_cast<std::size_t>(at)];
    const Entry& entry = entries[static_cast<std::size_t>(task.entry)];
    const Window& window = windows[static_cast<std::size_t>(task.entry)];
    std::byte* const image = dst.data + (entry.slot + task.image) * dst.stride_n;
    const auto place = [&](std::int64_t y, std::int64_t x) { return image + y * dst.stride_h + x * dst.stride_w; };
    const auto pad = [&](std::int64_t y, std::int64_t x0, std::int64_t x1) {
      if (x0 < x1) normalizer.run(padding, x1 - x0, 0, dst.c, place(y, x0), dst.stride_w, dst.stride_c, false);
    };
    const std::int64_t begin = task.strip * entry.strips.rows, end = std::min(dst.h, begin + entry.strips.rows);
    const std::int64_t y0 = std::clamp(entry.y0, begin, end), y1 = std::clamp(entry.y1, y0, end);
    const bool shows = entry.resampler && y0 < y1;
    for (std::int64_t y = begin; y < (shows ? y0 : end); ++y) pad(y, 0, dst.w);
    if (!shows) return;
    const std::int64_t x0 = window.flip ? dst.w - entry.x1 : entry.x0, x1 = x0 + entry.x1 - entry.x0;
    std::byte* const rows = scratch.data() + each * static_cast<std::size_t>(worker);
    std::byte* const own = rows + entry.staging * static_cast<std::size_t>(entry.strips.rows);
    const auto stride = static_cast<std::ptrdiff_t>(entry.staging);
    const std::int64_t group = entry.resampler->channels();
    for (std::int64_t c = 0; c < dst.c; c += group) {
      entry.resampler->strip(srcs[static_cast<std::size_t>(task.entry)], task.image, c, y0 + window.top,
                             y1 + window.top, rows, stride, own);
      for (std::int64_t y = y0; y < y1; ++y) {
        normalizer.run(rows + (y - y0) * stride, x1 - x0, c, group, place(y, x0) + c * dst.stride_c, dst.stride_w,
                       dst.stride_c, false);
      }
    }
    for (std::int64_t y = y0; y < y1; ++y) pad(y, 0, x0), pad(y, x1, dst.w);
    for (std::int64_t y = y1; y < end; ++y) pad(y, 0, dst.w);
  });
}

}  // namespace px
