// box: sums of rows, and their means.
//
//   dst[i] = lines[0][i] + lines[1][i] + ..          sums[i] += in[i] - out[i]          dst[i] = sums[i] / area
//
// Exact     Sums of integers, and their means, which are rounded once. Reals are added in the order of the lines.
// Why       A window of any length is a few lines, each a shorter window that begins elsewhere: lanes are neighbours,
// and
//           nothing is ever subtracted from reals, so what leaves a window leaves no trace in it. Integers slide.
// Requires  Rows disjoint, or dst exactly the first line.
// Tail      Parts of registers; of means the last register once more.

#include "kernels/box.h"

#include <cmath>

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int16_t;
using std::int32_t;
using std::int64_t;
using std::uint16_t;
using std::uint8_t;

template <class T>
constexpr bool is_integer = same<T, uint8_t> || same<T, uint16_t> || same<T, int16_t>;

// ---- sums

template <class T, class Sum>
PX_HD Vec<Sum> widened(const T* from) {
  if constexpr (same<Sum, uint16_t>) {
    if constexpr (same<T, uint8_t>) return (Vec<Sum>)load_widened_i16(from);
    return load<Vec<Sum>>(from);
  } else {
    return load_widened(from);
  }
}

// The first `samples` of them, the others from zeros; nothing behind them is read.
template <class T, class Sum>
PX_HD Vec<Sum> widened_part(const T* from, int64_t samples) {
  T some[vector_bytes / sizeof(T)];
  store(some, load_part<Bytes>(from, static_cast<std::size_t>(samples) * sizeof(T)));
  return widened<T, Sum>(some);
}

template <class T, class Sum>
void slide(const void* sums, const void* in, const void* out, int64_t samples, void* dst, const std::byte* ahead) {
  const auto *entering = static_cast<const T*>(in), *leaving = static_cast<const T*>(out);
  const auto* from = static_cast<const Sum*>(sums);
  auto* to = static_cast<Sum*>(dst);
  constexpr int side = lanes<Sum>;
  int64_t i = 0;
  if (leaving == nullptr) {
    for (; i + side <= samples; i += side) store(to + i, load<Vec<Sum>>(from + i) + widened<T, Sum>(entering + i));
    if (i < samples) {
      const std::size_t rest = static_cast<std::size_t>(samples - i) * sizeof(Sum);
      store_part(to + i, load_part<Vec<Sum>>(from + i, rest) + widened_part<T, Sum>(entering + i, samples - i), rest);
    }
    return;
  }
  constexpr int unroll = 64 / static_cast<int>(side * sizeof(T)) > 1 ? 64 / static_cast<int>(side * sizeof(T)) : 1;
  const auto some = [&](int64_t at) {
    store(to + at, load<Vec<Sum>>(from + at) + (widened<T, Sum>(entering + at) - widened<T, Sum>(leaving + at)));
  };
  for (; i + unroll * side <= samples; i += unroll * side) {
    __builtin_prefetch(ahead + i * static_cast<int64_t>(sizeof(T)));
#pragma GCC unroll 8
    for (int u = 0; u < unroll; ++u) some(i + u * side);
  }
  for (; i + side <= samples; i += side) some(i);
  if (i < samples) {
    const std::size_t rest = static_cast<std::size_t>(samples - i) * sizeof(Sum);
    const auto change =
        widened_part<T, Sum>(entering + i, samples - i) - widened_part<T, Sum>(leaving + i, samples - i);
    store_part(to + i, load_part<Vec<Sum>>(from + i, rest) + change, rest);
  }
}

// Count 0: known at run time only.
template <class Sum, int Count>
void sum_line(const void* const* given, int count, int64_t samples, void* dst, const std::byte* ahead, int64_t step) {
  constexpr int side = lanes<Sum>, unroll = 4;
  const Sum* own[Count > 0 ? Count : 1];
  if constexpr (Count > 0) {
    for (int k = 0; k < Count; ++k) own[k] = static_cast<const Sum*>(given[k]) + step;
  }
  const auto line = [&](int k) {
    return Count > 0 ? own[Count > 0 ? k : 0] : static_cast<const Sum*>(given[k]) + step;
  };
  const int last = Count > 0 ? Count : count;
  auto* to = static_cast<Sum*>(dst);
  int64_t i = 0;
  for (; i + unroll * side <= samples; i += unroll * side) {
    for (int next = 0; next < unroll * vector_bytes; next += 64) {
      __builtin_prefetch(ahead + i * static_cast<int64_t>(sizeof(Sum)) + next);
    }
    Vec<Sum> sums[unroll];
#pragma GCC unroll 4
    for (int u = 0; u < unroll; ++u) sums[u] = load<Vec<Sum>>(line(0) + i + u * side);
#pragma GCC unroll 8
    for (int k = 1; k < last; ++k) {
#pragma GCC unroll 4
      for (int u = 0; u < unroll; ++u) sums[u] = sums[u] + load<Vec<Sum>>(line(k) + i + u * side);
    }
#pragma GCC unroll 4
    for (int u = 0; u < unroll; ++u) store(to + i + u * side, sums[u]);
  }
  for (; i + side <= samples; i += side) {
    Vec<Sum> sum = load<Vec<Sum>>(line(0) + i);
    for (int k = 1; k < last; ++k) sum = sum + load<Vec<Sum>>(line(k) + i);
    store(to + i, sum);
  }
  if (i < samples) {
    const std::size_t rest = static_cast<std::size_t>(samples - i) * sizeof(Sum);
    Vec<Sum> sum = load_part<Vec<Sum>>(line(0) + i, rest);
    for (int k = 1; k < last; ++k) sum = sum + load_part<Vec<Sum>>(line(k) + i, rest);
    store_part(to + i, sum, rest);
  }
}

template <class Sum, int Count>
void sum_lines(const void* const* given, int count, int64_t samples, void* dst, const std::byte* ahead,
               const BoxRowSteps& steps) {
  const auto step = steps.lines / static_cast<int64_t>(sizeof(Sum));
  for (int64_t r = 0; r < steps.rows; ++r) {
    sum_line<Sum, Count>(given, count, samples, static_cast<std::byte*>(dst) + r * steps.dst, ahead, r * step);
  }
}

template <class Sum>
void lines(const void* const* given, int count, int64_t samples, void* dst, const std::byte* ahead,
           const BoxRowSteps& steps) {
  switch (count) {
    case 1: return sum_lines<Sum, 1>(given, count, samples, dst, ahead, steps);
    case 2: return sum_lines<Sum, 2>(given, count, samples, dst, ahead, steps);
    case 3: return sum_lines<Sum, 3>(given, count, samples, dst, ahead, steps);
    case 4: return sum_lines<Sum, 4>(given, count, samples, dst, ahead, steps);
    case 5: return sum_lines<Sum, 5>(given, count, samples, dst, ahead, steps);
    case 6: return sum_lines<Sum, 6>(given, count, samples, dst, ahead, steps);
    case 7: return sum_lines<Sum, 7>(given, count, samples, dst, ahead, steps);
    case 8: return sum_lines<Sum, 8>(given, count, samples, dst, ahead, steps);
    default: return sum_lines<Sum, 0>(given, count, samples, dst, ahead, steps);
  }
}

// ---- running sums along a row

// Moved up by Shift lanes, zeros below.
template <int Shift, class V, int... I>
PX_HD V shifted(V v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, V{}, (I < Shift ? static_cast<int>(sizeof...(I)) + I : I - Shift)...);
}

// For each lane of the next register the last one of the same channel.
template <int Channels>
constexpr int last_lane(int lanes_of, int lane) {
  lane += lanes_of - Channels;
  while (lane >= lanes_of) lane -= Channels;
  return lane;
}
template <int Channels, class V, int... I>
PX_HD V last_ones(V v, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(v, v, last_lane<Channels>(static_cast<int>(sizeof...(I)), I)...);
}

template <int Channels>
void running(const void* sums, int64_t samples, void* dst, const BoxRowSteps& steps) {
  using Sum = std::uint32_t;
  using V = Vec<Sum>;
  constexpr int side = lanes<Sum>;
  constexpr std::make_integer_sequence<int, side> all{};
  const auto within = [&](V v) {
    if constexpr (Channels < side) v += shifted<Channels>(v, all);
    if constexpr (2 * Channels < side) v += shifted<2 * Channels>(v, all);
    if constexpr (4 * Channels < side) v += shifted<4 * Channels>(v, all);
    if constexpr (8 * Channels < side) v += shifted<8 * Channels>(v, all);
    return v;
  };
  for (int64_t r = 0; r < steps.rows; ++r) {
    const auto* const from = reinterpret_cast<const Sum*>(static_cast<const std::byte*>(sums) + r * steps.lines);
    auto* to = reinterpret_cast<Sum*>(static_cast<std::byte*>(dst) + r * steps.dst);
    for (int c = 0; c < Channels; ++c) *to++ = 0;
    V before{};
    int64_t i = 0;
    for (; i + side <= samples; i += side) {
      const V some = within(load<V>(from + i));
      store(to + i, some + before);
      if constexpr (side % Channels == 0) {  // a lane is of the same channel in each register
        before += last_ones<Channels>(some, all);
      } else {
        before = last_ones<Channels>(some + before, all);
      }
    }
    if (i < samples) {
      const std::size_t rest = static_cast<std::size_t>(samples - i) * sizeof(Sum);
      store_part(to + i, within(load_part<V>(from + i, rest)) + before, rest);
    }
  }
}

// ---- blocks of rows

constexpr int outputs = 8;

// What all of `outputs` results have in common, Registers registers from sample i on: many, as each addition waits for
// the one before.
template <class Sum, int Registers>
PX_HD void common_at(const void* const* given, int rows, int64_t i, Vec<Sum> (&sums)[Registers]) {
  const auto at = [&](int k, int u) { return load<Vec<Sum>>(static_cast<const Sum*>(given[k]) + i + u * lanes<Sum>); };
#pragma GCC unroll 4
  for (int u = 0; u < Registers; ++u) sums[u] = at(outputs - 1, u);
  for (int k = outputs; k < rows; ++k) {
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) sums[u] = sums[u] + at(k, u);
  }
}

// The results of a register, from what they have in common.
template <class Sum>
PX_HD void block_at(const void* const* given, int rows, int64_t i, Vec<Sum> common, void* const* dst) {
  const auto at = [&](int k) { return load<Vec<Sum>>(static_cast<const Sum*>(given[k]) + i); };
  Vec<Sum> above[outputs];
  above[outputs - 1] = common;
#pragma GCC unroll 8
  for (int r = outputs - 2; r >= 0; --r) above[r] = above[r + 1] + at(r);
  Vec<Sum> below{};
#pragma GCC unroll 8
  for (int r = 0; r < outputs; ++r) {
    if (r > 0) {
      const Vec<Sum> next = at(rows + r - 1);
      below = r == 1 ? next : below + next;
    }
    store(static_cast<Sum*>(dst[r]) + i, r == 0 ? above[r] : above[r] + below);
  }
}

template <class Sum>
void block(const void* const* given, int rows, int64_t first, int64_t samples, void* const* dst,
           const std::byte* const* ahead) {
  constexpr int side = lanes<Sum>, registers = 4;
  int64_t i = first;
  const int64_t end = first + samples;
  // On to where rows begin as cache lines do.
  const auto begin = reinterpret_cast<std::uintptr_t>(given[0]) + static_cast<std::uintptr_t>(first) * sizeof(Sum);
  if (const auto past = static_cast<int64_t>(-begin % vector_bytes / sizeof(Sum)); past > 0 && samples >= 2 * side) {
    Vec<Sum> common[1];
    common_at<Sum, 1>(given, rows, i, common);
    block_at<Sum>(given, rows, i, common[0], dst);
    i += past;
  }
  for (; i + registers * side <= end; i += registers * side) {
#pragma GCC unroll 8
    for (int r = 0; r < outputs; ++r) {
      for (int line = 0; line < registers * vector_bytes; line += 64) {
        __builtin_prefetch(ahead[r] + i * static_cast<int64_t>(sizeof(Sum)) + line);
      }
    }
    Vec<Sum> common[registers];
    common_at<Sum, registers>(given, rows, i, common);
#pragma GCC unroll 4
    for (int u = 0; u < registers; ++u) block_at<Sum>(given, rows, i + u * side, common[u], dst);
  }
  for (; i + side <= end; i += side) {
    Vec<Sum> common[1];
    common_at<Sum, 1>(given, rows, i, common);
    block_at<Sum>(given, rows, i, common[0], dst);
  }
  for (; i < end; ++i) {
    const auto at = [&](int k) { return static_cast<const Sum*>(given[k])[i]; };
    Sum common = at(outputs - 1);
    for (int k = outputs; k < rows; ++k) common += at(k);
    Sum above[outputs];
    above[outputs - 1] = common;
    for (int r = outputs - 2; r >= 0; --r) above[r] = above[r + 1] + at(r);
    Sum below{};
    for (int r = 0; r < outputs; ++r) {
      if (r > 0) below = r == 1 ? at(rows) : below + at(rows + r - 1);
      static_cast<Sum*>(dst[r])[i] = r == 0 ? above[0] : above[r] + below;
    }
  }
}

// ---- means

PX_HD int64_t floor_of(int64_t numerator, int64_t divisor) {
  const int64_t quotient = numerator / divisor;
  return quotient - (numerator % divisor < 0 ? 1 : 0);
}

template <class T>
PX_HD T clamped(int64_t value) {
  constexpr auto low = static_cast<int64_t>(Limits<T>::low), high = static_cast<int64_t>(Limits<T>::high);
  return static_cast<T>(value < low ? low : value > high ? high : value);
}
template <class T>
PX_HD Vec<int32_t> within(Vec<int32_t> value) {
  const Vec<int32_t> low = broadcast(static_cast<int32_t>(Limits<T>::low));
  const Vec<int32_t> high = broadcast(static_cast<int32_t>(Limits<T>::high));
  value = value > low ? value : low;
  return value < high ? value : high;
}

constexpr int difference = -1;  // of two lines, not a number of them

// Sums of a job's lines, Registers registers from i on; and one by one. Count 0: known at run time only.
template <class Sum, int Registers, int Count>
PX_HD void sums_at(const MeanJob& job, int64_t i, Vec<Sum> (&sums)[Registers]) {
  constexpr int side = lanes<Sum>;
  const int last = Count > 0 ? Count : job.count;
  if constexpr (Count == difference) {
    static_assert(same<Sum, int32_t>);
    using Unsigned = Vec<std::uint32_t>;
    const auto *first = static_cast<const Sum*>(job.lines[0]) + i, *second = static_cast<const Sum*>(job.lines[1]) + i;
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) {
      sums[u] = (Vec<Sum>)(load<Unsigned>(second + u * side) - load<Unsigned>(first + u * side));
    }
    return;
  }
#pragma GCC unroll 4
  for (int u = 0; u < Registers; ++u) sums[u] = load<Vec<Sum>>(static_cast<const Sum*>(job.lines[0]) + i + u * side);
#pragma GCC unroll 5
  for (int k = 1; k < last; ++k) {
    const auto* line = static_cast<const Sum*>(job.lines[k]) + i;
#pragma GCC unroll 4
    for (int u = 0; u < Registers; ++u) sums[u] = sums[u] + load<Vec<Sum>>(line + u * side);
  }
}
template <class Sum>
PX_HD Sum one_sum_at(const MeanJob& job, int64_t i) {
  Sum sum = static_cast<const Sum*>(job.lines[0])[i];
  if constexpr (same<Sum, int32_t>) {
    if (job.is_difference) {
      const auto of = [&](int k) { return static_cast<std::uint32_t>(static_cast<const Sum*>(job.lines[k])[i]); };
      return static_cast<Sum>(of(1) - of(0));
    }
  }
  for (int k = 1; k < job.count; ++k) sum = static_cast<Sum>(sum + static_cast<const Sum*>(job.lines[k])[i]);
  return sum;
}

// Calls each(register, to) with all sums and where their means go, 4 registers at a time; what is left goes with the
// last register once more, or where there is none, or results must not be stored twice, one(i, to) by one.
template <class Sum, class T, int Count = 0, class Each, class One>
PX_HD void for_sums(const MeanJob& job, Each&& each, One&& one) {
  constexpr int side = lanes<Sum>, unroll = 4;
  const int64_t samples = job.samples, step = job.steps.lines / static_cast<int64_t>(sizeof(Sum));
  for (int64_t r = 0; r < job.steps.rows; ++r) {
    auto* const to = reinterpret_cast<T*>(static_cast<std::byte*>(job.dst) + r * job.steps.dst);
    const int64_t first = r * step;
    int64_t i = 0;
    for (; i + unroll * side <= samples; i += unroll * side) {
      Vec<Sum> sums[unroll];
      sums_at<Sum, unroll, Count>(job, first + i, sums);
#pragma GCC unroll 4
      for (int u = 0; u < unroll; ++u) each(sums[u], to + i + u * side);
    }
    const auto single = [&](int64_t at) {
      Vec<Sum> sums[1];
      sums_at<Sum, 1, Count>(job, first + at, sums);
      each(sums[0], to + at);
    };
    for (; i + side <= samples; i += side) single(i);
    if (i < samples && samples >= side && !job.stream) {
      single(samples - side);
      continue;
    }
    for (; i < samples; ++i) one(first + i, to + i);
  }
}

// Half of a unit more, `more`, and a quarter are at least a quarter of 1 / area from a whole quotient, further than all
// that is rounded; and are exact.
PX_HD Vec<int32_t> few_means(Vec<int32_t> sums, Vec<float> more, Vec<float> inverse) {
  return __builtin_convertvector((__builtin_convertvector(sums, Vec<float>) + more) * inverse, Vec<int32_t>);
}
// None is below 0. Three roundings of quotients up to 2^16 make less than 1/64: the quotient, or one less.
PX_HD Vec<int32_t> positive_means(Vec<int32_t> twice, Vec<int32_t> divisor, Vec<float> inverse) {
  const auto quotient = __builtin_convertvector(
      __builtin_convertvector(twice, Vec<float>) * inverse - broadcast(1.0f / 64), Vec<int32_t>);
  return quotient - (Vec<int32_t>)(twice - quotient * divisor >= divisor);
}
PX_HD Vec<int32_t> any_means(Vec<int32_t> twice, Vec<int32_t> divisor, Vec<float> inverse) {
  const Vec<float> about = __builtin_convertvector(twice, Vec<float>) * inverse;
  Vec<int32_t> quotient = __builtin_convertvector(about, Vec<int32_t>);
  quotient += (Vec<int32_t>)(__builtin_convertvector(quotient, Vec<float>) > about);  // -1: truncated upwards
  const Vec<int32_t> rest = twice - quotient * divisor;
  quotient += (Vec<int32_t>)(rest < 0);
  return quotient - (Vec<int32_t>)(rest >= divisor);
}

template <class T>
void mean_of_integers(const MeanJob& job) {
  const auto area = static_cast<int32_t>(job.area), lowest = job.lowest;
  const Vec<int32_t> divisor = broadcast(2 * area), half = broadcast(area - 2 * area * lowest),
                     base = broadcast(lowest);
  const Vec<float> inverse_of_two = broadcast(static_cast<float>(1.0 / (2.0 * area)));
  const auto all = [&]<int Count>(std::integral_constant<int, Count>, auto&& mean_of) {
    for_sums<int32_t, T, Count>(
        job, [&](Vec<int32_t> sums, T* to) { store_narrowed(to, mean_of(sums)); },
        [&](int64_t i, T* to) {
          *to = clamped<T>(floor_of(int64_t{2} * one_sum_at<int32_t>(job, i) + area, int64_t{2} * area));
        });
  };
  const auto by_count = [&](auto&& mean_of) {
    if (job.is_difference) return all(std::integral_constant<int, difference>{}, mean_of);
    all(std::integral_constant<int, 0>{}, mean_of);
  };
  switch (job.division) {
    case Division::few: {
      const Vec<float> more = broadcast(0.5f * static_cast<float>(half[0]) + 0.25f);
      const Vec<float> inverse = broadcast(static_cast<float>(1.0 / area));
      if (!job.is_within) {
        return by_count([&](Vec<int32_t> sums) { return within<T>(few_means(sums, more, inverse) + base); });
      }
      const auto mean_of = [&](Vec<int32_t> sums) {
        const Vec<int32_t> means = few_means(sums, more, inverse);
        return Limits<T>::low < 0 ? means + base : means;
      };
      if (job.count == 3) return all(std::integral_constant<int, 3>{}, mean_of);
      if (job.count == 5) return all(std::integral_constant<int, 5>{}, mean_of);
      return by_count(mean_of);
    }
    case Division::positive:
      return by_count([&](Vec<int32_t> sums) {
        return within<T>(positive_means(sums * 2 + half, divisor, inverse_of_two) + base);
      });
    case Division::any:
      return by_count(
          [&](Vec<int32_t> sums) { return within<T>(any_means(sums * 2 + half, divisor, inverse_of_two) + base); });
  }
}

template <int Count>
PX_HD void mean_of_words(const MeanJob& job) {
  const Vec<uint16_t> add = broadcast(job.add), factor = broadcast(job.factor);
  const int shift = job.shift;
  for_sums<uint16_t, uint8_t, Count>(
      job,
      [&](Vec<uint16_t> sums, uint8_t* to) {
        store_words(to, (Vec<int16_t>)(multiply_high(sums + add, factor) >> shift));
      },
      [&](int64_t i, uint8_t* to) {
        const auto sum = static_cast<uint16_t>(one_sum_at<uint16_t>(job, i) + job.add);
        *to = static_cast<uint8_t>((static_cast<std::uint32_t>(sum) * job.factor >> 16) >> job.shift);
      });
}

void mean_of_words(const MeanJob& job) {
  switch (job.count) {
    case 2: return mean_of_words<2>(job);
    case 3: return mean_of_words<3>(job);
    case 4: return mean_of_words<4>(job);
    case 5: return mean_of_words<5>(job);
    default: return mean_of_words<0>(job);
  }
}

template <class Sum, class T>
void mean(const MeanJob& job) {
  const auto area = static_cast<double>(job.area);
  if constexpr (same<Sum, int32_t> && is_integer<T>) {
    mean_of_integers<T>(job);
  } else if constexpr (same<Sum, int32_t>) {
    for (int64_t r = 0; r < job.steps.rows; ++r) {
      std::byte* const to = static_cast<std::byte*>(job.dst) + r * job.steps.dst;
      const int64_t first = r * job.steps.lines / static_cast<int64_t>(sizeof(Sum));
      for (int64_t i = 0; i < job.samples; ++i) {
        const auto mean_of = static_cast<double>(one_sum_at<Sum>(job, first + i)) / area;
        store(to + i * static_cast<int64_t>(sizeof(T)), round_to<T>(mean_of));
      }
    }
  } else {
    const auto inverse = static_cast<float>(1.0 / area);
    const auto mean_of = [&](auto sum) {
      if constexpr (same<Sum, float>) {
        return sum * inverse;
      } else {
        return sum / area;
      }
    };
    const auto one = [&](int64_t i, T* to) { store(to, round_to<T>(mean_of(one_sum_at<Sum>(job, i)))); };
    if constexpr (same<Sum, T>) {
      if (job.stream) {
        return for_sums<Sum, T>(job, [&](Vec<Sum> sums, T* to) { store_past_caches(to, mean_of(sums)); }, one);
      }
    }
    const auto each = [&](Vec<Sum> sums, T* to) { store_rounded<T, Sum>(to, mean_of(sums)); };
    if constexpr (same<Sum, T>) {
      if (job.count == 3) return for_sums<Sum, T, 3>(job, each, one);
      if (job.count == 6) return for_sums<Sum, T, 6>(job, each, one);
    }
    for_sums<Sum, T>(job, each, one);
  }
}

template <class Sum, class T>
void quotient(const void* sums, const int32_t* counts, int64_t pixels, int64_t channels, void* dst) {
  const auto* from = static_cast<const Sum*>(sums);
  auto* to = static_cast<T*>(dst);
  for (int64_t x = 0; x < pixels; ++x) {
    const int32_t count = counts[x];
    for (int64_t c = 0; c < channels; ++c, ++from, ++to) {
      T value{};
      if (count != 0) {
        if constexpr (same<Sum, int32_t> && is_integer<T>) {
          value = clamped<T>(floor_of(int64_t{2} * *from + count, int64_t{2} * count));
        } else if constexpr (same<Sum, float>) {
          value = round_to<T>(*from / static_cast<float>(count));
        } else {
          value = round_to<T>(static_cast<double>(*from) / static_cast<double>(count));
        }
      }
      store(to, value);
    }
  }
}

void cover(void* row, const uint8_t* mask, int64_t pixels, int64_t pixel_bytes) {
  auto* at = static_cast<std::byte*>(row);
  for (int64_t x = 0; x < pixels; ++x, at += pixel_bytes) {
    if (mask[x] == 0) std::memset(at, 0, static_cast<std::size_t>(pixel_bytes));
  }
}

void finish_past_caches_call() { finish_past_caches(); }

}  // namespace

#define PX_BY_DTYPE(of, Sum, wide) \
  {of<Sum, uint8_t>, of<Sum, uint16_t>, of<Sum, int16_t>, of<Sum, half>, of<Sum, float>, wide}

extern constinit const BoxKernels box_kernels = {
    {{slide<uint8_t, uint16_t>, slide<uint8_t, int32_t>},
     {nullptr, slide<uint16_t, int32_t>},
     {nullptr, slide<int16_t, int32_t>}},
    {lines<uint16_t>, lines<int32_t>, lines<float>, lines<double>},
    {nullptr, running<1>, running<2>, running<3>, running<4>},
    {nullptr, nullptr, block<float>, block<double>},
    {{mean_of_words},
     PX_BY_DTYPE(mean, int32_t, (mean<int32_t, double>)),
     PX_BY_DTYPE(mean, float, nullptr),
     PX_BY_DTYPE(mean, double, (mean<double, double>))},
    {{},
     PX_BY_DTYPE(quotient, int32_t, (quotient<int32_t, double>)),
     PX_BY_DTYPE(quotient, float, nullptr),
     PX_BY_DTYPE(quotient, double, (quotient<double, double>))},
    cover,
    finish_past_caches_call,
};

}  // namespace px::PX_TARGET
