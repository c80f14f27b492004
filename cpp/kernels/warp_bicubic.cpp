// warp_bicubic: the sum of sixteen pixels around each point.
//
// Exact     docs/warp.md: uint8 in integers; floats in the order written.
// Why       uint8: four neighbours are one block of 16 bytes, and two dot products of pairs a row of all channels.
// Requires  As kernels/warp.h says.
// Tail      Pixels that do not fill a register are blended one by one.

#include "kernels/warp_blocks.h"

namespace px::PX_TARGET {
namespace {

// Those of taps 0 and 1, and of taps 2 and 3.
PX_HD PairWeights cubic_weights(const uint32_t* fractions) {
  const auto t = load<Vec<int32_t>>(fractions);
  constexpr int32_t half = 1 << (warp_unit - 1);
  const Vec<int32_t> t2 = (t * t + half) >> warp_unit, t3 = (t2 * t + half) >> warp_unit;
  const Vec<int32_t> w0 = -((t3 - 2 * t2 + t + 1) >> 1), w3 = -((t2 - t3 + 1) >> 1);
  const Vec<int32_t> w2 = (t + 4 * t2 - 3 * t3 + 1) >> 1, w1 = (1 << warp_unit) - w0 - w2 - w3;
  return {(w0 & 0xffff) | w1 << 16, (w2 & 0xffff) | w3 << 16};
}

// Three or four channels of uint8 in the same way: a block of 16 bytes holds four neighbours (of which RGB needs 12
// bytes: the next pixel and a part of the one after must be in the row, too).
template <int C>
PX_HD void bicubic_pixels(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
  constexpr int at_once = lanes<int32_t>;
  constexpr uint8_t none = 0x80;
  using Words = Vec<std::int16_t>;
  static constexpr uint8_t first_order[16] = {
      0, none, C, none, 1, none, C + 1, none, 2, none, C + 2, none, C == 4 ? 3 : none, none, C == 4 ? 7 : none, none};
  static constexpr uint8_t last_order[16] = {
      2 * C,     none, 3 * C,     none, 2 * C + 1,          none, 3 * C + 1,          none,
      2 * C + 2, none, 3 * C + 2, none, C == 4 ? 11 : none, none, C == 4 ? 15 : none, none};
  const Bytes first = in_every_block(first_order), last = in_every_block(last_order);
  alignas(64) int64_t offsets[warp_run];
  find_offsets(image, points, span, offsets);
  const byte* const corner = image.data - image.stride_h - C;
  int64_t j = span.begin;
  for (; j + at_once <= span.end; j += at_once) {
    const PairWeights across = cubic_weights(points.fx + j), down = cubic_weights(points.fy + j);
    put_pixels<C>(dst + j * C, [&]<int R>(std::integral_constant<int, R>) {
      const Vec<int32_t> w01 = repeat_in_blocks<R>(across.first);
      const Vec<int32_t> w23 = repeat_in_blocks<R>(across.second);
      Vec<int32_t> rows[4];
#pragma GCC unroll 4
      for (int k = 0; k < 4; ++k) {
        const byte* const row = corner + k * image.stride_h;
        const Bytes v = join_blocks([&](int b) { return load<Pair>(row + offsets[j + 4 * b + R]); });
        Vec<int32_t> sum = broadcast(int32_t{1 << 7});
        sum = dot_pairs(sum, (Words)shuffle_in_blocks(v, first), (Words)w01);
        sum = dot_pairs(sum, (Words)shuffle_in_blocks(v, last), (Words)w23);
        rows[k] = sum >> 8;
      }
      Vec<int32_t> total = broadcast(int32_t{1 << 19});
      total = dot_pairs(total, (Words)((rows[0] & 0xffff) | rows[1] << 16), (Words)repeat_in_blocks<R>(down.first));
      total = dot_pairs(total, (Words)((rows[2] & 0xffff) | rows[3] << 16), (Words)repeat_in_blocks<R>(down.second));
      return total >> 20;
    });
  }
  for (; j < span.end; ++j) {
    blend_integers<1, C, true>(image, around<4, true>(image, points.x[j], points.y[j]), points.fx[j], points.fy[j],
                               dst + j * C);
  }
}

template <class T, int C>
struct Spans : OneByOne {};
template <int C>
  requires(C > 1)
struct Spans<uint8_t, C> {
  static constexpr bool in_lanes = true;
  static constexpr int more = C == 3 ? 2 : 0;  // sixteen bytes are read, of which four neighbours have twelve
  static void run(const WarpImage& image, const WarpPoints& points, Span span, byte* dst) {
    bicubic_pixels<C>(image, points, span, dst);
  }
};

}  // namespace

extern constinit const WarpKernels warp_bicubic_kernels = warp_kernels_of<1, Spans>;

}  // namespace px::PX_TARGET
