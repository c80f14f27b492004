#include "ops/remap.h"

#include <algorithm>

namespace px {
namespace {

struct FindByMaps {
  const Maps& maps;
  const WarpPointKernels& kernels;
  int bits;
  bool are_far;  // too large for the caches next to the processor

  void tile(WarpTile*) const {}

  bool run(const WarpTile& tile, std::int64_t row, WarpPoints* points) const {
    const std::int64_t x = tile.x, y = tile.y + row;
    const auto at = [&](const ImageView& map) {
      const std::int64_t n = map.n > 1 ? tile.image : 0;
      const std::byte* const here = map.data + n * map.stride_n + y * map.stride_h + x * map.stride_w;
      const std::ptrdiff_t bytes = warp_run * map.stride_w;  // the run after this one, to the right
      if (!are_far) return here;
      fetch_lines(reinterpret_cast<std::uintptr_t>(here) + static_cast<std::uintptr_t>(bytes),
                  std::min<std::ptrdiff_t>(bytes, 1024));
      return here;
    };
    kernels.map({at(maps.x), at(maps.y), maps.x.stride_w, maps.y.stride_w, maps.type, maps.relative}, tile, row, bits,
                points);
    return true;
  }
};

}  // namespace

Status remap(const Execution& execution, const ImageView& src, const ImageView& dst, const Maps& maps,
             const WarpOptions& options) {
  if (Status status = check_maps(dst, maps); !status.is_ok()) return status;
  const int bits = warp_arithmetic(src.dtype, options).bits;
  const bool are_far = 2 * maps.x.h * maps.x.w * maps.x.item_size >= least_far;
  const WarpPointKernels& kernels = PX_PICK_KERNELS(execution.isa, warp_points_kernels);
  return warp_by(execution, src, dst, options, FindByMaps{maps, kernels, bits, are_far});
}

}  // namespace px
