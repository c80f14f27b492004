// morphology: the least or the largest of the samples around each one, and what is made of these.
//
// Exact     Samples are compared as keys (core/order.h), so it does not matter in which order. Heights are added and
//           results rounded as on the CPU.
// Why       A small element is looked at pixel by pixel, a thread per sample; neighbours share most of it in the L1
//           cache. Of a larger one windows of 2^p rows and 2^q columns are made, each of up to 16 smaller ones, and a
//           box is the extreme of four that overlap: so the time grows with the logarithm of its sides.
// Requires  Disjoint views.

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>
#include <vector>

#include "bordered.cuh"
#include "core/check.h"
#include "core/morphology_plan.h"
#include "core/order.h"
#include "core/with_type.h"
#include "ops.h"

namespace px::cuda {
namespace {

constexpr std::int64_t few_pixels = 64;  // of an element that is looked at pixel by pixel
constexpr int most_bits = 4;             // 2^4 windows become one
constexpr int sides = 31;                // of a box as powers of two

template <class K>
PX_HD K extreme_of(bool largest, K a, K b) {
  return (a < b) == largest ? b : a;
}

struct Element {
  const ElementBox* boxes;  // on the device
  std::int64_t count;
  bool largest;
};

template <class T>
struct Look {
  Bordered<T> src;
  Pixels dst;
  std::int64_t channels;
  Element element;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    const ElementBox first = element.boxes[0];
    KeyOf<T> found = key_of<T>(src.at(n, y + first.top, x + first.left, c));
    for (std::int64_t k = 0; k < element.count; ++k) {
      const ElementBox box = element.boxes[k];
      for (std::int64_t i = 0; i < box.rows; ++i) {
        const std::byte* const row = src.row(n, y + box.top + i);
        for (std::int64_t j = 0; j < box.columns; ++j) {
          found = extreme_of(element.largest, found, key_of<T>(src.sample(row, src.column(x + box.left + j), c)));
        }
      }
    }
    store(dst.at(n, y, x, c), sample_of_key<T>(found));
  }
};

// Each box is a pixel with a height.
template <class T, class Real>
struct Raise {
  Bordered<T> src;
  Pixels dst;
  std::int64_t channels;
  Element element;
  const Real* heights;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    KeyOf<Real> found = 0;
    for (std::int64_t k = 0; k < element.count; ++k) {
      const ElementBox box = element.boxes[k];
      const Real pixel = to_real<Real>(src.at(n, y + box.top, x + box.left, c));
      const KeyOf<Real> key = key_of<Real>(element.largest ? pixel + heights[k] : pixel - heights[k]);
      found = k == 0 ? key : extreme_of(element.largest, found, key);
    }
    store(dst.at(n, y, x, c), round_to<T>(sample_of_key<Real>(found)));
  }
};

// ---- windows: images of keys that are continued as far as boxes reach

struct Reach {
  std::int64_t above, below, before, behind;
};

template <class T>
struct ToKeys {
  Bordered<T> src;
  KeyOf<T>* to;
  std::int64_t channels, rows, samples, above, before;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    to[(n * rows + y) * samples + at] = key_of<T>(src.at(n, y - above, x - before, c));
  }
};

// Extremes of `count` windows a step apart, or of those of them that are there: what lacks some is not read.
template <class K>
struct Widen {
  const K* from;
  K* to;
  std::int64_t rows, samples, step_down, step_across;
  int count;
  bool largest;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const K* const here = from + (n * rows + y) * samples + at;
    K found = *here;
    for (int k = 1; k < count; ++k) {
      if (y + k * step_down >= rows || at + k * step_across >= samples) break;
      found = extreme_of(largest, found, here[k * (step_down * samples + step_across)]);
    }
    to[(n * rows + y) * samples + at] = found;
  }
};

// Boxes of which four windows make one, each `high` rows and `wide` columns.
template <class T>
struct Cover {
  const KeyOf<T>* windows;
  KeyOf<T>* found;  // what boxes before these have, if there are some, and is left for later ones
  Pixels dst;
  std::int64_t channels, height, rows, samples;
  Reach reach;
  Element element;
  std::int64_t high, wide;
  bool is_first, is_last;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    KeyOf<T>* const place = found + (n * height + y) * (samples - (reach.before + reach.behind) * channels) + at;
    KeyOf<T> best{};
    bool is_there = !is_first;
    if (is_there) best = *place;
    for (std::int64_t k = 0; k < element.count; ++k) {
      const ElementBox box = element.boxes[k];
      const KeyOf<T>* const corner =
          windows + (n * rows + y + reach.above + box.top) * samples + (x + reach.before + box.left) * channels + c;
      const std::int64_t down = (box.rows - high) * samples, right = (box.columns - wide) * channels;
      const KeyOf<T> upper = extreme_of(element.largest, corner[0], corner[right]);
      const KeyOf<T> lower = extreme_of(element.largest, corner[down], corner[down + right]);
      const KeyOf<T> of_box = extreme_of(element.largest, upper, lower);
      best = is_there ? extreme_of(element.largest, best, of_box) : of_box;
      is_there = true;
    }
    if (is_last) {
      store(dst.at(n, y, x, c), sample_of_key<T>(best));
    } else {
      *place = best;
    }
  }
};

int bits_of(std::int64_t side) { return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(side))) - 1; }

template <class T>
void cover(Call& call, const Bordered<T>& src, const ImageView& dst, const std::vector<ElementBox>& boxes,
           bool largest) {
  using K = KeyOf<T>;
  Reach reach{0, 0, 0, 0};
  for (const ElementBox& box : boxes) {
    reach.above = std::max(reach.above, -box.top);
    reach.below = std::max(reach.below, box.top + box.rows - 1);
    reach.before = std::max(reach.before, -box.left);
    reach.behind = std::max(reach.behind, box.left + box.columns - 1);
  }
  const std::int64_t rows = reach.above + dst.h + reach.below, columns = reach.before + dst.w + reach.behind;
  const std::int64_t samples = columns * dst.c, all = dst.n * rows * samples;
  // Boxes by the bits of their sides.
  std::array<std::array<std::vector<ElementBox>, sides>, sides> groups;
  int last_down = 0, last_across = 0;
  for (const ElementBox& box : boxes) {
    const int down = bits_of(box.rows), across = bits_of(box.columns);
    groups[static_cast<std::size_t>(across)][static_cast<std::size_t>(down)].push_back(box);
    if (across > last_across || (across == last_across && down > last_down)) last_across = across, last_down = down;
  }
  // Two images of windows that grow across, and two of what grows down from these.
  K* const images[] = {call.scratch<K>(all), call.scratch<K>(all), call.scratch<K>(all), call.scratch<K>(all)};
  K* wide = images[0];
  K* const found = call.scratch<K>(dst.n * dst.h * dst.w * dst.c);
  if (call.has_failed()) return;
  for_each(call, {samples, rows, dst.n}, ToKeys<T>{src, wide, dst.c, rows, samples, reach.above, reach.before});
  // Windows of 2^have, one a step after the other, become windows of 2^wanted, in one of two images; returns which.
  const auto grow = [&](K* from, K* one, K* another, int have, int wanted, bool down) {
    while (have < wanted) {
      const int bits = std::min(most_bits, wanted - have);
      const std::int64_t step = std::int64_t{1} << have;
      K* const to = from == one ? another : one;
      for_each(call, {samples, rows, dst.n},
               Widen<K>{from, to, rows, samples, down ? step : 0, down ? 0 : step * dst.c, 1 << bits, largest});
      from = to;
      have += bits;
    }
    return from;
  };
  bool is_first = true;
  for (int across = 0, have_across = 0; across <= last_across; ++across) {
    const auto& of_width = groups[static_cast<std::size_t>(across)];
    K* windows = nullptr;
    for (int down = 0, have_down = 0; down < sides; ++down) {
      const std::vector<ElementBox>& group = of_width[static_cast<std::size_t>(down)];
      if (group.empty()) continue;
      if (windows == nullptr) {
        windows = wide = grow(wide, images[0], images[1], have_across, across, false);
        have_across = across;
      }
      windows = grow(windows, images[2], images[3], have_down, down, true);
      have_down = down;
      for_each(call, {dst.w * dst.c, dst.h, dst.n},
               Cover<T>{windows,
                        found,
                        dst,
                        dst.c,
                        dst.h,
                        rows,
                        samples,
                        reach,
                        {call.table(group), static_cast<std::int64_t>(group.size()), largest},
                        std::int64_t{1} << down,
                        std::int64_t{1} << across,
                        is_first,
                        across == last_across && down == last_down});
      is_first = false;
    }
  }
}

// ---- steps

template <class T>
struct Difference {
  Pixels left, right, dst;
  std::int64_t channels;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    const T a = load<T>(left.at(n, y, x, c)), b = load<T>(right.at(n, y, x, c));
    if constexpr (std::is_integral_v<T>) {
      const int difference = static_cast<int>(a) - static_cast<int>(b);
      store(dst.at(n, y, x, c), static_cast<T>(lesser(greater(difference, Limits<T>::low), Limits<T>::high)));
    } else {
      using Real = std::conditional_t<sizeof(T) == 8, double, float>;
      store(dst.at(n, y, x, c), round_to<T>(to_real<Real>(a) - to_real<Real>(b)));
    }
  }
};

template <class T>
void step(Call& call, const ImageView& src, const ImageView& dst, const MorphologyOptions& options, bool largest) {
  const std::vector<ElementBox> boxes = largest ? mirrored(options.boxes) : options.boxes;
  const auto from = bordered<T>(call, src, options.borders, options.value);
  std::int64_t pixels = 0;
  for (const ElementBox& box : boxes) pixels += std::min(box.rows * box.columns, few_pixels + 1);
  if (options.heights.empty() && pixels > few_pixels) return cover<T>(call, from, dst, boxes, largest);
  const Element element{call.table(boxes), static_cast<std::int64_t>(boxes.size()), largest};
  if (options.heights.empty()) {
    for_each(call, {dst.w * dst.c, dst.h, dst.n}, Look<T>{from, dst, dst.c, element});
  } else {
    using Real = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const std::vector<Real> heights(options.heights.begin(), options.heights.end());
    for_each(call, {dst.w * dst.c, dst.h, dst.n}, Raise<T, Real>{from, dst, dst.c, element, call.table(heights)});
  }
}

template <class T>
void steps(Call& call, const ImageView& src, const ImageView& dst, const MorphologyOptions& options) {
  using enum MorphologyKind;
  const auto between = [&] {
    ImageView image = dst;
    image.stride_c = image.item_size;
    image.stride_w = image.c * image.stride_c;
    image.stride_h = image.w * image.stride_w;
    image.stride_n = image.h * image.stride_h;
    image.data = reinterpret_cast<std::byte*>(call.scratch<T>(image.n * image.h * image.w * image.c));
    return image;
  };
  const auto subtract = [&](const ImageView& left, const ImageView& right) {
    for_each(call, {dst.w * dst.c, dst.h, dst.n}, Difference<T>{left, right, dst, dst.c});
  };
  const auto apply = [&](const ImageView& from, const ImageView& to, bool largest) {
    if (!call.has_failed()) step<T>(call, from, to, options, largest);
  };
  const MorphologyKind kind = options.kind;
  if (kind == erode || kind == dilate) return apply(src, dst, kind == dilate);
  const ImageView first = between();
  const bool largest_first = kind == closing || kind == black_top_hat || kind == gradient;
  apply(src, first, largest_first);
  if (kind == opening || kind == closing) return apply(first, dst, !largest_first);
  const ImageView second = between();
  apply(kind == gradient ? src : first, second, !largest_first);
  if (kind == gradient) return subtract(first, second);
  if (kind == top_hat) return subtract(src, second);
  subtract(second, src);
}

}  // namespace

Status morphology(Call& call, const ImageView& src, const ImageView& dst, const MorphologyOptions& options) {
  if (Status status = check_morphology(src, dst, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  with_type(src.dtype, [&]<class T>(T*) { steps<T>(call, src, dst, options); });
  return call.status();
}

}  // namespace px::cuda
