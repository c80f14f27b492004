// Plans of resize: the tables, the order of the passes and the arithmetic, decided from the arguments alone, so that
// every backend, instruction set and thread count decides alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/image.h"
#include "core/resample_weights.h"
#include "core/status.h"

namespace px {

struct Box {
  double left, top, right, bottom;
  bool operator==(const Box&) const = default;
};

struct ResizeOptions {
  Interpolation interpolation = Interpolation::bilinear;
  bool antialias = true;
  bool premultiply = false;
  std::optional<Box> box;
  bool operator==(const ResizeOptions&) const = default;
};

Status check_resize(const ImageView& src, const ImageView& dst, const ResizeOptions& options);

// One axis as the kernels read it; `present` is false where every output is its input.
struct AxisTable {
  bool present = false;
  std::int64_t taps = 0;  // the largest count
  std::vector<std::int32_t> first, count;
  std::vector<std::int64_t> offset;
  std::vector<std::int16_t> fixed;  // each output padded with 0 to an even number
  std::vector<float> f32;
  std::vector<double> f64;
  int shift = 0;

  const void* weights() const {
    return !fixed.empty() ? static_cast<const void*>(fixed.data())
           : !f32.empty() ? static_cast<const void*>(f32.data())
                          : static_cast<const void*>(f64.data());
  }
};

// The columns of a whole result for the horizontal pass by permutations (see GatherJob): groups of `lanes` samples,
// each with the inputs that it reads within `window` samples. Empty where that does not fit.
struct GatherTable {
  std::vector<std::int32_t> base;
  std::vector<std::int16_t> steps;  // integers
  std::vector<std::int32_t> order;  // float32
  std::vector<float> weights;
  std::vector<std::uint16_t> masks;  // three of each step
  int lanes = 0, window = 0;
  int steps_each = 0;  // pairs of taps, or taps, of a group
};

// How the vertical pass walks down the source rows (see SweepJob), in steps of two rows for integers, of one for reals:
// step t begins with row t * each - odd. Output y has slot y % slots, and is done with step last[y].
struct SweepTable {
  int slots = 0;  // none where too many outputs read a row, or few
  int each = 1, odd = 0;
  std::vector<std::int32_t> last;
  std::vector<std::int32_t> fixed;   // of each step, for each slot: two int16, the first row's in the lower half
  std::vector<float> f32;            // of each step, for each slot
  std::vector<std::uint16_t> masks;  // likewise: 0 where an output has its first row, all bits elsewhere

  std::int32_t step_of(std::int32_t row) const { return (row + odd) / each; }
};

// The same for nearest (see NearestGatherJob).
struct NearestTable {
  std::vector<std::int64_t> base;
  std::vector<std::uint8_t> order;
  int lanes = 0, last_lanes = 0;
};

// All that the arguments decide, and nothing that the machine does.
struct ResizePlan {
  enum class Path { copy, nearest, fixed, f32, f64 };  // the arithmetic
  Path path = Path::copy;
  bool vertical_first = true;
  bool halving = false;  // uint8: each result is the rounded mean of its own 2 x 2 inputs
  AxisTable rows, columns;
  SweepTable sweep;
  GatherTable gather;
  NearestTable nearest;

  std::size_t bytes() const;  // of memory, about
};

// Sizes are those of the whole result; channels are those of a pixel (1 for planes). Plans are immutable and cached
// per thread.
std::shared_ptr<const ResizePlan> resize_plan(std::int64_t in_h, std::int64_t in_w, std::int64_t out_h,
                                              std::int64_t out_w, std::int64_t channels, int item_size, DType dtype,
                                              const ResizeOptions& options);

}  // namespace px
