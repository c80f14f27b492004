#include "ops/resize.h"

#include <algorithm>
#include <memory>

#include "core/copy.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"

namespace px {

Status resize(const Execution& execution, const ImageView& src, const ImageView& dst, const ResizeOptions& options) {
  if (Status status = check_resize(src, dst, options); !status.is_ok()) return status;
  if (src.n == 0 || src.c == 0) return Status::ok();
  const bool nearest = options.interpolation == Interpolation::nearest;

  const bool premultiply = options.premultiply && !nearest;
  const std::int64_t item = dst.item_size;
  // Planes on either side are resampled one by one: taking apart, or putting together, the smaller side is cheap.
  const auto is_planar = [&](const ImageView& view) { return view.c > 1 && view.stride_w == item; };
  const bool planar = (is_planar(src) || is_planar(dst)) && !premultiply;
  const std::int64_t group = planar ? 1 : dst.c;  // channels of a pixel that is resampled
  const bool in_place = (group == 1 || dst.stride_c == item) && dst.stride_w == group * item;
  ResizeOptions wanted = options;
  wanted.premultiply = premultiply;
  const auto resampler = Resampler::get(execution.isa, src, {dst.h, dst.w, wanted, planar, 0, dst.w, false});

  const std::int64_t images = planar ? src.n * src.c : src.n;
  const std::int64_t bytes = (src.h * src.w + dst.h * dst.w) * src.n * src.c * item;
  const Execution run = execution_for(execution, bytes);
  const Strips strips = bytes <= small_work ? Strips{dst.h, 1}
                                            : split_rows(dst.h, resampler->preferred_rows(in_place && run.threads == 1),
                                                         images, run.threads);
  const std::int64_t tasks = strips.count * images;
  const std::size_t row_bytes = (static_cast<std::size_t>(resampler->row_bytes()) + 63) / 64 * 64;
  const std::size_t staging = in_place ? 0 : row_bytes * static_cast<std::size_t>(strips.rows);
  const std::size_t each = (resampler->scratch_bytes(0, dst.h, strips.rows) + staging + 63) / 64 * 64;
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    std::byte* const own = scratch.data() + each * static_cast<std::size_t>(worker);
    const std::int64_t image = task / strips.count, strip = task % strips.count;
    const std::int64_t n = planar ? image / src.c : image, c = planar ? image % src.c : 0;
    const std::int64_t y0 = strip * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    std::byte* const to = dst.data + n * dst.stride_n + c * dst.stride_c + y0 * dst.stride_h;
    if (in_place) return resampler->strip(src, n, c, y0, y1, to, dst.stride_h, own);
    resampler->strip(src, n, c, y0, y1, own, static_cast<std::ptrdiff_t>(row_bytes), own + staging);
    for (std::int64_t y = y0; y < y1; ++y) {
      copy_samples(own + static_cast<std::ptrdiff_t>(row_bytes) * (y - y0), group * item, item,
                   to + (y - y0) * dst.stride_h, dst.stride_w, dst.stride_c, dst.w, group, dst.item_size);
    }
  });
}

}  // namespace px
