#include "ops/morphology.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "core/check.h"
#include "kernels/morphology.h"
#include "ops/result_rows.h"

namespace px {
namespace {

constexpr std::int64_t farthest = std::int64_t{1} << 29;
struct Run {
  std::int64_t dy, dx, length;
};

// A sliding extreme of `length` samples in several steps: each takes a few windows of the last one's length, which may
// overlap. steps[i] is the length after step i; five windows a step keep loads and stores in balance.
std::vector<std::int64_t> sliding_steps(std::int64_t length) {
  int count = 1;
  for (std::int64_t reach = 5; reach < length; reach *= 5) ++count;
  std::vector<std::int64_t> steps;
  for (int i = 1; i <= count; ++i) {
    steps.push_back(i == count ? length
                               : static_cast<std::int64_t>(
                                     std::ceil(std::pow(static_cast<double>(length), static_cast<double>(i) / count))));
  }
  return steps;
}

// What is common to all ways: kernels, and rows of results less or from those of another image.
class Way : public ResultRows {
 public:
  Way(const Execution& execution, const ImageView& from, const ImageView& to, const MorphologyOptions& given)
      : ResultRows(execution, from, to, given.other == nullptr),
        options(given),
        kernels_(PX_PICK_KERNELS(execution.isa, morphology_kernels)) {}

  MorphologyKernels::Line line_kernel() const { return kernels_.line[type][options.largest]; }
  MorphologyKernels::Finish finish_kernel() const { return kernels_.finish[type][options.largest]; }
  MorphologyKernels::Block block_kernel(std::int64_t outputs, bool begins) const {
    const int index = std::bit_width(static_cast<unsigned>(outputs)) - 1;
    return (begins ? kernels_.begin : kernels_.block)[index][type][options.largest];
  }
  MorphologyKernels::Grey grey_kernel(bool wide) const { return kernels_.grey[wide][options.largest]; }
  void end_strip() const {
    if (streams()) kernels_.streamed();
  }

  // Takes a row of results from `own`, of own_bytes(), where they are not in dst already.
  std::int64_t own_bytes() const { return is_direct ? 0 : whole_lines(samples * item) * 2; }
  void deliver(std::int64_t n, std::int64_t y, std::byte* own) const {
    if (is_direct) return;
    if (options.other != nullptr) {
      const ImageView& other = *options.other;
      const std::byte* with = at(other, n, y);
      if (!is_close(other)) {
        std::byte* const gathered = own + whole_lines(samples * item);
        copy_samples(with, other.stride_w, other.stride_c, gathered, pixel, item, src.w, src.c, static_cast<int>(item));
        with = gathered;
      }
      const auto subtract = kernels_.subtract[type];
      std::byte* const result = is_close(dst) ? at(dst, n, y) : own;
      options.from_other ? subtract(with, own, samples, result) : subtract(own, with, samples, result);
      if (is_close(dst)) return;
    }
    spread(n, y, own);
  }

  const MorphologyOptions& options;

 private:
  const MorphologyKernels& kernels_;
};

// ---- one box: down the columns, then along the rows

// How many rows of results are made at once: what they have in common is looked at once.
std::int64_t outputs_at_once(std::int64_t rows) { return rows >= 8 ? 8 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1; }
// Beyond so many rows, larger blocks: a few looks for each sample, whatever the height.
constexpr std::int64_t tall = 40, tall_block = 32;
// Up to so many rows for each output, making keys of floats anew is less than keeping them.
constexpr std::int64_t most_begun = 3;

Status box_way(const Execution& execution, const Way& way, const ElementBox& box) {
  const ImageView& src = way.src;
  const std::int64_t pixel = way.pixel, samples = way.samples;
  const bool flat_down = box.rows == 1, is_tall = box.rows > tall;
  const std::int64_t block = is_tall ? std::max(tall_block, box.rows / 4) : outputs_at_once(box.rows);
  const std::int64_t window = box.rows + block - 1;
  const std::int64_t before = std::max<std::int64_t>(0, -box.left);
  const std::int64_t behind = std::max<std::int64_t>(0, box.left + box.columns - 1);
  const std::vector<std::int64_t> steps = sliding_steps(box.columns);
  // Nothing to do along the rows, and nothing to finish: columns go straight to the result.
  const bool down_only = !flat_down && box.columns == 1 && box.left == 0 && !way.is_float() && way.is_direct;
  const bool begins = way.is_float() && block > 1 && !is_tall && window <= most_begun * block;
  const PaddedRows rows(src,
                        {way.options.borders, way.options.value, 0, src.w, flat_down ? before : 0,
                         flat_down ? behind : 0, window, src.dtype, false, begins ? nullptr : way.keys()},
                        way.isa);
  std::vector<std::byte> outside(rows.value(), rows.value() + pixel);
  if (begins) way.keys()(outside.data(), outside.data(), src.c);
  const std::int64_t begin = whole_lines(before * pixel);
  std::int64_t between_row = begin + whole_lines((src.w + behind) * pixel + cache_line);
  if (between_row / cache_line % 2 == 0) between_row += cache_line;  // rows apart in the sets of the cache
  const std::int64_t between_rows = down_only ? 0 : block;
  const std::int64_t most_windows = 8;
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *ring, *between, *above, *below, *result, *pointers;
    };
    return Parts{layout.take(rows.bytes()),
                 layout.take(size_of(between_rows * between_row)),
                 layout.take(is_tall ? size_of(block * whole_lines(samples * way.item)) : 0),
                 layout.take(is_tall ? size_of(samples * way.item) : 0),
                 layout.take(size_of(way.own_bytes())),
                 layout.take(size_of(window + 3 * block + most_windows) * sizeof(void*))};
  };
  ScratchLayout size;
  lay_out(size);
  const auto line_of = way.line_kernel();
  const auto finish = way.finish_kernel();
  const std::int64_t ops = box.rows > 1 ? 4 : 0;
  const bool stream = way.streams();
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto parts = lay_out(layout);
    PaddedRows::Ring ring(rows, n, parts.ring);
    auto** const lines = reinterpret_cast<const void**>(parts.pointers);
    auto** const made = reinterpret_cast<void**>(parts.pointers) + window;
    auto** const windows = lines + window + block;
    auto** const ahead = windows + most_windows;

    // Rows y .. y + count - 1 of the pass down the columns.
    const auto down = [&](std::int64_t count) {
      if (is_tall) {
        const std::int64_t above_row = whole_lines(samples * way.item);
        const auto above = [&](std::int64_t r) { return parts.above + r * above_row; };
        line_of(lines + count - 1, static_cast<int>(box.rows - count + 1), samples, above(count - 1));
        for (std::int64_t r = count - 2; r >= 0; --r) {
          const void* const two[] = {lines[r], above(r + 1)};
          line_of(two, 2, samples, above(r));
        }
        for (std::int64_t r = 0; r < count; ++r) {
          if (r > 0) {
            const void* const next[] = {lines[box.rows + r - 1], parts.below};
            line_of(next, r == 1 ? 1 : 2, samples, parts.below);
          }
          const void* const two[] = {above(r), parts.below};
          line_of(two, r == 0 ? 1 : 2, samples, made[r]);
        }
        return;
      }
      std::int64_t r = 0;
      for (std::int64_t at_once = block; at_once > 0; at_once /= 2) {
        for (; r + at_once <= count; r += at_once) {
          way.block_kernel(at_once, begins)(lines + r, static_cast<int>(box.rows), samples, made + r, ahead + 2 * r);
        }
      }
    };
    // From the row of pixels that begins at `from`, continued to both sides, to a row of results.
    const auto along = [&](const std::byte* from, std::byte* own, std::byte* to) {
      std::int64_t length = 1;
      for (const std::int64_t next : steps) {
        int count = 0;
        for (std::int64_t at = 0;; at += length) {
          at = std::min(at, next - length);
          windows[count++] = from + at * pixel;
          if (at == next - length) break;
        }
        if (next == box.columns) return finish(windows, count, samples, to, stream);
        line_of(windows, count, samples + (box.columns - next) * src.c, own);
        from = own;
        length = next;
      }
    };

    for (std::int64_t y = y0; y < y1; y += block) {
      const std::int64_t count = std::min(block, y1 - y);
      for (std::int64_t k = 0; k < box.rows + count - 1; ++k) lines[k] = ring.row(y + box.top + k);
      for (std::int64_t r = 0; r < count; ++r) {
        made[r] = down_only ? way.row(n, y + r, nullptr) : parts.between + r * between_row + begin;
      }
      // What is read next, and what is written now.
      for (std::int64_t r = 0; r < block; ++r) {
        ahead[2 * r] = ring.source(y + box.top + box.rows - 1 + block + r);
        ahead[2 * r + 1] = stream ? ahead[2 * r] : way.row(n, std::min(y + r, y1 - 1), parts.result);
      }
      if (!flat_down) down(count);
      for (std::int64_t r = 0; r < count && !down_only; ++r) {
        auto* const between = static_cast<std::byte*>(made[r]);
        if (!flat_down) {
          continue_row(between, src.w, pixel, before, behind, way.options.borders.across, outside.data());
        }
        const auto* const from = flat_down ? static_cast<const std::byte*>(lines[r]) : between;
        std::byte* const to = way.row(n, y + r, parts.result);
        along(from + box.left * pixel, between + box.left * pixel, to);
        way.deliver(n, y + r, to);
      }
    }
    way.end_strip();
  };
  return way.run(execution, ops + 4 * static_cast<std::int64_t>(steps.size()), box.rows, size.used(), strip);
}

// ---- any flat element: each of its rows is a few runs, and runs of one length share their sliding extremes

Status runs_way(const Execution& execution, const Way& way, const std::vector<Run>& runs) {
  const ImageView& src = way.src;
  const std::int64_t pixel = way.pixel;
  std::int64_t top = INT64_MAX, bottom = INT64_MIN, left = 0, right = 0;
  std::vector<std::int64_t> lengths;
  for (const Run& run : runs) {
    top = std::min(top, run.dy);
    bottom = std::max(bottom, run.dy);
    left = std::max(left, -run.dx);
    right = std::max(right, run.dx + run.length - 1);
    lengths.push_back(run.length);
  }
  std::sort(lengths.begin(), lengths.end());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  // Each length out of the last one, by a few windows of it.
  std::vector<std::int64_t> levels{1};
  for (const std::int64_t length : lengths) {
    while (length > 4 * levels.back()) levels.push_back(4 * levels.back());
    if (length > levels.back()) levels.push_back(length);
  }
  const std::int64_t kept = bottom - top + 1, wide = left + src.w + right;
  std::int64_t level_row = whole_lines(wide * pixel);
  if (level_row / cache_line % 2 == 0) level_row += cache_line;
  const auto made_levels = static_cast<std::int64_t>(levels.size()) - 1;
  const PaddedRows rows(
      src, {way.options.borders, way.options.value, 0, src.w, left, right, kept, src.dtype, false, way.keys()},
      way.isa);
  struct Taken {
    std::int64_t row, level, offset;
  };
  std::vector<Taken> taken;
  for (const Run& run : runs) {
    const auto level = std::lower_bound(levels.begin(), levels.end(), run.length) - levels.begin();
    taken.push_back({run.dy - top, level, (run.dx + left) * pixel});
  }
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *ring, *levels, *result, *pointers;
    };
    return Parts{layout.take(rows.bytes()), layout.take(size_of(kept * made_levels * level_row)),
                 layout.take(size_of(way.own_bytes())), layout.take((runs.size() + size_of(kept)) * sizeof(void*))};
  };
  ScratchLayout size;
  lay_out(size);
  const auto line_of = way.line_kernel();
  const auto finish = way.finish_kernel();
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto parts = lay_out(layout);
    PaddedRows::Ring ring(rows, n, parts.ring);
    auto** const lines = reinterpret_cast<const void**>(parts.pointers);
    auto** const padded = reinterpret_cast<const std::byte**>(parts.pointers) + runs.size();  // of each slot, its row
    const auto slot = [&](std::int64_t y) { return (y - y0) % kept; };
    const auto level_of = [&](std::int64_t y, std::int64_t level) -> const std::byte* {
      return level == 0 ? padded[slot(y)] - left * pixel
                        : parts.levels + (slot(y) * made_levels + level - 1) * level_row;
    };
    std::int64_t next = y0;  // rows y + top are numbered y here
    for (std::int64_t y = y0; y < y1; ++y) {
      for (; next < y + kept; ++next) {
        padded[slot(next)] = ring.row(next + top);
        for (std::int64_t level = 1; level <= made_levels; ++level) {
          const std::int64_t length = levels[size_of(level)], last = levels[size_of(level - 1)];
          const void* windows[4];
          int count = 0;
          for (std::int64_t at = 0;; at += last) {
            at = std::min(at, length - last);
            windows[count++] = level_of(next, level - 1) + at * pixel;
            if (at == length - last) break;
          }
          line_of(windows, count, (wide - length + 1) * src.c,
                  parts.levels + (slot(next) * made_levels + level - 1) * level_row);
        }
      }
      for (std::size_t k = 0; k < taken.size(); ++k) {
        lines[k] = level_of(y + taken[k].row, taken[k].level) + taken[k].offset;
      }
      std::byte* const to = way.row(n, y, parts.result);
      finish(lines, static_cast<int>(taken.size()), way.samples, to, way.streams());
      way.deliver(n, y, to);
    }
    way.end_strip();
  };
  return way.run(execution, static_cast<std::int64_t>(runs.size()), kept, size.used(), strip);
}

// ---- grey elements: pixel by pixel

Status grey_way(const Execution& execution, const Way& way, const std::vector<Run>& pixels) {
  const ImageView& src = way.src;
  const bool wide = src.dtype == DType::f64;
  const DType work = wide ? DType::f64 : DType::f32;
  const std::int64_t work_item = wide ? 8 : 4;
  const ConvertKernels& convert = PX_PICK_KERNELS(way.isa, convert_kernels);
  const ConvertKernels::Row round = work == src.dtype ? nullptr : convert.from_f32[way.type];
  std::int64_t top = INT64_MAX, bottom = INT64_MIN, left = 0, right = 0;
  for (const Run& run : pixels) {
    top = std::min(top, run.dy);
    bottom = std::max(bottom, run.dy);
    left = std::max(left, -run.dx);
    right = std::max(right, run.dx);
  }
  const std::int64_t kept = bottom - top + 1;
  const PaddedRows rows(src, {way.options.borders, way.options.value, 0, src.w, left, right, kept, work}, way.isa);
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *ring, *reals, *result, *pointers;
    };
    return Parts{layout.take(rows.bytes()), layout.take(size_of(way.samples * work_item)),
                 layout.take(size_of(way.own_bytes())), layout.take((pixels.size() + size_of(kept)) * sizeof(void*))};
  };
  ScratchLayout size;
  lay_out(size);
  const auto kernel = way.grey_kernel(wide);
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto parts = lay_out(layout);
    PaddedRows::Ring ring(rows, n, parts.ring);
    auto** const lines = reinterpret_cast<const void**>(parts.pointers);
    auto** const window = reinterpret_cast<const std::byte**>(parts.pointers) + pixels.size();
    for (std::int64_t y = y0; y < y1; ++y) {
      for (std::int64_t k = 0; k < kept; ++k) window[k] = ring.row(y + top + k);
      for (std::size_t k = 0; k < pixels.size(); ++k) {
        lines[k] = window[pixels[k].dy - top] + pixels[k].dx * src.c * work_item;
      }
      std::byte* const to = way.row(n, y, parts.result);
      std::byte* const sums = round != nullptr ? parts.reals : to;
      kernel(lines, way.options.heights.data(), static_cast<int>(pixels.size()), way.samples, sums);
      if (round != nullptr) round(sums, to, way.samples);
      way.deliver(n, y, to);
    }
    way.end_strip();
  };
  return way.run(execution, 4 * static_cast<std::int64_t>(pixels.size()), kept, size.used(), strip);
}

Status morphology_planes(const Execution& execution, const ImageView& src, const ImageView& dst,
                         const MorphologyOptions& options) {
  const Way way(execution, src, dst, options);
  const bool is_grey = !options.heights.empty();
  if (!is_grey && options.boxes.size() == 1) return box_way(execution, way, options.boxes.front());
  std::vector<Run> runs;
  for (const ElementBox& box : options.boxes) {
    for (std::int64_t k = 0; k < box.rows; ++k) runs.push_back({box.top + k, box.left, box.columns});
  }
  return is_grey ? grey_way(execution, way, runs) : runs_way(execution, way, runs);
}

Status check_element(const MorphologyOptions& options) {
  if (options.boxes.empty()) return Status::value_error("the element is empty");
  for (const ElementBox& box : options.boxes) {
    if (box.rows < 1 || box.columns < 1) return Status::value_error("a box is empty");
    if (!options.heights.empty() && (box.rows > 1 || box.columns > 1)) {
      return Status::value_error("boxes with heights must be pixels");
    }
    if (std::max({std::abs(box.top), std::abs(box.left), box.rows, box.columns}) > farthest) {
      return Status::value_error("a box is too far");
    }
  }
  if (!options.heights.empty() && options.heights.size() != options.boxes.size()) {
    return Status::value_error("there must be a height for each box");
  }
  for (const double height : options.heights) {
    if (!std::isfinite(height)) return Status::value_error("heights must be finite");
  }
  return Status::ok();
}

}  // namespace

Status morphology(const Execution& execution, const ImageView& src, const ImageView& dst,
                  const MorphologyOptions& options) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.h != dst.h || src.w != dst.w || src.c != dst.c) {
    return Status::value_error("out must have image's sizes");
  }
  if (src.dtype == DType::other) return Status::type_error("this dtype is not ordered");
  if (src.dtype != dst.dtype) return Status::type_error("out must have image's dtype");
  if (const ImageView* other = options.other) {
    if (other->n != src.n || other->h != src.h || other->w != src.w || other->c != src.c || other->dtype != src.dtype) {
      return Status::value_error("other must have image's sizes and dtype");
    }
    const bool same = other->data == dst.data && other->stride_n == dst.stride_n && other->stride_h == dst.stride_h &&
                      other->stride_w == dst.stride_w && other->stride_c == dst.stride_c;
    if (Status status = same ? check_view(*other, "other") : check_disjoint(*other, dst); !status.is_ok())
      return status;
  }
  if (Status status = check_element(options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  // Planes are images of one channel.
  if (src.c == 1 || src.stride_c == src.item_size || dst.stride_c == dst.item_size) {
    return morphology_planes(execution, src, dst, options);
  }
  for (std::int64_t c = 0; c < src.c; ++c) {
    ImageView from = src, to = dst;
    MorphologyOptions of_plane = options;
    from.data += c * src.stride_c;
    to.data += c * dst.stride_c;
    from.c = to.c = 1;
    of_plane.value += c * src.item_size;
    ImageView other;
    if (options.other != nullptr) {
      other = *options.other;
      other.data += c * other.stride_c;
      other.c = 1;
      of_plane.other = &other;
    }
    if (Status status = morphology_planes(execution, from, to, of_plane); !status.is_ok()) return status;
  }
  return Status::ok();
}

}  // namespace px
