// preprocess: its windows and options, and what every backend checks.
#pragma once

#include <vector>

#include "core/normalize_plan.h"
#include "core/resample_weights.h"

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

// What of a result of h x w pixels shows the image, before mirroring.
struct Shown {
  std::int64_t x0 = 0, x1 = 0, y0 = 0, y1 = 0;
};
Shown shown_of(const Window& window, std::int64_t h, std::int64_t w);

Status check_preprocess(const std::vector<ImageView>& srcs, const std::vector<Window>& windows, const ImageView& dst,
                        const PreprocessOptions& options);

}  // namespace px
