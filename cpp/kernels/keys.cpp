// keys: floats as integers in the same order, as simd/order.h says.
//
// Exact     Every value comes back to the last bit.
// Requires  Rows of `samples` samples.
// Tail      A part of a register.

#include "kernels/keys.h"

#include "simd/order.h"

namespace px::PX_TARGET {
namespace {

using std::int64_t;

template <class V, class Change>
PX_HD void change_row(const void* src, void* dst, int64_t bytes, Change&& change) {
  const auto* from = static_cast<const std::byte*>(src);
  auto* to = static_cast<std::byte*>(dst);
  for (; bytes >= vector_bytes; bytes -= vector_bytes, from += vector_bytes, to += vector_bytes) {
    store(to, change(load<V>(from)));
  }
  if (bytes > 0)
    store_part(to, change(load_part<V>(from, static_cast<std::size_t>(bytes))), static_cast<std::size_t>(bytes));
}

template <class T, bool To>
void convert(const void* src, void* dst, int64_t samples) {
  using V = Vec<KeyOf<T>>;
  change_row<V>(src, dst, samples * static_cast<int64_t>(sizeof(T)),
                [](V v) { return To ? to_keys<T>(v) : from_keys<T>(v); });
}

}  // namespace

extern constinit const KeysKernels keys_kernels = {
    {nullptr, nullptr, nullptr, convert<half, true>, convert<float, true>, convert<double, true>},
    {nullptr, nullptr, nullptr, convert<half, false>, convert<float, false>, convert<double, false>},
};

}  // namespace px::PX_TARGET
