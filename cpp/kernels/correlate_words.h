// Weighted sums of uint8 that 16 bits hold, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/table.h"

namespace px {

// dst[i] = sum of weights[k] * lines[k][i], which fits int16; clamped where dst is of uint8.
struct WordsJob {
  const void* const* lines;
  const std::int16_t* weights;
  int count;
  std::int64_t samples;
  void* dst;
  bool stream;             // past the caches, if dst allows
  const std::byte* ahead;  // a row that will be read next, or null
};

struct WordsKernels {
  void (*u8)(const WordsJob& job);
  void (*i16)(const WordsJob& job);
  void (*f32)(const WordsJob& job);
};

PX_DECLARE_KERNELS(WordsKernels, correlate_words_kernels)

}  // namespace px
