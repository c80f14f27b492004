#include "core/resample_plan.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/plan_cache.h"

namespace px {
namespace {

// float32 sums of at most this many taps (both passes) stay within 2e-6 of the real value.
constexpr std::int64_t most_taps_f32 = 40;
// uint8 falls back to float64 where quantized weights could be off by this many levels before rounding.
constexpr double most_error_u8 = 0.45;

struct FixedPlan {
  std::optional<FixedAxis> rows, columns;
  int between = 0;  // fractional bits kept between the passes
};

// Quantizes the passes; nothing where the proven error is too large.
std::optional<FixedPlan> make_fixed(const std::optional<Axis>& rows, const std::optional<Axis>& columns,
                                    bool vertical_first) {
  FixedPlan plan;
  if (!rows || !columns) {
    FixedAxis alone = fixed_axis(rows ? *rows : *columns, 0.0, 255.0, 0.5);
    if (alone.error * 127.5 > most_error_u8) return std::nullopt;
    (rows ? plan.rows : plan.columns) = std::move(alone);
    return plan;
  }
  FixedAxis first = fixed_axis(vertical_first ? *rows : *columns, 0.0, 255.0, 0.5);
  plan.between = 7;
  while (255.0 * first.positive * static_cast<double>(1 << plan.between) + 1.0 > 32767.0) --plan.between;
  const double unit = static_cast<double>(1 << plan.between);
  const double low = 255.0 * first.negative * unit + 1.0, high = 255.0 * first.positive * unit + 1.0;
  FixedAxis second = fixed_axis(vertical_first ? *columns : *rows, low, high, 0.5 * unit);
  const double spread_first = first.positive + first.negative, spread_second = second.positive + second.negative;
  const double error =
      first.error * 127.5 * spread_second + 0.5 / unit * spread_second + second.error * 127.5 * spread_first;
  if (error > most_error_u8) return std::nullopt;
  plan.rows = std::move(vertical_first ? first : second);
  plan.columns = std::move(vertical_first ? second : first);
  return plan;
}

void set_places(AxisTable& table, Axis& axis) {
  table.present = true;
  table.taps = axis.taps;
  table.first = std::move(axis.first);
  table.count = std::move(axis.count);
  table.offset = std::move(axis.offset);
}

void set_fixed(AxisTable& table, Axis& axis, const FixedAxis& fixed, int shift) {
  set_places(table, axis);
  table.shift = shift;
  table.fixed.reserve(fixed.weights.size() + table.first.size());
  for (std::size_t j = 0; j < table.first.size(); ++j) {
    const auto from = static_cast<std::size_t>(table.offset[j]);
    table.offset[j] = static_cast<std::int64_t>(table.fixed.size());
    for (std::int32_t k = 0; k < table.count[j]; ++k) {
      table.fixed.push_back(static_cast<std::int16_t>(fixed.weights[from + static_cast<std::size_t>(k)]));
    }
    if (table.count[j] % 2 != 0) table.fixed.push_back(0);
  }
}

void set_reals(AxisTable& table, Axis& axis, bool wide) {
  set_places(table, axis);
  if (wide) {
    table.f64 = std::move(axis.weights);
  } else {
    table.f32.reserve(axis.weights.size());
    for (const double w : axis.weights) table.f32.push_back(static_cast<float>(w));
  }
}

// The most outputs under way at once: each takes four registers, or three.
constexpr int most_slots = 7;

// Slots of a kernel that exists: reals have no kernels for 1, 4 and 6.
int slots_of_kernel(int slots, bool fixed) {
  return fixed || slots > most_slots ? slots : slots <= 3 ? std::max(slots, 2) : slots | 1;
}

SweepTable make_sweep(const AxisTable& rows) {
  SweepTable best;
  const bool fixed = !rows.fixed.empty();
  const int each = fixed ? 2 : 1;
  const auto outputs = static_cast<std::int32_t>(rows.first.size());
  std::int64_t separate = 0;  // steps if outputs read their rows one by one
  for (const std::int32_t count : rows.count) separate += (count + each - 1) / each;
  // Where a filter is zero at whole pixels, an output may begin after its successor and end before its predecessor;
  // here it begins and ends with them.
  std::vector<std::int32_t> first = rows.first;
  for (std::size_t y = first.size() - 1; y > 0; --y) first[y - 1] = std::min(first[y - 1], first[y]);
  for (int odd = 0; odd < each; ++odd) {
    SweepTable table;
    table.each = each;
    table.odd = odd;
    std::int32_t done = 0, end = 0;
    for (std::int32_t y = 0; y < outputs; ++y) {
      const auto at = static_cast<std::size_t>(y);
      while (done < y && table.last[static_cast<std::size_t>(done)] < table.step_of(first[at])) ++done;
      table.slots = std::max(table.slots, y + 1 - done);
      if (!fixed && rows.first[at] + rows.count[at] < end) return {};  // waiting would add 0 * x, which may be NaN
      end = std::max(end, rows.first[at] + rows.count[at]);
      table.last.push_back(table.step_of(end - 1));
    }
    if (best.slots == 0 || table.slots < best.slots) best = std::move(table);
  }
  best.slots = slots_of_kernel(best.slots, fixed);
  // Every step costs all slots, however few are in use, but half of what one costs by itself.
  const std::int64_t steps = best.last.back() + 1 - best.step_of(rows.first[0]);
  if (best.slots > most_slots || steps * best.slots > separate * 2) return {};
  const auto cells = static_cast<std::size_t>((best.last.back() + 1) * best.slots);
  best.fixed.assign(fixed ? cells : 0, 0);
  best.f32.assign(fixed ? 0 : cells, 0.0f);
  best.masks.assign(fixed ? 0 : cells, 0xffff);
  for (std::int32_t y = 0; y < outputs; ++y) {
    const auto at = static_cast<std::size_t>(y);
    for (std::int32_t k = 0; k < rows.count[at]; ++k) {
      const std::int32_t row = rows.first[at] + k;
      const auto cell = static_cast<std::size_t>(best.step_of(row) * best.slots + y % best.slots);
      const auto from = static_cast<std::size_t>(rows.offset[at] + k);
      if (fixed) {
        const std::uint32_t w = static_cast<std::uint16_t>(rows.fixed[from]);
        best.fixed[cell] |= static_cast<std::int32_t>(w << ((row + best.odd) % 2 != 0 ? 16 : 0));
      } else {
        best.f32[cell] = rows.f32[from];
        if (k == 0) best.masks[cell] = 0;
      }
    }
  }
  return best;
}

// Deals the samples of a row to groups of `lanes` whose inputs lie within `window` samples; empty where some do not.
GatherTable deal_columns(const AxisTable& columns, std::int64_t in_w, std::int64_t channels, int lanes, int window) {
  GatherTable table;
  if (lanes == 0 || in_w * channels < window || in_w * channels > INT32_MAX) return table;
  const std::int64_t samples = static_cast<std::int64_t>(columns.first.size()) * channels;
  for (std::int64_t begin = 0; begin < samples; begin += lanes) {
    std::int64_t low = in_w * channels, high = 0;
    for (std::int64_t s = begin; s < std::min(begin + lanes, samples); ++s) {
      const auto at = static_cast<std::size_t>(s / channels);
      low = std::min(low, columns.first[at] * channels + s % channels);
      high = std::max(high, (columns.first[at] + columns.count[at] - 1) * channels + s % channels + 1);
    }
    if (high - low > window) return GatherTable{};
    table.base.push_back(static_cast<std::int32_t>(std::min(low, in_w * channels - window)));
  }
  table.lanes = lanes;
  table.window = window;
  return table;
}

// Calls place(group, lane, tap, sample of the window, position of the weight) for every tap of every lane.
template <class Place>
void for_each_tap(const GatherTable& table, const AxisTable& columns, std::int64_t channels, Place&& place) {
  const std::int64_t samples = static_cast<std::int64_t>(columns.first.size()) * channels;
  for (std::int64_t s = 0; s < samples; ++s) {
    const auto j = static_cast<std::size_t>(s / channels);
    const std::int64_t group = s / table.lanes, lane = s % table.lanes;
    for (std::int64_t k = 0; k < columns.count[j]; ++k) {
      const std::int64_t from =
          (columns.first[j] + k) * channels + s % channels - table.base[static_cast<std::size_t>(group)];
      place(group, lane, k, from, static_cast<std::size_t>(columns.offset[j] + k));
    }
  }
}

constexpr int gather_lanes = 16;

GatherTable gather_fixed(const AxisTable& columns, std::int64_t in_w, std::int64_t channels) {
  constexpr int words = 2 * gather_lanes;
  GatherTable table = deal_columns(columns, in_w, channels, gather_lanes, words);
  if (table.base.empty()) table = deal_columns(columns, in_w, channels, gather_lanes, 2 * words);
  if (table.base.empty()) return table;
  table.steps_each = static_cast<int>((columns.taps + 1) / 2);
  table.steps.assign(table.base.size() * static_cast<std::size_t>(table.steps_each * 2 * words), 0);
  for_each_tap(table, columns, channels,
               [&](std::int64_t g, std::int64_t lane, std::int64_t k, std::int64_t from, std::size_t w) {
                 const auto word =
                     static_cast<std::size_t>((g * table.steps_each + k / 2) * 2 * words + 2 * lane + k % 2);
                 table.steps[word] = static_cast<std::int16_t>(from);
                 table.steps[word + words] = columns.fixed[w];
               });
  return table;
}

GatherTable gather_f32(const AxisTable& columns, std::int64_t in_w, std::int64_t channels) {
  const int pixels = static_cast<int>(gather_lanes / channels * channels);  // a little less, which reads less, too
  GatherTable table;
  for (const auto& [lanes, registers] :
       {std::pair(gather_lanes, 1), {gather_lanes, 2}, {pixels, 2}, {gather_lanes, 3}, {gather_lanes, 4}}) {
    table = deal_columns(columns, in_w, channels, lanes, registers * gather_lanes);
    if (!table.base.empty()) break;
  }
  if (table.base.empty()) return table;
  table.steps_each = static_cast<int>(columns.taps);
  const std::size_t steps = table.base.size() * static_cast<std::size_t>(table.steps_each);
  table.order.assign(steps * gather_lanes, 0);
  table.weights.assign(steps * gather_lanes, 0.0f);
  table.masks.assign(steps * 3, 0);
  for_each_tap(table, columns, channels,
               [&](std::int64_t g, std::int64_t lane, std::int64_t k, std::int64_t from, std::size_t w) {
                 const auto step = static_cast<std::size_t>(g * table.steps_each + k);
                 const std::size_t at = step * gather_lanes + static_cast<std::size_t>(lane);
                 table.order[at] = static_cast<std::int32_t>(from);
                 table.weights[at] = columns.f32[w];
                 const auto set = [&](std::size_t mask) {
                   table.masks[3 * step + mask] = static_cast<std::uint16_t>(table.masks[3 * step + mask] | 1u << lane);
                 };
                 set(0);
                 if (from >= 2 * gather_lanes) set(from < 3 * gather_lanes ? 1 : 2);
               });
  return table;
}

// The same for nearest, by bytes: groups of whole pixels in 64 bytes whose inputs lie within 128.
NearestTable make_nearest(const std::vector<std::int32_t>& index, std::int64_t in_w, std::int64_t pixel) {
  constexpr std::int64_t window = 128, most_lanes = 64;
  NearestTable table;
  const std::int64_t pixels = most_lanes / pixel;  // of a group
  if (pixels == 0) return table;
  const auto outputs = static_cast<std::int64_t>(index.size());
  const std::int64_t groups = (outputs + pixels - 1) / pixels;
  table.lanes = static_cast<int>(pixels * pixel);
  table.last_lanes = static_cast<int>((outputs - (groups - 1) * pixels) * pixel);
  table.order.assign(static_cast<std::size_t>(groups * most_lanes), 0);
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int64_t begin = g * pixels, end = std::min(begin + pixels, outputs);
    const std::int64_t low = index[static_cast<std::size_t>(begin)],
                       high = index[static_cast<std::size_t>(end - 1)] + 1;
    if ((high - low) * pixel > window) return NearestTable{};
    const std::int64_t base = std::max<std::int64_t>(0, std::min(low * pixel, in_w * pixel - window));
    table.base.push_back(base);
    for (std::int64_t j = begin; j < end; ++j) {
      for (std::int64_t b = 0; b < pixel; ++b) {
        table.order[static_cast<std::size_t>(g * most_lanes + (j - begin) * pixel + b)] =
            static_cast<std::uint8_t>(index[static_cast<std::size_t>(j)] * pixel + b - base);
      }
    }
  }
  return table;
}

// Whether every result of an axis is the mean of inputs 2j and 2j + 1. (A mean of four then is exact in integers, so
// that it may be had without weights.)
bool is_halving(const AxisTable& axis) {
  for (std::size_t j = 0; j < axis.first.size(); ++j) {
    const auto at = static_cast<std::size_t>(axis.offset[j]);
    if (axis.count[j] != 2 || axis.first[j] != static_cast<std::int32_t>(2 * j) ||
        axis.fixed[at] != axis.fixed[at + 1]) {
      return false;
    }
  }
  return axis.present;
}

ResizePlan make_plan(std::int64_t in_h, std::int64_t in_w, std::int64_t out_h, std::int64_t out_w,
                     std::int64_t channels, std::int64_t pixel, DType dtype, const ResizeOptions& options) {
  const Box box = options.box.value_or(Box{0.0, 0.0, static_cast<double>(in_w), static_cast<double>(in_h)});
  ResizePlan plan;
  if (options.interpolation == Interpolation::nearest) {
    plan.path = ResizePlan::Path::nearest;
    plan.rows.first = nearest_index(in_h, out_h, box.top, box.bottom);
    plan.columns.first = nearest_index(in_w, out_w, box.left, box.right);
    plan.nearest = make_nearest(plan.columns.first, in_w, pixel);
    return plan;
  }
  auto rows = make_axis(in_h, out_h, box.top, box.bottom, options.interpolation, options.antialias);
  auto columns = make_axis(in_w, out_w, box.left, box.right, options.interpolation, options.antialias);
  if (!rows && !columns) return plan;
  plan.vertical_first = rows && (!columns || is_vertical_first(*rows, *columns, out_h, out_w));
  if (dtype == DType::u8 && !options.premultiply) {
    if (const auto fixed = make_fixed(rows, columns, plan.vertical_first)) {
      plan.path = ResizePlan::Path::fixed;
      const bool both = rows && columns;
      // The first pass keeps `between` fractional bits, the second one drops them.
      const auto shift = [&](const FixedAxis& axis, bool is_first) {
        return !both ? axis.bits : is_first ? axis.bits - fixed->between : axis.bits + fixed->between;
      };
      if (rows) set_fixed(plan.rows, *rows, *fixed->rows, shift(*fixed->rows, plan.vertical_first));
      if (plan.vertical_first) plan.sweep = make_sweep(plan.rows);
      if (columns) {
        set_fixed(plan.columns, *columns, *fixed->columns, shift(*fixed->columns, !plan.vertical_first));
        plan.gather = gather_fixed(plan.columns, in_w, channels);
      }
      plan.halving = is_halving(plan.rows) && is_halving(plan.columns);
      return plan;
    }
  }
  const std::int64_t taps = (rows ? rows->taps : 0) + (columns ? columns->taps : 0);
  const bool wide = options.premultiply || dtype == DType::u8 || dtype == DType::f64 || taps > most_taps_f32;
  plan.path = wide ? ResizePlan::Path::f64 : ResizePlan::Path::f32;
  if (rows) set_reals(plan.rows, *rows, wide);
  if (plan.vertical_first && !wide) plan.sweep = make_sweep(plan.rows);
  if (columns) {
    set_reals(plan.columns, *columns, wide);
    if (!wide) plan.gather = gather_f32(plan.columns, in_w, channels);
  }
  return plan;
}

struct PlanKey {
  std::int64_t in_h, in_w, out_h, out_w, channels;
  int item_size;
  DType dtype;
  ResizeOptions options;
  bool operator==(const PlanKey&) const = default;
};

}  // namespace

Status check_resize(const ImageView& src, const ImageView& dst, const ResizeOptions& options) {
  if (Status status = check_disjoint(src, dst); !status.is_ok()) return status;
  if (src.n != dst.n || src.c != dst.c || src.dtype != dst.dtype || src.item_size != dst.item_size) {
    return Status::value_error("out must have image's batch size, channels and dtype");
  }
  const bool nearest = options.interpolation == Interpolation::nearest;
  if (src.dtype == DType::other && !nearest) return Status::type_error("this dtype can only be resized with 'nearest'");
  if (src.n == 0 || src.c == 0) return Status::ok();
  if (is_empty(src) || is_empty(dst)) return Status::value_error("image and size must not be empty");
  if (options.premultiply && !has_alpha(src)) return Status::value_error("premultiply needs an alpha channel");
  if (options.box) {
    const Box& box = *options.box;
    if (!(0.0 <= box.left && box.left < box.right && box.right <= static_cast<double>(src.w) && 0.0 <= box.top &&
          box.top < box.bottom && box.bottom <= static_cast<double>(src.h))) {
      return Status::value_error("box must lie within the image and have an area");
    }
  }
  return Status::ok();
}

std::size_t ResizePlan::bytes() const {
  const auto all = [](const auto&... tables) { return (... + (tables.capacity() * sizeof(tables[0]))); };
  const auto axis = [&](const AxisTable& t) { return all(t.first, t.count, t.offset, t.fixed, t.f32, t.f64); };
  return sizeof(*this) + axis(rows) + axis(columns) + all(sweep.last, sweep.fixed, sweep.f32, sweep.masks) +
         all(gather.base, gather.steps, gather.order, gather.weights, gather.masks, nearest.base, nearest.order);
}

std::shared_ptr<const ResizePlan> resize_plan(std::int64_t in_h, std::int64_t in_w, std::int64_t out_h,
                                              std::int64_t out_w, std::int64_t channels, int item_size, DType dtype,
                                              const ResizeOptions& options) {
  thread_local PlanCache<PlanKey, ResizePlan> cache;
  const PlanKey key{in_h, in_w, out_h, out_w, channels, item_size, dtype, options};
  return cache.get(key,
                   [&] { return make_plan(in_h, in_w, out_h, out_w, channels, channels * item_size, dtype, options); });
}

}  // namespace px
