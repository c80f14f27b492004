// pad: an image within a larger one, and what its border says around it.
//
//   dst[y][x] = src[border(y - top)][border(x - left)], or value where the constant border is
//
// Exact     Bytes are moved; border_index() is the CPU's.
// Why       A thread per element of the result; its writes are neighbours, and so are most of its reads.
// Requires  Disjoint views, the image within the result.

#include "core/check.h"
#include "elements.cuh"
#include "ops.h"

namespace px::cuda {
namespace {

template <class E>
struct Pad {
  Pixels src, dst;
  std::int64_t channels, height, width, top, left;
  Border border;
  const E* value;  // of each channel
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    const std::int64_t row = border_index(y - top, height, border), column = border_index(x - left, width, border);
    store(dst.at(n, y, x, c), row < 0 || column < 0 ? value[c] : load<E>(src.at(n, row, column, c)));
  }
};

}  // namespace

Status pad(Call& call, const ImageView& from, const ImageView& to, const PadOptions& options) {
  if (Status status = check_pad(from, to, options); !status.is_ok()) return status;
  if (is_empty(to)) return Status::ok();
  ImageView src = from, dst = to;
  const void* const value = options.border == Border::constant
                                ? call.table(options.value, static_cast<std::size_t>(from.c * from.item_size))
                                : nullptr;
  const std::int64_t element = join_samples(src, dst);
  const int alignment = alignment_of(src) < alignment_of(dst) ? alignment_of(src) : alignment_of(dst);
  with_element(element, alignment, [&]<class E>(E*) {
    for_each(
        call, {dst.w * dst.c, dst.h, dst.n},
        Pad<E>{src, dst, dst.c, src.h, src.w, options.top, options.left, options.border, static_cast<const E*>(value)});
  });
  return call.status();
}

}  // namespace px::cuda
