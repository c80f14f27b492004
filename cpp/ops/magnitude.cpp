#include "ops/magnitude.h"

#include <algorithm>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/convert.h"
#include "kernels/magnitude.h"

namespace px {

Status magnitude(const Execution& execution, const ImageView& x, const ImageView& y, const ImageView& dst) {
  for (const ImageView* component : {&x, &y}) {
    if (Status status = check_disjoint(*component, dst); !status.is_ok()) return status;
    if (component->n != dst.n || component->h != dst.h || component->w != dst.w || component->c != dst.c) {
      return Status::value_error("the components must have out's sizes");
    }
  }
  const bool wide = x.dtype == DType::f64;
  if (x.dtype != y.dtype || (!wide && x.dtype != DType::f32)) {
    return Status::type_error("the components must both be float32 or float64");
  }
  const ConvertKernels& convert = PX_PICK_KERNELS(execution.isa, convert_kernels);
  const MagnitudeKernels& kernels = PX_PICK_KERNELS(execution.isa, magnitude_kernels);
  const int type = static_cast<int>(dst.dtype);
  if (dst.dtype == DType::other) return Status::type_error("out has an unsupported dtype");
  const ConvertKernels::Row finish = wide ? convert.from_f64[type] : convert.from_f32[type];
  if (finish == nullptr) return Status::type_error("out has an unsupported dtype");
  if (is_empty(dst)) return Status::ok();

  const std::int64_t item = x.item_size, samples = dst.w * dst.c;
  const Execution run = execution_for(execution, 3 * dst.n * dst.h * samples * item);
  const Strips strips =
      split_rows(dst.h, std::max<std::int64_t>(8, (std::int64_t{1} << 17) / (samples * item)), dst.n, run.threads);
  const std::int64_t tasks = strips.count * dst.n;
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *x, *y, *result;
    };
    const auto row = static_cast<std::size_t>(samples * item);
    return Parts{layout.take(row), layout.take(row), layout.take(static_cast<std::size_t>(samples * dst.item_size))};
  };
  ScratchLayout size;
  lay_out(size);
  const std::size_t each = size.used();
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));
  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    const auto parts = lay_out(layout);
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    const auto is_close = [](const ImageView& view) {
      return (view.c == 1 || view.stride_c == view.item_size) && view.stride_w == view.c * view.item_size;
    };
    const auto row_of = [&](const ImageView& view, std::int64_t at, std::byte* own) -> const std::byte* {
      const std::byte* const row = view.data + n * view.stride_n + at * view.stride_h;
      if (is_close(view)) return row;
      copy_samples(row, view.stride_w, view.stride_c, own, view.c * item, item, view.w, view.c, static_cast<int>(item));
      return own;
    };
    for (std::int64_t at = y0; at < y1; ++at) {
      const std::byte *const along_x = row_of(x, at, parts.x), *const along_y = row_of(y, at, parts.y);
      if (wide) {
        kernels.f64(reinterpret_cast<const double*>(along_x), reinterpret_cast<const double*>(along_y),
                    reinterpret_cast<double*>(parts.x), samples);
      } else {
        kernels.f32(reinterpret_cast<const float*>(along_x), reinterpret_cast<const float*>(along_y),
                    reinterpret_cast<float*>(parts.x), samples);
      }
      std::byte* const row = dst.data + n * dst.stride_n + at * dst.stride_h;
      finish(parts.x, is_close(dst) ? row : parts.result, samples);
      if (is_close(dst)) continue;
      copy_samples(parts.result, dst.c * dst.item_size, dst.item_size, row, dst.stride_w, dst.stride_c, dst.w, dst.c,
                   dst.item_size);
    }
  });
}

}  // namespace px
