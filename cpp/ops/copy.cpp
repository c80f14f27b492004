#include "ops/copy.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/check.h"
#include "core/copy.h"
#include "core/moves_plan.h"
#include "core/parallel.h"
#include "core/strips.h"
#include "core/trace.h"
#include "kernels/copy.h"

namespace px {
namespace {

// A transposition takes so many rows of the source at a time: they stream side by side, and fill whole cache lines. Of
// large elements fewer do.
std::int64_t tile_width(std::int64_t element) { return element <= 8 ? 64 : 32; }

// An axis walked from its other end.
void turn_round(std::byte*& data, std::int64_t& stride, std::int64_t size) {
  data += (size - 1) * stride;
  stride = -stride;
}

}  // namespace

Status copy(const Execution& execution, const ImageView& from, const ImageView& to) {
  if (Status status = check_copy(from, to); !status.is_ok()) return status;
  if (is_empty(from)) return Status::ok();
  const CopyKernels& kernels = PX_PICK_KERNELS(execution.isa, copy_kernels);
  const int item = from.item_size;
  ImageView src = from, dst = to;
  // What moves as one element: a pixel where its samples stay together, else a sample.
  std::int64_t element = item, planes = 1;
  if (src.c == 1 || (src.stride_c == item && dst.stride_c == item)) {
    element = item * src.c;
    src.c = 1;
  } else if (std::abs(dst.stride_w) == item && (std::abs(src.stride_w) == item || std::abs(src.stride_h) == item)) {
    planes = src.c;  // on both sides: each is an image of its own
    src.c = 1;
  }
  const int size = CopyKernels::index_of(element), item_index = CopyKernels::index_of(item);
  const bool turned = src.c == 1 && std::abs(dst.stride_w) == element && std::abs(src.stride_h) == element &&
                      std::abs(src.stride_w) != element && size >= 0;
  // Sources are read upwards in memory, and results of a transposition are made from left to right.
  if (src.stride_h < 0) {
    turn_round(src.data, src.stride_h, src.h);
    turn_round(dst.data, dst.stride_h, src.h);
  }
  if (turned ? dst.stride_w < 0 : src.stride_w < 0) {
    turn_round(src.data, src.stride_w, src.w);
    turn_round(dst.data, dst.stride_w, src.w);
  }
  const std::int64_t row_bytes = src.w * src.c * element, images = src.n * planes;

  const bool runs = src.c == 1 && src.stride_w == element;
  const bool rows = runs && dst.stride_w == element;
  const bool reversed = runs && dst.stride_w == -element && size >= 0;
  // Rows of one run each, all of which follow each other, are one row.
  const bool joined = src.stride_h == src.w * src.stride_w && dst.stride_h == src.w * dst.stride_w;
  const int channels = src.c >= 2 && src.c <= 4 ? static_cast<int>(src.c) - 2 : -1;
  const bool split = channels >= 0 && dst.stride_w == item && src.stride_c == item && src.stride_w == item * src.c;
  const bool join = channels >= 0 && src.stride_w == item && dst.stride_c == item && dst.stride_w == item * src.c;

  const std::int64_t bytes = 2 * images * src.h * row_bytes;
  const Execution run = execution_for(execution, bytes);
  // Separating and joining planes writes (reads) several streams at once, and gains by it sooner.
  const bool stream = past_caches(split || join ? bytes : bytes / 2);
  // Strips of 256 KiB; a transposition wants to run down its source's rows for long.
  const std::int64_t strip_bytes = std::int64_t{1} << (turned ? 23 : 18);
  const std::int64_t preferred = std::max<std::int64_t>(1, strip_bytes / std::max<std::int64_t>(row_bytes, 1));
  const Strips strips = split_rows(src.h, preferred, images, run.threads);
  trace().add(rows       ? "copy/rows"
              : reversed ? "copy/reversed"
              : turned   ? "copy/turned"
              : split    ? "copy/split"
              : join     ? "copy/join"
                         : "copy/samples");

  return parallel_for(run, strips.count * images, [&](std::int64_t task, int) {
    const std::int64_t n = task / strips.count / planes, plane = task / strips.count % planes;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(src.h, y0 + strips.rows);
    const std::byte* const s = src.data + n * src.stride_n + plane * src.stride_c + y0 * src.stride_h;
    std::byte* const d = dst.data + n * dst.stride_n + plane * dst.stride_c + y0 * dst.stride_h;
    // Rows that follow each other on both sides are one long one.
    const std::int64_t height = joined && !turned ? 1 : y1 - y0, width = joined && !turned ? src.w * (y1 - y0) : src.w;
    const auto next = [&](std::int64_t y) { return y + 1 < height ? src.stride_h : 0; };
    if (turned) {
      const std::int64_t wide = tile_width(element);
      for (std::int64_t x = 0; x < width; x += wide) {
        kernels.transpose[size](s + x * src.stride_w, src.stride_w, d + x * element, dst.stride_h,
                                std::min(wide, width - x), height);
      }
      return;
    }
    for (std::int64_t y = 0; y < height; ++y) {
      const std::byte* const source = s + y * src.stride_h;
      std::byte* const result = d + y * dst.stride_h;
      if (rows) {
        kernels.row(source, result, width * element, next(y), stream);
      } else if (reversed) {
        kernels.reverse[size](source, result, width, next(y), stream);
      } else if (split) {
        kernels.split[item_index][channels](source, result, dst.stride_c, width, stream);
      } else if (join) {
        kernels.join[item_index][channels](source, result, src.stride_c, width, stream);
      } else {
        break;
      }
    }
    if (stream) kernels.finish();
    if (rows || reversed || split || join) return;
    // Elements of other sizes, and samples that lie apart, one by one; tiles where the source runs down its columns.
    const std::int64_t piece = std::abs(src.stride_w) > std::abs(src.stride_h) ? tile_width(element) : width;
    const bool whole = src.c == 1 && element > item;
    const std::int64_t samples = whole ? element / item : src.c;
    for (std::int64_t x = 0; x < width; x += piece) {
      for (std::int64_t y = 0; y < height; ++y) {
        copy_samples(s + y * src.stride_h + x * src.stride_w, src.stride_w, whole ? item : src.stride_c,
                     d + y * dst.stride_h + x * dst.stride_w, dst.stride_w, whole ? item : dst.stride_c,
                     std::min(piece, width - x), samples, item);
      }
    }
  });
}

}  // namespace px
