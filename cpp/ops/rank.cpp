#include "ops/rank.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/check.h"
#include "core/planes.h"
#include "kernels/histogram.h"
#include "kernels/rank.h"
#include "ops/padded_rows.h"
#include "ops/result_rows.h"

namespace px {
namespace {

constexpr std::int64_t few_pixels = 56;  // of which histograms take longer than looking at all
constexpr std::int64_t narrowest_tile = 128;

constexpr std::int64_t near_bytes = 1 << 14;  // of rows that stay in the L1 cache while medians are made of them
constexpr std::int64_t most_rows_of_call = 32;
constexpr std::int64_t end_bytes = 128;    // of a row's results that are made of padded rows where the others need none
constexpr std::int64_t wide_bytes = 4096;  // of a row that is worth it

// How samples are compared: what makes them keys, if anything, as what, and what turns them back.
struct Keys {
  ConvertKernels::Row to;
  KeyType type;
  KeyForm form;
};
Keys keys_of(const ResultRows& results) {
  const ConvertKernels::Row to = results.keys();
  switch (results.src.dtype) {
    case DType::u16: return {to, KeyType::u16, {0, 0}};
    case DType::i16: return {to, KeyType::i16, {0, 0}};
    case DType::f16: return {to, KeyType::i16, {0x3ff, 0x7fff}};
    case DType::f32: return {to, KeyType::i32, {0x7fffff, 0x7fffffff}};
    case DType::f64: return {to, KeyType::i64, {0xfffffffffffff, 0x7fffffffffffffff}};
    default: return {to, KeyType::u8, {0, 0}};
  }
}

// Medians of squares for which there is a network: 3, 5 and 7; two rows of results at a time, some of these in a call.
Status median_way(const Execution& execution, const ResultRows& results, const RankOptions& options) {
  const ElementBox& box = options.boxes.front();
  const ImageView& src = results.src;
  const RankKernels& kernels = PX_PICK_KERNELS(results.isa, rank_kernels);
  const Keys keys = keys_of(results);
  const std::int64_t side = box.rows, pixel = results.pixel, item = results.item;
  const std::int64_t left = -box.left, right = box.left + side - 1;
  const auto medians = kernels.medians[side / 2 - 1][static_cast<int>(keys.type)];
  const bool stream = results.streams();
  // Wide rows that are compared as they are become padded ones at their ends alone, which kernels may read beyond.
  const std::int64_t at_end = end_bytes / pixel + side;
  const bool by_ends =
      keys.to == nullptr && is_close(src) && !stream && src.w * pixel >= wide_bytes && src.w >= 4 * at_end;
  const std::int64_t ring_row = by_ends ? 2 * (at_end + side) * pixel : (src.w + side) * pixel;
  const std::int64_t together =
      std::clamp<std::int64_t>(stream ? 0 : near_bytes / ring_row / 2 * 2, 2, most_rows_of_call);
  struct Part {
    std::int64_t begin, end;
    PaddedRows rows;
  };
  std::vector<Part> parts;
  const auto add_part = [&](std::int64_t begin, std::int64_t end) {
    parts.push_back(
        {begin, end,
         PaddedRows(
             src,
             {options.borders, options.value, begin, end, left, right, together + side - 1, src.dtype, {}, keys.to},
             results.isa)});
  };
  if (by_ends) {
    add_part(0, at_end);
    add_part(at_end, src.w - at_end);
    add_part(src.w - at_end, src.w);
  } else {
    add_part(0, src.w);
  }
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Memory {
      std::byte *rings[3], *results, *lines;
    };
    Memory memory;
    for (std::size_t i = 0; i < parts.size(); ++i) memory.rings[i] = layout.take(parts[i].rows.bytes());
    memory.results = layout.take(results.is_direct ? 0 : size_of(together * results.samples * item));
    memory.lines = layout.take(size_of(together + side - 1) * sizeof(void*));
    return memory;
  };
  ScratchLayout size;
  lay_out(size);
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* scratch) {
    ScratchLayout layout(scratch);
    const auto memory = lay_out(layout);
    std::vector<PaddedRows::Ring> rings;
    for (std::size_t i = 0; i < parts.size(); ++i) rings.emplace_back(parts[i].rows, n, memory.rings[i]);
    auto** const lines = reinterpret_cast<const void**>(memory.lines);
    for (std::int64_t y = y0; y < y1; y += together) {
      const std::int64_t rows = std::min(together, y1 - y), top = y + box.top, beyond = top + rows + side - 1;
      std::byte* const to = results.row(n, y, memory.results);
      const std::int64_t stride = results.is_direct ? results.dst.stride_h : results.samples * item;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const Part& part = parts[i];
        rings[i].rows(top, rows + side - 1, -left * pixel, lines);
        const std::int64_t begin = part.begin * pixel;
        // Of rows that are copied those of the next call are to come meanwhile.
        const std::int64_t next = by_ends ? top + side + 1 : beyond;
        medians({lines, pixel, (part.end - part.begin) * pixel, to + begin, rows, stride, rings[i].source(next) + begin,
                 src.stride_h, stream},
                keys.form);
      }
      for (std::int64_t r = 0; !results.is_direct && r < rows; ++r) results.spread(n, y + r, to + r * stride);
    }
    if (stream) kernels.streamed();
  };
  // Networks of 5 x 5 and of 7 x 7 compare as often as it says; that of 3 x 3 takes little longer than copying.
  return results.run(execution, side == 3 ? 8 : 4 * side * side, side, size.used(), strip);
}

HistogramCounts counts_for(std::int64_t rows, std::int64_t pixels) {
  if (pixels <= UINT8_MAX) return HistogramCounts::u8_u8;
  if (pixels > UINT16_MAX) return HistogramCounts::u32_u32;
  return rows <= UINT8_MAX ? HistogramCounts::u8_u16 : HistogramCounts::u16_u16;
}

// Any rank of a rectangle of uint8, in time that hardly depends on its size.
Status histogram_way(const Execution& execution, const ResultRows& results, const RankOptions& options) {
  const ElementBox& box = options.boxes.front();
  const ImageView &src = results.src, &dst = results.dst;
  const std::int64_t c = src.c, pixels = box.rows * box.columns;
  const auto type = static_cast<std::size_t>(counts_for(box.rows, pixels));
  const HistogramKernels& kernels = PX_PICK_KERNELS(results.isa, histogram_kernels);
  const ImageView* const mask = options.mask ? &*options.mask : nullptr;
  const auto fill = kernels.move[mask != nullptr][type], next = kernels.next[mask != nullptr][type];
  const std::int64_t left = -box.left, right = box.left + box.columns - 1;
  // Tiles whose histograms stay near: the columns of a window that begin a tile are counted twice.
  const std::int64_t width = std::min(src.w, std::max(narrowest_tile, 4 * box.columns));
  static constexpr std::byte counts{1};
  struct Tile {
    std::int64_t begin, end;
    PaddedRows rows;
    std::optional<PaddedRows> mask;
  };
  std::vector<Tile> tiles;
  std::size_t ring_bytes = 0, mask_bytes = 0;
  for (std::int64_t x = 0; x < src.w; x += width) {
    const std::int64_t end = std::min(src.w, x + width);
    PaddedRows::Options padding{options.borders, options.value, x, end, left, right, box.rows + 1, DType::u8};
    tiles.push_back({x, end, PaddedRows(src, padding, results.isa), {}});
    ring_bytes = std::max(ring_bytes, tiles.back().rows.bytes());
    if (mask == nullptr) continue;
    padding.value = &counts;
    mask_bytes = std::max(mask_bytes, tiles.back().mask.emplace(*mask, padding, results.isa).bytes());
  }
  const std::size_t counts_bytes = size_of((width + box.columns - 1) * HistogramKernels::column[type]);
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *ring, *mask, *counts;
    };
    return Parts{layout.take(ring_bytes), layout.take(mask_bytes), layout.take(counts_bytes)};
  };
  ScratchLayout size;
  lay_out(size);
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto parts = lay_out(layout);
    for (const Tile& tile : tiles) {
      for (std::int64_t channel = 0; channel < c; ++channel) {
        PaddedRows::Ring ring(tile.rows, n, parts.ring);
        std::optional<PaddedRows::Ring> mask_ring;
        if (tile.mask) mask_ring.emplace(*tile.mask, n, parts.mask);
        std::memset(parts.counts, 0, counts_bytes);
        const auto row_of = [](PaddedRows::Ring& from, std::int64_t y, std::int64_t before) {
          return reinterpret_cast<const std::uint8_t*>(from.row(y)) - before;
        };
        HistogramRow row{};
        row.stride = c;
        row.columns = box.columns;
        row.results = tile.end - tile.begin;
        row.rank = options.rank;
        row.dst_stride = dst.stride_w;
        row.counts = parts.counts;
        const auto enter = [&](std::int64_t y) {
          row.entering = row_of(ring, y, left * c) + channel;
          if (mask_ring) row.mask_entering = row_of(*mask_ring, y, left);
        };
        for (std::int64_t k = 0; k + 1 < box.rows; ++k) {
          enter(y0 + box.top + k);
          fill(row);
        }
        for (std::int64_t y = y0; y < y1; ++y) {
          enter(y + box.top + box.rows - 1);
          if (y > y0) {
            row.leaving = row_of(ring, y + box.top - 1, left * c) + channel;
            if (mask_ring) row.mask_leaving = row_of(*mask_ring, y + box.top - 1, left);
          }
          row.dst = reinterpret_cast<std::uint8_t*>(ResultRows::at(dst, n, y) + tile.begin * dst.stride_w +
                                                    channel * dst.stride_c);
          next(row);
        }
      }
    }
  };
  // Strips begin by counting all rows but one of a window: tall ones.
  return results.run(execution, 64, 8 * box.rows, size.used(), strip);
}

// How many pixels of each neighbourhood of row y count, for each of its samples; `pixels` has room for a row of them.
void count_valid(const RankOptions& options, PaddedRows::Ring& mask, std::int64_t y, std::int64_t width,
                 std::int64_t channels, std::uint32_t* pixels, std::uint32_t* samples) {
  std::fill_n(pixels, width, 0);
  for (const ElementBox& box : options.boxes) {
    for (std::int64_t j = 0; j < box.rows; ++j) {
      const auto* const row = reinterpret_cast<const std::uint8_t*>(mask.row(y + box.top + j));
      for (std::int64_t i = 0; i < box.columns; ++i) {
        for (std::int64_t x = 0; x < width; ++x) pixels[x] += row[box.left + i + x] != 0 ? 1 : 0;
      }
    }
  }
  for (std::int64_t x = 0; x < width; ++x, samples += channels) std::fill_n(samples, channels, pixels[x]);
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
  const Keys keys = keys_of(results);
  const ImageView* const mask = options.mask ? &*options.mask : nullptr;
  static constexpr std::byte counts{1};
  // What does not count comes first: the least key, of which only the highest byte is not 0 where it has a sign.
  std::vector<std::byte> least(size_of(results.pixel));
  if (keys.type != KeyType::u8 && keys.type != KeyType::u16) {
    for (std::size_t i = size_of(results.item); i <= least.size(); i += size_of(results.item)) {
      least[i - 1] = std::byte{0x80};
    }
  }
  const PaddedRows rows(
      src, {options.borders, options.value, 0, src.w, left, right, kept, src.dtype, {}, keys.to, mask, least.data()},
      results.isa);
  std::optional<PaddedRows> mask_rows;
  if (mask != nullptr) {
    mask_rows.emplace(*mask, PaddedRows::Options{options.borders, &counts, 0, src.w, left, right, kept, DType::u8},
                      results.isa);
  }
  const auto lay_out = [&](ScratchLayout& layout) {
    struct Parts {
      std::byte *ring, *result, *pointers, *mask, *valid;
    };
    return Parts{layout.take(rows.bytes()),
                 layout.take(results.is_direct ? 0 : size_of(results.samples * results.item)),
                 layout.take(size_of(count + kept) * sizeof(void*)), layout.take(mask_rows ? mask_rows->bytes() : 0),
                 layout.take(mask_rows ? size_of(src.w + results.samples) * sizeof(std::uint32_t) : 0)};
  };
  ScratchLayout size;
  lay_out(size);
  const auto select = PX_PICK_KERNELS(results.isa, rank_kernels).select[static_cast<int>(keys.type)];
  const auto strip = [&](std::int64_t n, std::int64_t y0, std::int64_t y1, std::byte* memory) {
    ScratchLayout layout(memory);
    const auto parts = lay_out(layout);
    PaddedRows::Ring ring(rows, n, parts.ring);
    std::optional<PaddedRows::Ring> mask_ring;
    if (mask_rows) mask_ring.emplace(*mask_rows, n, parts.mask);
    auto* const valid = mask_rows ? reinterpret_cast<std::uint32_t*>(parts.valid) : nullptr;
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
      if (mask_ring) count_valid(options, *mask_ring, y, src.w, src.c, valid + results.samples, valid);
      select(lines, count, options.rank, valid, results.samples, to, keys.form);
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
  if (has_network && !options.mask) return median_way(execution, results, options);
  const bool counts = options.boxes.size() == 1 && src.dtype == DType::u8 && box.rows * box.columns >= few_pixels;
  return counts ? histogram_way(execution, results, options) : select_way(execution, results, options);
}

}  // namespace

Status rank(const Execution& execution, const ImageView& src, const ImageView& dst, const RankOptions& options) {
  if (Status status = check_rank(src, dst, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  return by_planes(src, dst, options, [&](const ImageView& from, const ImageView& to, const RankOptions& of_plane) {
    return rank_planes(execution, from, to, of_plane);
  });
}

}  // namespace px
