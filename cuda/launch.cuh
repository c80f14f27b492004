// How kernels are written and launched. Every file under cuda/kernels includes this and nothing else of CUDA.
//
// Most kernels need no barrier. Such a one is a struct that holds its arguments, and a function of one item:
//
//   struct Fill {
//     float* to;
//     PX_HD void operator()(std::int64_t x, std::int64_t y, std::int64_t z) const { to[x] = 1.0f; }
//   };
//   for_each(call, {width, height, images}, Fill{to});
//
// It runs as a grid of any size (no limit at 2^31 items, or 65535 rows), without a GPU as three loops. A kernel whose
// threads work together is a __global__ function; its shared memory is declared by PX_SHARED:
//
//   __global__ void turn(..) { PX_SHARED(Tile, tile); ..; __syncthreads(); .. }
//   launch(call, grid, block, 0, turn, ..);
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "core/host_device.h"
#include "core/scalar.h"
#include "runtime.h"

#if defined(__CUDACC__)
#define PX_SHARED(Type, name) __shared__ Type name
#define PX_UNROLL _Pragma("unroll")
#else
#define PX_SHARED(Type, name)       \
  static const char name##_place{}; \
  Type& name = *static_cast<Type*>(px::cuda_host::shared(&name##_place, sizeof(Type)))
#define PX_UNROLL
#endif

namespace px::cuda {

struct Range {
  std::int64_t x, y = 1, z = 1;
};

constexpr std::int64_t most_blocks_x = INT32_MAX, most_blocks = 65535;

inline unsigned blocks_of(std::int64_t items, std::int64_t each, std::int64_t most = most_blocks) {
  const std::int64_t count = (items + each - 1) / each;
  return static_cast<unsigned>(count < most ? count : most);
}

#if defined(__CUDACC__)
template <class Body>
__global__ void __launch_bounds__(256) each_item(Range range, Body body) {
  for (std::int64_t z = blockIdx.z; z < range.z; z += gridDim.z) {
    for (std::int64_t y = std::int64_t{blockIdx.y} * blockDim.y + threadIdx.y; y < range.y;
         y += std::int64_t{gridDim.y} * blockDim.y) {
      for (std::int64_t x = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; x < range.x;
           x += std::int64_t{gridDim.x} * blockDim.x) {
        body(x, y, z);
      }
    }
  }
}
#endif

// Threads of a block: as many along x as there are items, in whole warps, and 256 in all. Where neighbours above and
// below read the same memory (warps), blocks are `wide` at most.
template <class Body>
void for_each(Call& call, const Range& range, const Body& body, unsigned wide = 128) {
  if (range.x <= 0 || range.y <= 0 || range.z <= 0 || call.has_failed()) return;
#if defined(__CUDACC__)
  unsigned x = 32;
  while (x < wide && x < range.x) x *= 2;
  const dim3 block(x, 256 / x);
  const dim3 grid(blocks_of(range.x, block.x, most_blocks_x), blocks_of(range.y, block.y), blocks_of(range.z, 1));
  each_item<<<grid, block, 0, call.stream()>>>(range, body);
  call.check(cudaGetLastError());
#else
  (void)wide;
  for (std::int64_t z = 0; z < range.z; ++z) {
    for (std::int64_t y = 0; y < range.y; ++y) {
      for (std::int64_t x = 0; x < range.x; ++x) body(x, y, z);
    }
  }
#endif
}

template <class... Parameters, class... Arguments>
void launch(Call& call, dim3 grid, dim3 block, std::size_t shared_bytes, void (*kernel)(Parameters...),
            const Arguments&... arguments) {
  if (call.has_failed()) return;
#if defined(__CUDACC__)
  kernel<<<grid, block, shared_bytes, call.stream()>>>(arguments...);
  call.check(cudaGetLastError());
#else
  cuda_host::run(grid, block, shared_bytes, [&] { kernel(arguments...); });
#endif
}

// An image as kernels see it: no more than the address of a sample. Addresses are integers, so that an image may begin
// before its memory does, where no sample there is asked for.
struct Pixels {
  std::int64_t data;
  std::int64_t stride_n, stride_h, stride_w, stride_c;

  Pixels(const ImageView& view)  // NOLINT: meant to convert
      : data(static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(view.data))),
        stride_n(view.stride_n),
        stride_h(view.stride_h),
        stride_w(view.stride_w),
        stride_c(view.stride_c) {}
  PX_HD std::int64_t address(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c = 0) const {
    return data + n * stride_n + y * stride_h + x * stride_w + c * stride_c;
  }
  PX_HD std::byte* at(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c = 0) const {
    return reinterpret_cast<std::byte*>(address(n, y, x, c));
  }
};

// Samples of a row, pixel after pixel, to pixel and channel; 64-bit divisions are slow on a GPU.
struct Sample {
  std::int64_t x, c;
};
PX_HD Sample sample_of(std::int64_t at, std::int64_t channels) {
  if (channels == 1) return {at, 0};
  if (at <= UINT32_MAX) {
    const auto low = static_cast<std::uint32_t>(at), count = static_cast<std::uint32_t>(channels);
    return {low / count, low % count};
  }
  return {at / channels, at % channels};
}

template <class T>
PX_HD T load(const std::byte* at) {
  return *reinterpret_cast<const T*>(at);
}
template <class T>
PX_HD T load(std::int64_t address) {
  return *reinterpret_cast<const T*>(address);
}
template <class T>
PX_HD void store(std::byte* at, T value) {
  *reinterpret_cast<T*>(at) = value;
}

}  // namespace px::cuda
