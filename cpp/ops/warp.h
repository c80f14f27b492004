// warp: every output pixel looks at a point of the image, by a matrix; and what remap shares with it.
#pragma once

#include <vector>

#include "core/execution.h"
#include "core/warp_plan.h"
#include "kernels/warp.h"

namespace px {

// Asks for the lines of the cache that so many bytes lie in, to be read (or written) soon. They may be anywhere, even
// outside what there is. (Inline, as GCC takes a function that only fetches for one that does nothing.)
template <bool ToWrite = false>
PX_HD void fetch_lines(std::uintptr_t from, std::ptrdiff_t bytes) {
  const std::uintptr_t end = from + static_cast<std::uintptr_t>(bytes);
  for (std::uintptr_t line = from / 64 * 64; line < end; line += 64) {
    __builtin_prefetch(reinterpret_cast<const void*>(line), ToWrite);
  }
}

// Images of that many bytes and more are not in the caches next to the processor. There a run that asks for nothing
// ahead was seen to take up to eight times as long; below it the asking costs up to a tenth.
constexpr std::int64_t least_far = std::int64_t{1} << 20;

// What finds points: tile() is told of each tile before its first run, and may keep there what its rows share; run()
// finds the points of one of its rows. Lasts as long as the call it is passed to. A run may return false, having found
// nothing, where the border is constant and all points are so far outside that no filter reaches the image.
class FindPoints {
 public:
  template <class Find>
  FindPoints(const Find& find)  // NOLINT: meant to convert
      : find_(&find),
        tile_([](const void* erased, WarpTile* tile) { static_cast<const Find*>(erased)->tile(tile); }),
        run_([](const void* erased, const WarpTile& tile, std::int64_t row, WarpPoints* points) {
          return static_cast<const Find*>(erased)->run(tile, row, points);
        }) {}
  void tile(WarpTile* tile) const { tile_(find_, tile); }
  bool run(const WarpTile& tile, std::int64_t row, WarpPoints* points) const { return run_(find_, tile, row, points); }

 private:
  const void* find_;
  void (*tile_)(const void*, WarpTile*);
  bool (*run_)(const void*, const WarpTile&, std::int64_t, WarpPoints*);
};

Status warp_by(const Execution& execution, const ImageView& src, const ImageView& dst, const WarpOptions& options,
               const FindPoints& find);

Status warp(const Execution& execution, const ImageView& src, const ImageView& dst,
            const std::vector<WarpMatrix>& matrices, const WarpOptions& options);

}  // namespace px
