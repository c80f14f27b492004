// correlate_words: weighted sums of uint8, of which whole weights make no more than 16 bits.
//
// Exact     No sum of some of the products is beyond 255 times the weights' magnitudes, which fits int16.
// Why       Twice as many sums a register as int32 has, and no pairs to be made: a load that widens, a multiplication
//           and an addition a tap. Results become floats in registers.
// Requires  lines of `samples` samples; dst disjoint from them.
// Tail      Blocks that overlap, or a part of a register where what was stored past the caches would be touched again.

#include "kernels/correlate_words.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int16_t;
using std::int64_t;
using std::uint8_t;
using I16 = Vec<int16_t>;
constexpr int side = lanes<int16_t>;

// The first `samples` results of a register.
template <class To>
PX_HD void put(To* to, I16 sums, int64_t samples, bool stream) {
  if constexpr (same<To, float>) {
    Vec<std::int32_t> low, high;
    widen(sums, low, high);
    const auto first = __builtin_convertvector(low, Vec<float>), second = __builtin_convertvector(high, Vec<float>);
    if (stream) {
      store_past_caches(to, first);
      store_past_caches(to + lanes<float>, second);
    } else if (samples == side) {
      store(to, first);
      store(to + lanes<float>, second);
    } else {  // not by way of memory, whose stores may be waiting behind those that go past the caches
      const int64_t of_first = lesser<int64_t>(samples, lanes<float>);
      store_part(to, first, static_cast<std::size_t>(of_first) * sizeof(float));
      store_part(to + of_first, second, static_cast<std::size_t>(samples - of_first) * sizeof(float));
    }
  } else if constexpr (same<To, int16_t>) {
    if (samples < side) return store_part(to, sums, static_cast<std::size_t>(samples) * sizeof(To));
    stream ? store_past_caches(to, sums) : store(to, sums);
  } else {
    const I16 low{}, high = broadcast(int16_t{255});
    sums = sums > low ? sums : low;
    sums = sums < high ? sums : high;
    if (samples == side) return store_words(to, sums);
    uint8_t results[side];
    store_words(results, sums);
    std::memcpy(to, results, static_cast<std::size_t>(samples));
  }
}

// body<0>() .. body<N - 1>(), unrolled before anything else, so that arrays of registers become registers.
template <class Body, int... I>
PX_HD void unroll(Body&& body, std::integer_sequence<int, I...>) {
  (body.template operator()<I>(), ...);
}

// Registers of results; or of one the first `samples`.
template <class To, int Registers>
PX_HD void block(const WordsJob& job, int64_t at, bool stream, int64_t samples = side) {
  constexpr std::make_integer_sequence<int, Registers> each{};
  I16 sums[Registers];
  unroll([&]<int U>() PX_HD_LAMBDA { sums[U] = I16{}; }, each);
  for (int k = 0; k < job.count; ++k) {
    const auto* const from = static_cast<const uint8_t*>(job.lines[k]) + at;
    const I16 weight = broadcast(job.weights[k]);
    unroll([&]<int U>() PX_HD_LAMBDA { sums[U] = sums[U] + weight * load_widened_i16(from + U * side); }, each);
  }
  unroll([&]<int U>() PX_HD_LAMBDA { put(static_cast<To*>(job.dst) + at + U * side, sums[U], samples, stream); }, each);
}

// What is left, where nothing may be read behind it.
template <class To>
PX_HD void part(const WordsJob& job, int64_t at) {
  const int64_t left = job.samples - at;
  I16 sums{};
  for (int k = 0; k < job.count; ++k) {
    uint8_t samples[vector_bytes];
    const auto* const from = static_cast<const uint8_t*>(job.lines[k]) + at;
    store(samples, load_part<Bytes>(from, static_cast<std::size_t>(left)));
    sums += broadcast(job.weights[k]) * load_widened_i16(samples);
  }
  put(static_cast<To*>(job.dst) + at, sums, left, false);
}

template <class To>
void sum(const WordsJob& job) {
  constexpr int registers = 4;
  if (job.samples < side) return part<To>(job, 0);
  int64_t at = 0;
  bool stream = false;
  if (!same<To, uint8_t> && job.stream) {
    const auto bytes = static_cast<int64_t>(-reinterpret_cast<std::uintptr_t>(job.dst) % vector_bytes);
    stream = bytes % static_cast<int64_t>(sizeof(To)) == 0;
    if (stream && bytes > 0) {
      at = bytes / static_cast<int64_t>(sizeof(To));
      block<To, 1>(job, 0, false, at);
    }
  }
  for (; at + registers * side <= job.samples; at += registers * side) {
    if (job.ahead != nullptr) {
      for (int line = 0; line < registers * side; line += 64) __builtin_prefetch(job.ahead + at + line);
    }
    block<To, registers>(job, at, stream);
  }
  for (; at + side <= job.samples; at += side) block<To, 1>(job, at, stream);
  if (stream) {  // no line of the cache that went past it is touched again
    if (at < job.samples) part<To>(job, at);
    finish_past_caches();
  } else if (at < job.samples) {
    block<To, 1>(job, job.samples - side, false);
  }
}

}  // namespace

extern constinit const WordsKernels correlate_words_kernels = {sum<uint8_t>, sum<int16_t>, sum<float>};

}  // namespace px::PX_TARGET
