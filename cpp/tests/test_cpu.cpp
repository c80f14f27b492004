// Detection against the compiler's own, and the order that everything above relies on.
#include <string>

#include "check.h"
#include "dispatch/cpu.h"

int main() {
  const std::vector<px::Isa> available = px::available_isas();
  CHECK(!available.empty());
  CHECK(available.back() == px::best_isa());
  for (std::size_t i = 1; i < available.size(); ++i) CHECK(available[i - 1] < available[i]);
  for (const px::Isa isa : available) CHECK(px::isa_name(isa) != std::string("unknown"));

#if defined(__x86_64__)
  // libgcc and compiler-rt read CPUID and XGETBV by code of their own.
  __builtin_cpu_init();
  std::size_t expected = 1;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) ++expected;
  if (expected == 2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") &&
      __builtin_cpu_supports("avx512vbmi2"))
    ++expected;
  CHECK_EQUAL(available.size(), expected);
  CHECK(available.front() == px::Isa::x86_64_v2);
#elif defined(__aarch64__)
  CHECK_EQUAL(available.size(), std::size_t{1});
  CHECK(available.front() == px::Isa::neon);
#endif
  return check::result();
}
