// displacement: the weights of its gaussian, and what every backend checks.
#pragma once

#include <vector>

#include "core/image.h"
#include "core/status.h"

namespace px {

// Weights 0 to radius of a gaussian cut at four sigma and brought to sum one: the twin of reference/displacement.py.
std::vector<float> gaussian_weights(double sigma);

// dst: two planes (n = 2) of one float32 channel, the displacements along x and along y.
Status check_displacement(const ImageView& dst, double sigma);

}  // namespace px
