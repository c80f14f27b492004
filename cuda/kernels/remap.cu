// remap: every pixel of the result looks at a point of the image, by maps (warp.cuh).

#include "core/check.h"
#include "kernels/warp.cuh"
#include "ops.h"

namespace px::cuda {

Status remap(Call& call, const ImageView& src, const ImageView& dst, const Maps& maps, const WarpOptions& options) {
  if (Status status = check_maps(dst, maps); !status.is_ok()) return status;
  if (Status status = check_warp(src, dst, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  const auto of_images = [](ImageView map) {
    if (map.n == 1) map.stride_n = 0;
    return map;
  };
  warp_by(
      call, src, dst, options,
      ByMaps{of_images(maps.x), of_images(maps.y), maps.type, maps.relative, warp_arithmetic(src.dtype, options).bits});
  return call.status();
}

}  // namespace px::cuda
