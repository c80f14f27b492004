#include "ops/cascade.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/planes.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/convert.h"
#include "kernels/resample_horizontal.h"
#include "kernels/resample_vertical.h"

namespace px {
namespace {

constexpr std::int64_t farthest = std::int64_t{1} << 30;
constexpr std::int64_t block = 16;             // coarse rows that are made at once: as many as become columns
constexpr std::int64_t panel_samples = 1024;   // of the few rows that stay in the L1 cache on the way up
constexpr std::int64_t panel_bytes = 1 << 18;  // of the rows that stay in the L2 cache on the way down
constexpr std::int64_t column_samples = 1024;  // of rows that become columns
constexpr int between_bits = 7;

std::int64_t item_of(DType type) { return type == DType::f64 ? 8 : type == DType::f32 ? 4 : 2; }

const std::byte* weights_of(const CascadeTable& table, std::int64_t output) {
  return table.weights + (table.rows == 1 ? 0 : output * table.taps * item_of(table.type));
}

// A table along the rows, some rows at a time.
class Across {
 public:
  Across(const CascadeTable& table, std::int64_t channels, const HorizontalKernels& kernels)
      : table_(table),
        item_(item_of(table.type)),
        channels_(channels),
        rows_(table.type == DType::f64 ? kernels.rows_f64 : kernels.rows_f32),
        transpose_(table.type == DType::f64 ? kernels.transpose_f64 : kernels.transpose_f32),
        columns_(table.type == DType::f64 ? kernels.f64 : kernels.f32),
        count_(table.first.size(), static_cast<std::int32_t>(table.taps)) {
    const auto outputs = static_cast<std::int64_t>(table.first.size());
    for (std::int64_t j = 0; j < outputs; ++j) offset_.push_back(table.rows == 1 ? 0 : j * table.taps);
    // Parts read a few times as much as the windows at their ends share.
    const std::int64_t most = std::max(column_samples / channels, 4 * table.taps);
    for (std::int64_t j = 0; j < outputs;) {
      std::int64_t end = j + 1;
      while (end < outputs && at(end) + table.taps - at(j) <= most) ++end;
      parts_.push_back({j, end});
      widest_ = std::max(widest_, at(end - 1) + table.taps - at(j));
      j = end;
    }
  }

  // Pixels to either side of a row of `width` that are read.
  std::int64_t left() const { return std::max<std::int64_t>(0, -std::int64_t{table_.first.front()}); }
  std::int64_t right(std::int64_t width) const {
    return std::max<std::int64_t>(0, table_.first.back() + table_.taps - width);
  }
  std::size_t columns_bytes() const {
    return px::columns_bytes(widest_ * channels_, static_cast<int>(channels_), rows_, size_of(item_));
  }

  void operator()(const std::byte* src, std::ptrdiff_t src_stride, std::int64_t rows, std::byte* dst,
                  std::ptrdiff_t dst_stride, std::byte* columns) const {
    for (const auto& [begin, end] : parts_) {
      for (std::int64_t r = 0; r < rows; r += rows_) {
        const int some = static_cast<int>(std::min<std::int64_t>(rows_, rows - r));
        const std::int64_t origin = at(begin), inputs = at(end - 1) + table_.taps - origin;
        transpose_(
            {src + r * src_stride + origin * channels_ * item_, src_stride, some, inputs * channels_, columns, {}});
        columns_({columns, dst + r * dst_stride + begin * channels_ * item_, dst_stride, some,
                  static_cast<int>(channels_), end - begin, origin, table_.first.data() + begin, count_.data() + begin,
                  offset_.data() + begin, table_.weights, 0});
      }
    }
  }

 private:
  struct Part {
    std::int64_t begin, end;  // outputs
  };
  std::int64_t at(std::int64_t output) const { return table_.first[static_cast<std::size_t>(output)]; }

  const CascadeTable& table_;
  std::int64_t item_, channels_;
  int rows_;
  HorizontalKernels::Transpose transpose_;
  HorizontalKernels::Columns columns_;
  std::vector<std::int32_t> count_;
  std::vector<std::int64_t> offset_;
  std::vector<Part> parts_;
  std::int64_t widest_ = 0;
};

// Rows of samples that are continued to both sides.
struct Lines {
  std::int64_t left = 0, right = 0, width = 0, pixel = 0;  // pixels, and bytes of one
  std::byte* memory = nullptr;

  std::int64_t begin() const { return whole_lines(left * pixel); }
  std::int64_t stride() const { return begin() + whole_lines((width + right) * pixel + cache_line); }
  std::byte* row(std::int64_t r) const { return memory + r * stride() + begin(); }
  void take(ScratchLayout& layout, std::int64_t rows) { memory = layout.take(size_of(rows * stride())); }
  void continue_rows(std::int64_t rows, Border across, const std::byte* outside) const {
    for (std::int64_t r = 0; r < rows; ++r) continue_row(row(r), width, pixel, left, right, across, outside);
  }
};

// What all strips of an image have in common.
struct Cascade {
  Cascade(const ImageView& from, const ImageView& to, const CascadeOptions& how, Isa isa)
      : src(from),
        dst(to),
        options(how),
        vertical(PX_PICK_KERNELS(isa, resample_vertical_kernels)),
        convert(PX_PICK_KERNELS(isa, convert_kernels)),
        sharpen(PX_PICK_KERNELS(isa, sharpen_kernels)) {}
  Status prepare(Isa isa);

  const ImageView &src, &dst;
  const CascadeOptions& options;
  const VerticalKernels& vertical;
  const ConvertKernels& convert;
  const SharpenKernels& sharpen;
  const CascadeAxis &y = options.columns, &x = options.rows;
  const std::int64_t channels = src.c, samples = src.w * src.c, coarse_samples = x.coarse * src.c;
  const bool integers = options.down == SumArithmetic::integer;
  const bool is_weighted = options.alpha != Alpha::channel;
  const DType sample = is_weighted ? DType::f64 : src.dtype;  // of rows that come down
  const DType work = options.work;
  const DType real = options.down == SumArithmetic::f64 ? DType::f64 : work;  // of rows that have come down
  const bool rises_in_words = y.up && y.up->type == DType::i16;
  const std::int64_t item = item_of(work), real_item = item_of(real), ring_item = rises_in_words ? 2 : item;
  const VerticalKernels::Row sum =
      work == DType::f64 ? vertical.f64[static_cast<int>(DType::f64)] : vertical.f32[static_cast<int>(DType::f32)];
  VerticalKernels::Row fall = nullptr;       // null: rows are converted
  ConvertKernels::Row from_words = nullptr;  // of integers to float32
  ConvertKernels::Row narrow = nullptr;      // from real to work, if that is another type
  ConvertKernels::Row to_words = nullptr;    // from work to what rises in integers
  ConvertKernels::Row finish = nullptr;      // from work to dst's dtype, if that is another type
  std::optional<Across> down, middle, up;
  std::optional<PaddedRows> rows, plain;         // that are summed; that are sharpened, as work
  std::vector<std::byte> outside_real, outside;  // a pixel of the constant border, as real and as work
  bool direct = false, close = false;            // rows of src, and of dst
  std::int64_t span = 1;                         // rows that a block reads
  std::int64_t kept_blocks = 0, ring_rows = 0;
};

Status Cascade::prepare(Isa isa) {
  const HorizontalKernels& horizontal = PX_PICK_KERNELS(isa, resample_horizontal_kernels);
  const int from = static_cast<int>(sample), to = static_cast<int>(dst.dtype);
  const ConvertKernels::Row widen = (real == DType::f64 ? convert.to_f64 : convert.to_f32)[from];
  if (y.down) fall = integers ? vertical.u8_i16 : (real == DType::f64 ? vertical.f64 : vertical.f32)[from];
  if (y.down ? fall == nullptr : sample != real && widen == nullptr) {
    return Status::type_error("this dtype is not summed so");
  }
  if (integers) from_words = convert.from_i16[static_cast<int>(DType::f32)];
  if (real != work) narrow = convert.from_f64[static_cast<int>(work)];
  if (options.alpha == Alpha::divided) {
    finish = convert.unpremultiply_of(channels, to);
  } else if (rises_in_words) {
    to_words = convert.from_f32[static_cast<int>(DType::i16)];
  } else if (dst.dtype != work) {
    finish = (work == DType::f64 ? convert.from_f64 : convert.from_f32)[to];
    if (finish == nullptr) return Status::type_error("out has an unsupported dtype");
  }
  if (x.down) down.emplace(*x.down, channels, horizontal);
  middle.emplace(x.middle, channels, horizontal);
  if (x.up) up.emplace(*x.up, channels, horizontal);
  direct = is_close(src) && y.down && !is_weighted;
  close = is_close(dst);
  rows.emplace(src,
               PaddedRows::Options{options.borders, options.value, 0, src.w, 0, 0, y.down ? y.down->taps : 1,
                                   y.down ? sample : real, form_of(options.alpha)},
               isa);
  if (options.sharpen) {
    plain.emplace(
        src, PaddedRows::Options{options.borders, options.value, 0, src.w, 0, 0, 1, work, form_of(options.alpha)}, isa);
  }
  for (std::int64_t i = 0; y.down && i < y.coarse; i += block) {
    const std::int64_t last = std::min(i + block, y.coarse) - 1;
    span = std::max(span, y.down->first[size_of(last)] - y.down->first[size_of(i)] + y.down->taps);
  }
  // What lies outside is taken as it is and not summed: weights are of sum one.
  outside_real.resize(size_of(channels * real_item));
  outside.resize(size_of(channels * item));
  if (is_weighted) {
    std::copy_n(rows->value(), outside_real.size(), outside_real.data());
  } else if (src.dtype == real) {
    std::copy_n(options.value, outside_real.size(), outside_real.data());
  } else {
    widen(options.value, outside_real.data(), channels);
  }
  for (std::int64_t c = 0; integers && c < channels; ++c) {
    reinterpret_cast<float*>(outside_real.data())[c] *= 1 << between_bits;
  }
  if (narrow != nullptr) {
    narrow(outside_real.data(), outside.data(), channels);
  } else {
    outside = outside_real;
  }
  kept_blocks = std::min(y.middle.taps / block + 4, (y.coarse + block - 1) / block);
  ring_rows = block + (y.up ? y.up->taps : 0);
  return Status::ok();
}

// The rows of one strip, from the image to the result.
class Strip {
 public:
  Strip(const Cascade& of, std::int64_t n, ScratchLayout& layout);
  void run(std::int64_t y0, std::int64_t y1);

 private:
  const std::byte* coarse_row(std::int64_t row);
  void make_block(std::int64_t first, std::int64_t count, std::byte* to);
  void fall(std::int64_t first, std::int64_t count);
  void make_ring(std::int64_t first, std::int64_t count);
  void rise(std::int64_t y0, std::int64_t y1);
  std::byte* of_ring(std::int64_t row) const { return ring_ + (row - base_) % of_.ring_rows * ring_stride_; }

  const Cascade& of_;
  std::int64_t n_;
  Lines fine_, coarse_, between_;
  std::byte *words_, *wide_, *blocks_, *ring_, *columns_, *risen_, *sums_, *result_, *constant_, *padded_, *plain_;
  std::int64_t words_stride_, wide_stride_, block_stride_, ring_stride_, risen_stride_;
  const void **source_rows_, **moved_, **window_;  // of a block's sums, and of the others
  std::optional<PaddedRows::Ring> source_, sharpened_;
  std::vector<std::int64_t> held_, used_;  // of each kept block: which one it is, and when it was last read
  std::int64_t clock_ = 0, base_ = 0;
};

Strip::Strip(const Cascade& of, std::int64_t n, ScratchLayout& layout) : of_(of), n_(n) {
  const CascadeAxis &x = of.x, &y = of.y;
  const auto take = [&](bool is_needed, std::int64_t bytes) { return layout.take(is_needed ? size_of(bytes) : 0); };
  const auto stride = [](std::int64_t bytes) {  // odd in cache lines, so that rows do not fall into the same sets
    const std::int64_t lines = whole_lines(bytes);
    return lines / cache_line % 2 == 0 ? lines + cache_line : lines;
  };
  const auto lines = [&](Lines& to, const std::optional<Across>& reader, std::int64_t width, std::int64_t each) {
    to = {reader ? reader->left() : 0, reader ? reader->right(width) : 0, width, of.channels * each};
    to.take(layout, block);
  };
  lines(fine_, of.down, of.src.w, of.real_item);
  lines(coarse_, of.middle, x.coarse, of.item);
  lines(between_, of.up, x.coarse, of.item);
  words_ = take(of.integers, block * (words_stride_ = stride(of.samples * 2)));
  wide_ = take(of.narrow != nullptr, block * (wide_stride_ = stride(of.coarse_samples * of.real_item)));
  blocks_ = take(true, of.kept_blocks * block * (block_stride_ = stride(of.coarse_samples * of.item)));
  ring_ = take(true, of.ring_rows * (ring_stride_ = stride(of.samples * of.ring_item)));
  risen_ = take(of.rises_in_words && of.up, block * (risen_stride_ = stride(of.samples * of.item)));
  std::size_t columns = of.middle->columns_bytes();
  for (const std::optional<Across>* each : {&of.down, &of.up}) {
    if (*each) columns = std::max(columns, (*each)->columns_bytes());
  }
  columns_ = layout.take(columns);
  sums_ = take(of.finish != nullptr || !of.close, of.samples * of.item);
  result_ = take(of.finish != nullptr && !of.close, of.samples * of.dst.item_size);
  constant_ = take(y.border == Border::constant, of.coarse_samples * of.item);
  padded_ = layout.take(of.rows->bytes());
  plain_ = layout.take(of.plain ? of.plain->bytes() : 0);
  const auto pointers = [&](std::int64_t count) {
    return reinterpret_cast<const void**>(layout.take(size_of(count) * sizeof(void*)));
  };
  source_rows_ = pointers(of.span);
  moved_ = pointers(of.span);
  window_ = pointers(std::max(y.middle.taps, y.up ? y.up->taps : 0));
}

void Strip::run(std::int64_t y0, std::int64_t y1) {
  const CascadeAxis& y = of_.y;
  source_.emplace(*of_.rows, n_, padded_);
  if (of_.plain) sharpened_.emplace(*of_.plain, n_, plain_);
  held_.assign(size_of(of_.kept_blocks), -1);
  used_.assign(size_of(of_.kept_blocks), 0);
  for (std::int64_t i = 0; y.border == Border::constant && i < of_.x.coarse; ++i) {
    copy_pixel(of_.outside.data(), constant_ + i * coarse_.pixel, coarse_.pixel);
  }
  const auto first_of = [&](std::int64_t row) { return y.up ? std::int64_t{y.up->first[size_of(row)]} : row; };
  const std::int64_t taps = y.up ? y.up->taps : 1, last = first_of(y1 - 1) + taps;
  base_ = first_of(y0);
  std::int64_t made = base_;
  for (std::int64_t row = y0; row < y1;) {
    const std::int64_t count = std::min(block, last - made);
    make_ring(made, count);
    made += count;
    std::int64_t end = row;
    while (end < y1 && first_of(end) + taps <= made) ++end;
    rise(row, end);
    row = end;
  }
}

// A row of the coarse image, blurred along the rows.
const std::byte* Strip::coarse_row(std::int64_t row) {
  const CascadeAxis& y = of_.y;
  const std::int64_t at = border_index(row, y.coarse, y.border);
  if (at < 0) return constant_;
  const std::int64_t number = at / block;
  ++clock_;
  std::size_t oldest = 0;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (held_[i] == number) {
      used_[i] = clock_;
      return blocks_ + (static_cast<std::int64_t>(i) * block + at % block) * block_stride_;
    }
    if (used_[i] < used_[oldest]) oldest = i;
  }
  std::byte* const to = blocks_ + static_cast<std::int64_t>(oldest) * block * block_stride_;
  make_block(number * block, std::min(block, y.coarse - number * block), to);
  held_[oldest] = number;
  used_[oldest] = clock_;
  return to + at % block * block_stride_;
}

void Strip::make_block(std::int64_t first, std::int64_t count, std::byte* to) {
  fall(first, count);
  if (of_.down) {
    fine_.continue_rows(count, of_.options.borders.across, of_.outside_real.data());
    const bool wide = of_.narrow != nullptr;
    std::byte* const sums = wide ? wide_ : coarse_.row(0);
    const std::int64_t stride = wide ? wide_stride_ : coarse_.stride();
    (*of_.down)(fine_.row(0), fine_.stride(), count, sums, stride, columns_);
    for (std::int64_t r = 0; wide && r < count; ++r) {
      of_.narrow(wide_ + r * wide_stride_, coarse_.row(r), of_.coarse_samples);
    }
  }
  coarse_.continue_rows(count, of_.x.border, of_.outside.data());
  (*of_.middle)(coarse_.row(0), coarse_.stride(), count, to, block_stride_, columns_);
}

// Coarse rows of all the image's columns: to fine_, or to coarse_ where columns are the coarse ones.
void Strip::fall(std::int64_t first, std::int64_t count) {
  const std::optional<CascadeTable>& table = of_.y.down;
  const bool narrows = !of_.down && of_.narrow != nullptr;
  const auto to = [&](std::int64_t r) {
    return narrows ? wide_ + r * wide_stride_ : of_.down ? fine_.row(r) : coarse_.row(r);
  };
  if (!table) {
    for (std::int64_t r = 0; r < count; ++r)
      std::memcpy(to(r), source_->row(first + r), size_of(of_.samples * of_.real_item));
  } else {
    const std::int64_t src_item = of_.src.item_size, sum_item = of_.integers ? 2 : of_.real_item;
    const auto of_table = [&](std::int64_t r) { return std::int64_t{table->first[size_of(first + r)]}; };
    // `ahead`: rows that the next sum reads first.
    const auto sum = [&](std::int64_t r, std::int64_t begin, std::int64_t end, const void* const* lines,
                         const void* const* ahead = nullptr, std::int64_t ahead_count = 0) {
      std::byte* const into = of_.integers ? words_ + r * words_stride_ : to(r);
      of_.fall({lines, weights_of(*table, first + r), static_cast<int>(table->taps), static_cast<int>(table->shift),
                end - begin, into + begin * sum_item, ahead, static_cast<int>(ahead_count)});
    };
    if (of_.direct) {  // rows share most of what they read: panel by panel it stays in the cache
      const std::int64_t low = of_table(0), span = of_table(count - 1) + table->taps - low;
      for (std::int64_t k = 0; k < span; ++k) source_rows_[k] = source_->row(low + k);
      const std::int64_t panel = std::max<std::int64_t>(256, panel_bytes / (span * src_item) / 64 * 64);
      for (std::int64_t begin = 0; begin < of_.samples; begin += panel) {
        const std::int64_t end = std::min(of_.samples, begin + panel);
        for (std::int64_t k = 0; k < span; ++k) {
          moved_[k] = static_cast<const std::byte*>(source_rows_[k]) + begin * src_item;
        }
        for (std::int64_t r = 0; r < count; ++r) {
          const std::int64_t here = of_table(r) - low, next = r + 1 < count ? of_table(r + 1) - low : here;
          sum(r, begin, end, moved_ + here, moved_ + here + table->taps, next - here);
        }
      }
    } else {
      for (std::int64_t r = 0; r < count; ++r) {
        for (std::int64_t k = 0; k < table->taps; ++k) source_rows_[k] = source_->row(of_table(r) + k);
        sum(r, 0, of_.samples, source_rows_);
      }
    }
    for (std::int64_t r = 0; of_.integers && r < count; ++r) {
      of_.from_words(words_ + r * words_stride_, to(r), of_.samples);
    }
  }
  for (std::int64_t r = 0; narrows && r < count; ++r) of_.narrow(to(r), coarse_.row(r), of_.samples);
}

// Rows of the coarse grid as wide as the result, into the ring.
void Strip::make_ring(std::int64_t first, std::int64_t count) {
  const CascadeAxis& y = of_.y;
  const CascadeTable& table = y.middle;
  for (std::int64_t r = 0; r < count; ++r) {
    // Beyond the sides the coarse image continues, and so does what is made of it.
    const std::int64_t row = border_index(first + r, y.coarse, y.border);
    for (std::int64_t k = 0; k < table.taps; ++k) window_[k] = coarse_row(table.first[size_of(row)] + k);
    const bool is_risen = !of_.up && !of_.rises_in_words;
    std::byte* const to = is_risen ? of_ring(first + r) : between_.row(r);
    of_.sum({window_, weights_of(table, row), static_cast<int>(table.taps), 0, of_.coarse_samples, to, nullptr, 0});
  }
  if (of_.rises_in_words) {
    if (of_.up) {
      between_.continue_rows(count, of_.x.border, of_.outside.data());
      (*of_.up)(between_.row(0), between_.stride(), count, risen_, risen_stride_, columns_);
    }
    for (std::int64_t r = 0; r < count; ++r) {
      of_.to_words(of_.up ? risen_ + r * risen_stride_ : between_.row(r), of_ring(first + r), of_.samples);
    }
    return;
  }
  if (!of_.up) return;
  between_.continue_rows(count, of_.x.border, of_.outside.data());
  // The ring may end in between.
  const std::int64_t until_end = of_.ring_rows - (first - base_) % of_.ring_rows, some = std::min(count, until_end);
  (*of_.up)(between_.row(0), between_.stride(), some, of_ring(first), ring_stride_, columns_);
  if (some < count) (*of_.up)(between_.row(some), between_.stride(), count - some, ring_, ring_stride_, columns_);
}

// Results, whose rows are there.
void Strip::rise(std::int64_t y0, std::int64_t y1) {
  const std::optional<CascadeTable>& table = of_.y.up;
  const ImageView& dst = of_.dst;
  // Panel by panel, so that what rows of results share stays in the cache.
  const bool words = of_.rises_in_words, is_direct = of_.finish == nullptr && of_.close;
  const std::int64_t item = words ? 1 : of_.item, ring_item = of_.ring_item,
                     panel = of_.close && !of_.plain ? panel_samples : of_.samples;
  for (std::int64_t begin = 0; begin < of_.samples; begin += panel) {
    const std::int64_t count = std::min(panel, of_.samples - begin);
    for (std::int64_t row = y0; row < y1; ++row) {
      std::byte* const line = dst.data + n_ * dst.stride_n + row * dst.stride_h;
      std::byte* const sums = is_direct ? line + begin * item : sums_;
      if (table) {
        for (std::int64_t k = 0; k < table->taps; ++k) {
          window_[k] = of_ring(table->first[size_of(row)] + k) + begin * ring_item;
        }
        (words ? of_.vertical.i16_u8 : of_.sum)({window_, weights_of(*table, row), static_cast<int>(table->taps),
                                                 static_cast<int>(table->shift), count, sums, nullptr, 0});
      } else {
        std::memcpy(sums, of_ring(row) + begin * ring_item, size_of(count * item));
      }
      if (of_.plain) sharpen_row(of_.sharpen, *of_.options.sharpen, of_.work, sharpened_->row(row), sums, count);
      if (is_direct) continue;
      const std::byte* result = sums;
      if (of_.finish != nullptr) {
        std::byte* const into = of_.close ? line + begin * dst.item_size : result_;
        of_.finish(sums, into, count);
        if (of_.close) continue;
        result = into;
      }
      copy_samples(result, dst.c * dst.item_size, dst.item_size, line, dst.stride_w, dst.stride_c, dst.w, dst.c,
                   dst.item_size);
    }
  }
}

Status check_table(const CascadeTable& table, std::int64_t inputs, std::int64_t outputs, DType type) {
  const auto count = static_cast<std::int64_t>(table.first.size());
  if (count != outputs || (table.rows != 1 && table.rows != outputs)) {
    return Status::value_error("a table must have a row for each output");
  }
  if (table.type != type) return Status::type_error("a table's weights have another dtype");
  if (table.taps < 1 || table.taps > farthest) return Status::value_error("a table must have taps");
  const bool integers = type == DType::i16;
  if (integers ? table.taps % 2 != 0 || table.shift < 1 || table.shift > 30 : table.shift != 0) {
    return Status::value_error("a table's shift is out of range");
  }
  for (std::int64_t j = 0; j < count; ++j) {
    const std::int64_t first = table.first[size_of(j)];
    if (first < -farthest || first + table.taps > inputs + farthest)
      return Status::value_error("a table reads too far");
    if (j > 0 && first < table.first[size_of(j - 1)]) return Status::value_error("a table must not fall");
  }
  return Status::ok();
}

Status check_axis(const CascadeAxis& axis, std::int64_t side, DType below, DType work, DType above) {
  if (axis.coarse < 1 || axis.coarse > farthest) return Status::value_error("there must be coarse pixels");
  if (axis.down.has_value() != axis.up.has_value()) return Status::value_error("what goes down comes up");
  if (!axis.down && axis.coarse != side) return Status::value_error("the coarse pixels must be the image's");
  if (axis.down && axis.border == Border::constant) return Status::value_error("a coarse grid has no constant border");
  if (axis.down) {
    if (Status status = check_table(*axis.down, side, axis.coarse, below); !status.is_ok()) return status;
    if (Status status = check_table(*axis.up, axis.coarse, side, above); !status.is_ok()) return status;
  }
  return check_table(axis.middle, axis.coarse, axis.coarse, work);
}

Status cascade_planes(const Execution& execution, const ImageView& src, const ImageView& dst,
                      const CascadeOptions& options) {
  Cascade of(src, dst, options, execution.isa);
  if (Status status = of.prepare(execution.isa); !status.is_ok()) return status;
  // As many rows as make what is read around them small, and a strip take some milliseconds at most.
  const CascadeAxis& y = of.y;
  const std::int64_t around = (y.middle.taps + (y.up ? y.up->taps : 0)) * ((src.h + y.coarse - 1) / y.coarse);
  const std::int64_t preferred = std::max<std::int64_t>({32, 6 * around, (std::int64_t{1} << 23) / of.samples});
  const Execution run = execution_for(execution, dst.n * dst.h * of.samples * (src.item_size + dst.item_size + 24));
  const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);
  const std::int64_t tasks = strips.count * dst.n;
  ScratchLayout size;
  Strip(of, 0, size);
  const Scratch scratch(size.used() * size_of(worker_count(run, tasks)));
  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + size.used() * static_cast<std::size_t>(worker));
    const std::int64_t y0 = task % strips.count * strips.rows;
    Strip(of, task / strips.count, layout).run(y0, std::min(dst.h, y0 + strips.rows));
  });
}

}  // namespace

Status cascade(const Execution& execution, const ImageView& src, const ImageView& dst, const CascadeOptions& options) {
  if (Status status = check_alike(src, dst); !status.is_ok()) return status;
  if (src.dtype == DType::other || dst.dtype == DType::other) return Status::type_error("this dtype is not summed");
  const bool integers = options.down == SumArithmetic::integer, wide = options.work == DType::f64;
  if (options.work != DType::f32 && !wide) return Status::type_error("work is float32 or float64");
  if (integers && (src.dtype != DType::u8 || !options.columns.down)) {
    return Status::type_error("only columns of uint8 are summed in integers");
  }
  if ((src.dtype == DType::f64 || dst.dtype == DType::f64) && !wide) {
    return Status::type_error("float64 is summed in float64");
  }
  if (Status status = check_alpha(src, options.alpha, wide); !status.is_ok()) return status;
  const DType real = options.down == SumArithmetic::f64 ? DType::f64 : options.work;
  if (wide && real != DType::f64) return Status::type_error("float64 is summed in float64");
  const bool words = options.columns.up && options.columns.up->type == DType::i16;  // that rise
  if (words && (dst.dtype != DType::u8 || wide || options.sharpen)) {
    return Status::type_error("only columns of uint8 rise in integers");
  }
  const DType below = integers ? DType::i16 : real, above = words ? DType::i16 : options.work;
  if (Status status = check_axis(options.columns, src.h, below, options.work, above); !status.is_ok()) return status;
  if (Status status = check_axis(options.rows, src.w, real, options.work, options.work); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  return by_planes(src, dst, options, [&](const ImageView& from, const ImageView& to, const CascadeOptions& of_plane) {
    return cascade_planes(execution, from, to, of_plane);
  });
}

}  // namespace px
