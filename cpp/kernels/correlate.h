// The loops of weighted sums over neighbourhoods of reals, one table per instruction set.
#pragma once

#include <cstdint>

#include "kernels/table.h"

namespace px {

// Reals are summed by sixteen: so many products one after the other, then so many of these sums, and so on.
constexpr int sum_group = 16;

// What is done with a product, or with the sum of a row of products; 0 is nothing, as there is none.
enum SumStep : std::uint8_t {
  sum_take = 1,         // it is there
  sum_begin = 2,        // it begins a group of sixteen
  sum_end = 4,          // it ends one, which
  sum_first_group = 8,  // is the first of its row, or of all rows
};

// A few output rows, one below the other, each a sum over rows x columns taps:
//
//   dst[r][i] = sum_j sum_k weights[j * columns + k] * lines[r + j][i + k * pixel]
//
// where the inner sums and the outer one are by sixteen, over the taps that are there.
struct CorrelateJob {
  const void* const* lines;  // rows + outputs - 1 of them
  const void* weights;
  const std::uint8_t* steps;      // of each tap; null where all are there
  const std::uint8_t* row_steps;  // of each row; one at least is there
  int rows, columns;
  std::int64_t pixel;  // samples from one tap to the next
  std::int64_t samples;
  void* const* dst;
  int outputs;  // 1, or the table's `outputs`
};

struct CorrelateKernels {
  int outputs;  // how many rows at once are best
  void (*f32)(const CorrelateJob& job);
  void (*f64)(const CorrelateJob& job);
};

PX_DECLARE_KERNELS(CorrelateKernels, correlate_kernels)

}  // namespace px
