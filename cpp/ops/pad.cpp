#include "ops/pad.h"

#include <algorithm>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/strips.h"
#include "kernels/copy.h"

namespace px {

Status pad(const Execution& execution, const ImageView& src, const ImageView& dst, const PadOptions& options) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.c != dst.c || src.item_size != dst.item_size) {
    return Status::value_error("out must have image's batch size, channels and dtype");
  }
  if (is_empty(dst)) return Status::ok();
  if (is_empty(src)) return Status::value_error("image must not be empty");
  const std::int64_t top = options.top, left = options.left;
  if (top < 0 || left < 0 || top > dst.h - src.h || left > dst.w - src.w) {
    return Status::value_error("the image must lie within out");
  }
  const int item = src.item_size;
  const std::int64_t row_bytes = dst.w * dst.c * item;
  const CopyKernels& kernels = PX_PICK_KERNELS(execution.isa, copy_kernels);
  const auto is_close = [&](const ImageView& view) {
    return (view.c == 1 || view.stride_c == item) && view.stride_w == view.c * item;
  };
  const bool close = is_close(src) && is_close(dst);
  const Execution run = execution_for(execution, 2 * dst.n * dst.h * row_bytes);
  const std::int64_t preferred = std::max<std::int64_t>(1, (std::int64_t{1} << 18) / row_bytes);
  const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);

  return parallel_for(run, strips.count * dst.n, [&](std::int64_t task, int) {
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    const auto fill = [&](std::byte* row, std::int64_t from, std::int64_t to) {  // with the value, read again and again
      if (to > from) {
        copy_samples(options.value, 0, item, row + from * dst.stride_w, dst.stride_w, dst.stride_c, to - from, dst.c,
                     item);
      }
    };
    for (std::int64_t y = y0; y < y1; ++y) {
      std::byte* const row = dst.data + n * dst.stride_n + y * dst.stride_h;
      const std::int64_t source_row = border_index(y - top, src.h, options.border);
      if (source_row < 0) {
        fill(row, 0, dst.w);
        continue;
      }
      const std::byte* const source = src.data + n * src.stride_n + source_row * src.stride_h;
      const auto take = [&](std::int64_t x, std::int64_t first, std::int64_t step, std::int64_t count) {
        copy_samples(source + first * src.stride_w, step * src.stride_w, src.stride_c, row + x * dst.stride_w,
                     dst.stride_w, dst.stride_c, count, dst.c, item);
      };
      if (close) {
        const bool last = source_row + 1 == src.h;
        kernels.row(source, row + left * dst.stride_w, src.w * dst.stride_w, last ? 0 : src.stride_h, false);
      } else {
        take(left, 0, 1, src.w);
      }
      for (const bool right : {false, true}) {
        const std::int64_t from = right ? left + src.w : 0, to = right ? dst.w : left;
        if (options.border == Border::constant) {
          fill(row, from, to);
          continue;
        }
        for (std::int64_t x = from; x < to;) {  // in runs that follow each other forwards, backwards, or not at all
          const std::int64_t first = border_index(x - left, src.w, options.border);
          std::int64_t step = 0, end = x + 1;
          if (end < to) step = border_index(end - left, src.w, options.border) - first;
          if (step < -1 || step > 1) step = 0;
          while (end < to && border_index(end - left, src.w, options.border) == first + (end - x) * step) ++end;
          take(x, first, step, end - x);
          x = end;
        }
      }
    }
  });
}

}  // namespace px
