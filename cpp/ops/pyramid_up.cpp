#include "ops/pyramid_up.h"

#include <algorithm>

#include "core/border.h"
#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/pyramid.h"

namespace px {

Status pyramid_up(const Execution& execution, const ImageView& src, const ImageView& dst) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  const auto doubled = [](std::int64_t side, std::int64_t to) { return to == 2 * side || to == 2 * side - 1; };
  if (src.n != dst.n || src.c != dst.c || src.dtype != dst.dtype || src.item_size != dst.item_size ||
      !doubled(src.h, dst.h) || !doubled(src.w, dst.w)) {
    return Status::value_error("out must have twice image's sides or one less, its batch size, channels and dtype");
  }
  if (src.dtype == DType::other) return Status::type_error("pyramid_up does not support this dtype");
  if (is_empty(dst)) return Status::ok();
  const PyramidKernels& kernels = PX_PICK_KERNELS(execution.isa, pyramid_kernels);
  const int type = static_cast<int>(src.dtype), item = src.item_size;
  const std::int64_t work = src.dtype == DType::f64 ? 8 : 4, samples = dst.w * dst.c;
  const bool close_dst = (dst.c == 1 || dst.stride_c == item) && dst.stride_w == dst.c * item;
  // A position of the doubled grid is mirrored; it stays even, and so is a pixel.
  const auto mirrored = [](std::int64_t at, std::int64_t side) {
    return border_index(2 * at, 2 * side, Border::reflect) / 2;
  };

  const Execution run = execution_for(execution, 2 * dst.n * dst.h * samples * item);
  const std::int64_t preferred = std::max<std::int64_t>(8, (std::int64_t{1} << 17) / (samples * item));
  const Strips strips = split_rows((dst.h + 1) / 2, preferred, dst.n, run.threads);  // of rows of src
  const std::int64_t tasks = strips.count * dst.n;
  const auto row_bytes = static_cast<std::size_t>((samples * work + 63) / 64 * 64);
  const auto gathered_bytes = static_cast<std::size_t>(((src.w + 2) * src.c * item + 63) / 64 * 64);
  const std::size_t each = 3 * row_bytes + gathered_bytes + row_bytes;
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    std::byte* const own = scratch.data() + each * static_cast<std::size_t>(worker);
    std::byte* const gathered = own + 3 * row_bytes;
    std::byte* const result = gathered + gathered_bytes;
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min((dst.h + 1) / 2, y0 + strips.rows);
    std::byte* rows[3] = {own, own + row_bytes, own + 2 * row_bytes};
    const auto make = [&](std::int64_t y, std::byte* to) {
      const std::byte* const row = src.data + n * src.stride_n + mirrored(y, src.h) * src.stride_h;
      const auto take = [&](std::int64_t x, std::int64_t at, std::int64_t count) {
        copy_samples(row + at * src.stride_w, src.stride_w, src.stride_c, gathered + (x + 1) * src.c * item,
                     src.c * item, item, count, src.c, item);
      };
      take(0, 0, src.w);
      take(-1, mirrored(-1, src.w), 1);
      take(src.w, mirrored(src.w, src.w), 1);
      kernels.up_columns[type](gathered, to, dst.w, dst.c);
    };
    make(y0 - 1, rows[0]);
    make(y0, rows[1]);
    for (std::int64_t y = y0; y < y1; ++y) {
      make(y + 1, rows[2]);
      for (int odd = 0; odd < 2 && 2 * y + odd < dst.h; ++odd) {
        std::byte* const row = dst.data + n * dst.stride_n + (2 * y + odd) * dst.stride_h;
        kernels.up_rows[type](rows[0], rows[1], rows[2], close_dst ? row : result, samples, odd == 1);
        if (!close_dst) {
          copy_samples(result, dst.c * item, item, row, dst.stride_w, dst.stride_c, dst.w, dst.c, item);
        }
      }
      std::rotate(rows, rows + 1, rows + 3);
    }
  });
}

}  // namespace px
