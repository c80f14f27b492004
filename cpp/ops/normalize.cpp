#include "ops/normalize.h"

#include <algorithm>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"

namespace px {
namespace {

// The kernel table's column for a result dtype.
int result_column(DType to) {
  switch (to) {
    case DType::u8: return 0;
    case DType::f16: return 1;
    case DType::f32: return 2;
    case DType::f64: return 3;
    default: return -1;
  }
}

// Pixels of a run that stays in the L1 cache when it has to be gathered first.
constexpr std::int64_t gathered_samples = 4096;

}  // namespace

Normalizer::Normalizer(Isa isa, DType from, DType to, std::int64_t channels, const NormalizeOptions& options)
    : constants_(from, to, channels, options),
      run_(PX_PICK_KERNELS(isa, normalize_kernels).run[static_cast<int>(from)][result_column(to)]) {}

Status normalize(const Execution& execution, const ImageView& src, const ImageView& dst,
                 const NormalizeOptions& options) {
  if (Status status = check_normalize(src, dst, options); !status.is_ok()) return status;
  if (is_empty(src)) return Status::ok();

  const Normalizer normalizer(execution.isa, src.dtype, dst.dtype, src.c, options);
  const std::int64_t item = src.item_size;
  const bool interleaved = (src.c == 1 || src.stride_c == item) && src.stride_w == src.c * item;
  const bool planar = !interleaved && src.stride_w == item;
  // Rows that follow each other in both arrays are one long run.
  const bool joined = (interleaved && src.stride_h == src.w * src.stride_w && dst.stride_h == dst.w * dst.stride_w) ||
                      (planar && src.stride_h == src.w * item && dst.stride_h == dst.w * dst.stride_w);

  const std::int64_t row_samples = src.w * src.c;
  const std::int64_t bytes = src.n * src.h * row_samples * (item + dst.item_size);
  const Execution run = execution_for(execution, bytes);
  const bool stream = !is_in_place(src, dst) && past_caches(src.n * src.h * row_samples * dst.item_size);
  // Strips of about 256 KiB: short enough to share out and to interrupt, long enough to stream.
  const std::int64_t preferred =
      std::max<std::int64_t>(1, (std::int64_t{1} << 18) / (row_samples * (item + dst.item_size)));
  const Strips strips = split_rows(src.h, preferred, src.n, run.threads);
  const std::int64_t tasks = strips.count * src.n;
  const std::int64_t piece = std::max<std::int64_t>(1, gathered_samples / src.c);
  const std::size_t each = interleaved || planar ? 0 : (static_cast<std::size_t>(piece * src.c * item) + 63) / 64 * 64;
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(src.h, y0 + strips.rows);
    const std::int64_t rows = joined ? 1 : y1 - y0, pixels = joined ? src.w * (y1 - y0) : src.w;
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::byte* from = src.data + n * src.stride_n + (y0 + r) * src.stride_h;
      std::byte* to = dst.data + n * dst.stride_n + (y0 + r) * dst.stride_h;
      if (interleaved) {
        normalizer.run(from, pixels, 0, src.c, to, dst.stride_w, dst.stride_c, stream);
      } else if (planar) {
        for (std::int64_t c = 0; c < src.c; ++c) {
          normalizer.run(from + c * src.stride_c, pixels, c, 1, to + c * dst.stride_c, dst.stride_w, 0, stream);
        }
      } else {
        std::byte* const gathered = scratch.data() + each * static_cast<std::size_t>(worker);
        for (std::int64_t x = 0; x < pixels; x += piece) {
          const std::int64_t count = std::min(piece, pixels - x);
          copy_samples(from + x * src.stride_w, src.stride_w, src.stride_c, gathered, src.c * item, item, count, src.c,
                       src.item_size);
          normalizer.run(gathered, count, 0, src.c, to + x * dst.stride_w, dst.stride_w, dst.stride_c, stream);
        }
      }
    }
  });
}

}  // namespace px
