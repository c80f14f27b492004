// Rows of an image for filters that look at a neighbourhood: as the samples that are computed with, close together, and
// continued beyond the image's sides as its border says.
//
//   PaddedRows rows(src, {..});                       once; its memory is the caller's: rows.bytes() for each worker
//   PaddedRows::Ring ring(rows, n, memory);           for each strip of image n
//   const std::byte* begin = ring.row(y);             any y, also outside; stays valid for `kept` further rows
//
// Rows that are to be read neither converted nor beyond the image's sides are not copied but read where they are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/border.h"
#include "core/image.h"
#include "core/status.h"
#include "dispatch/cpu.h"
#include "kernels/convert.h"

namespace px {

// Copies a pixel: mostly of a few bytes, for which a call takes longer than the copy.
inline void copy_pixel(const std::byte* from, std::byte* to, std::int64_t bytes) {
  switch (bytes) {
    case 1: *to = *from; return;
    case 2: std::memcpy(to, from, 2); return;
    case 3: std::memcpy(to, from, 3); return;
    case 4: std::memcpy(to, from, 4); return;
    case 6: std::memcpy(to, from, 6); return;
    case 8: std::memcpy(to, from, 8); return;
    case 12: std::memcpy(to, from, 12); return;
    case 16: std::memcpy(to, from, 16); return;
    default: std::memcpy(to, from, static_cast<std::size_t>(bytes));
  }
}

// Samples one by one; of u8 each as a pair of int16 with the next pixel's; or as f64 with colours times their alpha.
enum class SampleForm : std::uint8_t { single, pairs, premultiplied };

constexpr SampleForm form_of(Alpha alpha) {
  return alpha == Alpha::channel ? SampleForm::single : SampleForm::premultiplied;
}

class PaddedRows {
 public:
  struct Options {
    Borders borders;
    const std::byte* value;    // a pixel of src: what a constant border is
    std::int64_t begin, end;   // pixels whose neighbourhoods are read,
    std::int64_t left, right;  // and so many to either side of them
    std::int64_t kept;         // rows that are in use at once
    DType work;                // what samples become: src's dtype, f32 or f64;
    SampleForm form = SampleForm::single;
    ConvertKernels::Row keys = nullptr;  // makes keys of the samples, of their size; work is src's dtype then
    const ImageView* mask = nullptr;     // bytes, one channel, continued as src is: where 0,
    const std::byte* covered = nullptr;  // pixels become this one, of what is computed with
    bool copied = false;                 // rows are not read where they are, whatever they are
  };
  PaddedRows(const ImageView& src, const Options& options, Isa isa);

  // A pixel of the constant border, as it is computed with.
  const std::byte* value() const { return value_.data(); }

  // Of memory for one ring.
  std::size_t bytes() const { return static_cast<std::size_t>(slots() * slot_bytes_ + extra_bytes_); }

  class Ring {
   public:
    Ring(const PaddedRows& rows, std::int64_t n, std::byte* memory);
    const std::byte* row(std::int64_t y);
    // Rows y .. y + count - 1, each from `offset` bytes behind its begin. Of whole rows in less time than one by one.
    void rows(std::int64_t y, std::int64_t count, std::int64_t offset, const void** lines);
    // Has what rows y .. y + count - 1 are made of fetched meanwhile.
    void ask_for(std::int64_t y, std::int64_t count) const;
    // Where row y will be read from: to be asked for, not to be read.
    const std::byte* source(std::int64_t y) const;

   private:
    std::byte* slot(std::int64_t index) const { return memory_ + index * rows_.slot_bytes_ + rows_.begin_; }
    // Behind the slots: which row each holds, and a row of src's samples.
    std::int64_t* numbers() const {
      return reinterpret_cast<std::int64_t*>(memory_ + rows_.slots() * rows_.slot_bytes_);
    }
    std::byte* gathered() const { return reinterpret_cast<std::byte*>(numbers()) + rows_.numbers_bytes(); }
    std::byte* find(std::int64_t y, std::int64_t at, bool& is_there);
    void fill(std::int64_t at, std::byte* to);
    template <std::int64_t Size>
    void fill_whole(std::int64_t at, std::byte* to) const;
    template <std::int64_t Size>
    void find_whole(std::int64_t y, std::int64_t count, std::int64_t offset, const void** lines);
    void fill_samples(std::int64_t at, std::byte* to);
    void cover(std::int64_t at, std::byte* to) const;

    const PaddedRows& rows_;
    const std::byte *image_, *mask_;
    std::byte* memory_;
    std::int64_t y_ = 0, index_ = 0;  // the row last asked for, and its slot
  };

 private:
  // Of a low image all rows, each once: however far a neighbourhood reaches, a border repeats no others.
  bool keeps_all() const { return options_.kept >= src_.h; }
  std::int64_t kept() const { return direct_ ? 0 : std::min(options_.kept, src_.h); }
  std::int64_t slots() const { return kept() + 1; }  // the last for the row of a constant border
  std::int64_t numbers_bytes() const { return (slots() + 7) / 8 * 64; }

  ImageView src_;
  Options options_;
  std::vector<std::byte> value_;
  std::vector<std::int64_t> beyond_;         // for the pixels beyond the sides those of the image, or -1
  ConvertKernels::Row convert_;              // null where samples are moved as they are,
  ConvertKernels::Premultiply premultiply_;  // or without this
  decltype(ConvertKernels::pairs) pairs_;
  bool direct_, whole_;  // rows are read where they are; each is continued to both sides
  std::int64_t work_item_, begin_, slot_bytes_, extra_bytes_;
};

// Whether there is such an alpha.
inline Status check_alpha(const ImageView& src, Alpha alpha, bool in_float64) {
  if (alpha == Alpha::channel) return Status::ok();
  if (!has_alpha(src)) return Status::value_error("premultiply needs an alpha channel");
  return in_float64 ? Status::ok() : Status::type_error("colours are multiplied by alpha in float64");
}

// Continues a row of `width` pixels of `pixel` bytes to both sides; `outside` is a pixel of the constant border.
void continue_row(std::byte* row, std::int64_t width, std::int64_t pixel, std::int64_t left, std::int64_t right,
                  Border across, const std::byte* outside);

// The same for many rows: from where to continue them is found once.
class RowEnds {
 public:
  RowEnds(std::int64_t width, std::int64_t pixel, std::int64_t left, std::int64_t right, Border across);
  // `rows` of them, `step` bytes apart.
  void continue_rows(std::byte* first, std::int64_t rows, std::int64_t step, const std::byte* outside) const;

 private:
  std::int64_t width_, pixel_, left_, right_;
  std::vector<std::int64_t> inside_;  // of each pixel beyond the sides, or -1
};

}  // namespace px
