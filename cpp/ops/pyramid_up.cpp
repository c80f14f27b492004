#include "ops/pyramid_up.h"

#include <algorithm>
#include <cstring>

#include "core/border.h"
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

Status pyramid_up(const Execution& execution, const ImageView& src, const ImageView& dst, bool premultiply) {
  if (Status status = check_pyramid_up(src, dst, premultiply); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  const PyramidKernels& kernels = PX_PICK_KERNELS(execution.isa, pyramid_kernels);
  const CopyKernels& copies = PX_PICK_KERNELS(execution.isa, copy_kernels);
  const ConvertKernels& convert = PX_PICK_KERNELS(execution.isa, convert_kernels);
  // Colours times their alpha are float64 from the first to the last.
  const int given = static_cast<int>(src.dtype), type = static_cast<int>(premultiply ? DType::f64 : src.dtype);
  const int item = premultiply ? 8 : src.item_size, work = PyramidKernels::work_bytes[type];
  const ConvertKernels::Premultiply weigh = premultiply ? convert.premultiply_of(src.c, given) : nullptr;
  const ConvertKernels::Row divide = premultiply ? convert.unpremultiply_of(src.c, given) : nullptr;
  const std::int64_t samples = src.w * src.c, pixel = src.c * item;
  const int size = CopyKernels::index_of(pixel);
  const bool close_dst = is_close(dst) && !premultiply;
  // A position of the doubled grid is mirrored; it stays even, and so is a pixel.
  const auto mirrored = [](std::int64_t at, std::int64_t side) {
    return border_index(2 * at, 2 * side, Border::reflect) / 2;
  };

  const std::int64_t bytes = dst.n * dst.h * dst.w * pixel;
  const Execution run = execution_for(execution, 2 * bytes);
  const std::int64_t preferred = std::max<std::int64_t>(8, (std::int64_t{1} << 17) / (2 * samples * item));
  const Strips strips = split_rows((dst.h + 1) / 2, preferred, dst.n, run.threads);  // of rows of src
  const std::int64_t tasks = strips.count * dst.n;
  ScratchLayout whole;
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte* sums[3];  // of three rows of src: of the even pixels, then of the odd ones
      std::byte *gathered, *even, *odd, *colours;
    };
    const auto line = [&] { return layout.take(static_cast<std::size_t>(2 * samples * work)); };
    std::byte *const first = line(), *const second = line(), *const third = line();
    return Parts{{first, second, third},
                 layout.take(static_cast<std::size_t>((src.w + 2) * pixel)),
                 layout.take(static_cast<std::size_t>(2 * samples * item)),
                 layout.take(static_cast<std::size_t>(2 * samples * item)),
                 layout.take(premultiply ? static_cast<std::size_t>(2 * samples * src.item_size) : 0)};
  };
  lay_out(whole);
  const std::size_t each = whole.used();
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    auto parts = lay_out(layout);
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min((dst.h + 1) / 2, y0 + strips.rows);
    const auto make = [&](std::int64_t y, std::byte* sums) {
      const std::byte* const row = src.data + n * src.stride_n + mirrored(y, src.h) * src.stride_h;
      const auto take = [&](std::int64_t x, std::int64_t at, std::int64_t count) {
        const std::byte* const from = row + at * src.stride_w;
        std::byte* const into = parts.gathered + (x + 1) * pixel;
        if (premultiply) return weigh(from, src.stride_w, src.stride_c, reinterpret_cast<double*>(into), count);
        copy_samples(from, src.stride_w, src.stride_c, into, pixel, item, count, src.c, item);
      };
      take(0, 0, src.w);
      take(-1, mirrored(-1, src.w), 1);
      take(src.w, mirrored(src.w, src.w), 1);
      kernels.up_columns[type](parts.gathered, sums, sums + samples * work, samples, src.c);
    };
    // Joins the even pixels of a row and its odd ones, which are one fewer where the side is.
    const auto give = [&](const std::byte* pixels, std::byte* row) {
      const std::int64_t pairs = dst.w / 2;
      std::int64_t odds = samples * item;
      if (close_dst && size >= 0) {
        copies.join[size][0](pixels, row, odds, pairs, false);
        if (dst.w % 2 == 1)
          std::memcpy(row + 2 * pairs * pixel, pixels + pairs * pixel, static_cast<std::size_t>(pixel));
        return;
      }
      if (premultiply) {
        divide(pixels, parts.colours, 2 * samples);
        pixels = parts.colours;
        odds = samples * dst.item_size;
      }
      for (const bool odd : {false, true}) {
        copy_samples(pixels + odd * odds, dst.c * dst.item_size, dst.item_size, row + odd * dst.stride_w,
                     2 * dst.stride_w, dst.stride_c, odd ? pairs : dst.w - pairs, dst.c, dst.item_size);
      }
    };
    make(y0 - 1, parts.sums[0]);
    make(y0, parts.sums[1]);
    for (std::int64_t y = y0; y < y1; ++y) {
      make(y + 1, parts.sums[2]);
      kernels.up_rows[type](parts.sums[0], parts.sums[1], parts.sums[2], parts.even, parts.odd, 2 * samples);
      std::byte* const row = dst.data + n * dst.stride_n + 2 * y * dst.stride_h;
      give(parts.even, row);
      if (2 * y + 1 < dst.h) give(parts.odd, row + dst.stride_h);
      std::rotate(parts.sums, parts.sums + 1, parts.sums + 3);
    }
  });
}

}  // namespace px
