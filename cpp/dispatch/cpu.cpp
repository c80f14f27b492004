// What this processor, and the operating system on it, can execute.
//
// The levels are those of the x86-64 psABI ("Micro-architecture levels"), tested bit by bit; the last asks for VNNI,
// VBMI and VBMI2 besides. CPUID says what the processor has, XGETBV which registers the system saves when it switches
// threads: without the second, wide registers would lose their contents (virtual machines and kernel options do turn
// AVX-512 off there).
#include "dispatch/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>
#endif

namespace px {
namespace {

#if defined(__x86_64__)

struct Registers {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero for a leaf that the processor does not have: no feature.
Registers cpuid(std::uint32_t leaf) {
  Registers r;
  if (__get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

// By its opcode's mnemonic: the intrinsic needs -mxsave, which this file must not have.
std::uint64_t extended_control_register() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

constexpr bool has_all(std::uint64_t value, std::uint64_t bits) { return (value & bits) == bits; }

constexpr std::uint32_t bit(int n) { return std::uint32_t{1} << n; }

// The number of levels, worst first, that this machine runs.
int count_levels() {
  const Registers basic = cpuid(1), extended = cpuid(7), amd = cpuid(0x80000001u);

  // SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF.
  const bool v2 =
      has_all(basic.ecx, bit(0) | bit(9) | bit(13) | bit(19) | bit(20) | bit(23)) && has_all(amd.ecx, bit(0));
  if (!v2) return 0;

  // FMA, MOVBE, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT.
  const bool v3 = has_all(basic.ecx, bit(12) | bit(22) | bit(27) | bit(28) | bit(29)) &&
                  has_all(extended.ebx, bit(3) | bit(5) | bit(8)) && has_all(amd.ecx, bit(5));
  if (!v3) return 1;
  const std::uint64_t saved = extended_control_register();  // OSXSAVE, tested above, says that XGETBV exists
  if (!has_all(saved, bit(1) | bit(2))) return 1;           // xmm, upper halves of ymm

  // AVX-512 F, DQ, CD, BW, VL; VBMI, VBMI2, VNNI.
  const bool v4 = has_all(extended.ebx, bit(16) | bit(17) | bit(28) | bit(30) | bit(31)) &&
                  has_all(extended.ecx, bit(1) | bit(6) | bit(11));
  if (!v4 || !has_all(saved, bit(5) | bit(6) | bit(7))) return 2;  // mask registers, upper halves of zmm, zmm16 to 31
  return 3;
}

constexpr Isa levels[] = {Isa::x86_64_v2, Isa::x86_64_v3, Isa::x86_64_v4};

#elif defined(__aarch64__)

int count_levels() { return 1; }  // Advanced SIMD is part of every AArch64 processor that runs an operating system

constexpr Isa levels[] = {Isa::neon};

#else
#error "no kernels for this architecture: see cmake/targets.cmake"
#endif

int level_count() {
  static const int count = count_levels();
  return count;
}

}  // namespace

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::x86_64_v2: return "x86-64-v2";
    case Isa::x86_64_v3: return "x86-64-v3";
    case Isa::x86_64_v4: return "x86-64-v4";
    case Isa::neon: return "neon";
  }
  return "unknown";
}

std::vector<Isa> available_isas() { return {levels, levels + level_count()}; }

// A processor below the first level cannot get here: NumPy, which comes first, has the same baseline and refuses to
// load.
Isa best_isa() { return levels[level_count() > 0 ? level_count() - 1 : 0]; }

}  // namespace px
