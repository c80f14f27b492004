// preprocess: from decoded photographs to one normalized batch, in one pass over each.
#pragma once

#include <vector>

#include "core/execution.h"
#include "core/preprocess_plan.h"
#include "ops/normalize.h"
#include "ops/resample.h"

namespace px {

// dst holds the images of srcs one after the other; all have dst's channels and one dtype. The resized pixels are
// rounded to that dtype before they are normalized, as by resize and normalize in turn.
Status preprocess(const Execution& execution, const std::vector<ImageView>& srcs, const std::vector<Window>& windows,
                  const ImageView& dst, const PreprocessOptions& options);

}  // namespace px
