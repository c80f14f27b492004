#include "ops/rank.h"

#include <algorithm>
#include <cstdlib>

#include "core/check.h"
#include "kernels/rank.h"
#include "ops/result_rows.h"

namespace px {
namespace {

constexpr std::int64_t farthest = std::int64_t{1} << 29;
constexpr std::int64_t most_pixels = std::int64_t{1} << 24;  // of a neighbourhood: pointers to them are kept

// Medians of squares for which there is a network: 3, 5 and 7.
Status median_way(const Execution& execution, const ResultRows& results, const RankOptions& options) {
  const ElementBox& box = options.boxes.front();
  const ImageView& src = results.src;
  const RankKernels& kernels = PX_PICK_KERNELS(results.isa, rank_kernels);
  const std::int64_t side = box.rows, pixel = results.pixel, samples = results.samples;
  const auto sort = kernels.sort[side / 2 - 1][results.type];
  const auto median = kernels.median[side / 2 - 1][results.type];
  const std::int64_t before = std::max<std::int64_t>(0, -box.left);
  const std::int64_t behind = std::max<std::int64_t>(0, box.left + side - 1);
  // Columns are sorted as they lie, and become keys; then the rows of sorted ones are continued.
  const PaddedRows rows(src, {options.borders, options.value, 0, src.w, 0, 0, side, src.dtype}, results.isa);
  std::vector<std::byte> outside(rows.value(), rows.value() + pixel);
  if (results.is_float()) results.keys()(outside.data(), outside.data(), src.c);
  const std::int64_t begin = whole_lines(before * pixel);
  std::int64_t sorted_row = begin + whole_lines((src.w + behind) * pixel + cache_line);
  if (sorted_row / cache_line % 2 == 0) sorted_row += cache_line;
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *ring, *sorted, *result;
    };
    return Parts{layout.take(rows.bytes()), layout.take(size_of(side * sorted_row)),
                 layout.take(results.is_direct ? 0 : size_of(samples * results.item))};
  };
  ScratchLayout size;
  lay_out(size);
  const bool stream = results.streams();
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto parts = lay_out(layout);
    PaddedRows::Ring ring(rows, n, parts.ring);
    const void *lines[7], *sorted[7];
    void* made[7];
    for (std::int64_t r = 0; r < side; ++r) {
      std::byte* const row = parts.sorted + r * sorted_row + begin;
      made[r] = row;
      sorted[r] = row + box.left * pixel;
    }
    for (std::int64_t y = y0; y < y1; ++y) {
      for (std::int64_t r = 0; r < side; ++r) lines[r] = ring.row(y + box.top + r);
      std::byte* const to = results.row(n, y, parts.result);
      const std::byte* const next = ring.source(y + box.top + side + 1);
      const void* const ahead[] = {next, stream ? next : to};  // what is read next, and what is written now
      sort(lines, samples, made, ahead);
      for (std::int64_t r = 0; r < side; ++r) {
        continue_row(static_cast<std::byte*>(made[r]), src.w, pixel, before, behind, options.borders.across,
                     outside.data());
      }
      median(sorted, src.c, samples, to, stream);
      if (!results.is_direct) results.spread(n, y, to);
    }
    if (stream) kernels.streamed();
  };
  return results.run(execution, 4 * side * side, side, size.used(), strip);
}

// Any rank of any neighbourhood.
Status select_way(const Execution& execution, const ResultRows& results, const RankOptions& options) {
  const ImageView& src = results.src;
  std::int64_t top = INT64_MAX, bottom = INT64_MIN, left = 0, right = 0, count = 0;
  for (const ElementBox& box : options.boxes) {
    top = std::min(top, box.top);
    bottom = std::max(bottom, box.top + box.rows - 1);
    left = std::max(left, -box.left);
    right = std::max(right, box.left + box.columns - 1);
    count += box.rows * box.columns;
  }
  const std::int64_t kept = bottom - top + 1;
  const PaddedRows rows(src,
                        {options.borders, options.value, 0, src.w, left, right, kept, src.dtype, false, results.keys()},
                        results.isa);
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *ring, *result, *pointers;
    };
    return Parts{layout.take(rows.bytes()),
                 layout.take(results.is_direct ? 0 : size_of(results.samples * results.item)),
                 layout.take(size_of(count + kept) * sizeof(void*))};
  };
  ScratchLayout size;
  lay_out(size);
  const auto select = PX_PICK_KERNELS(results.isa, rank_kernels).select[results.type];
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto parts = lay_out(layout);
    PaddedRows::Ring ring(rows, n, parts.ring);
    auto** const lines = reinterpret_cast<const void**>(parts.pointers);
    auto** const window = reinterpret_cast<const std::byte**>(parts.pointers) + count;
    for (std::int64_t y = y0; y < y1; ++y) {
      for (std::int64_t k = 0; k < kept; ++k) window[k] = ring.row(y + top + k);
      std::int64_t k = 0;
      for (const ElementBox& box : options.boxes) {
        for (std::int64_t j = 0; j < box.rows; ++j) {
          for (std::int64_t i = 0; i < box.columns; ++i) {
            lines[k++] = window[box.top + j - top] + (box.left + i) * results.pixel;
          }
        }
      }
      std::byte* const to = results.row(n, y, parts.result);
      select(lines, count, options.rank, results.samples, to);
      if (!results.is_direct) results.spread(n, y, to);
    }
  };
  return results.run(execution, 8 * count, kept, size.used(), strip);
}

Status rank_planes(const Execution& execution, const ImageView& src, const ImageView& dst, const RankOptions& options) {
  const ResultRows results(execution, src, dst, true);
  const ElementBox& box = options.boxes.front();
  const bool has_network = options.boxes.size() == 1 && box.rows == box.columns && box.rows % 2 == 1 && box.rows >= 3 &&
                           box.rows <= 7 && options.rank == box.rows * box.columns / 2;
  return has_network ? median_way(execution, results, options) : select_way(execution, results, options);
}

Status check_neighbourhood(const RankOptions& options) {
  if (options.boxes.empty()) return Status::value_error("the neighbourhood is empty");
  std::int64_t pixels = 0;
  for (const ElementBox& box : options.boxes) {
    if (box.rows < 1 || box.columns < 1) return Status::value_error("a box is empty");
    if (std::max({std::abs(box.top), std::abs(box.left), box.rows, box.columns}) > farthest) {
      return Status::value_error("a box is too far");
    }
    if (box.rows * box.columns > most_pixels - pixels) return Status::value_error("the neighbourhood is too large");
    pixels += box.rows * box.columns;
  }
  if (options.rank < 0 || options.rank >= pixels) return Status::value_error("there is no such rank");
  return Status::ok();
}

}  // namespace

Status rank(const Execution& execution, const ImageView& src, const ImageView& dst, const RankOptions& options) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.h != dst.h || src.w != dst.w || src.c != dst.c) {
    return Status::value_error("out must have image's sizes");
  }
  if (src.dtype == DType::other) return Status::type_error("this dtype is not ordered");
  if (src.dtype != dst.dtype) return Status::type_error("out must have image's dtype");
  if (Status status = check_neighbourhood(options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  // Planes are images of one channel.
  if (src.c == 1 || src.stride_c == src.item_size || dst.stride_c == dst.item_size) {
    return rank_planes(execution, src, dst, options);
  }
  for (std::int64_t c = 0; c < src.c; ++c) {
    ImageView from = src, to = dst;
    RankOptions of_plane = options;
    from.data += c * src.stride_c;
    to.data += c * dst.stride_c;
    from.c = to.c = 1;
    of_plane.value += c * src.item_size;
    if (Status status = rank_planes(execution, from, to, of_plane); !status.is_ok()) return status;
  }
  return Status::ok();
}

}  // namespace px
