#include "core/preprocess_plan.h"

#include <algorithm>

#include "core/check.h"

namespace px {

Shown shown_of(const Window& window, std::int64_t h, std::int64_t w) {
  Shown shown;
  shown.x0 = std::clamp<std::int64_t>(-window.left, 0, w);
  shown.x1 = std::clamp(window.width - window.left, shown.x0, w);
  shown.y0 = std::clamp<std::int64_t>(-window.top, 0, h);
  shown.y1 = std::clamp(window.height - window.top, shown.y0, h);
  return shown;
}

Status check_preprocess(const std::vector<ImageView>& srcs, const std::vector<Window>& windows, const ImageView& dst,
                        const PreprocessOptions& options) {
  if (srcs.size() != windows.size()) return Status::value_error("one window per image is needed");
  std::int64_t images = 0;
  for (std::size_t i = 0; i < srcs.size(); ++i) {
    const ImageView& src = srcs[i];
    if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
    if (src.c != dst.c || src.dtype != srcs[0].dtype)
      return Status::value_error("images must have one dtype and out's channels");
    const Window& window = windows[i];
    constexpr std::int64_t most = INT32_MAX;
    if (window.height < 1 || window.width < 1 || window.height > most || window.width > most || window.top < -most ||
        window.top > most || window.left < -most || window.left > most) {
      return Status::value_error("a window lies beyond 2^31 pixels, or resizes to nothing");
    }
    if (src.n > 0 && src.c > 0 && is_empty(src)) return Status::value_error("image must not be empty");
    images += src.n;
  }
  if (images != dst.n) return Status::value_error("out must have one place per image");
  if (options.pad_value.size() != 1 && static_cast<std::int64_t>(options.pad_value.size()) != dst.c) {
    return Status::value_error("pad_value needs one value or one per channel");
  }
  const DType from = srcs.empty() ? DType::u8 : srcs[0].dtype;
  return check_normalize(from, dst.dtype, dst.c, options.normalize);
}

}  // namespace px
