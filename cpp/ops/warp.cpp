#include "ops/warp.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/parallel.h"
#include "core/strips.h"

namespace px {
namespace {

constexpr std::int64_t task_columns = 2048;

// How far the run after this one, to the right, is from it in the image: guessed to go on as this run does.
std::ptrdiff_t next_run(const WarpImage& image, const WarpPoints& points) {
  return points.along_y * image.stride_h + points.along_x * image.stride_w;
}

// The affine maps of a call, ready to be evaluated.
struct AffineMap {
  WarpSteps steps_x, steps_y;
  bool by_anchors;  // else the matrix is evaluated at each point
};

struct FindByMatrices {
  const std::vector<WarpMatrix>& matrices;
  const std::vector<AffineMap>& maps;
  const WarpPointKernels& kernels;
  int bits;
  std::int64_t half;  // a fraction, in units of 2^-32

  std::size_t which(const WarpTile& tile) const {
    return matrices.size() > 1 ? static_cast<std::size_t>(tile.image) : 0;
  }

  void tile(WarpTile* tile) const {
    const WarpMatrix& m = matrices[which(*tile)];
    const AffineMap& map = maps[which(*tile)];
    tile->steps_x = nullptr;
    if (map.by_anchors) {
      tile->steps_x = &map.steps_x;
      tile->steps_y = &map.steps_y;
      kernels.anchors(m.data(), half, tile);
    } else if (!is_affine(m)) {
      kernels.columns(m.data(), tile);
    }
  }

  bool run(const WarpTile& tile, std::int64_t row, WarpPoints* points) const {
    if (tile.steps_x != nullptr) return kernels.affine(tile, row, bits, points);
    const WarpMatrix& m = matrices[which(tile)];
    kernels.matrix(m.data(), is_affine(m), tile, row, bits, points);
    return true;
  }
};

// How the pixels of an image are sampled: so many channels at a time.
struct Sampling {
  WarpSample run;
  std::int64_t channels;
};

Sampling sampling_of(Isa isa, const ImageView& src, const ImageView& dst, const WarpOptions& options) {
  const std::int64_t item = src.item_size;
  const bool close = src.c == 1 || (src.stride_c == item && dst.stride_c == item);
  if (options.interpolation == Interpolation::nearest) {
    using Nearest = WarpNearestKernels;
    const Nearest& nearest = PX_PICK_KERNELS(isa, warp_nearest_kernels);
    const auto find = [&](std::int64_t bytes) {
      return std::find(Nearest::sizes, Nearest::sizes + Nearest::size_count, bytes) - Nearest::sizes;
    };
    if (close && find(item * src.c) < Nearest::size_count) return {nearest.sample[find(item * src.c)], src.c};
    return {nearest.sample[find(item)], 1};
  }
  const WarpKernels& kernels =
      options.interpolation == Interpolation::bilinear  ? PX_PICK_KERNELS(isa, warp_bilinear_kernels)
      : options.interpolation == Interpolation::bicubic ? PX_PICK_KERNELS(isa, warp_bicubic_kernels)
                                                        : PX_PICK_KERNELS(isa, warp_lanczos_kernels);
  const WarpKernels::Row& row = kernels.by_type[static_cast<int>(src.dtype)];
  if (options.premultiply) return {row.premultiplied[src.c == 4], src.c};
  if (close && src.c > 4) return {row.apart, src.c};
  if (close) return {row.sample[src.c - 1], src.c};
  return {row.sample[0], 1};
}

}  // namespace

Status warp_by(const Execution& execution, const ImageView& src, const ImageView& dst, const WarpOptions& options,
               const FindPoints& find) {
  if (Status status = check_warp(src, dst, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  WarpOptions wanted = options;
  const bool nearest = options.interpolation == Interpolation::nearest;
  wanted.premultiply = options.premultiply && !nearest;

  const std::vector<double> outside = outside_of(src, wanted);
  const Sampling sampling = sampling_of(execution.isa, src, dst, wanted);
  const bool at_once = sampling.channels == src.c && (src.c == 1 || dst.stride_c == dst.item_size);
  const bool scattered = sampling.channels > 1 && dst.stride_c != dst.item_size;
  const std::int64_t item = src.item_size, pixel = sampling.channels * item;
  const WarpTables& tables = warp_tables();

  // A run that is all `value`.
  const bool close = dst.stride_w == src.c * item && (src.c == 1 || dst.stride_c == item);
  std::vector<std::byte> blank;
  if (close && options.border == Border::constant) {
    blank.resize(static_cast<std::size_t>(warp_run * src.c * item));
    std::copy_n(options.value, src.c * item, blank.data());
    for (std::int64_t have = 1; have < warp_run; have *= 2) {  // a power of two
      std::copy_n(blank.data(), have * src.c * item, blank.data() + have * src.c * item);
    }
  }
  const auto fill = [&](std::byte* to, std::int64_t count) {
    if (close) {
      std::copy_n(blank.data(), count * dst.stride_w, to);
      return;
    }
    for (std::int64_t j = 0; j < count; ++j) {
      for (std::int64_t c = 0; c < src.c; ++c) {
        std::copy_n(options.value + c * item, item, to + j * dst.stride_w + c * dst.stride_c);
      }
    }
  };

  // Where pixels lie, told by 32 bits.
  const std::int64_t down = (src.h - 1) * src.stride_h, right = (src.w - 1) * src.stride_w;
  const std::int64_t first = std::min<std::int64_t>(down, 0) + std::min<std::int64_t>(right, 0);
  const bool wants_places = (nearest || src.c > 1) && std::abs(down) + std::abs(right) <= INT32_MAX;

  const bool fetches = std::max(src.h * src.w, dst.h * dst.w) * src.c * item >= least_far;
  const Execution run = execution_for(execution, 8 * dst.n * dst.h * dst.w * dst.c * item);
  const std::int64_t blocks = (dst.w + task_columns - 1) / task_columns;
  const Strips strips = split_rows(dst.h, warp_rows, dst.n * blocks, run.threads);
  return parallel_for(run, strips.count * blocks * dst.n, [&](std::int64_t task, int) {
    const std::int64_t n = task / (strips.count * blocks), strip = task / blocks % strips.count;
    const std::int64_t y0 = strip * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    const std::int64_t x0 = task % blocks * task_columns, x1 = std::min(dst.w, x0 + task_columns);
    WarpPoints two[2]{};  // loops of a constant length look at all of them
    alignas(64) std::byte own[warp_run * 4 * 8];
    const std::byte* const data = src.data + n * src.stride_n;
    WarpImage image{data,
                    first,
                    src.h,
                    src.w,
                    src.stride_h,
                    src.stride_w,
                    src.stride_c,
                    src.c,
                    options.border,
                    options.value,
                    blank.empty() ? nullptr : blank.data(),
                    outside.data(),
                    &tables,
                    0,
                    0};
    const std::ptrdiff_t bytes = warp_run * dst.stride_w;
    WarpTile tile;
    tile.width = static_cast<std::int32_t>(src.w);
    tile.height = static_cast<std::int32_t>(src.h);
    tile.may_be_lost = options.border == Border::constant;
    tile.wants_places = wants_places;
    tile.wants_points = !nearest || !wants_places || dst.stride_w != pixel || src.stride_w < pixel;
    tile.rows_at_most = pixel == 1   ? WarpNearestKernels::most_rows_of_bytes
                        : pixel == 2 ? WarpNearestKernels::most_rows_of_words
                                     : 0;
    tile.column = static_cast<std::uint32_t>(src.stride_w);
    tile.row = static_cast<std::uint32_t>(src.stride_h);
    tile.origin = static_cast<std::uint32_t>(-first);
    const auto find_tile = [&](std::int64_t x) {
      tile.image = n;
      tile.x = x;
      tile.y = y0;
      tile.rows = y1 - y0;
      find.tile(&tile);
    };
    // Points are found a run ahead: pixels need not wait for where they are.
    const auto find_run = [&](std::int64_t row, WarpPoints* points) {
      points->count = std::min<std::int64_t>(warp_run, x1 - tile.x);
      return find.run(tile, row, points);
    };
    find_tile(x0);
    int now = 0;
    bool seen = find_run(0, &two[now]);
    for (std::int64_t x = x0; x < x1; x += warp_run) {
      std::byte* row = dst.data + n * dst.stride_n + y0 * dst.stride_h + x * dst.stride_w;
      const bool fetches_next = fetches && x + warp_run < x1;
      if (!fetches_next) image.ahead = 0;
      for (std::int64_t y = y0; y < y1; ++y, row += dst.stride_h, now ^= 1) {
        const WarpPoints& points = two[now];
        const bool here = seen;
        if (y + 1 < y1) {
          seen = find_run(y + 1 - y0, &two[now ^ 1]);
        } else if (x + warp_run < x1) {
          find_tile(x + warp_run);
          seen = find_run(0, &two[now ^ 1]);
        }
        if (!here) {
          fill(row, points.count);
          continue;
        }
        if (fetches_next) {
          fetch_lines<true>(reinterpret_cast<std::uintptr_t>(row) + static_cast<std::uintptr_t>(bytes), bytes);
          image.ahead = next_run(image, points);
          image.phase = y;
        }
        if (at_once) {
          sampling.run(image, points, row, dst.stride_w);
          continue;
        }
        for (std::int64_t next = 0; next < src.c; next += sampling.channels) {
          const std::int64_t c = std::min(next, src.c - sampling.channels);
          std::byte* const to = row + c * dst.stride_c;
          image.data = data + c * src.stride_c;
          image.value = options.value + c * item;
          image.outside = outside.data() + c;
          if (next > 0) image.ahead = 0;
          if (!scattered) {
            sampling.run(image, points, to, dst.stride_w);
            continue;
          }
          sampling.run(image, points, own, pixel);
          for (std::int64_t j = 0; j < points.count; ++j) {
            for (std::int64_t k = 0; k < src.c; ++k) {
              std::copy_n(own + j * pixel + k * item, item, to + j * dst.stride_w + k * dst.stride_c);
            }
          }
        }
      }
    }
  });
}

Status warp(const Execution& execution, const ImageView& src, const ImageView& dst,
            const std::vector<WarpMatrix>& matrices, const WarpOptions& options) {
  if (Status status = check_matrices(src, matrices); !status.is_ok()) return status;
  const WarpArithmetic arithmetic = warp_arithmetic(src.dtype, options);
  const WarpPointKernels& kernels = PX_PICK_KERNELS(execution.isa, warp_points_kernels);
  const std::int64_t half = arithmetic.bits < 32 ? std::int64_t{1} << (31 - arithmetic.bits) : 0;
  std::vector<AffineMap> maps(matrices.size());
  for (std::size_t k = 0; k < maps.size(); ++k) {
    if (!is_affine(matrices[k]) || !arithmetic.anchors) continue;
    kernels.steps(fixed_step(matrices[k][0]), &maps[k].steps_x);
    kernels.steps(fixed_step(matrices[k][3]), &maps[k].steps_y);
    maps[k].by_anchors = true;
  }
  const FindByMatrices find{matrices, maps, kernels, arithmetic.bits, half};
  return warp_by(execution, src, dst, options, find);
}

}  // namespace px
