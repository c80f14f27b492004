// preprocess: from decoded photographs to one normalized batch, in one pass over each.
#pragma once

#include <vector>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"
#include "ops/normalize.h"
#include "ops/resample.h"

namespace px {

// Which part of the resized image (or images, all of one size) fills the result: the result's height and width, placed
// at (top, left) of the image resized to height x width, and then mirrored left to right if `flip`.
struct Window {
  std::int64_t height, width, top, left;
  bool flip;
};

struct PreprocessOptions {
  Interpolation interpolation = Interpolation::bilinear;
  bool antialias = true;
  std::vector<double> pad_value;  // of the pixels outside of the resized image, before normalization
  NormalizeOptions normalize;
};

// dst holds the images of srcs one after the other; all have dst's channels and one dtype. The resized pixels are
// rounded to that dtype before they are normalized, as by resize and normalize in turn.
Status preprocess(const Execution& execution, const std::vector<ImageView>& srcs, const std::vector<Window>& windows,
                  const ImageView& dst, const PreprocessOptions& options);

}  // namespace px
