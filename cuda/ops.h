// The ops that run on a GPU: those of cpp/ops, with a Call in place of an Execution. Each is in kernels/<name>.cu.
#pragma once

#include <vector>

#include "core/morphology_plan.h"
#include "core/moves_plan.h"
#include "core/normalize_plan.h"
#include "core/preprocess_plan.h"
#include "core/rank_plan.h"
#include "core/resample_plan.h"
#include "core/warp_plan.h"
#include "runtime.h"

namespace px::cuda {

Status copy(Call& call, const ImageView& src, const ImageView& dst);
Status pad(Call& call, const ImageView& src, const ImageView& dst, const PadOptions& options);
Status normalize(Call& call, const ImageView& src, const ImageView& dst, const NormalizeOptions& options);
Status resize(Call& call, const ImageView& src, const ImageView& dst, const ResizeOptions& options);
Status preprocess(Call& call, const std::vector<ImageView>& srcs, const std::vector<Window>& windows,
                  const ImageView& dst, const PreprocessOptions& options);
Status warp(Call& call, const ImageView& src, const ImageView& dst, const std::vector<WarpMatrix>& matrices,
            const WarpOptions& options);
Status remap(Call& call, const ImageView& src, const ImageView& dst, const Maps& maps, const WarpOptions& options);
Status pyramid_down(Call& call, const ImageView& src, const ImageView& dst, Border border, const std::byte* value,
                    bool premultiply);
Status pyramid_up(Call& call, const ImageView& src, const ImageView& dst, bool premultiply);
Status displacement(Call& call, const ImageView& dst, std::uint64_t seed, double sigma, double alpha);
Status morphology(Call& call, const ImageView& src, const ImageView& dst, const MorphologyOptions& options);
Status rank(Call& call, const ImageView& src, const ImageView& dst, const RankOptions& options);

}  // namespace px::cuda
