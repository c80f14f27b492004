# pixlane_flags: compiled into every file of ours, and into nobody else's.
add_library(pixlane_flags INTERFACE)

target_compile_options(
  pixlane_flags
  INTERFACE
    # One answer on every machine: no fused multiply-add that one instruction set has and another has not.
    -ffp-contract=off
    # Nothing reads errno or the floating-point exception flags; without these two sqrt and conversions do not vectorise.
    -fno-math-errno
    -fno-trapping-math
    -Wall
    -Wextra
    -Wpedantic
    -Wconversion
    -Wno-sign-conversion
    -Wshadow
    -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Notes on how vectors wider than the target's registers are passed: ours never cross a file.
  target_compile_options(pixlane_flags INTERFACE -Wno-psabi)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # core/host_device.h makes PX_TARGET inline in px once; Clang would have every namespace px::PX_TARGET say so again.
  target_compile_options(pixlane_flags INTERFACE -Wno-inline-namespace-reopened-noninline)
endif()
if(PIXLANE_WERROR)
  target_compile_options(pixlane_flags INTERFACE -Werror)
endif()

if(PIXLANE_SANITIZE)
  # Directory-wide: the test programs and the Python module need them too, at compilation and at linking.
  add_compile_options(-fsanitize=${PIXLANE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${PIXLANE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The instrumentation hides from GCC that a loop over all lanes sets all of them.
    target_compile_options(pixlane_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
