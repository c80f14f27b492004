#include "ops/padded_rows.h"

#include <algorithm>

#include "core/copy.h"

namespace px {
namespace {

constexpr std::int64_t line = 64;
constexpr std::int64_t none = INT64_MIN;

std::int64_t whole_lines(std::int64_t bytes) { return (bytes + line - 1) / line * line; }

}  // namespace

PaddedRows::PaddedRows(const ImageView& src, const Options& options, Isa isa) : src_(src), options_(options) {
  const std::int64_t item = src.item_size, samples = src.w * src.c;
  const ConvertKernels& kernels = PX_PICK_KERNELS(isa, convert_kernels);
  const int type = static_cast<int>(src.dtype);
  convert_ = options.work == src.dtype    ? nullptr
             : options.work == DType::f32 ? kernels.to_f32[type]
                                          : kernels.to_f64[type];
  work_item_ = options.work == src.dtype ? item : options.work == DType::f32 ? 4 : 8;
  close_ = (src.c == 1 || src.stride_c == item) && src.stride_w == src.c * item;
  // What needs neither converting nor padding is read where it is.
  direct_ = close_ && convert_ == nullptr && options.left == 0 && options.right == 0;
  value_.resize(static_cast<std::size_t>(src.c * work_item_));
  if (convert_ == nullptr) {
    std::copy_n(options.value, value_.size(), value_.data());
  } else {
    convert_(options.value, value_.data(), src.c);
  }
  begin_ = whole_lines(options.left * src.c * work_item_);
  // Odd in cache lines, so that rows do not fall into the same sets of the cache.
  slot_bytes_ = begin_ + whole_lines((src.w + options.right) * src.c * work_item_ + line);
  if (slot_bytes_ / line % 2 == 0) slot_bytes_ += line;
  const std::int64_t gathered = convert_ != nullptr && !close_ ? whole_lines(samples * item) : 0;
  extra_bytes_ = numbers_bytes() + gathered;
}

PaddedRows::Ring::Ring(const PaddedRows& rows, std::int64_t n, std::byte* memory)
    : rows_(rows), image_(rows.src_.data + n * rows.src_.stride_n), memory_(memory) {
  std::fill_n(numbers(), rows_.slots(), none);
}

const std::byte* PaddedRows::Ring::row(std::int64_t y) {
  const std::int64_t at = border_index(y, rows_.src_.h, rows_.options_.borders.down);
  if (at >= 0 && rows_.direct_) return image_ + at * rows_.src_.stride_h;
  const std::int64_t kept = rows_.options_.kept;
  const std::int64_t index = at < 0 ? kept : (y % kept + kept) % kept;
  std::int64_t& number = numbers()[index];
  std::byte* const to = slot(index);
  if (const std::int64_t wanted = at < 0 ? 0 : y; number != wanted) {
    fill(at, to);
    number = wanted;
  }
  return to;
}

void PaddedRows::Ring::fill(std::int64_t at, std::byte* to) {
  const ImageView& src = rows_.src_;
  const Options& options = rows_.options_;
  const std::int64_t item = src.item_size, pixel = src.c * rows_.work_item_;
  const auto constant = [&](std::int64_t x) { std::copy_n(rows_.value(), pixel, to + x * pixel); };
  if (at < 0) {
    for (std::int64_t x = -options.left; x < src.w + options.right; ++x) constant(x);
    return;
  }
  const std::byte* from = image_ + at * src.stride_h;
  if (rows_.convert_ == nullptr || !rows_.close_) {
    std::byte* const into = rows_.convert_ == nullptr ? to : gathered();
    copy_samples(from, src.stride_w, src.stride_c, into, src.c * item, item, src.w, src.c, static_cast<int>(item));
    from = into;
  }
  if (rows_.convert_ != nullptr) rows_.convert_(from, to, src.w * src.c);
  const auto beyond = [&](std::int64_t x) {
    const std::int64_t inside = border_index(x, src.w, options.borders.across);
    if (inside < 0) return constant(x);
    std::copy_n(to + inside * pixel, pixel, to + x * pixel);
  };
  for (std::int64_t x = -options.left; x < 0; ++x) beyond(x);
  for (std::int64_t x = src.w; x < src.w + options.right; ++x) beyond(x);
}

}  // namespace px
