#include "core/normalize_plan.h"

#include <cstring>

#include "core/check.h"

namespace px {

Status check_normalize(DType from, DType to, std::int64_t channels, const NormalizeOptions& options) {
  if (from == DType::other || (to != DType::u8 && to != DType::f16 && to != DType::f32 && to != DType::f64)) {
    return Status::type_error("normalize does not support these dtypes");
  }
  const auto fits = [&](const std::vector<double>& values) {
    return values.size() == 1 || static_cast<std::int64_t>(values.size()) == channels;
  };
  if (!fits(options.mean) || !fits(options.std)) {
    return Status::value_error("mean and std need one value or one per channel");
  }
  return Status::ok();
}

bool is_in_place(const ImageView& src, const ImageView& dst) {
  return src.data == dst.data && src.item_size == dst.item_size && src.stride_n == dst.stride_n &&
         src.stride_h == dst.stride_h && src.stride_w == dst.stride_w && src.stride_c == dst.stride_c;
}

Status check_normalize(const ImageView& src, const ImageView& dst, const NormalizeOptions& options) {
  if (src.n != dst.n || src.h != dst.h || src.w != dst.w || src.c != dst.c) {
    return Status::value_error("out must have image's sizes");
  }
  if (Status status = check_normalize(src.dtype, dst.dtype, src.c, options); !status.is_ok()) return status;
  return is_in_place(src, dst) ? check_view(src, "image") : check_disjoint(src, dst);
}

NormalizeConstants::NormalizeConstants(DType from, DType to, std::int64_t of_channels, const NormalizeOptions& options)
    : channels(of_channels) {
  const bool wide = from == DType::f64 || to == DType::f64;
  real = wide ? sizeof(double) : sizeof(float);
  values.resize(static_cast<std::size_t>(2 * channels));
  auto* at = reinterpret_cast<std::byte*>(values.data());
  const auto put = [&](double value) {
    const auto narrow = static_cast<float>(value);
    std::memcpy(at, wide ? static_cast<const void*>(&value) : &narrow, static_cast<std::size_t>(real));
    at += real;
  };
  const auto of = [](const std::vector<double>& given, std::int64_t c) {
    return given.size() == 1 ? given[0] : given[static_cast<std::size_t>(c)];
  };
  for (std::int64_t c = 0; c < channels; ++c) put(options.scale / of(options.std, c));
  for (std::int64_t c = 0; c < channels; ++c) put(-of(options.mean, c) / of(options.std, c));
}

}  // namespace px
