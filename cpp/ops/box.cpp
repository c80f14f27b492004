#include "ops/box.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/planes.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "core/with_type.h"

namespace px {
namespace {

constexpr std::int64_t largest_area = std::int64_t{1} << 30;
// Bytes that have the same place in the L1 cache; rows have so few or fewer places, or more.
constexpr std::int64_t cache_page = 4096, most_places = 8, few_rows = 16, near_rows_bytes = 3 << 18;
constexpr std::int64_t most_running_channels = 4;
constexpr std::int64_t at_once = 8;           // results of BoxKernels::Block
constexpr std::int64_t near_bytes = 1 << 14;  // of rows of sums that are made before any of them is used
// Eight rows of results read rows of the image of which the next eight read most again. So some of these go down panels
// of columns, as narrow as lets what they read stay in the L1 cache; their sums stay in the L2 cache.
constexpr std::int64_t most_eights = 4, eights_bytes = 1 << 18, panel_bytes = 3 << 13, least_panel = 256;

constexpr bool is_integer(SumType sums) { return sums == SumType::u16 || sums == SumType::i32; }
constexpr std::int64_t bytes_of(SumType sums) { return sums == SumType::u16 ? 2 : sums == SumType::f64 ? 8 : 4; }
constexpr std::int64_t floor_to(std::int64_t at, std::int64_t block) { return at - (at % block + block) % block; }

// Sums of windows of an image or of a mask, row after row.
class BoxSums {
 public:
  // `mask` makes pixels 0 that do not count.
  BoxSums(const ImageView& src, const ImageView* mask, const BoxOptions& options, SumType sums, BoxRows down,
          const std::byte* value, Isa isa)
      : options_(options),
        kernels_(PX_PICK_KERNELS(isa, box_kernels)),
        sums_(sums),
        down_(down),
        lines_(kernels_.lines[static_cast<int>(sums)]),
        item_(bytes_of(sums)),
        pixel_(src.c * item_),
        left_(-options.left),
        right_(options.left + options.columns - 1),
        width_(src.w),
        channels_(src.c),
        // The sums of what a border repeats are repeated. Those of a constant one are made as the others are; integers
        // have one sum whatever the order.
        continues_(is_integer(sums) || options.borders.across != Border::constant),
        first_(continues_ ? 0 : -left_),
        samples_((continues_ ? src.w : src.w + options.columns - 1) * src.c),
        work_item_(is_integer(sums) ? src.item_size : item_),
        // As far behind a cache line's begin as rows of the image are, so that both are read and written as whole
        // lines.
        between_begin_(whole_lines(left_ * pixel_) +
                       static_cast<std::int64_t>(down == BoxRows::eight
                                                     ? reinterpret_cast<std::uintptr_t>(src.data) % cache_line /
                                                           size_of(item_) * size_of(item_)
                                                     : 0)),
        between_bytes_((between_begin_ + whole_lines((width_ + right_) * pixel_ + 64) + cache_line) / cache_line *
                           cache_line |
                       64),
        eights_(std::clamp<std::int64_t>(eights_bytes / (at_once * between_bytes_), 1, most_eights)),
        kept_(down == BoxRows::order   ? options.rows
              : down == BoxRows::eight ? options.rows + eights_ * at_once - 1
                                       : 1),
        running_(sums == SumType::i32 && !options.mask && src.c <= most_running_channels && options.levels.size() > 1
                     ? kernels_.running[src.c]
                     : nullptr),
        piece_(whole_lines(std::max<std::int64_t>(4096 / item_, 4 * options.columns * channels_))),
        level_bytes_((whole_lines((piece_ + options.columns * channels_) * item_) + cache_line) | 64),
        levels_bytes_(made_levels() * level_bytes_),
        rows_(src,
              padding(options, value, work_of(src.dtype, sums),
                      is_integer(sums) ? SampleForm::single : form_of(options.alpha),
                      down == BoxRows::eight && fall_together(src, options.rows)),
              isa) {
    static constexpr std::byte counts{1};
    if (mask != nullptr) mask_.emplace(*mask, padding(options, &counts, DType::u8), isa);
    if (is_integer(sums)) {
      slide_ = kernels_.slide[static_cast<int>(src.dtype)][sums == SumType::i32 ? 1 : 0];
      set_outside(src.dtype, value);
    }
    if (continues_) ends_.emplace(width_, pixel_, left_, right_, options.borders.across);
    blocks_ = down == BoxRows::blocks ? options.rows / options.block + 2 : 0;
    std::size_t most = size_of(std::max(blocks_, kept_));
    lengths_.push_back(1);
    for (const auto& level : options.levels) {
      std::int64_t length = 0;
      for (const BoxLine& line : level) length += lengths_[size_of(line.level)];
      lengths_.push_back(length);
      most = std::max(most, level.size());
    }
    pointers_ = most;
  }

  std::int64_t samples() const { return width_ * channels_; }
  // Whether sums are differences of two lines of running sums.
  bool are_differences() const { return running_ != nullptr; }
  // Results whose sums are made together, and begin at multiples of that.
  std::int64_t together() const { return down_ == BoxRows::eight ? at_once : 1; }
  // Rows of sums that are kept. They are made several at a time where they stay in the L1 cache: what is to be done for
  // each would take longer than short rows do, and what was just stored is slow to load other than as it was.
  std::int64_t rows_between() const {
    if (down_ == BoxRows::eight) return eights_ * at_once;
    return down_ == BoxRows::blocks ? 1 : rows_across();
  }
  // Of these, those that are summed along the rows at once.
  std::int64_t rows_across() const { return std::clamp<std::int64_t>(near_bytes / between_bytes_, 1, at_once); }

  std::size_t bytes() const {
    ScratchLayout layout;
    lay_out(layout);
    return layout.used();
  }

  class Walk {
   public:
    Walk(const BoxSums& sums, std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory)
        : Walk(sums, n, y0, y1, ScratchLayout(memory)) {}

    // Of the next rows, `most` of them or fewer, the sums as lines that are to be added: body(lines, count, first
    // sample, samples, steps), piece by piece. Returns how many rows; beyond 1 in one piece.
    template <class Body>
    std::int64_t next(std::int64_t most, std::int64_t lead, Body&& body) {
      const std::int64_t which = down(),
                         rows = sums_.is_one_piece() ? std::min({most, made_ - which, sums_.rows_across()}) : 1;
      sums_.across(between(which) - sums_.left_ * sums_.pixel_, rows, memory_.levels, memory_.pointers, lead, body);
      y_ += rows;
      return rows;
    }

   private:
    Walk(const BoxSums& sums, std::int64_t n, std::int64_t y0, std::int64_t y1, ScratchLayout layout)
        : sums_(sums),
          memory_(sums.lay_out(layout)),
          entering_(sums, n, memory_.entering),
          leaving_(sums, n, memory_.leaving),
          y_(y0),
          begin_(y0),
          end_(y1),
          group_(y0) {
      const BoxOptions& options = sums.options_;
      if (sums.down_ == BoxRows::slide) {
        std::byte* const last = first(sums.rows_between() - 1);
        std::memset(last, 0, size());
        for (std::int64_t k = 0; k + 1 < options.rows; ++k) {
          sums.slide_(last, entering_.row(y0 + options.top + k), nullptr, sums.samples_, last, nullptr);
        }
      } else if (sums.down_ == BoxRows::blocks) {
        reached_ = floor_to(y0 + options.top, options.block);
      }
    }

    // Which of the rows between is the next one's sums down the columns; made_ of them are there.
    std::int64_t down() {
      const std::int64_t which = y_ - group_;
      if (which < made_) return which;
      group_ = y_;
      made_ = std::min(sums_.rows_between(),
                       sums_.down_ == BoxRows::eight ? floor_to(end_ - y_ + at_once - 1, at_once) : end_ - y_);
      switch (sums_.down_) {
        case BoxRows::slide: slide(); break;
        case BoxRows::order: in_order(); break;
        case BoxRows::eight: eights(); break;
        default: of_blocks(); break;
      }
      continue_between();
      return 0;
    }

    // Of all that were made: after the results of a row, which may go past the caches, the ends would wait for those.
    void continue_between() const {
      if (sums_.ends_) sums_.ends_->continue_rows(between(0), made_, sums_.between_bytes_, sums_.outside_.data());
    }

    void slide() {
      const BoxOptions& options = sums_.options_;
      const std::byte* from = first(sums_.rows_between() - 1);
      for (std::int64_t r = 0; r < made_; ++r) {
        const std::int64_t top = y_ + r + options.top;
        const std::byte* const out = y_ + r == begin_ ? nullptr : leaving_.row(top - 1);
        const std::byte* const in = entering_.row(top + options.rows - 1);
        sums_.slide_(from, in, out, sums_.samples_, first(r), entering_.source(top + options.rows));
        from = first(r);
      }
    }

    void in_order() {
      const std::int64_t rows = sums_.options_.rows, top = y_ + sums_.options_.top;
      for (std::int64_t r = 0; r < made_; ++r) {
        for (std::int64_t k = 0; k < rows; ++k) memory_.pointers[k] = entering_.row(top + r + k);
        add(memory_.pointers, static_cast<int>(rows), first(r), entering_.source(top + r + rows));
      }
    }

    // Several groups of eight rows of results go down a panel of columns, so that what they share stays in the L1
    // cache.
    void eights() {
      const std::int64_t rows = sums_.options_.rows, top = y_ + sums_.options_.top, beyond = top + made_ + rows - 1;
      const std::int64_t panel =
          made_ > at_once
              ? std::max(least_panel, panel_bytes / (rows + at_once) / least_panel * least_panel) / sums_.item_
              : sums_.samples_;
      for (std::int64_t k = 0; k < made_ + rows - 1; ++k) memory_.pointers[k] = entering_.row(top + k);
      for (std::int64_t x = 0; x < sums_.samples_; x += panel) {
        for (std::int64_t first_row = 0; first_row < made_; first_row += at_once) {
          const void* const* const lines = memory_.pointers + first_row;
          void* made[at_once];
          const std::byte* ahead[at_once];
          for (std::int64_t r = 0; r < at_once; ++r) {
            made[r] = first(first_row + r);
            ahead[r] = made_ > at_once ? static_cast<const std::byte*>(lines[rows - 1 + r]) + panel * sums_.item_
                                       : entering_.source(beyond + r);
          }
          sums_.kernels_.block[static_cast<int>(sums_.sums_)](lines, static_cast<int>(rows), x,
                                                              std::min(panel, sums_.samples_ - x), made, ahead);
        }
      }
    }

    // Blocks of rows begin at multiples of their height. A window is what is below its first row in that block, whole
    // blocks, and what is above its last row in that block.
    void of_blocks() {
      const std::int64_t block = sums_.options_.block, top = y_ + sums_.options_.top, end = top + sums_.options_.rows;
      for (; reached_ < end; ++reached_) {
        const void* const two[] = {above(reached_), entering_.row(reached_)};
        const bool begins = reached_ % block == 0;
        add(two + (begins ? 1 : 0), begins ? 1 : 2, above(reached_), entering_.source(reached_ + 1));
      }
      const std::int64_t from = floor_to(top + block - 1, block), to = floor_to(end, block);
      if (top < from && below_ != from) {
        below_ = from;
        for (std::int64_t row = from - 1; row >= top; --row) {
          const void* const two[] = {leaving_.row(row), below(row + 1)};
          add(two, row == from - 1 ? 1 : 2, below(row));
        }
      }
      if (from < to && (whole_from_ != from || whole_to_ != to)) {
        int blocks = 0;
        for (std::int64_t at = from; at < to; at += block) memory_.pointers[blocks++] = above(at);
        add(memory_.pointers, blocks, memory_.whole);
        whole_from_ = from;
        whole_to_ = to;
      }
      const void* parts[3];
      int count = 0;
      if (top < from) parts[count++] = below(top);
      if (from < to) parts[count++] = memory_.whole;
      if (to < end) parts[count++] = above(to);
      add(parts, count, first(0));
    }

    // The running sum of the block that has this row; and the sum of the rows from this one to its block's last.
    std::byte* above(std::int64_t row) const {
      const std::int64_t block = sums_.options_.block, number = floor_to(row, block) / block, all = sums_.blocks_;
      return memory_.above + (number % all + all) % all * sums_.row_bytes();
    }
    std::byte* below(std::int64_t row) const {
      return memory_.below + (row - floor_to(row, sums_.options_.block)) * sums_.row_bytes();
    }
    // Where pixel 0 of a row of sums lies, and where what is summed down the columns begins.
    std::byte* between(std::int64_t r) const {
      return memory_.between + r * sums_.between_bytes_ + sums_.between_begin_;
    }
    std::byte* first(std::int64_t r) const { return between(r) + sums_.first_ * sums_.pixel_; }
    void add(const void* const* lines, int count, void* dst, const std::byte* ahead = nullptr) const {
      sums_.lines_(lines, count, sums_.samples_, dst, ahead != nullptr ? ahead : static_cast<std::byte*>(dst),
                   {1, 0, 0});
    }
    std::size_t size() const { return size_of(sums_.samples_ * sums_.item_); }

    // Rows of the image as they are summed, without what does not count.
    class Rows {
     public:
      Rows(const BoxSums& sums, std::int64_t n, std::byte* const* memory)
          : sums_(sums), rows_(sums.rows_, n, memory[0]), covered_(memory[2]) {
        if (sums.mask_) mask_.emplace(*sums.mask_, n, memory[1]);
      }
      const std::byte* row(std::int64_t y) {
        const std::int64_t pixel = sums_.channels_ * sums_.work_item_;
        const std::byte* const at = rows_.row(y) + sums_.first_ * pixel;
        if (!mask_) return at;
        const std::int64_t bytes = sums_.samples_ * sums_.work_item_;
        std::byte* const covered = covered_ + (y % sums_.kept_ + sums_.kept_) % sums_.kept_ * whole_lines(bytes);
        std::memcpy(covered, at, size_of(bytes));
        const std::byte* const mask = mask_->row(y) + sums_.first_;
        sums_.kernels_.cover(covered, reinterpret_cast<const std::uint8_t*>(mask), bytes / pixel, pixel);
        return covered;
      }
      const std::byte* source(std::int64_t y) const { return rows_.source(y); }

     private:
      const BoxSums& sums_;
      PaddedRows::Ring rows_;
      std::optional<PaddedRows::Ring> mask_;
      std::byte* covered_;
    };

    struct Memory {
      std::byte *entering[3], *leaving[3];
      std::byte *above, *below, *whole, *between, *levels;
      const void** pointers;
    };
    friend class BoxSums;

    const BoxSums& sums_;
    Memory memory_;
    Rows entering_, leaving_;
    std::int64_t y_, begin_, end_;
    std::int64_t group_, made_ = 0;  // rows between: the first one's number, and how many
    std::int64_t reached_ = 0, below_ = INT64_MIN, whole_from_ = INT64_MIN, whole_to_ = INT64_MIN;
  };

 private:
  static DType work_of(DType dtype, SumType sums) {
    return is_integer(sums) ? dtype : sums == SumType::f32 ? DType::f32 : DType::f64;
  }
  PaddedRows::Options padding(const BoxOptions& options, const std::byte* value, DType work,
                              SampleForm form = SampleForm::single, bool copied = false) const {
    PaddedRows::Options padding{options.borders,         value, 0,    width_, continues_ ? 0 : left_,
                                continues_ ? 0 : right_, kept_, work, form};
    padding.copied = copied;
    return padding;
  }
  // Rows of which the L1 cache holds few at once, as it has a few places for all of them: they are copied to where they
  // have others if windows are high, or too long for the L2 cache, which is better read in order.
  static bool fall_together(const ImageView& src, std::int64_t rows) {
    if (src.stride_h % (cache_page / most_places) != 0) return false;
    return rows > few_rows || (rows + at_once) * src.stride_h > near_rows_bytes;
  }
  std::int64_t made_levels() const { return std::max<std::int64_t>(std::ssize(options_.levels) - 1, 0); }
  // Whether a row's levels stay in the L1 cache.
  bool is_one_piece() const { return samples() <= piece_ && down_ != BoxRows::blocks && rows_across() > 1; }
  std::int64_t row_bytes() const { return whole_lines(samples_ * item_) | 64; }  // odd in cache lines

  // Sums of pixels of a constant border.
  void set_outside(DType dtype, const std::byte* value) {
    outside_.resize(size_of(pixel_));
    for (std::int64_t c = 0; c < channels_; ++c) {
      std::int64_t sample = 0;
      with_type(dtype, [&]<class T>(T*) {
        if constexpr (std::is_integral_v<T>) {
          T one;
          std::memcpy(&one, value + c * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
          sample = one;
        }
      });
      const std::int64_t sum = options_.rows * sample;
      std::memcpy(outside_.data() + c * item_, &sum, size_of(item_));  // the lower bytes
    }
  }

  Walk::Memory lay_out(ScratchLayout& layout) const {
    const auto rows = [&](std::int64_t count) { return layout.take(size_of(count * row_bytes())); };
    const auto read = [&](std::byte** memory) {
      memory[0] = layout.take(rows_.bytes());
      memory[1] = layout.take(mask_ ? mask_->bytes() : 0);
      memory[2] = layout.take(mask_ ? size_of(kept_ * whole_lines(samples_ * work_item_)) : 0);
    };
    Walk::Memory memory;
    read(memory.entering);
    read(memory.leaving);
    memory.above = rows(blocks_);
    memory.below = rows(down_ == BoxRows::blocks ? options_.block : 0);
    memory.whole = rows(down_ == BoxRows::blocks ? 1 : 0);
    memory.between = layout.take(size_of(rows_between() * between_bytes_));
    // Of two pieces, or of all rows.
    memory.levels =
        layout.take(size_of(is_one_piece() ? rows_across() * made_levels() * between_bytes_ : 2 * levels_bytes_));
    memory.pointers = reinterpret_cast<const void**>(layout.take(pointers_ * sizeof(void*)));
    return memory;
  }

  // The first of some rows begins with what its first result reads.
  template <class Body>
  void across(const std::byte* row, std::int64_t rows, std::byte* levels, const void** pointers, std::int64_t lead,
              Body&& body) const {
    const std::size_t last = options_.levels.size();
    const std::int64_t all = samples();
    // Levels of one piece lie as the rows do.
    const bool is_one = is_one_piece();
    const BoxRowSteps steps{rows, between_bytes_, between_bytes_};
    const std::int64_t level_bytes = is_one ? rows * between_bytes_ : level_bytes_;
    const auto lines_of = [&](std::size_t level, std::int64_t at, const std::byte* made) {
      int lines = 0;
      for (const BoxLine& line : options_.levels[level - 1]) {
        const std::byte* const from = line.level == 0 ? row + at * item_ : made + (line.level - 1) * level_bytes;
        pointers[lines++] = from + line.offset * pixel_;
      }
      return lines;
    };
    // All levels of a piece but the last, as much as the whole windows read of them.
    // Or running sums, of which windows are differences, so laid that they are stored as whole lines of the cache.
    const std::int64_t running_begin = cache_line - pixel_;
    const auto make = [&](std::int64_t at, std::int64_t count, std::byte* made) {
      if (running_ != nullptr) {
        return running_(row + at * item_, count + (options_.columns - 1) * channels_, made + running_begin, steps);
      }
      for (std::size_t level = 1; level < last; ++level) {
        const int lines = lines_of(level, at, made);
        const std::int64_t beyond = (options_.columns - lengths_[level]) * channels_;
        lines_(pointers, lines, count + beyond, made + static_cast<std::int64_t>(level - 1) * level_bytes, row, steps);
      }
    };
    // The next piece's levels are made before this one's results are stored: what goes past the caches would keep them
    // waiting in the processor, and them from being read.
    std::byte* other = levels + levels_bytes_;
    std::int64_t at = 0, count = is_one ? all : std::min(lead > 0 ? lead : piece_, all);
    make(at, count, levels);
    while (true) {
      const std::int64_t next = at + count, next_count = std::min(piece_, all - next);
      if (next_count > 0) make(next, next_count, other);
      if (running_ != nullptr) {
        pointers[0] = levels + running_begin;
        pointers[1] = levels + running_begin + options_.columns * pixel_;
        body(pointers, 2, at, count, steps);
      } else if (last == 0) {
        pointers[0] = row + at * item_;
        body(pointers, 1, at, count, steps);
      } else {
        const int lines = lines_of(last, at, levels);
        body(pointers, lines, at, count, steps);
      }
      if (next_count <= 0) return;
      at = next;
      count = next_count;
      std::swap(levels, other);
    }
  }

  const BoxOptions& options_;
  const BoxKernels& kernels_;
  const SumType sums_;
  const BoxRows down_;
  const BoxKernels::Lines lines_;
  const std::int64_t item_, pixel_, left_, right_, width_, channels_;
  const bool continues_;
  const std::int64_t first_,
      samples_;  // of a row that is summed down the columns: its first pixel, and how many samples
  const std::int64_t work_item_;
  // Of a row of sums: where pixel 0 lies, and how far it is to the next one.
  const std::int64_t between_begin_, between_bytes_;
  const std::int64_t eights_;  // groups of eight rows of results that are made at once
  const std::int64_t kept_;
  const BoxKernels::Running running_;  // null where levels make windows
  // What a level holds of a piece of the results, so that all of its levels stay in the L1 cache; and what levels take.
  const std::int64_t piece_, level_bytes_, levels_bytes_;
  PaddedRows rows_;
  std::optional<PaddedRows> mask_;
  std::optional<RowEnds> ends_;  // of rows of sums that a border continues
  BoxKernels::Slide slide_ = nullptr;
  std::int64_t blocks_ = 0;
  std::vector<std::int64_t> lengths_;  // of the windows of each level
  std::vector<std::byte> outside_;
  std::size_t pointers_ = 1;
};

// How sums of 32 bits are divided: kernels/box.h.
void choose_division(MeanJob& job, DType dtype) {
  const bool bytes = dtype == DType::u8;
  const std::int64_t peak = bytes ? 255 : 65535;
  job.lowest = dtype == DType::i16 ? -32768 : 0;
  job.division = Division::any;
  if ((2 * peak + 1) * job.area < std::int64_t{1} << 31) job.division = Division::positive;
  // Two roundings of less than 256 are 2^-15 at most; of less than 65536, 2^-7. What is rounded is below 2^23.
  if (job.area <= (bytes ? 4096 : 31)) job.division = Division::few;
  if (job.division == Division::any) job.lowest = 0;
}

// Sums of 16 bits by their number: a multiplication and a shift, which are exact with or without one more added
// (Robison 2005), as some shorter factor is either just above or just below the quotient of powers of two.
void set_division(MeanJob& job) {
  const auto area = static_cast<std::uint32_t>(job.area);
  job.add = static_cast<std::uint16_t>(area / 2);
  if ((area & (area - 1)) == 0) {  // the factor would be 2^16
    job.factor = 1u << 15;
    job.shift = std::countr_zero(area) - 1;
    return;
  }
  const int shift = static_cast<int>(std::bit_width(area)) - 1;
  const std::uint64_t power = std::uint64_t{1} << (16 + shift);
  const std::uint64_t up = power / area + 1, excess = up * area - power;
  job.shift = shift;
  if (excess <= (std::uint64_t{1} << shift)) {
    job.factor = static_cast<std::uint16_t>(up);
  } else {
    job.factor = static_cast<std::uint16_t>(power / area);
    ++job.add;
  }
}

Status box_planes(const Execution& execution, const ImageView& src, const ImageView& dst, const BoxOptions& options) {
  const BoxKernels& kernels = PX_PICK_KERNELS(execution.isa, box_kernels);
  const ImageView* const mask = options.mask ? &*options.mask : nullptr;
  const BoxSums sums(src, mask, options, options.sums, options.down, options.value, execution.isa);
  static constexpr std::byte counts_outside{1};
  std::optional<BoxSums> counts;
  if (mask != nullptr) {
    counts.emplace(*mask, nullptr, options, SumType::i32, BoxRows::slide, &counts_outside, execution.isa);
  }
  // Colours times their alpha are reals still, and their mean is divided.
  const ConvertKernels::Row divide =
      options.alpha == Alpha::channel
          ? nullptr
          : PX_PICK_KERNELS(execution.isa, convert_kernels).unpremultiply_of(dst.c, static_cast<int>(dst.dtype));
  const auto type = static_cast<std::size_t>(options.sums),
             to = static_cast<std::size_t>(divide != nullptr ? DType::f64 : dst.dtype);
  const std::int64_t samples = dst.w * dst.c, sum_bytes = bytes_of(options.sums);
  const std::int64_t item = divide != nullptr ? 8 : dst.item_size;  // of a mean
  const bool close_dst = is_close(dst) && divide == nullptr;
  MeanJob job{};
  job.area = options.rows * options.columns;
  if (options.sums == SumType::i32) choose_division(job, src.dtype);
  job.is_within = src.dtype == dst.dtype;
  if (options.sums == SumType::u16) set_division(job);
  const bool may_stream = close_dst && mask == nullptr && past_caches(dst.n * dst.h * samples * dst.item_size);

  const Execution run = execution_for(execution, 8 * dst.n * dst.h * samples * (src.item_size + dst.item_size));
  // Strips of whole groups of results that are made together.
  const std::int64_t group = sums.together(), groups = (dst.h + group - 1) / group;
  const std::int64_t preferred =
      std::max<std::int64_t>({16, 4 * options.rows, (std::int64_t{1} << 18) / (samples * sum_bytes)}) / group;
  const Strips strips = split_rows(groups, std::max<std::int64_t>(preferred, 1), dst.n, run.threads);
  const std::int64_t tasks = strips.count * dst.n;
  const std::size_t of_sums = size_of(whole_lines(static_cast<std::int64_t>(sums.bytes())));
  const std::size_t of_counts = counts ? size_of(whole_lines(static_cast<std::int64_t>(counts->bytes()))) : 0;
  const std::size_t of_lines = mask != nullptr ? size_of(whole_lines(samples * sum_bytes) + whole_lines(dst.w * 4)) : 0;
  const std::size_t of_row = close_dst ? 0 : size_of(whole_lines(samples * item));
  const std::size_t of_colours = divide != nullptr ? size_of(whole_lines(samples * dst.item_size)) : 0;
  const std::size_t each = of_sums + of_counts + of_lines + of_row + of_colours;
  const Scratch scratch(each * static_cast<std::size_t>(worker_count(run, tasks)));

  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows * group;
    const std::int64_t y1 = std::min(dst.h, y0 + strips.rows * group);
    BoxSums::Walk of_image(sums, n, y0, y1, layout.take(of_sums));
    std::optional<BoxSums::Walk> of_mask;
    if (counts) of_mask.emplace(*counts, n, y0, y1, layout.take(of_counts));
    std::byte* const sum_line = layout.take(mask != nullptr ? size_of(samples * sum_bytes) : 0);
    std::byte* const count_line = layout.take(mask != nullptr ? size_of(dst.w * 4) : 0);
    std::byte* const own = layout.take(of_row);
    std::byte* const colours = layout.take(of_colours);
    for (std::int64_t y = y0, rows = 1; y < y1; y += rows) {
      std::byte* const row = dst.data + n * dst.stride_n + y * dst.stride_h;
      std::byte* const result = close_dst ? row : own;
      if (mask != nullptr) {
        const auto add_to = [&](std::byte* line, SumType of) {
          return [&kernels, line, of](const void* const* lines, int count, std::int64_t at, std::int64_t some,
                                      const BoxRowSteps& steps) {
            std::byte* const from = line + at * bytes_of(of);
            kernels.lines[static_cast<std::size_t>(of)](lines, count, some, from, line, steps);
          };
        };
        of_image.next(1, 0, add_to(sum_line, options.sums));
        of_mask->next(1, 0, add_to(count_line, SumType::i32));
        kernels.quotient[type][to](sum_line, reinterpret_cast<const std::int32_t*>(count_line), dst.w, dst.c, result);
      } else {
        std::int64_t lead = 0;
        if (may_stream) {
          const auto past = static_cast<std::int64_t>(-reinterpret_cast<std::uintptr_t>(result) % 64);
          if (past % dst.item_size == 0) lead = past / dst.item_size;
        }
        const auto add_and_divide = [&](const void* const* lines, int count, std::int64_t at, std::int64_t some,
                                        const BoxRowSteps& steps) {
          MeanJob mean = job;
          mean.lines = lines;
          mean.count = count;
          mean.is_difference = sums.are_differences();
          mean.samples = some;
          mean.steps = {steps.rows, steps.lines, dst.stride_h};
          mean.dst = result + at * item;
          mean.stream = may_stream && reinterpret_cast<std::uintptr_t>(mean.dst) % 64 == 0;
          kernels.mean[type][to](mean);
        };
        rows = of_image.next(close_dst && !may_stream ? y1 - y : 1, lead, add_and_divide);
      }
      if (close_dst) continue;
      if (divide != nullptr) divide(own, colours, samples);
      copy_samples(divide != nullptr ? colours : own, dst.c * dst.item_size, dst.item_size, row, dst.stride_w,
                   dst.stride_c, dst.w, dst.c, dst.item_size);
    }
    if (may_stream) kernels.streamed();
  });
}

Status check_options(const ImageView& src, const ImageView& dst, const BoxOptions& options) {
  const auto within = [](std::int64_t begin, std::int64_t count) { return count >= 1 && begin <= 0 && begin > -count; };
  if (!within(options.top, options.rows) || !within(options.left, options.columns) || options.rows > largest_area ||
      options.columns > largest_area || options.rows * options.columns > largest_area) {
    return Status::value_error("the window is empty, too large or elsewhere");
  }
  const bool reals = options.sums == SumType::f32 || options.sums == SumType::f64;
  if (reals == (options.down == BoxRows::slide)) return Status::value_error("integers slide, reals do not");
  if (options.down == BoxRows::eight && options.rows < at_once) return Status::value_error("too few rows");
  if (options.down == BoxRows::blocks && (options.block < 1 || options.block > options.rows)) {
    return Status::value_error("block is out of range");
  }
  std::vector<std::int64_t> lengths{1};
  for (const auto& level : options.levels) {
    std::int64_t length = 0, end = 0;
    for (const BoxLine& line : level) {
      if (line.level < 0 || line.level >= static_cast<std::int64_t>(lengths.size()) || line.offset < 0) {
        return Status::value_error("levels are out of order");
      }
      const std::int64_t part = lengths[static_cast<std::size_t>(line.level)];
      length += part;
      end = std::max(end, line.offset + part);
    }
    if (length < 1 || end > length) return Status::value_error("levels do not fit together");
    lengths.push_back(length);
  }
  if (lengths.back() != options.columns) return Status::value_error("levels do not make the window");

  if (src.dtype == DType::other || dst.dtype == DType::other) return Status::type_error("this dtype is not summed");
  if (Status status = check_alpha(src, options.alpha, options.sums == SumType::f64); !status.is_ok()) return status;
  const std::int64_t area = options.rows * options.columns;
  const bool integers = src.dtype == DType::u8 || src.dtype == DType::u16 || src.dtype == DType::i16;
  const std::int64_t peak = src.dtype == DType::u8 ? 255 : src.dtype == DType::u16 ? 65535 : 32768;
  switch (options.sums) {
    case SumType::u16:
      // With a mask the divisors differ.
      if (src.dtype != DType::u8 || dst.dtype != DType::u8 || options.mask || area < 2 || area > 256)
        return Status::type_error("16 bits do not hold these sums");
      break;
    case SumType::i32:
      if (!integers || 2 * peak * area + area >= std::int64_t{1} << 31) {
        return Status::type_error("32 bits do not hold these sums");
      }
      break;
    case SumType::f32:
      if (integers || src.dtype == DType::f64 || dst.dtype == DType::f64)
        return Status::type_error("this dtype is not summed in float32");
      break;
    case SumType::f64: break;
  }
  if (options.mask) {
    const ImageView& mask = *options.mask;
    if (mask.dtype != DType::u8 || mask.n != src.n || mask.h != src.h || mask.w != src.w || mask.c != 1) {
      return Status::value_error("mask must have image's sizes");
    }
    return check_view(mask, "mask");
  }
  return Status::ok();
}

}  // namespace

Status box(const Execution& execution, const ImageView& src, const ImageView& dst, const BoxOptions& options) {
  if (Status status = check_alike(src, dst); !status.is_ok()) return status;
  if (Status status = check_options(src, dst, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  return by_planes(src, dst, options, [&](const ImageView& from, const ImageView& to, const BoxOptions& of_plane) {
    return box_planes(execution, from, to, of_plane);
  });
}

}  // namespace px
