// What moves as one: a sample, a pixel, or as many bytes of a row as one access takes. A GPU faults where an address is
// no multiple of the access, so what an element is follows from the addresses, too.
#pragma once

#include <cstdint>

#include "core/image.h"
#include "launch.cuh"

namespace px::cuda {

template <int Bytes>
struct UnitOf;
template <>
struct UnitOf<1> {
  using type = std::uint8_t;
};
template <>
struct UnitOf<2> {
  using type = std::uint16_t;
};
template <>
struct UnitOf<4> {
  using type = std::uint32_t;
};
template <>
struct UnitOf<8> {
  using type = std::uint64_t;
};
struct alignas(16) Sixteen {
  std::uint64_t part[2];
};
template <>
struct UnitOf<16> {
  using type = Sixteen;
};

template <int Unit, int Count>
struct Element {
  typename UnitOf<Unit>::type part[Count];
};

// The largest power of two, 16 at most, that divides the address and all strides of a view.
inline int alignment_of(const ImageView& view) {
  auto bits = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(view.data)) | 16;
  const auto add = [&](std::int64_t size, std::int64_t stride) {
    bits |= size > 1 ? static_cast<std::uint64_t>(stride) : 0;
  };
  add(view.n, view.stride_n);
  add(view.h, view.stride_h);
  add(view.w, view.stride_w);
  add(view.c, view.stride_c);
  return static_cast<int>(bits & (~bits + 1));
}

// Calls visit with a null pointer of the element that has `bytes` bytes and accesses of at most `alignment`; false
// where there is none.
template <int Unit, class Visit>
bool with_element_of(std::int64_t count, Visit&& visit) {
  switch (count) {
    case 1: visit(static_cast<Element<Unit, 1>*>(nullptr)); return true;
    case 2: visit(static_cast<Element<Unit, 2>*>(nullptr)); return true;
    case 3: visit(static_cast<Element<Unit, 3>*>(nullptr)); return true;
    case 4: visit(static_cast<Element<Unit, 4>*>(nullptr)); return true;
    default: return false;
  }
}
template <class Visit>
bool with_element(std::int64_t bytes, int alignment, Visit&& visit) {
  int unit = alignment < 16 ? alignment : 16;
  while (bytes % unit != 0) unit /= 2;
  switch (unit) {
    case 1: return with_element_of<1>(bytes, visit);
    case 2: return with_element_of<2>(bytes / 2, visit);
    case 4: return with_element_of<4>(bytes / 4, visit);
    case 8: return with_element_of<8>(bytes / 8, visit);
    default: return with_element_of<16>(bytes / 16, visit);
  }
}

// Makes pixels whose samples stay together on both sides one element each, where there is such an element: views of one
// channel then. Returns the bytes of an element.
inline std::int64_t join_samples(ImageView& src, ImageView& dst) {
  const std::int64_t item = src.item_size;
  const bool together = src.c > 1 && src.stride_c == item && dst.stride_c == item;
  const int alignment = alignment_of(src) < alignment_of(dst) ? alignment_of(src) : alignment_of(dst);
  if (!together || !with_element(item * src.c, alignment, [](auto*) {})) return item;
  const std::int64_t pixel = item * src.c;
  src.c = dst.c = 1;
  return pixel;
}

}  // namespace px::cuda
