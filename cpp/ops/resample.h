// Resampling of strips of rows by a plan. resize and preprocess both stand on this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/image.h"
#include "core/resample_plan.h"
#include "core/trace.h"
#include "dispatch/cpu.h"
#include "kernels/convert.h"
#include "kernels/nearest.h"
#include "kernels/resample_horizontal.h"
#include "kernels/resample_vertical.h"

namespace px {

// Makes strips of rows of the result, of the source's dtype. Immutable; strips may run at the same time.
class Resampler {
 public:
  // What is made. Columns [x0, x1) of a result of height x width, mirrored if `flip`. `planar` resamples each channel
  // as an image of its own (strips then name the channel), else pixels are interleaved.
  struct Task {
    std::int64_t height, width;
    ResizeOptions options;
    bool planar;
    std::int64_t x0, x1;
    bool flip;
    bool operator==(const Task&) const = default;
  };

  // One for such views, whose sizes and strides were checked. Kept per thread, beside the plans: everything that does
  // not depend on the pixels is made once.
  static std::shared_ptr<const Resampler> get(Isa isa, const ImageView& src, const Task& task);

  Resampler(std::shared_ptr<const ResizePlan> plan, Isa isa, const ImageView& src, const Task& task);
  Resampler(Resampler&&) = default;  // and no copies, as it points into its own tables

  int channels() const { return channels_; }
  std::size_t bytes() const;  // of memory, about, with the plan's
  std::int64_t row_bytes() const { return (x1_ - x0_) * channels_ * src_.item_size; }
  // Rows that strips are made of for good use of registers and caches; any number works. Strips that follow one
  // another in one thread may be tall.
  std::int64_t preferred_rows(bool one_after_another) const;
  std::size_t scratch_bytes(std::int64_t y0, std::int64_t y1, std::int64_t strip_rows) const;

  // Rows [y0, y1) of an image of `src` to dst, dst + dst_stride, ..: row_bytes() each.
  void strip(const ImageView& src, std::int64_t image, std::int64_t channel, std::int64_t y0, std::int64_t y1,
             std::byte* dst, std::ptrdiff_t dst_stride, std::byte* scratch) const;

 private:
  struct Tile {
    std::int64_t x0, x1;      // outputs, relative to x0_ and in the order of dst
    std::int64_t in0, in1;    // inputs that they read
    std::vector<Tile> parts;  // what the horizontal kernel takes at once
  };
  struct Source;
  struct Parts;

  template <class T>
  std::vector<T> mirrored(const std::vector<T>& table) const;
  void make_tiles();
  void leave_out_unused();
  std::vector<Tile> split_columns(std::int64_t begin, std::int64_t end, std::int64_t most_inputs) const;
  void span_of_rows(std::int64_t y0, std::int64_t y1, std::int64_t& first, std::int64_t& last) const;
  Parts parts(std::byte* base, std::int64_t span) const;
  bool reads_row(std::int64_t r, std::int64_t y0, std::int64_t y1) const;
  Source source(const ImageView& src, std::int64_t image, std::int64_t channel, std::int64_t y0, std::int64_t y1,
                std::int64_t r0, std::int64_t r1, const Parts& parts) const;
  void halve_strip(const Source& source, std::int64_t y0, std::int64_t y1, std::byte* dst,
                   std::ptrdiff_t dst_stride) const;
  void nearest_strip(const Source& source, std::int64_t y0, std::int64_t y1, std::byte* dst,
                     std::ptrdiff_t dst_stride) const;
  void copy_strip(const Source& source, std::int64_t y0, std::int64_t y1, std::byte* dst,
                  std::ptrdiff_t dst_stride) const;
  void gather_rows(const std::byte* src, std::ptrdiff_t src_stride, int rows, HorizontalKernels::Gather kernel,
                   std::byte* dst, std::ptrdiff_t dst_stride, const Ahead& ahead) const;
  void vertical_rows(const Source& source, std::int64_t y, int rows, std::int64_t y_end, std::int64_t in0,
                     std::int64_t in1, VerticalKernels::Row kernel, std::byte* dst, std::ptrdiff_t dst_stride,
                     const Parts& parts, const Ahead& meanwhile = {}) const;
  SweepJob sweep_job(const Source& source, std::int64_t y, int rows, std::int64_t in0, const Parts& parts) const;
  void vertical_row(const Source& source, std::int64_t y, std::int64_t y_end, std::int64_t in0, std::int64_t in1,
                    VerticalKernels::Row kernel, void* dst, const Parts& parts) const;
  template <class Supply>
  void horizontal_parts(const Tile& tile, int rows, HorizontalKernels::Columns kernel, std::byte* dst,
                        std::ptrdiff_t dst_stride, std::size_t dst_item, const Parts& parts, Supply&& supply) const;
  void horizontal_rows(const std::byte* src, std::ptrdiff_t src_stride, int rows, const Tile& tile, bool first,
                       std::byte* dst, std::ptrdiff_t dst_stride, std::size_t dst_item, const Parts& parts,
                       const Ahead& ahead) const;
  bool sweeps_into_columns() const;
  void swept_rows(const Source& source, std::int64_t y, int rows, const Tile& tile, std::byte* dst,
                  std::ptrdiff_t dst_stride, const Parts& parts) const;
  Ahead row_ahead(const std::byte* row, std::ptrdiff_t pixel) const;
  Ahead rows_ahead(const Source& source, std::int64_t y0, std::int64_t y1, const Tile& tile) const;

  std::shared_ptr<const ResizePlan> plan_;
  const VerticalKernels& down_;
  const HorizontalKernels& across_;
  const NearestKernels& nearest_;
  ImageView src_;  // sizes and dtype alone: where the pixels lie, and with which strides, each call says
  bool premultiply_, packed_, far_;  // far: worth fetching ahead
  int channels_;
  std::int64_t height_, x0_, x1_;
  bool flip_;
  DType source_type_ = DType::other;  // what the passes read
  std::size_t source_item_ = 0, between_item_ = 0, result_item_ = 0;
  int rows_at_once_ = 1;
  VerticalKernels::Row vertical_first_ = nullptr, vertical_second_ = nullptr, vertical_only_ = nullptr;
  VerticalKernels::Sweep sweep_ = nullptr;  // stands for vertical_first_ or vertical_only_
  HorizontalKernels::Transpose transpose_source_ = nullptr, transpose_between_ = nullptr;
  HorizontalKernels::Columns horizontal_first_ = nullptr,
                             horizontal_last_ = nullptr;  // before a vertical pass, or not
  HorizontalKernels::Gather gather_first_ = nullptr, gather_second_ = nullptr, gather_only_ = nullptr;
  HorizontalKernels::GatherReal gather_real_ = nullptr;
  bool halve_ = false;                          // by the kernel for means of 2 x 2
  bool gather_ = false;                         // the horizontal pass goes by permutations, over whole rows
  HorizontalKernels::Convert load_ = nullptr;   // source samples to the reals of the horizontal pass
  HorizontalKernels::Convert store_ = nullptr;  // reals to samples of the source's dtype
  ConvertKernels::Premultiply premultiply_row_ = nullptr;
  bool finish_ = false;  // results are reals that finish_row() turns into samples
  Trace trace_;          // the ways that it takes
  // The column table of the wanted columns, in the order of dst: the plan's own, or mirrored, or of packed columns.
  const std::int32_t *first_ = nullptr, *count_ = nullptr;
  const std::int64_t* offset_ = nullptr;
  std::vector<std::int32_t> own_first_, mirrored_count_;
  std::vector<std::int64_t> mirrored_offset_;
  std::vector<std::int32_t> runs_;  // where in a row the packed taps of each result begin, if they are packed
  std::vector<Tile> tiles_;
  std::int64_t first_row_ = 0, last_row_ = 0;  // of the source, that the whole result reads
  std::int64_t in_low_ = 0, in_high_ = 0, widest_in_ = 0, widest_out_ = 0, widest_part_ = 0;  // over the tiles
};

}  // namespace px
