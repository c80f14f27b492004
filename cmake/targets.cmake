# The instruction sets of this architecture, by the names that PX_TARGET and the namespaces px::<target> carry.
#
#   PIXLANE_TARGETS          worst first
#   PIXLANE_FLAGS_<target>   the compiler flags of the files under cpp/kernels
#
# cpp/dispatch/cpu.cpp decides at run time which of them a machine can execute: the two must agree.
include(CheckCXXCompilerFlag)

set(processor "${CMAKE_SYSTEM_PROCESSOR}")
if(CMAKE_OSX_ARCHITECTURES)
  set(processor "${CMAKE_OSX_ARCHITECTURES}")
endif()

if(CMAKE_SIZEOF_VOID_P EQUAL 8 AND processor MATCHES "^(x86_64|AMD64|amd64)$")
  set(PIXLANE_TARGETS v2 v3 v4)
  set(PIXLANE_FLAGS_v2 -march=x86-64-v2)
  set(PIXLANE_FLAGS_v3 -march=x86-64-v3)
  # Compilers prefer 256-bit vectors even for x86-64-v4, as the first AVX-512 processors lowered their clock; those
  # lack VNNI or VBMI and run v3 here.
  set(PIXLANE_FLAGS_v4 -march=x86-64-v4 -mavx512vnni -mavx512vbmi -mavx512vbmi2 -mprefer-vector-width=512)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Its own AVX-512 headers set these off (GCC bug 105593).
    list(APPEND PIXLANE_FLAGS_v4 -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
elseif(CMAKE_SIZEOF_VOID_P EQUAL 8 AND processor MATCHES "^(aarch64|arm64|ARM64)$")
  set(PIXLANE_TARGETS neon)
  set(PIXLANE_FLAGS_neon "")
else()
  message(FATAL_ERROR "pixlane: no native kernels for '${processor}'; known are x86_64 and aarch64, both 64-bit")
endif()

foreach(target IN LISTS PIXLANE_TARGETS)
  string(REPLACE ";" " " flags "${PIXLANE_FLAGS_${target}}")
  check_cxx_compiler_flag("${flags}" PIXLANE_HAVE_${target})
  if(NOT PIXLANE_HAVE_${target})
    message(FATAL_ERROR "pixlane: ${CMAKE_CXX_COMPILER} does not take '${flags}'; GCC 12 and Clang 12 and later do")
  endif()
endforeach()
