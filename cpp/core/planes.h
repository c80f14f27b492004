// Images whose channels lie apart, as images of one channel.
#pragma once

#include <cstdint>

#include "core/image.h"
#include "core/status.h"

namespace px {

// Calls body(src, dst, options) where the channels of a pixel lie together in src or in dst, else with each channel by
// itself, unless that needs its alpha. `options.value` is a pixel of src.
template <class Options, class Body>
Status by_planes(const ImageView& src, const ImageView& dst, const Options& options, Body&& body) {
  if constexpr (requires { options.alpha; }) {
    if (options.alpha != Alpha::channel) return body(src, dst, options);
  }
  if (src.c == 1 || src.stride_c == src.item_size || dst.stride_c == dst.item_size) return body(src, dst, options);
  ImageView from = src, to = dst;
  Options of_plane = options;
  from.c = to.c = 1;
  for (std::int64_t c = 0; c < src.c; ++c) {
    if (Status status = body(from, to, of_plane); !status.is_ok()) return status;
    from.data += src.stride_c;
    to.data += dst.stride_c;
    of_plane.value += src.item_size;
  }
  return Status::ok();
}

}  // namespace px
