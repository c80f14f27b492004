// What filters that select samples have in common: strips of rows, and how a row of results gets to where it belongs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/copy.h"
#include "core/execution.h"
#include "core/image.h"
#include "core/parallel.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/keys.h"

namespace px {

class ResultRows {
 public:
  // `is_final`: rows of results are what goes to `to`, which has the sizes and the dtype of `from`.
  ResultRows(const Execution& execution, const ImageView& from, const ImageView& to, bool is_final)
      : src(from),
        dst(to),
        isa(execution.isa),
        type(static_cast<int>(from.dtype)),
        samples(from.w * from.c),
        item(from.item_size),
        pixel(from.c * from.item_size),
        is_direct(is_close(to) && is_final) {}

  static std::byte* at(const ImageView& view, std::int64_t n, std::int64_t y) {
    return view.data + n * view.stride_n + y * view.stride_h;
  }

  ConvertKernels::Row keys() const { return PX_PICK_KERNELS(isa, keys_kernels).to[type]; }
  bool is_float() const { return keys() != nullptr; }

  // Where a row of results is to be written: in dst, or in `own`, from where spread() takes it.
  std::byte* row(std::int64_t n, std::int64_t y, std::byte* own) const { return is_direct ? at(dst, n, y) : own; }
  void spread(std::int64_t n, std::int64_t y, const std::byte* own) const {
    copy_samples(own, pixel, item, at(dst, n, y), dst.stride_w, dst.stride_c, dst.w, dst.c, static_cast<int>(item));
  }
  bool streams() const { return is_direct && past_caches(dst.n * dst.h * samples * item); }

  // Runs body(n, y0, y1, memory) on strips. `looks`: how often a sample is looked at; `rows`: those that a result
  // reads, which may be results of another step (`made`).
  template <class Body>
  Status run(const Execution& execution, std::int64_t looks, std::int64_t rows, std::size_t memory, Body&& body,
             bool made = false) const {
    const std::int64_t work = 2 + looks / 4, row_bytes = samples * item * work;
    const Execution run = execution_for(execution, dst.n * dst.h * row_bytes);
    const std::int64_t preferred =
        std::min(std::max<std::int64_t>({16, 4 * rows, (std::int64_t{1} << 18) / (samples * item)}),
                 most_rows(row_bytes, made ? rows : 64 * rows / work));
    const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);
    const std::int64_t tasks = strips.count * dst.n;
    const Scratch scratch(memory * static_cast<std::size_t>(worker_count(run, tasks)));
    return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
      const std::int64_t y0 = task % strips.count * strips.rows;
      body(task / strips.count, y0, std::min(dst.h, y0 + strips.rows),
           scratch.data() + memory * static_cast<std::size_t>(worker));
    });
  }

  const ImageView &src, &dst;
  const Isa isa;
  const int type;
  const std::int64_t samples, item, pixel;
  const bool is_direct;
};

}  // namespace px
