// What a program has made of the rounding mode or of denormals does not change results: plans are made, and pixels
// computed, in the standard floating-point environment, and the caller's comes back.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace px {

// Round to nearest, denormals kept, exceptions masked; and what was there before back again, flags included.
class DefaultFloatEnvironment {
 public:
  DefaultFloatEnvironment() : saved_(read()) {
    if ((saved_ & ~flags) != standard) write(standard);
  }
  ~DefaultFloatEnvironment() { write(saved_); }
  DefaultFloatEnvironment(const DefaultFloatEnvironment&) = delete;
  DefaultFloatEnvironment& operator=(const DefaultFloatEnvironment&) = delete;

 private:
#if defined(__x86_64__)
  using Register = unsigned int;
  static constexpr Register flags = 0x3f, standard = 0x1f80;
  static Register read() { return _mm_getcsr(); }
  static void write(Register value) { _mm_setcsr(value); }
#elif defined(__aarch64__)
  using Register = std::uint64_t;
  static constexpr Register flags = 0, standard = 0;  // the flags have a register of their own there
  static Register read() {
    Register value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void write(Register value) { __asm__ volatile("msr fpcr, %0" : : "r"(value)); }
#endif
  Register saved_;
};

}  // namespace px
