// Which instruction sets this build holds, and which of them this machine can run.
#pragma once

#include <vector>

namespace px {

// Worst first within an architecture. v4 is AVX-512 of the Ice Lake / Zen 4 class (F, BW, CD, DQ, VL,
// VNNI, VBMI, VBMI2); an older AVX-512 machine uses v3.
enum class Isa : int { x86_64_v2, x86_64_v3, x86_64_v4, neon };

const char* isa_name(Isa isa);      // "x86-64-v2", "x86-64-v3", "x86-64-v4", "neon"
Isa best_isa();                     // the best that this machine runs; detected once
std::vector<Isa> available_isas();  // all that this machine runs, worst first

}  // namespace px
