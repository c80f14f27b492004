// copy: samples into memory of another order: mirrored, turned, cut out, planes to pixels.
//
//   dst[n][y][x][c] = src[n][y][x][c], each with strides of its own
//
// Exact     Bytes are moved.
// Why       Neighbouring threads move neighbouring elements of the source and of the result. Where the one runs along x
//           and the other along y, tiles of 32 x 32 (16 x 16 of large elements) pass through shared memory, whose rows
//           have a column too many so that a column of them lies in 32 banks. Rows that are runs on both sides move 16
//           bytes at a time.
// Requires  Disjoint views.

#include <cstdlib>
#include <utility>

#include "core/check.h"
#include "elements.cuh"
#include "ops.h"

namespace px::cuda {
namespace {

constexpr int tile_rows = 8;
// A tile fits the 48 KiB of shared memory that every GPU gives without being asked.
template <class E>
constexpr int tile_side = sizeof(E) > 32 ? 16 : 32;

template <class E>
struct Move {
  Pixels src, dst;
  std::int64_t channels;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    store(dst.at(n, y, x, c), load<E>(src.at(n, y, x, c)));
  }
};

template <class E>
struct Tile {
  E at[tile_side<E>][tile_side<E> + 1];
};

// The source runs along y, the result along x.
template <class E>
__global__ void __launch_bounds__(tile_side<E>* tile_rows)
    turn(Pixels src, Pixels dst, std::int64_t n, std::int64_t h, std::int64_t w) {
  constexpr int side = tile_side<E>;
  PX_SHARED(Tile<E>, tile);
  const int across = static_cast<int>(threadIdx.x), down = static_cast<int>(threadIdx.y);
  for (std::int64_t z = blockIdx.z; z < n; z += gridDim.z) {
    for (std::int64_t top = std::int64_t{blockIdx.y} * side; top < h; top += std::int64_t{gridDim.y} * side) {
      for (std::int64_t left = std::int64_t{blockIdx.x} * side; left < w; left += std::int64_t{gridDim.x} * side) {
        for (int k = down; k < side; k += tile_rows) {
          if (top + across < h && left + k < w) tile.at[k][across] = load<E>(src.at(z, top + across, left + k));
        }
        __syncthreads();
        for (int k = down; k < side; k += tile_rows) {
          if (top + k < h && left + across < w) store(dst.at(z, top + k, left + across), tile.at[across][k]);
        }
        __syncthreads();
      }
    }
  }
}

// Rows that are runs on both sides, as one pixel of a size that divides everything.
void widen(ImageView& src, ImageView& dst, std::int64_t& element) {
  ImageView a = src, b = dst;
  const std::int64_t bytes = src.w * element;
  a.w = b.w = 1;  // its stride does not matter any more
  const int alignment = alignment_of(a) < alignment_of(b) ? alignment_of(a) : alignment_of(b);
  std::int64_t unit = alignment;
  while (bytes % unit != 0) unit /= 2;
  if (unit <= element) return;
  src.w = dst.w = bytes / unit;
  src.stride_w = dst.stride_w = element = unit;
}

void swap_axes(ImageView& view) {
  std::swap(view.h, view.w);
  std::swap(view.stride_h, view.stride_w);
}

}  // namespace

Status copy(Call& call, const ImageView& from, const ImageView& to) {
  if (Status status = check_copy(from, to); !status.is_ok()) return status;
  if (is_empty(from)) return Status::ok();
  ImageView src = from, dst = to;
  std::int64_t element = join_samples(src, dst);
  const auto runs_down = [](const ImageView& view) {
    return view.h > 1 && view.w > 1 && std::abs(view.stride_h) < std::abs(view.stride_w);
  };
  if (runs_down(src) && runs_down(dst)) swap_axes(src), swap_axes(dst);
  const bool turned = src.c == 1 && runs_down(src) != runs_down(dst);
  if (turned && runs_down(dst)) swap_axes(src), swap_axes(dst);
  if (src.c == 1 && src.stride_w == element && dst.stride_w == element) widen(src, dst, element);
  const int alignment = alignment_of(src) < alignment_of(dst) ? alignment_of(src) : alignment_of(dst);
  with_element(element, alignment, [&]<class E>(E*) {
    if (turned) {
      launch(call,
             dim3(blocks_of(src.w, tile_side<E>, most_blocks_x), blocks_of(src.h, tile_side<E>), blocks_of(src.n, 1)),
             dim3(tile_side<E>, tile_rows, 1), 0, turn<E>, Pixels(src), Pixels(dst), src.n, src.h, src.w);
    } else {
      for_each(call, {src.w * src.c, src.h, src.n}, Move<E>{src, dst, src.c});
    }
  });
  return call.status();
}

}  // namespace px::cuda
