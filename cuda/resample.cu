#include "resample.cuh"

#include <algorithm>
#include <cstring>

namespace px::cuda {
namespace {

// Tables one behind the other, each at a multiple of 16: first to add up, then to fill, then to hand out addresses.
class Packing {
 public:
  explicit Packing(std::vector<std::byte>* memory = nullptr, const std::byte* base = nullptr)
      : memory_(memory), base_(base) {}

  template <class T>
  const T* add(const std::vector<T>& values) {
    const std::size_t at = used_, bytes = values.size() * sizeof(T);
    used_ += (bytes + 15) / 16 * 16;
    if (memory_ != nullptr) {
      memory_->resize(used_);
      if (bytes > 0) std::memcpy(memory_->data() + at, values.data(), bytes);
    }
    return base_ == nullptr || bytes == 0 ? nullptr : reinterpret_cast<const T*>(base_ + at);
  }

 private:
  std::vector<std::byte>* memory_;
  const std::byte* base_;
  std::size_t used_ = 0;
};

Taps add_axis(Packing& packing, const AxisTable& axis) {
  Taps taps;
  taps.first = packing.add(axis.first);
  taps.count = packing.add(axis.count);
  taps.offset = packing.add(axis.offset);
  const void* const fixed = packing.add(axis.fixed);
  const void* const narrow = packing.add(axis.f32);
  const void* const wide = packing.add(axis.f64);
  taps.weights = fixed != nullptr ? fixed : narrow != nullptr ? narrow : wide;
  taps.shift = axis.shift;
  return taps;
}

struct Span {
  std::int64_t low, high;
};

// The inputs that results [begin, end) of an axis read.
Span span_of(const AxisTable& axis, std::int64_t begin, std::int64_t end) {
  Span span{INT64_MAX, 0};
  for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
    span.low = std::min<std::int64_t>(span.low, axis.first[i]);
    span.high = std::max<std::int64_t>(span.high, axis.first[i] + axis.count[i]);
  }
  return span;
}

}  // namespace

PlanTables upload(Call& call, const std::shared_ptr<const ResizePlan>& plan) {
  if (plan->path == ResizePlan::Path::copy) return {};
  const std::byte* const base = call.tables_of(plan, [&] {
    std::vector<std::byte> memory;
    Packing packing(&memory);
    add_axis(packing, plan->rows);
    add_axis(packing, plan->columns);
    return memory;
  });
  Packing packing(nullptr, base);
  const Taps rows = add_axis(packing, plan->rows);
  return {rows, add_axis(packing, plan->columns)};
}

Passes passes_of(const ResizePlan& plan, const PlanTables& tables, const ImageView& src, Job wanted,
                 std::int64_t images, int between_item, std::int64_t& between) {
  wanted.src = src;
  wanted.rows = tables.rows;
  wanted.columns = tables.columns;
  wanted.vertical = plan.rows.present && (!plan.columns.present || !plan.vertical_first);
  if (!plan.rows.present || !plan.columns.present) return {{}, wanted};

  Job first;
  first.src = src;
  first.channels = wanted.channels;
  first.vertical = plan.vertical_first;
  first.rows = tables.rows;
  first.columns = tables.columns;
  first.dst_between = wanted.src_between = true;
  // The part of the whole result that is wanted, and what it reads along the axis that the first pass leaves as it is.
  const std::int64_t x0 = wanted.x0 + wanted.left, x1 = wanted.x1 + wanted.left;
  const std::int64_t y0 = wanted.y0 + wanted.top, y1 = wanted.y1 + wanted.top;
  const Span columns = plan.vertical_first ? span_of(plan.columns, x0, x1) : Span{x0, x1};
  const Span rows = plan.vertical_first ? Span{y0, y1} : span_of(plan.rows, y0, y1);
  first.left = columns.low;
  first.top = rows.low;
  first.width = first.x1 = columns.high - columns.low;
  first.height = first.y1 = rows.high - rows.low;

  Pixels kept{{}};
  kept.data = between * between_item;
  kept.stride_c = between_item;
  kept.stride_w = kept.stride_c * first.channels;
  kept.stride_h = kept.stride_w * first.width;
  kept.stride_n = kept.stride_h * first.height;
  first.dst = wanted.src = kept;
  // As if it held the whole: what lies before its begin is not read.
  wanted.src.data -= rows.low * kept.stride_h + columns.low * kept.stride_w;
  between += images * first.height * first.width * first.channels;
  return {first, wanted};
}

}  // namespace px::cuda
