#include "ops/pad.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/copy.h"

namespace px {

Status pad(const Execution& execution, const ImageView& src, const ImageView& dst, const PadOptions& options) {
  if (Status status = check_pad(src, dst, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  const std::int64_t top = options.top, left = options.left;
  const int item = src.item_size;
  const std::int64_t row_bytes = dst.w * dst.c * item;
  const CopyKernels& kernels = PX_PICK_KERNELS(execution.isa, copy_kernels);
  const bool close = is_close(src) && is_close(dst);
  // Of a row, what lies left and right of the image: runs of the source's columns, forwards, backwards, or of one
  // pixel.
  struct Run {
    std::int64_t x, first, step, count;
  };
  std::vector<Run> runs;
  const bool constant = options.border == Border::constant;
  for (const bool right : {false, true}) {
    const std::int64_t end = constant ? 0 : right ? dst.w : left;
    for (std::int64_t x = right ? left + src.w : 0; x < end;) {
      const auto column = [&](std::int64_t at) { return border_index(at - left, src.w, options.border); };
      Run found{x, column(x), 0, 1};
      if (x + 1 < end && std::abs(column(x + 1) - found.first) == 1) found.step = column(x + 1) - found.first;
      while (x + found.count < end && column(x + found.count) == found.first + found.count * found.step) ++found.count;
      runs.push_back(found);
      x += found.count;
    }
  }
  const std::int64_t pixel = dst.c * item;
  const Scratch scratch(constant && close ? static_cast<std::size_t>(row_bytes) : 0);
  if (constant && close) copy_samples(options.value, 0, item, scratch.data(), pixel, item, dst.w, dst.c, item);
  const int size = CopyKernels::index_of(pixel);

  const std::int64_t bytes = dst.n * dst.h * row_bytes;
  const bool stream = past_caches(bytes);
  const Execution run = execution_for(execution, 2 * bytes);
  const std::int64_t preferred = std::max<std::int64_t>(1, (std::int64_t{1} << 18) / row_bytes);
  const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);

  return parallel_for(run, strips.count * dst.n, [&](std::int64_t task, int) {
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    const auto outside = [&](std::int64_t y) { return border_index(y - top, src.h, options.border) < 0; };
    std::int64_t done = 0;  // pixels of a row that were filled with the one before: they lie behind it
    for (std::int64_t y = y0; y < y1; ++y) {
      std::byte* const row = dst.data + n * dst.stride_n + y * dst.stride_h;
      const auto fill = [&](std::int64_t x, std::int64_t count) {
        if (close) return kernels.row(scratch.data(), row + x * pixel, count * pixel, 0, false);
        copy_samples(options.value, 0, item, row + x * dst.stride_w, dst.stride_w, dst.stride_c, count, dst.c, item);
      };
      if (outside(y)) {
        fill(done, dst.w - done);
        done = 0;
        continue;
      }
      const std::int64_t source_row = border_index(y - top, src.h, options.border);
      const std::byte* const source = src.data + n * src.stride_n + source_row * src.stride_h;
      const auto take = [&](const Run& part) {
        const std::byte* const from = source + part.first * src.stride_w;
        std::byte* const to = row + part.x * dst.stride_w;
        if (close && part.step == 1) {
          const std::ptrdiff_t next = source_row + 1 < src.h ? src.stride_h : 0;
          kernels.row(from, to, part.count * pixel, next, stream && part.count == src.w);
        } else if (close && part.step == -1 && size >= 0) {  // from the last one on
          kernels.reverse[size](from - (part.count - 1) * pixel, to + (part.count - 1) * pixel, part.count, 0, false);
        } else {
          copy_samples(from, part.step * src.stride_w, src.stride_c, to, dst.stride_w, dst.stride_c, part.count, dst.c,
                       item);
        }
      };
      const Run whole{left, 0, 1, src.w};
      if (constant) {
        const bool joined = close && dst.stride_h == row_bytes && y + 1 < y1 && !outside(y + 1);
        fill(done, left - done);
        take(whole);
        done = joined ? left : 0;
        fill(left + src.w, dst.w - left - src.w + done);
      } else {
        for (const Run& part : runs) {
          if (part.x < left) take(part);
        }
        take(whole);
        for (const Run& part : runs) {
          if (part.x > left) take(part);
        }
      }
    }
    if (stream) kernels.finish();
  });
}

}  // namespace px
