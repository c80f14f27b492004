// Rows of an image for filters that look at a neighbourhood: as the samples that are computed with, close together, and
// continued beyond the image's sides as its border says.
//
//   PaddedRows rows(src, {..});                       once; its memory is the caller's: rows.bytes() for each worker
//   PaddedRows::Ring ring(rows, n, memory);           for each strip of image n
//   const std::byte* pixel0 = ring.row(y);            any y, also outside; stays valid for `kept` further rows
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/border.h"
#include "core/image.h"
#include "dispatch/cpu.h"
#include "kernels/convert.h"

namespace px {

struct Borders {
  Border down, across;
};

class PaddedRows {
 public:
  struct Options {
    Borders borders;
    const std::byte* value;    // a pixel of src: what a constant border is
    std::int64_t left, right;  // pixels beyond the sides that are read
    std::int64_t kept;         // rows that are in use at once
    DType work;                // what samples become: src's dtype, f32 or f64
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

   private:
    std::byte* slot(std::int64_t index) const { return memory_ + index * rows_.slot_bytes_ + rows_.begin_; }
    // Behind the slots: which row each holds, and a row of src's samples.
    std::int64_t* numbers() const {
      return reinterpret_cast<std::int64_t*>(memory_ + rows_.slots() * rows_.slot_bytes_);
    }
    std::byte* gathered() const { return reinterpret_cast<std::byte*>(numbers()) + rows_.numbers_bytes(); }
    void fill(std::int64_t at, std::byte* to);

    const PaddedRows& rows_;
    const std::byte* image_;
    std::byte* memory_;
  };

 private:
  std::int64_t slots() const { return options_.kept + 1; }  // the last for the row of a constant border
  std::int64_t numbers_bytes() const { return (slots() + 7) / 8 * 64; }

  ImageView src_;
  Options options_;
  std::vector<std::byte> value_;
  ConvertKernels::Row convert_;  // null where samples are moved as they are
  bool close_, direct_;
  std::int64_t work_item_, begin_, slot_bytes_, extra_bytes_;
};

}  // namespace px
