// displacement: the random fields of elastic.
#pragma once

#include <cstdint>

#include "core/execution.h"
#include "core/image.h"
#include "core/status.h"

namespace px {

// dst: two planes (n = 2) of one float32 channel, the displacements along x and along y.
Status displacement(const Execution& execution, const ImageView& dst, std::uint64_t seed, double sigma, double alpha);

}  // namespace px
