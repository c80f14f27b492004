#include "ops/padded_rows.h"

#include <algorithm>

#include "core/copy.h"
#include "core/scratch.h"

namespace px {
namespace {

constexpr std::int64_t none = INT64_MIN;
constexpr std::int64_t few_bytes = 256;  // for which calling memcpy takes as long as the copy

void copy_bytes(const std::byte* from, std::byte* to, std::int64_t bytes) {
  constexpr std::int64_t step = 16;
  if (bytes < step || bytes > few_bytes) {
    std::memcpy(to, from, size_of(bytes));
    return;
  }
  std::int64_t at = 0;
  for (; at + 4 * step <= bytes; at += 4 * step) std::memcpy(to + at, from + at, 4 * step);
  for (; at + step < bytes; at += step) std::memcpy(to + at, from + at, step);
  std::memcpy(to + bytes - step, from + bytes - step, step);
}

}  // namespace

PaddedRows::PaddedRows(const ImageView& src, const Options& options, Isa isa) : src_(src), options_(options) {
  const ConvertKernels& kernels = PX_PICK_KERNELS(isa, convert_kernels);
  const int type = static_cast<int>(src.dtype);
  premultiply_ = options.form == SampleForm::premultiplied ? kernels.premultiply_of(src.c, type) : nullptr;
  convert_ = options.keys != nullptr      ? options.keys
             : options.work == src.dtype  ? nullptr
             : options.work == DType::f32 ? kernels.to_f32[type]
                                          : kernels.to_f64[type];
  work_item_ = options.work == src.dtype ? src.item_size : options.work == DType::f32 ? 4 : 8;
  pairs_ = options.form == SampleForm::pairs ? kernels.pairs : nullptr;
  const std::int64_t begin = options.begin - options.left, end = options.end + options.right;
  for (std::int64_t x = begin; x < end; ++x) {
    if (x < 0 || x >= src.w) beyond_.push_back(border_index(x, src.w, options.borders.across));
  }
  const bool is_plain = premultiply_ == nullptr && pairs_ == nullptr && options.mask == nullptr && is_close(src);
  direct_ = is_plain && convert_ == nullptr && !options.copied && begin >= 0 && end <= src.w;
  whole_ = is_plain && !direct_ && options.begin == 0 && begin <= 0 && end >= src.w;
  value_.resize(static_cast<std::size_t>(src.c * work_item_));
  if (premultiply_ != nullptr) {
    premultiply_(options.value, 0, src.item_size, reinterpret_cast<double*>(value_.data()), 1);
  } else if (convert_ == nullptr) {
    std::copy_n(options.value, value_.size(), value_.data());
  } else {
    convert_(options.value, value_.data(), src.c);
  }
  const std::int64_t slot_item = pairs_ != nullptr ? 4 : work_item_;
  begin_ = whole_lines(options.left * src.c * slot_item);
  // Odd in cache lines, so that rows do not fall into the same sets of the cache.
  slot_bytes_ = begin_ + whole_lines((end - options.begin) * src.c * slot_item + cache_line);
  if (slot_bytes_ / cache_line % 2 == 0) slot_bytes_ += cache_line;
  const bool is_gathered = pairs_ != nullptr || (convert_ != nullptr && premultiply_ == nullptr && !is_close(src));
  extra_bytes_ = numbers_bytes() + (is_gathered ? whole_lines((end - begin + 1) * src.c * src.item_size) : 0);
}

PaddedRows::Ring::Ring(const PaddedRows& rows, std::int64_t n, std::byte* memory)
    : rows_(rows),
      image_(rows.src_.data + n * rows.src_.stride_n),
      mask_(rows.options_.mask != nullptr ? rows.options_.mask->data + n * rows.options_.mask->stride_n : nullptr),
      memory_(memory) {
  std::fill_n(numbers(), rows_.slots(), none);
}

// The slot of row y, which is row `at` of the image, or of the constant border; whether the row is there is as was
// asked.
inline std::byte* PaddedRows::Ring::find(std::int64_t y, std::int64_t at, bool& is_there) {
  const std::int64_t kept = rows_.kept();
  std::int64_t index = kept;
  if (at >= 0 && rows_.keeps_all()) {
    y = at;
    index = at;
  } else if (at >= 0) {
    // y modulo the number of slots, mostly without a division.
    index = index_ + (y - y_);
    if (index >= kept) index -= kept;
    if (index < 0 || index >= kept) index = (y % kept + kept) % kept;
    y_ = y;
    index_ = index;
  }
  std::int64_t& number = numbers()[index];
  const std::int64_t wanted = at < 0 ? 0 : y;
  is_there = number == wanted;
  number = wanted;
  return slot(index);
}

const std::byte* PaddedRows::Ring::row(std::int64_t y) {
  const ImageView& src = rows_.src_;
  const std::int64_t at = border_index(y, src.h, rows_.options_.borders.down);
  if (at >= 0 && rows_.direct_) return image_ + at * src.stride_h + rows_.options_.begin * src.stride_w;
  bool is_there;
  std::byte* const to = find(y, at, is_there);
  if (!is_there) {
    fill(at, to);
    if (mask_ != nullptr && at >= 0) cover(at, to);
  }
  return to;
}

void PaddedRows::Ring::rows(std::int64_t y, std::int64_t count, std::int64_t offset, const void** lines) {
  if (!rows_.whole_) {
    for (std::int64_t k = 0; k < count; ++k) lines[k] = row(y + k) + offset;
    return;
  }
  switch (rows_.src_.c * rows_.work_item_) {
    case 1: return find_whole<1>(y, count, offset, lines);
    case 2: return find_whole<2>(y, count, offset, lines);
    case 3: return find_whole<3>(y, count, offset, lines);
    case 4: return find_whole<4>(y, count, offset, lines);
    case 6: return find_whole<6>(y, count, offset, lines);
    case 8: return find_whole<8>(y, count, offset, lines);
    case 12: return find_whole<12>(y, count, offset, lines);
    case 16: return find_whole<16>(y, count, offset, lines);
    default: return find_whole<0>(y, count, offset, lines);
  }
}

template <std::int64_t Size>
void PaddedRows::Ring::find_whole(std::int64_t y, std::int64_t count, std::int64_t offset, const void** lines) {
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t at = border_index(y + k, rows_.src_.h, rows_.options_.borders.down);
    bool is_there;
    std::byte* const to = find(y + k, at, is_there);
    lines[k] = to + offset;
    if (is_there) continue;
    if (at < 0) {
      fill(at, to);
    } else {
      fill_whole<Size>(at, to);
    }
  }
}

// Size 0: of a pixel, known at run time only.
template <std::int64_t Size>
inline void PaddedRows::Ring::fill_whole(std::int64_t at, std::byte* to) const {
  const ImageView& src = rows_.src_;
  const std::int64_t size = Size > 0 ? Size : src.c * rows_.work_item_;
  const std::byte* from = image_ + at * src.stride_h;
  if (rows_.convert_ == nullptr) {
    copy_bytes(from, to, src.w * size);
  } else {
    rows_.convert_(from, to, src.w * src.c);
    from = to;
  }
  const std::int64_t* index = rows_.beyond_.data();
  const auto put = [&](std::int64_t x) {
    const std::int64_t inside = *index++;
    std::memcpy(to + x * size, inside < 0 ? rows_.value() : from + inside * size, size_of(size));
  };
  for (std::int64_t x = -rows_.options_.left; x < 0; ++x) put(x);
  for (std::int64_t x = src.w; x < rows_.options_.end + rows_.options_.right; ++x) put(x);
}

void PaddedRows::Ring::ask_for(std::int64_t y, std::int64_t count) const {
  const ImageView& src = rows_.src_;
  const Options& options = rows_.options_;
  if (!is_close(src)) return;
  const std::int64_t begin = std::max<std::int64_t>(0, options.begin - options.left) * src.stride_w;
  const std::int64_t end = std::min(src.w, options.end + options.right) * src.stride_w;
  for (const std::int64_t last = std::min(src.h, y + count); y < last; ++y) {
    if (y < 0) continue;
    const std::byte* const row = image_ + y * src.stride_h;
    for (std::int64_t at = begin; at < end; at += cache_line) __builtin_prefetch(row + at);
  }
}

const std::byte* PaddedRows::Ring::source(std::int64_t y) const {
  const std::int64_t at = border_index(y, rows_.src_.h, rows_.options_.borders.down);
  return image_ + std::max<std::int64_t>(at, 0) * rows_.src_.stride_h;
}

void PaddedRows::Ring::fill(std::int64_t at, std::byte* to) {
  if (rows_.pairs_ == nullptr) return fill_samples(at, to);
  // A row of samples, and as the next ones of the last pixel zeros.
  const Options& options = rows_.options_;
  const std::int64_t c = rows_.src_.c, left = options.left * c;
  const std::int64_t samples = left + (options.end - options.begin + options.right) * c;
  const std::int64_t begin = options.begin - options.left, end = options.end + options.right;
  if (at >= 0 && is_close(rows_.src_) && begin >= 0 && end < rows_.src_.w) {
    const std::byte* const from = image_ + at * rows_.src_.stride_h + begin * rows_.src_.stride_w;
    return rows_.pairs_(reinterpret_cast<const std::uint8_t*>(from), reinterpret_cast<std::int32_t*>(to) - left,
                        samples, c);
  }
  std::byte* const row = gathered();
  fill_samples(at, row + left);
  std::fill_n(row + samples, c, std::byte{0});
  rows_.pairs_(reinterpret_cast<const std::uint8_t*>(row), reinterpret_cast<std::int32_t*>(to) - left, samples, c);
}

void PaddedRows::Ring::fill_samples(std::int64_t at, std::byte* to) {
  const ImageView& src = rows_.src_;
  const Options& options = rows_.options_;
  const std::int64_t item = src.item_size, pixel = src.c * rows_.work_item_;
  const std::int64_t begin = options.begin - options.left, end = options.end + options.right;
  // What is there in the image, and what is to either side of that.
  const std::int64_t first = at < 0 ? end : std::clamp<std::int64_t>(0, begin, end);
  const std::int64_t last = at < 0 ? end : std::clamp(src.w, first, end);
  const auto of = [&](std::int64_t x) { return to + (x - options.begin) * pixel; };
  const std::byte* const row = image_ + at * src.stride_h;
  const bool as_they_are = rows_.convert_ == nullptr && rows_.premultiply_ == nullptr && is_close(src);
  const auto take = [&](std::int64_t x, std::int64_t count, std::byte* into) {
    const std::byte* from = row + x * src.stride_w;
    if (rows_.premultiply_ != nullptr) {
      return rows_.premultiply_(from, src.stride_w, src.stride_c, reinterpret_cast<double*>(into), count);
    }
    if (as_they_are) return copy_bytes(from, into, count * pixel);
    if (!is_close(src)) {
      std::byte* const copy = rows_.convert_ == nullptr ? into : gathered();
      copy_samples(from, src.stride_w, src.stride_c, copy, src.c * item, item, count, src.c, static_cast<int>(item));
      from = copy;
    }
    if (rows_.convert_ != nullptr) rows_.convert_(from, into, count * src.c);
  };
  if (last > first) take(first, last - first, of(first));
  if (at < 0) {
    for (std::int64_t x = begin; x < end; ++x) copy_pixel(rows_.value(), of(x), pixel);
    return;
  }
  const std::int64_t* index = rows_.beyond_.data();
  const auto put = [&](std::int64_t x) {
    const std::int64_t inside = *index++;
    if (inside < 0) {
      copy_pixel(rows_.value(), of(x), pixel);
    } else if (as_they_are) {
      copy_pixel(row + inside * pixel, of(x), pixel);
    } else if (inside >= first && inside < last) {
      copy_pixel(of(inside), of(x), pixel);
    } else {
      take(inside, 1, of(x));
    }
  };
  for (std::int64_t x = begin; x < first; ++x) put(x);
  for (std::int64_t x = last; x < end; ++x) put(x);
}

void PaddedRows::Ring::cover(std::int64_t at, std::byte* to) const {
  const Options& options = rows_.options_;
  const ImageView& mask = *options.mask;
  const std::int64_t begin = options.begin - options.left, end = options.end + options.right;
  const std::int64_t pixel = rows_.src_.c * rows_.work_item_;
  for (std::int64_t x = begin; x < end; ++x) {
    const std::int64_t inside = x >= 0 && x < mask.w ? x : border_index(x, mask.w, options.borders.across);
    if (inside < 0 || mask_[at * mask.stride_h + inside * mask.stride_w] != std::byte{0}) continue;
    copy_pixel(options.covered, to + (x - options.begin) * pixel, pixel);
  }
}

namespace {

struct ContinuedRows {
  std::byte* first;
  std::int64_t count, step, width, pixel, left, right;
  const std::byte* outside;
};

// inside(k) is where pixel k of those beyond the sides comes from. Size 0: known at run time only.
template <std::int64_t Size, class Inside>
void continue_by(const ContinuedRows& rows, Inside&& inside) {
  const std::int64_t size = Size > 0 ? Size : rows.pixel, left = rows.left, width = rows.width;
  std::byte* row = rows.first;
  for (std::int64_t r = 0; r < rows.count; ++r, row += rows.step) {
    const auto put = [&](std::int64_t x, std::int64_t from) {
      std::memcpy(row + x * size, from < 0 ? rows.outside : row + from * size, static_cast<std::size_t>(size));
    };
    for (std::int64_t k = 0; k < left; ++k) put(k - left, inside(k));
    for (std::int64_t k = left; k < left + rows.right; ++k) put(k - left + width, inside(k));
  }
}

template <class Inside>
void continue_all(const ContinuedRows& rows, Inside&& inside) {
  switch (rows.pixel) {
    case 1: return continue_by<1>(rows, inside);
    case 2: return continue_by<2>(rows, inside);
    case 3: return continue_by<3>(rows, inside);
    case 4: return continue_by<4>(rows, inside);
    case 6: return continue_by<6>(rows, inside);
    case 8: return continue_by<8>(rows, inside);
    case 12: return continue_by<12>(rows, inside);
    case 16: return continue_by<16>(rows, inside);
    case 24: return continue_by<24>(rows, inside);
    case 32: return continue_by<32>(rows, inside);
    default: return continue_by<0>(rows, inside);
  }
}

}  // namespace

void continue_row(std::byte* row, std::int64_t width, std::int64_t pixel, std::int64_t left, std::int64_t right,
                  Border across, const std::byte* outside) {
  continue_all({row, 1, 0, width, pixel, left, right, outside},
               [&](std::int64_t k) { return border_index(k < left ? k - left : k - left + width, width, across); });
}

RowEnds::RowEnds(std::int64_t width, std::int64_t pixel, std::int64_t left, std::int64_t right, Border across)
    : width_(width), pixel_(pixel), left_(left), right_(right), inside_(static_cast<std::size_t>(left + right)) {
  for (std::int64_t k = 0; k < left + right; ++k) {
    inside_[static_cast<std::size_t>(k)] = border_index(k < left ? k - left : k - left + width, width, across);
  }
}

void RowEnds::continue_rows(std::byte* first, std::int64_t rows, std::int64_t step, const std::byte* outside) const {
  const std::int64_t* const inside = inside_.data();
  continue_all({first, rows, step, width_, pixel_, left_, right_, outside}, [&](std::int64_t k) { return inside[k]; });
}

}  // namespace px
