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

Status magnitude(const Execution& execution, const ImageView& src, const ImageView& dst, DType real,
                 const CorrelateOptions& x, const CorrelateOptions& y) {
  if (Status status = check_alike(src, dst); !status.is_ok()) return status;
  if (real != DType::f32 && real != DType::f64) return Status::type_error("components are float32 or float64");
  const bool wide = real == DType::f64;
  for (const CorrelateOptions* each : {&x, &y}) {
    if (each->arithmetic != SumArithmetic::integer && wide != (each->arithmetic == SumArithmetic::f64)) {
      if (wide) return Status::type_error("components of float64 are summed in float64");
    }
  }
  const ConvertKernels& convert = PX_PICK_KERNELS(execution.isa, convert_kernels);
  const MagnitudeKernels& kernels = PX_PICK_KERNELS(execution.isa, magnitude_kernels);
  if (dst.dtype == DType::other) return Status::type_error("out has an unsupported dtype");
  const auto type = static_cast<int>(dst.dtype);
  const ConvertKernels::Row finish = dst.dtype == real ? nullptr
                                     : wide            ? convert.from_f64[type]
                                                       : convert.from_f32[type];
  if (dst.dtype != real && finish == nullptr) return Status::type_error("out has an unsupported dtype");

  // Some rows of both components, which stay in the L2 cache.
  const std::int64_t item = wide ? 8 : 4, samples = dst.w * dst.c, row_bytes = samples * item;
  ImageView some{nullptr, 1, 0, dst.w, dst.c, 0, row_bytes, dst.c * item, item, real, static_cast<int>(item)};
  for (const CorrelateOptions* each : {&x, &y}) {
    if (Status status = correlate_rows(execution, src, some, *each, 0); !status.is_ok()) return status;
  }
  if (is_empty(dst)) return Status::ok();
  const auto taps = static_cast<std::int64_t>(x.passes[0].taps.size() + y.passes[0].taps.size());
  const Execution run = execution_for(execution, dst.n * dst.h * samples * (2 * taps + 3 * item));
  const std::int64_t preferred = std::clamp<std::int64_t>((std::int64_t{1} << 18) / row_bytes / 4 * 4, 8, 64);
  const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);
  const std::int64_t tasks = strips.count * dst.n;
  const bool close = is_close(dst);
  const bool stream = finish == nullptr && close && past_caches(dst.n * dst.h * row_bytes);
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *x, *y, *result;
    };
    const auto rows = static_cast<std::size_t>(strips.rows * row_bytes);
    return Parts{layout.take(rows), layout.take(rows), layout.take(static_cast<std::size_t>(samples * dst.item_size))};
  };
  ScratchLayout size;
  lay_out(size);
  const std::size_t each = size.used();
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));
  Execution alone = execution;
  alone.threads = 1;
  alone.interrupted = nullptr;
  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    const auto parts = lay_out(layout);
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    ImageView from = src, along_x = some, along_y = some;
    from.n = 1;
    from.data += n * src.stride_n;
    along_x.h = along_y.h = y1 - y0;
    along_x.data = parts.x;
    along_y.data = parts.y;
    // What they could refuse has been asked above.
    static_cast<void>(correlate_rows(alone, from, along_x, x, y0));
    static_cast<void>(correlate_rows(alone, from, along_y, y, y0));
    for (std::int64_t at = y0; at < y1; ++at) {
      std::byte* const row = dst.data + n * dst.stride_n + at * dst.stride_h;
      std::byte *const a = parts.x + (at - y0) * row_bytes, *const b = parts.y + (at - y0) * row_bytes;
      std::byte* const length = finish == nullptr && close ? row : a;
      if (wide) {
        kernels.f64(reinterpret_cast<const double*>(a), reinterpret_cast<const double*>(b),
                    reinterpret_cast<double*>(length), samples, stream);
      } else {
        kernels.f32(reinterpret_cast<const float*>(a), reinterpret_cast<const float*>(b),
                    reinterpret_cast<float*>(length), samples, stream);
      }
      const std::byte* result = length;
      if (finish != nullptr) {
        finish(length, close ? row : parts.result, samples);
        result = parts.result;
      }
      if (close) continue;
      copy_samples(result, dst.c * dst.item_size, dst.item_size, row, dst.stride_w, dst.stride_c, dst.w, dst.c,
                   dst.item_size);
    }
  });
}

}  // namespace px
