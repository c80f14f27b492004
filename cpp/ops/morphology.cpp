#include "ops/morphology.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include "core/check.h"
#include "core/planes.h"
#include "kernels/morphology.h"
#include "ops/padded_rows.h"
#include "ops/result_rows.h"

namespace px {
namespace {

struct Run {
  std::int64_t dy, dx, length;
};

// A sliding extreme of `length` samples in several steps: each takes a few windows of the last one's length, which may
// overlap. steps[i] is the length after step i; five windows a step keep loads and stores in balance.
std::vector<std::int64_t> sliding_steps(std::int64_t length) {
  int count = 1;
  for (std::int64_t reach = 5; reach < length; reach *= 5) ++count;
  std::vector<std::int64_t> steps;
  for (int i = 1; i <= count; ++i) {
    steps.push_back(i == count ? length
                               : static_cast<std::int64_t>(
                                     std::ceil(std::pow(static_cast<double>(length), static_cast<double>(i) / count))));
  }
  return steps;
}

// One search: the least or the largest of an element.
struct Step {
  bool largest;
  std::vector<ElementBox> boxes;
  bool from_image;  // else from rows that another step has made
  bool to_rows;     // which are for another step: floats stay keys
};

// How a way wants the rows that it reads.
struct Needs {
  std::int64_t left, right;  // pixels to either side
  std::int64_t kept;         // rows in use at once
  ConvertKernels::Row keys;  // makes keys of the samples, or null
  DType work;                // what samples become else
};

// What all steps of a call have in common: kernels, and rows of results or what they differ by from other rows.
class Image : public ResultRows {
 public:
  Image(const Execution& execution, const ImageView& from, const ImageView& to, const MorphologyOptions& given,
        bool is_difference)
      : ResultRows(execution, from, to, !is_difference),
        options(given),
        kernels(PX_PICK_KERNELS(execution.isa, morphology_kernels)),
        convert(PX_PICK_KERNELS(execution.isa, convert_kernels)),
        outside(given.value, given.value + pixel) {
    if (is_float()) keys()(outside.data(), outside.data(), src.c);
  }

  // Rows of results are taken from `own`, of own_bytes(), where they are not in dst already.
  std::int64_t own_bytes() const { return is_direct ? 0 : whole_lines(samples * item); }
  void end_strip() const {
    if (streams()) kernels.streamed();
  }

  const MorphologyOptions& options;
  const MorphologyKernels& kernels;
  const ConvertKernels& convert;
  std::vector<std::byte> outside;  // a pixel of the constant border, as keys
};

// Rows of results on their way to dst.
class Results {
 public:
  Results(const Image& image, std::int64_t n, std::byte* own) : image_(image), n_(n), own_(own) {}
  std::byte* place(std::int64_t y) const { return image_.row(n_, y, own_); }
  void done(std::int64_t y, const std::byte* row) const {
    if (!image_.is_direct) image_.spread(n_, y, row);
  }

 private:
  const Image& image_;
  std::int64_t n_;
  std::byte* own_;
};

// The same of what they differ by from other rows, which with(y) gives: those less these, or these less those.
template <class With>
class Differences {
 public:
  Differences(const Image& image, std::int64_t n, std::byte* own, bool from_other, With with)
      : image_(image), n_(n), own_(own), from_other_(from_other), with_(with) {}
  std::byte* place(std::int64_t) const { return own_; }
  void done(std::int64_t y, std::byte* row) const {
    const std::byte* const other = with_(y);
    const bool close = is_close(image_.dst);
    std::byte* const to = close ? ResultRows::at(image_.dst, n_, y) : row;
    const auto subtract = image_.kernels.subtract[image_.type];
    from_other_ ? subtract(other, row, image_.samples, to) : subtract(row, other, image_.samples, to);
    if (!close) image_.spread(n_, y, to);
  }

 private:
  const Image& image_;
  std::int64_t n_;
  std::byte* own_;
  bool from_other_;
  With with_;
};

// ---- where rows are read: in an image,

class ImageRows {
 public:
  ImageRows(const Image& image, const Needs& needs)
      : rows_(image.src,
              {image.options.borders,
               image.options.value,
               0,
               image.src.w,
               needs.left,
               needs.right,
               needs.kept,
               needs.work,
               {},
               needs.keys},
              image.isa) {}
  std::size_t bytes() const { return rows_.bytes(); }

  class Strip {
   public:
    Strip(const ImageRows& rows, std::int64_t n, std::byte* memory) : ring_(rows.rows_, n, memory) {}
    const std::byte* row(std::int64_t y) { return ring_.row(y); }
    void rows(std::int64_t y, std::int64_t count, const void** lines) { ring_.rows(y, count, 0, lines); }
    const std::byte* next(std::int64_t y) const { return ring_.source(y); }

   private:
    PaddedRows::Ring ring_;
  };

 private:
  PaddedRows rows_;
};

// ---- or as another way makes them, a few at a time, whenever the first of them is asked for.

class MadeRows {
 public:
  MadeRows(const Image& image, const Needs& needs, std::int64_t block)
      : image_(image),
        needs_(needs),
        slots_(needs.kept + block),
        pixel_(needs.work == image.src.dtype ? image.pixel : image.src.c * (needs.work == DType::f64 ? 8 : 4)),
        begin_(whole_lines(needs.left * pixel_)),
        slot_bytes_(begin_ + whole_lines((image.src.w + needs.right) * pixel_ + cache_line)),
        ends_(image.src.w, pixel_, needs.left, needs.right, image.options.borders.across),
        convert_(needs.work == image.src.dtype ? nullptr : image.convert.to_f32[image.type]) {
    if (slot_bytes_ / cache_line % 2 == 0) slot_bytes_ += cache_line;
    outside_.resize(size_of(pixel_));
    const ConvertKernels::Row row = convert_ != nullptr ? convert_ : needs.keys;
    if (row != nullptr) {
      row(image.options.value, outside_.data(), image.src.c);
    } else {
      outside_.assign(image.options.value, image.options.value + pixel_);
    }
  }
  std::size_t bytes() const { return size_of((slots_ + 1) * slot_bytes_ + numbers_bytes() + own_bytes()); }

  // Rows [.., limit) are needed, but for some that a border repeats.
  template <class Way, class Source>
  class Strip {
   public:
    Strip(const MadeRows& rows, const Way& way, typename Way::Parts parts, Source& source, std::int64_t limit,
          std::byte* memory)
        : rows_(rows), way_(way), parts_(parts), source_(source), limit_(limit), memory_(memory) {
      std::fill_n(numbers(), rows_.slots_, INT64_MIN);
    }

    void rows(std::int64_t y, std::int64_t count, const void** lines) {
      for (std::int64_t k = 0; k < count; ++k) lines[k] = row(y + k);
    }
    const std::byte* row(std::int64_t y) {
      const Borders& borders = rows_.image_.options.borders;
      const ImageView& src = rows_.image_.src;
      // An image that repeats itself has the same results again, too.
      const std::int64_t at = borders.down == Border::wrap ? y : border_index(y, src.h, borders.down);
      if (at < 0 && borders.down == Border::constant) return outside();
      if (numbers()[index(at)] != at) {
        way_.make(parts_, source_, *this, at, std::clamp<std::int64_t>(limit_ - at, 1, way_.block));
      }
      return slot(index(at));
    }
    const std::byte* next(std::int64_t y) const { return slot(index(y)); }

    std::byte* place(std::int64_t y) const { return rows_.convert_ == nullptr ? slot(index(y)) : own(); }
    void done(std::int64_t y, const std::byte* row) const {
      std::byte* const to = slot(index(y));
      if (rows_.convert_ != nullptr) rows_.convert_(row, to, rows_.image_.samples);
      rows_.ends_.continue_rows(to, 1, 0, rows_.outside_.data());
      numbers()[index(y)] = y;
    }

   private:
    // y modulo the number of slots, mostly without a division.
    std::size_t index(std::int64_t y) const {
      const std::int64_t slots = rows_.slots_;
      std::int64_t rest = index_ + (y - y_);
      if (rest < 0) rest += slots;
      if (rest >= slots) rest -= slots;
      if (rest < 0 || rest >= slots) rest = (y % slots + slots) % slots;
      y_ = y;
      index_ = rest;
      return size_of(rest);
    }
    std::byte* slot(std::size_t i) const {
      return memory_ + static_cast<std::int64_t>(i) * rows_.slot_bytes_ + rows_.begin_;
    }
    std::int64_t* numbers() const {
      return reinterpret_cast<std::int64_t*>(memory_ + (rows_.slots_ + 1) * rows_.slot_bytes_);
    }
    std::byte* own() const { return reinterpret_cast<std::byte*>(numbers()) + rows_.numbers_bytes(); }
    const std::byte* outside() {
      std::byte* const row = slot(size_of(rows_.slots_));
      if (!has_outside_) {
        for (std::int64_t x = -rows_.needs_.left; x < rows_.image_.src.w + rows_.needs_.right; ++x) {
          copy_pixel(rows_.outside_.data(), row + x * rows_.pixel_, rows_.pixel_);
        }
      }
      has_outside_ = true;
      return row;
    }

    const MadeRows& rows_;
    const Way& way_;
    typename Way::Parts parts_;
    Source& source_;
    std::int64_t limit_;
    std::byte* memory_;
    bool has_outside_ = false;
    mutable std::int64_t y_ = 0, index_ = 0;  // a row, and its slot
  };

 private:
  std::int64_t numbers_bytes() const { return whole_lines(slots_ * 8); }
  std::int64_t own_bytes() const { return convert_ == nullptr ? 0 : whole_lines(image_.samples * image_.item); }

  const Image& image_;
  Needs needs_;
  std::int64_t slots_, pixel_, begin_, slot_bytes_;  // one slot more is of the constant border
  RowEnds ends_;
  ConvertKernels::Row convert_;  // of results to what is read
  std::vector<std::byte> outside_;
};

// Of a step's results, a few rows.
class FewRows {
 public:
  FewRows(std::byte* memory, std::int64_t row_bytes, std::int64_t first)
      : memory_(memory), row_bytes_(row_bytes), first_(first) {}
  std::byte* place(std::int64_t y) const { return memory_ + (y - first_) * row_bytes_; }
  void done(std::int64_t, const std::byte*) const {}

 private:
  std::byte* memory_;
  std::int64_t row_bytes_, first_;
};

// ---- one box: down the columns, then along the rows

// How many rows of results are made at once: what they have in common is looked at once.
std::int64_t outputs_at_once(std::int64_t rows) { return rows >= 8 ? 8 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1; }
// Beyond so many rows, larger blocks: a few looks for each sample, whatever the height.
constexpr std::int64_t tall = 40, tall_block = 32;
// Up to so many rows for each output, making keys of floats anew is less than keeping them.
constexpr std::int64_t most_begun = 3;

class BoxWay {
  static constexpr std::int64_t most_windows = 8;

 public:
  BoxWay(const Image& image, const Step& step)
      : image_(image),
        box_(step.boxes.front()),
        flat_down_(box_.rows == 1),
        is_tall_(box_.rows > tall),
        // Nothing to do along the rows, and nothing to finish: columns go straight to the result.
        down_only_(!flat_down_ && box_.columns == 1 && box_.left == 0 &&
                   (step.to_rows || (!image.is_float() && image.is_direct))),
        stream_(!step.to_rows && image.streams()),
        window_(0),
        before_(std::max<std::int64_t>(0, -box_.left)),
        behind_(std::max<std::int64_t>(0, box_.left + box_.columns - 1)),
        begin_(whole_lines(before_ * image.pixel)),
        ends_(image.src.w, image.pixel, before_, behind_, image.options.borders.across),
        steps_(sliding_steps(box_.columns)),
        line_(image.kernels.line[image.type][step.largest]),
        finish_(step.to_rows ? nullptr : image.kernels.finish[image.type][step.largest]),
        block(is_tall_ ? std::max(tall_block, box_.rows / 4) : outputs_at_once(box_.rows)),
        looks((flat_down_ ? 0 : 4) + 4 * static_cast<std::int64_t>(steps_.size())) {
    window_ = box_.rows + block - 1;
    const bool begins = step.from_image && image.is_float() && block > 1 && !is_tall_ && window_ <= most_begun * block;
    needs = {flat_down_ ? before_ : 0, flat_down_ ? behind_ : 0, window_, begins ? nullptr : image.keys(),
             image.src.dtype};
    between_row_ = begin_ + whole_lines((image.src.w + behind_) * image.pixel + cache_line);
    if (between_row_ / cache_line % 2 == 0) between_row_ += cache_line;  // rows apart in the sets of the cache
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      blocks_[i] = (begins ? image.kernels.begin : image.kernels.block)[i][image.type][step.largest];
    }
  }

  struct Parts {
    std::byte *between, *above, *below, *pointers;
    std::int64_t* lines;  // the first row that the first pointers are of, and how many of them there are
  };
  Parts lay_out(ScratchLayout& layout) const {
    const std::int64_t row = is_tall_ ? whole_lines(image_.samples * image_.item) : 0;
    return {layout.take(size_of(down_only_ ? 0 : block * between_row_)), layout.take(size_of(block * row)),
            layout.take(size_of(row)), layout.take(size_of(window_ + 3 * block + most_windows) * sizeof(void*)),
            reinterpret_cast<std::int64_t*>(layout.take(2 * sizeof(std::int64_t)))};
  }
  void begin(const Parts& parts) const { parts.lines[1] = 0; }

  // Rows y .. y + count - 1 of results; count is `block` at most.
  template <class Source, class Sink>
  void make(const Parts& parts, Source& source, Sink& sink, std::int64_t y, std::int64_t count) const {
    auto** const lines = reinterpret_cast<const void**>(parts.pointers);
    auto** const made = reinterpret_cast<void**>(parts.pointers) + window_;
    auto** const ahead = lines + window_ + block + most_windows;
    // Windows that follow each other share rows.
    const std::int64_t further = y - parts.lines[0], high = box_.rows + count - 1;
    const std::int64_t shared = further > 0 ? std::min(high, parts.lines[1] - further) : 0;
    for (std::int64_t k = 0; k < shared; ++k) lines[k] = lines[k + further];
    const std::int64_t known = std::max<std::int64_t>(shared, 0);
    source.rows(y + box_.top + known, high - known, lines + known);
    parts.lines[0] = y;
    parts.lines[1] = high;
    for (std::int64_t r = 0; r < count; ++r) {
      made[r] = down_only_ ? sink.place(y + r) : parts.between + r * between_row_ + begin_;
    }
    // What is read next, and what is written now.
    for (std::int64_t r = 0; r < block; ++r) {
      ahead[2 * r] = source.next(y + box_.top + box_.rows - 1 + block + r);
      ahead[2 * r + 1] = stream_ ? ahead[2 * r] : sink.place(y + std::min(r, count - 1));
    }
    if (is_tall_) {
      down_tall(parts, lines, made, count);
    } else if (!flat_down_) {
      std::int64_t r = 0;
      for (int i = static_cast<int>(blocks_.size()) - 1; i >= 0; --i) {
        const std::int64_t at_once = std::int64_t{1} << i;
        if (at_once > block) continue;
        for (; r + at_once <= count; r += at_once) {
          blocks_[size_of(i)](lines + r, static_cast<int>(box_.rows), image_.samples, made + r, ahead + 2 * r);
        }
      }
    }
    // All of them now: after the results of a row, which may go past the caches, they would wait for those.
    if (!down_only_ && !flat_down_) {
      ends_.continue_rows(parts.between + begin_, count, between_row_, image_.outside.data());
    }
    // Step by step for all rows, as what was just stored is slow to load from elsewhere.
    const std::int64_t left = box_.left * image_.pixel;
    const auto from = [&](std::int64_t r) {
      return static_cast<const std::byte*>(flat_down_ ? lines[r] : made[r]) + left;
    };
    const auto own = [&](std::int64_t r) { return static_cast<std::byte*>(made[r]) + left; };
    const void** const windows = lines + window_ + block;
    for (std::size_t i = 0; i + 1 < steps_.size() && !down_only_; ++i) {
      const std::int64_t samples = image_.samples + (box_.columns - steps_[i]) * image_.src.c;
      const bool apart = i == 0 && flat_down_;  // rows lie anywhere
      for (std::int64_t r = 0; r < (apart ? count : 1); ++r) {
        const int parts_of = set_windows(i, i == 0 ? from(r) : own(r), windows);
        line_(windows, parts_of, samples, own(r), apart ? 1 : count, between_row_);
      }
    }
    for (std::int64_t r = 0; r < count; ++r) {
      if (down_only_) {
        sink.done(y + r, static_cast<std::byte*>(made[r]));
        continue;
      }
      std::byte* const to = sink.place(y + r);
      const std::size_t last = steps_.size() - 1;
      const int parts_of = set_windows(last, last == 0 ? from(r) : own(r), windows);
      if (finish_ != nullptr) {
        finish_(windows, parts_of, image_.samples, to, stream_);
      } else {
        line_(windows, parts_of, image_.samples, to, 1, 0);
      }
      sink.done(y + r, to);
    }
  }

 private:
  // Many rows of results at once: all looks upwards are kept, one downwards is under way.
  void down_tall(const Parts& parts, const void* const* lines, void* const* made, std::int64_t count) const {
    const std::int64_t samples = image_.samples, above_row = whole_lines(samples * image_.item);
    const auto above = [&](std::int64_t r) { return parts.above + r * above_row; };
    line_(lines + count - 1, static_cast<int>(box_.rows - count + 1), samples, above(count - 1), 1, 0);
    for (std::int64_t r = count - 2; r >= 0; --r) {
      const void* const two[] = {lines[r], above(r + 1)};
      line_(two, 2, samples, above(r), 1, 0);
    }
    for (std::int64_t r = 0; r < count; ++r) {
      if (r > 0) {
        const void* const next[] = {lines[box_.rows + r - 1], parts.below};
        line_(next, r == 1 ? 1 : 2, samples, parts.below, 1, 0);
      }
      const void* const two[] = {above(r), parts.below};
      line_(two, r == 0 ? 1 : 2, samples, made[r], 1, 0);
    }
  }

  // The windows that a step takes the extreme of, which the one before has made; how many.
  int set_windows(std::size_t step, const std::byte* from, const void** windows) const {
    const std::int64_t length = step == 0 ? 1 : steps_[step - 1], last = steps_[step] - length;
    int count = 0;
    for (std::int64_t at = 0;; at += length) {
      at = std::min(at, last);
      windows[count++] = from + at * image_.pixel;
      if (at == last) return count;
    }
  }

  const Image& image_;
  ElementBox box_;
  bool flat_down_, is_tall_, down_only_, stream_;
  std::int64_t window_, before_, behind_, begin_, between_row_;
  RowEnds ends_;
  std::vector<std::int64_t> steps_;
  MorphologyKernels::Line line_;
  MorphologyKernels::Finish finish_;
  std::array<MorphologyKernels::Block, 4> blocks_;

 public:
  std::int64_t block, looks;
  Needs needs;
};

// ---- any flat element: each of its rows is a few runs, and runs of one length share their sliding extremes

std::vector<Run> runs_of(const std::vector<ElementBox>& boxes) {
  std::vector<Run> runs;
  for (const ElementBox& box : boxes) {
    for (std::int64_t k = 0; k < box.rows; ++k) runs.push_back({box.top + k, box.left, box.columns});
  }
  return runs;
}

class RunsWay {
  static constexpr std::int64_t most_level_bytes = std::int64_t{32} << 20;

 public:
  RunsWay(const Image& image, const Step& step)
      : image_(image),
        line_(image.kernels.line[image.type][step.largest]),
        finish_(step.to_rows ? nullptr : image.kernels.finish[image.type][step.largest]),
        stream_(!step.to_rows && image.streams()) {
    const std::vector<Run> runs = runs_of(step.boxes);
    std::int64_t bottom = INT64_MIN, right = 0;
    std::vector<std::int64_t> lengths;
    for (const Run& run : runs) {
      top_ = std::min(top_, run.dy);
      bottom = std::max(bottom, run.dy);
      left_ = std::max(left_, -run.dx);
      right = std::max(right, run.dx + run.length - 1);
      lengths.push_back(run.length);
    }
    std::sort(lengths.begin(), lengths.end());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
    kept_ = bottom - top_ + 1;
    wide_ = left_ + image.src.w + right;
    level_row_ = whole_lines(wide_ * image.pixel);
    if (level_row_ / cache_line % 2 == 0) level_row_ += cache_line;
    // Each length out of the last one, by a few windows of it.
    for (const std::int64_t length : lengths) {
      while (length > 4 * levels_.back()) levels_.push_back(4 * levels_.back());
      if (length > levels_.back()) levels_.push_back(length);
    }
    made_levels_ = static_cast<std::int64_t>(levels_.size()) - 1;
    if (kept_ * made_levels_ * level_row_ > most_level_bytes) {
      // Too many lengths to keep: powers of two, and each run out of two of one of them.
      levels_ = {1};
      while (2 * levels_.back() <= lengths.back()) levels_.push_back(2 * levels_.back());
      made_levels_ = static_cast<std::int64_t>(levels_.size()) - 1;
    }
    for (const Run& run : runs) {
      const auto level = std::upper_bound(levels_.begin(), levels_.end(), run.length) - levels_.begin() - 1;
      const std::int64_t first = run.dx + left_, last = first + run.length - levels_[size_of(level)];
      taken_.push_back({run.dy - top_, level, first * image.pixel});
      if (last > first) taken_.push_back({run.dy - top_, level, last * image.pixel});
    }
    looks = static_cast<std::int64_t>(taken_.size());
    needs = {left_, right, kept_, image.keys(), image.src.dtype};
  }

  struct Parts {
    std::byte *levels, *pointers, *numbers;
  };
  Parts lay_out(ScratchLayout& layout) const {
    return {layout.take(size_of(kept_ * made_levels_ * level_row_)),
            layout.take((taken_.size() + size_of(kept_)) * sizeof(void*)),
            layout.take(size_of(kept_) * sizeof(std::int64_t))};
  }
  void begin(const Parts& parts) const {
    std::fill_n(reinterpret_cast<std::int64_t*>(parts.numbers), kept_, INT64_MIN);
  }

  template <class Source, class Sink>
  void make(const Parts& parts, Source& source, Sink& sink, std::int64_t y, std::int64_t) const {
    auto** const lines = reinterpret_cast<const void**>(parts.pointers);
    auto** const padded = reinterpret_cast<const std::byte**>(parts.pointers) + taken_.size();  // of each slot, its row
    auto* const numbers = reinterpret_cast<std::int64_t*>(parts.numbers);
    const auto slot = [&](std::int64_t row) {
      const std::int64_t rest = row % kept_;
      return rest < 0 ? rest + kept_ : rest;
    };
    const auto made = [&](std::int64_t row, std::int64_t level) {
      return parts.levels + (slot(row) * made_levels_ + level - 1) * level_row_;
    };
    const auto level_of = [&](std::int64_t row, std::int64_t level) -> const std::byte* {
      return level == 0 ? padded[slot(row)] - left_ * image_.pixel : made(row, level);
    };
    for (std::int64_t row = y + top_; row < y + top_ + kept_; ++row) {
      if (numbers[slot(row)] == row) continue;
      numbers[slot(row)] = row;
      padded[slot(row)] = source.row(row);
      for (std::int64_t level = 1; level <= made_levels_; ++level) {
        const std::int64_t length = levels_[size_of(level)], last = levels_[size_of(level - 1)];
        const void* windows[4];
        int count = 0;
        for (std::int64_t at = 0;; at += last) {
          at = std::min(at, length - last);
          windows[count++] = level_of(row, level - 1) + at * image_.pixel;
          if (at == length - last) break;
        }
        line_(windows, count, (wide_ - length + 1) * image_.src.c, made(row, level), 1, 0);
      }
    }
    for (std::size_t k = 0; k < taken_.size(); ++k) {
      lines[k] = level_of(y + top_ + taken_[k].row, taken_[k].level) + taken_[k].offset;
    }
    std::byte* const to = sink.place(y);
    const auto count = static_cast<int>(taken_.size());
    finish_ != nullptr ? finish_(lines, count, image_.samples, to, stream_)
                       : line_(lines, count, image_.samples, to, 1, 0);
    sink.done(y, to);
  }

 private:
  struct Taken {
    std::int64_t row, level, offset;
  };

  const Image& image_;
  MorphologyKernels::Line line_;
  MorphologyKernels::Finish finish_;
  bool stream_;
  std::int64_t top_ = INT64_MAX, left_ = 0, kept_, wide_, level_row_, made_levels_;
  std::vector<std::int64_t> levels_{1};
  std::vector<Taken> taken_;

 public:
  static constexpr std::int64_t block = 1;
  std::int64_t looks;
  Needs needs;
};

// ---- grey elements: pixel by pixel

class GreyWay {
 public:
  GreyWay(const Image& image, const Step& step)
      : image_(image),
        pixels_(runs_of(step.boxes)),
        work_(image.src.dtype == DType::f64 ? DType::f64 : DType::f32),
        work_item_(work_ == DType::f64 ? 8 : 4),
        kernel_(image.kernels.grey[work_ == DType::f64][step.largest]),
        round_(work_ == image.src.dtype ? nullptr : image.convert.from_f32[image.type]),
        looks(4 * static_cast<std::int64_t>(pixels_.size())) {
    std::int64_t bottom = INT64_MIN, left = 0, right = 0;
    for (const Run& run : pixels_) {
      top_ = std::min(top_, run.dy);
      bottom = std::max(bottom, run.dy);
      left = std::max(left, -run.dx);
      right = std::max(right, run.dx);
    }
    needs = {left, right, bottom - top_ + 1, nullptr, work_};
  }

  struct Parts {
    std::byte *reals, *pointers;
  };
  Parts lay_out(ScratchLayout& layout) const {
    return {layout.take(size_of(image_.samples * work_item_)),
            layout.take((pixels_.size() + size_of(needs.kept)) * sizeof(void*))};
  }
  void begin(const Parts&) const {}

  template <class Source, class Sink>
  void make(const Parts& parts, Source& source, Sink& sink, std::int64_t y, std::int64_t) const {
    auto** const lines = reinterpret_cast<const void**>(parts.pointers);
    auto** const window = reinterpret_cast<const std::byte**>(parts.pointers) + pixels_.size();
    for (std::int64_t k = 0; k < needs.kept; ++k) window[k] = source.row(y + top_ + k);
    for (std::size_t k = 0; k < pixels_.size(); ++k) {
      lines[k] = window[pixels_[k].dy - top_] + pixels_[k].dx * image_.src.c * work_item_;
    }
    std::byte* const to = sink.place(y);
    std::byte* const sums = round_ != nullptr ? parts.reals : to;
    kernel_(lines, image_.options.heights.data(), static_cast<int>(pixels_.size()), image_.samples, sums);
    if (round_ != nullptr) round_(sums, to, image_.samples);
    sink.done(y, to);
  }

 private:
  const Image& image_;
  std::vector<Run> pixels_;
  DType work_;
  std::int64_t work_item_, top_ = INT64_MAX;
  MorphologyKernels::Grey kernel_;
  ConvertKernels::Row round_;

 public:
  static constexpr std::int64_t block = 1;
  std::int64_t looks;
  Needs needs;
};

// ---- one step, two at once, and two one after the other

template <class Way>
Status one_step(const Execution& execution, const Image& image, const Step& step) {
  const Way way(image, step);
  const ImageRows rows(image, way.needs);
  const auto lay_out = [&](ScratchLayout& layout) {
    return std::tuple(way.lay_out(layout), layout.take(rows.bytes()), layout.take(size_of(image.own_bytes())));
  };
  ScratchLayout size;
  lay_out(size);
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto [parts, ring, own] = lay_out(layout);
    ImageRows::Strip source(rows, n, ring);
    Results results(image, n, own);
    way.begin(parts);
    for (std::int64_t y = y0; y < y1; y += way.block) {
      way.make(parts, source, results, y, std::min(way.block, y1 - y));
    }
    image.end_strip();
  };
  return image.run(execution, way.looks, way.needs.kept, size.used(), strip);
}

// What the second step finds less what the first one does.
template <class Way>
Status difference_of_steps(const Execution& execution, const Image& image, const Step& one, const Step& two) {
  const Way first(image, one), second(image, two);
  const ImageRows first_rows(image, first.needs), second_rows(image, second.needs);
  const std::int64_t block = first.block, few_row = whole_lines(image.samples * image.item);
  const auto lay_out = [&](ScratchLayout& layout) {
    return std::tuple(first.lay_out(layout), second.lay_out(layout), layout.take(first_rows.bytes()),
                      layout.take(second_rows.bytes()), layout.take(size_of(image.own_bytes())),
                      layout.take(size_of(block * few_row)));
  };
  ScratchLayout size;
  lay_out(size);
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto [first_parts, second_parts, first_ring, second_ring, own, few_memory] = lay_out(layout);
    ImageRows::Strip first_source(first_rows, n, first_ring), second_source(second_rows, n, second_ring);
    first.begin(first_parts);
    second.begin(second_parts);
    for (std::int64_t y = y0; y < y1; y += block) {
      FewRows few(few_memory, few_row, y);
      Differences results(image, n, own, false, [&](std::int64_t row) { return few.place(row); });
      first.make(first_parts, first_source, few, y, std::min(block, y1 - y));
      second.make(second_parts, second_source, results, y, std::min(block, y1 - y));
    }
  };
  return image.run(execution, first.looks + second.looks, first.needs.kept + second.needs.kept, size.used(), strip);
}

// The second step reads what the first one finds, of which there are never more than a few rows. Differences are from
// the image.
template <class Way>
Status step_after_step(const Execution& execution, const Image& image, const Step& one, const Step& two,
                       bool is_difference, bool from_image) {
  const Way first(image, one), second(image, two);
  const ImageRows rows(image, first.needs);
  const MadeRows between(image, second.needs, first.block);
  const ImageView& src = image.src;
  std::int64_t bottom = INT64_MIN;
  for (const ElementBox& box : two.boxes) bottom = std::max(bottom, box.top + box.rows);
  const bool gathers = is_difference && !is_close(src);
  const auto lay_out = [&](ScratchLayout& layout) {
    return std::tuple(first.lay_out(layout), second.lay_out(layout), layout.take(rows.bytes()),
                      layout.take(between.bytes()), layout.take(size_of(image.own_bytes())),
                      layout.take(size_of(gathers ? image.samples * image.item : 0)));
  };
  ScratchLayout size;
  lay_out(size);
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto [first_parts, second_parts, ring, slots, own, gathered] = lay_out(layout);
    ImageRows::Strip source(rows, n, ring);
    const std::int64_t limit =
        image.options.borders.down == Border::wrap ? y1 - 1 + bottom : std::min(src.h, y1 - 1 + bottom);
    MadeRows::Strip<Way, ImageRows::Strip> made(between, first, first_parts, source, limit, slots);
    first.begin(first_parts);
    second.begin(second_parts);
    const auto all_rows = [&](auto&& results) {
      for (std::int64_t y = y0; y < y1; y += second.block) {
        second.make(second_parts, made, results, y, std::min(second.block, y1 - y));
      }
    };
    if (is_difference) {
      all_rows(Differences(image, n, own, from_image, [&, to = gathered](std::int64_t y) -> const std::byte* {
        const std::byte* const row = ResultRows::at(src, n, y);
        if (!gathers) return row;
        copy_samples(row, src.stride_w, src.stride_c, to, image.pixel, image.item, src.w, src.c, src.item_size);
        return to;
      }));
    } else {
      all_rows(Results(image, n, own));
    }
    image.end_strip();
  };
  return image.run(execution, first.looks + second.looks, 2 * (first.needs.kept + second.needs.kept), size.used(),
                   strip, true);
}

template <class Way>
Status steps_of(const Execution& execution, const ImageView& src, const ImageView& dst,
                const MorphologyOptions& options, const std::vector<ElementBox>& mirrored) {
  using enum MorphologyKind;
  const MorphologyKind kind = options.kind;
  const bool is_hat = kind == top_hat || kind == black_top_hat;
  const Image image(execution, src, dst, options, is_hat || kind == gradient);
  const auto step = [&](bool largest, bool from_image, bool to_rows) {
    return Step{largest, largest ? mirrored : options.boxes, from_image, to_rows};
  };
  if (kind == erode || kind == dilate) return one_step<Way>(execution, image, step(kind == dilate, true, false));
  if (kind == gradient) {
    return difference_of_steps<Way>(execution, image, step(false, true, false), step(true, true, false));
  }
  const bool largest_first = kind == closing || kind == black_top_hat;
  return step_after_step<Way>(execution, image, step(largest_first, true, true), step(!largest_first, false, false),
                              is_hat, kind == top_hat);
}

Status morphology_planes(const Execution& execution, const ImageView& src, const ImageView& dst,
                         const MorphologyOptions& options) {
  const std::vector<ElementBox> turned = mirrored(options.boxes);
  if (!options.heights.empty()) return steps_of<GreyWay>(execution, src, dst, options, turned);
  if (options.boxes.size() == 1) return steps_of<BoxWay>(execution, src, dst, options, turned);
  return steps_of<RunsWay>(execution, src, dst, options, turned);
}

}  // namespace

Status morphology(const Execution& execution, const ImageView& src, const ImageView& dst,
                  const MorphologyOptions& options) {
  if (Status status = check_morphology(src, dst, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  return by_planes(src, dst, options,
                   [&](const ImageView& from, const ImageView& to, const MorphologyOptions& of_plane) {
                     return morphology_planes(execution, from, to, of_plane);
                   });
}

}  // namespace px
