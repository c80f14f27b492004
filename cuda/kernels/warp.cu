// warp: every pixel of the result looks at a point of the image, by a matrix (warp.cuh).

#include "kernels/warp.cuh"

#include "core/check.h"
#include "ops.h"

namespace px::cuda {

Status warp(Call& call, const ImageView& src, const ImageView& dst, const std::vector<WarpMatrix>& matrices,
            const WarpOptions& options) {
  if (Status status = check_warp(src, dst, options); !status.is_ok()) return status;
  if (Status status = check_matrices(src, matrices); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  std::vector<Matrix> found(matrices.size());
  for (std::size_t k = 0; k < found.size(); ++k) {
    const WarpMatrix& m = matrices[k];
    std::copy(m.begin(), m.end(), found[k].m);
    found[k].affine = is_affine(m);
    if (found[k].affine) found[k].step_x = fixed_step(m[0]), found[k].step_y = fixed_step(m[3]);
  }
  const WarpArithmetic arithmetic = warp_arithmetic(src.dtype, options);
  // One matrix goes with the launch; several are a table.
  const Matrix* const list = found.size() > 1 ? call.table(found) : nullptr;
  warp_by(call, src, dst, options, ByMatrix{found[0], list, arithmetic.bits, arithmetic.anchors});
  return call.status();
}

}  // namespace px::cuda
