// PX_HD marks the per-pixel mathematics that C++ and CUDA share.
//
// Kernel files are compiled once per instruction set. Whatever inline code they take from shared
// headers goes into the namespace PX_TARGET, so that the linker can never give one target's copy
// (AVX-512, say) to another; files compiled once use "baseline".
#pragma once

#if defined(__CUDACC__)
#define PX_HD __host__ __device__ __forceinline__
#define PX_HD_LAMBDA
#else
#define PX_HD inline __attribute__((always_inline))
#define PX_HD_LAMBDA __attribute__((always_inline))  // behind the parameters of a lambda
#endif

#if !defined(PX_TARGET)
#define PX_TARGET baseline
#endif

namespace px {
inline namespace PX_TARGET {}
}  // namespace px
