#include "ops/pyramid_down.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/pyramid_plan.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/convert.h"
#include "kernels/copy.h"
#include "kernels/pyramid.h"

namespace px {

Status pyramid_down(const Execution& execution, const ImageView& src, const ImageView& dst, Border border,
                    const std::byte* value, bool premultiply) {
  if (Status status = check_pyramid_down(src, dst, premultiply); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  const PyramidKernels& kernels = PX_PICK_KERNELS(execution.isa, pyramid_kernels);
  const CopyKernels& copies = PX_PICK_KERNELS(execution.isa, copy_kernels);
  const ConvertKernels& convert = PX_PICK_KERNELS(execution.isa, convert_kernels);
  // Colours times their alpha are float64 from the first to the last.
  const int given = static_cast<int>(src.dtype), type = static_cast<int>(premultiply ? DType::f64 : src.dtype);
  const int item = premultiply ? 8 : src.item_size, work = PyramidKernels::work_bytes[type];
  const std::int64_t samples = src.w * src.c, sums_pixel = src.c * work;
  const int size = CopyKernels::index_of(sums_pixel);
  const ConvertKernels::Premultiply weigh = premultiply ? convert.premultiply_of(src.c, given) : nullptr;
  const ConvertKernels::Row divide = premultiply ? convert.unpremultiply_of(src.c, given) : nullptr;
  std::vector<std::byte> weighed(static_cast<std::size_t>(premultiply ? src.c * item : 0));
  if (premultiply) {
    weigh(value, 0, src.item_size, reinterpret_cast<double*>(weighed.data()), 1);
    value = weighed.data();
  }
  // Rows that are not one run of samples are gathered first.
  const bool close_src = is_close(src) && !premultiply, close_dst = is_close(dst) && !premultiply;

  const Execution run = execution_for(execution, 2 * src.n * src.h * samples * item);
  const std::int64_t preferred = std::max<std::int64_t>(8, (std::int64_t{1} << 17) / (samples * item));
  const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);
  const std::int64_t tasks = strips.count * dst.n;
  // Of pixels of a row of sums, which has two more before it and up to three after.
  const std::int64_t pairs = dst.w + 2;
  ScratchLayout whole;
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *sums, *evens, *odds, *gathered, *constant, *result, *colours;
    };
    return Parts{layout.take(static_cast<std::size_t>(2 * pairs * sums_pixel)),
                 layout.take(static_cast<std::size_t>(pairs * sums_pixel)),
                 layout.take(static_cast<std::size_t>(pairs * sums_pixel)),
                 layout.take(close_src ? 0 : static_cast<std::size_t>(5 * samples * item)),
                 layout.take(static_cast<std::size_t>(border == Border::constant ? samples * item : 0)),
                 layout.take(close_dst ? 0 : static_cast<std::size_t>(dst.w * dst.c * item)),
                 layout.take(premultiply ? static_cast<std::size_t>(dst.w * dst.c * dst.item_size) : 0)};
  };
  lay_out(whole);
  const std::size_t each = whole.used();
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    const auto parts = lay_out(layout);
    if (border == Border::constant) {
      copy_samples(value, 0, item, parts.constant, src.c * item, item, src.w, src.c, item);
    }
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    for (std::int64_t y = y0; y < y1; ++y) {
      const void* rows[5];
      for (int k = 0; k < 5; ++k) {
        const std::int64_t at = border_index(2 * y + k - 2, src.h, border);
        const std::byte* const row = src.data + n * src.stride_n + at * src.stride_h;
        if (at < 0) {
          rows[k] = parts.constant;
        } else if (close_src) {
          rows[k] = row;
        } else {
          std::byte* const own = parts.gathered + k * samples * item;
          if (premultiply) {
            weigh(row, src.stride_w, src.stride_c, reinterpret_cast<double*>(own), src.w);
          } else {
            copy_samples(row, src.stride_w, src.stride_c, own, src.c * item, item, src.w, src.c, item);
          }
          rows[k] = own;
        }
      }
      std::byte* const sums = parts.sums + 2 * sums_pixel;
      // Either pass asks for one of the two rows that the next result reads and this one did not, so that memory is
      // never waited for by one of them alone.
      const std::ptrdiff_t next = close_src && y + 1 < y1 ? 2 * src.stride_h : 0;
      kernels.down_rows[type](rows, sums, samples, next);
      for (const std::int64_t x : {std::int64_t{-2}, std::int64_t{-1}, src.w, src.w + 1}) {
        const std::int64_t at = border_index(x, src.w, border);
        std::byte* const to = sums + x * sums_pixel;
        if (at >= 0) {
          std::memcpy(to, sums + at * sums_pixel, static_cast<std::size_t>(sums_pixel));
        } else {
          const void* const outside[5] = {value, value, value, value, value};
          kernels.down_rows[type](outside, to, src.c, 0);
        }
      }
      if (size >= 0) {
        copies.split[size][0](parts.sums, parts.evens, parts.odds - parts.evens, pairs, false);
      } else {
        for (const bool odd : {false, true}) {
          copy_samples(parts.sums + odd * sums_pixel, 2 * sums_pixel, work, odd ? parts.odds : parts.evens, sums_pixel,
                       work, pairs, src.c, work);
        }
      }
      std::byte* const row = dst.data + n * dst.stride_n + y * dst.stride_h;
      kernels.down_columns[type](parts.evens, parts.odds, close_dst ? row : parts.result, dst.w * dst.c, dst.c,
                                 static_cast<const std::byte*>(rows[4]) + next);
      if (!close_dst) {
        if (premultiply) divide(parts.result, parts.colours, dst.w * dst.c);
        copy_samples(premultiply ? parts.colours : parts.result, dst.c * dst.item_size, dst.item_size, row,
                     dst.stride_w, dst.stride_c, dst.w, dst.c, dst.item_size);
      }
    }
  });
}

}  // namespace px
