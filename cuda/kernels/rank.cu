// rank: of the samples around each one, the one that so many others come before.
//
// Exact     Samples are compared as keys (core/order.h).
// Why       The medians of 3 x 3, 5 x 5 and 7 x 7 are found in registers: of half of the samples and two the least and
//           the largest cannot be the median, and go, as each of the others comes. All other ranks are found bit by
//           bit, from the highest: how many have what is known of the key, and then a zero? That takes no memory,
//           whatever the neighbourhood, and as many looks at a sample as it has bits.
// Requires  Disjoint views.

#include <type_traits>

#include "bordered.cuh"
#include "core/check.h"
#include "core/order.h"
#include "core/rank_plan.h"
#include "core/with_type.h"
#include "ops.h"

namespace px::cuda {
namespace {

template <class K>
PX_HD void exchange(K& low, K& high) {
  const K least = high < low ? high : low;
  high = high < low ? low : high;
  low = least;
}

// What is left to be found of `Count` keys, others coming by next().
template <int Count, class K, class Next>
PX_HD K middle(K* keys, Next&& next) {
  PX_UNROLL
  for (int i = 1; i < Count; ++i) exchange(keys[0], keys[i]);
  PX_UNROLL
  for (int i = 1; i < Count - 1; ++i) exchange(keys[i], keys[Count - 1]);
  if constexpr (Count == 3) {
    return keys[1];
  } else {
    keys[0] = next();
    return middle<Count - 1>(keys, next);
  }
}

template <class T, int Side>
struct Median {
  Bordered<T> src;
  Pixels dst;
  std::int64_t channels, top, left;
  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    const auto [x, c] = sample_of(at, channels);
    constexpr int first = Side * Side / 2 + 2;
    KeyOf<T> keys[first];
    int i = 0;
    const auto next = [&, x = x, c = c]() PX_HD_LAMBDA {
      const int of = i++;
      return key_of<T>(src.at(n, y + top + of / Side, x + left + of % Side, c));
    };
    PX_UNROLL
    for (int k = 0; k < first; ++k) keys[k] = next();
    store(dst.at(n, y, x, c), sample_of_key<T>(middle<first>(keys, next)));
  }
};

template <class T>
struct Select {
  Bordered<T> src;
  Bordered<std::uint8_t> mask;
  Pixels dst;
  std::int64_t channels;
  const ElementBox* boxes;
  std::int64_t count, rank;
  bool is_masked;

  // Calls see(key) with each key that counts, as an unsigned number.
  template <class See>
  PX_HD void look(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c, See&& see) const {
    using Key = KeyOf<T>;
    for (std::int64_t k = 0; k < count; ++k) {
      const ElementBox box = boxes[k];
      for (std::int64_t i = 0; i < box.rows; ++i) {
        const std::byte* const row = src.row(n, y + box.top + i);
        const std::byte* const mask_row = is_masked ? mask.row(n, y + box.top + i) : nullptr;
        for (std::int64_t j = 0; j < box.columns; ++j) {
          const std::int64_t column = src.column(x + box.left + j);
          if (is_masked && mask.sample(mask_row, column, 0) == 0) continue;
          const Key key = key_of<T>(src.sample(row, column, c));
          constexpr auto sign = std::is_signed_v<Key> ? std::uint64_t{1} << (8 * sizeof(Key) - 1) : std::uint64_t{0};
          constexpr auto bits = ~std::uint64_t{0} >> (64 - 8 * sizeof(Key));
          see((static_cast<std::uint64_t>(key) & bits) ^ sign);
        }
      }
    }
  }

  PX_HD void operator()(std::int64_t at, std::int64_t y, std::int64_t n) const {
    using Key = KeyOf<T>;
    const auto [x, c] = sample_of(at, channels);
    std::int64_t before = rank;
    if (is_masked) {
      std::int64_t number = 0;
      look(n, y, x, c, [&](std::uint64_t) PX_HD_LAMBDA { ++number; });
      if (number == 0) return store(dst.at(n, y, x, c), T{});
      before = number / 2;
    }
    std::uint64_t known = 0;
    for (int bit = 8 * static_cast<int>(sizeof(Key)) - 1; bit >= 0; --bit) {
      std::int64_t zeros = 0;
      look(n, y, x, c, [&](std::uint64_t key) PX_HD_LAMBDA { zeros += key >> bit == known >> bit ? 1 : 0; });
      if (before < zeros) continue;
      before -= zeros;
      known |= std::uint64_t{1} << bit;
    }
    constexpr auto sign = std::is_signed_v<Key> ? std::uint64_t{1} << (8 * sizeof(Key) - 1) : std::uint64_t{0};
    store(dst.at(n, y, x, c), sample_of_key<T>(static_cast<Key>(known ^ sign)));
  }
};

template <class T>
void rank_of(Call& call, const ImageView& src, const ImageView& dst, const RankOptions& options) {
  const auto from = bordered<T>(call, src, options.borders, options.value);
  const ElementBox& box = options.boxes.front();
  const Range every{dst.w * dst.c, dst.h, dst.n};
  const bool is_median = options.boxes.size() == 1 && !options.mask && box.rows == box.columns && box.rows % 2 == 1 &&
                         options.rank == box.rows * box.rows / 2;
  if (is_median && box.rows == 3) return for_each(call, every, Median<T, 3>{from, dst, dst.c, box.top, box.left});
  if (is_median && box.rows == 5) return for_each(call, every, Median<T, 5>{from, dst, dst.c, box.top, box.left});
  if (is_median && box.rows == 7) return for_each(call, every, Median<T, 7>{from, dst, dst.c, box.top, box.left});
  static constexpr std::byte counts{1};
  ImageView mask = options.mask ? *options.mask : ImageView{};
  for_each(call, every,
           Select<T>{from, bordered<std::uint8_t>(call, mask, options.borders, &counts), dst, dst.c,
                     call.table(options.boxes), static_cast<std::int64_t>(options.boxes.size()), options.rank,
                     options.mask.has_value()});
}

}  // namespace

Status rank(Call& call, const ImageView& src, const ImageView& dst, const RankOptions& options) {
  if (Status status = check_rank(src, dst, options); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  with_type(src.dtype, [&]<class T>(T*) { rank_of<T>(call, src, dst, options); });
  return call.status();
}

}  // namespace px::cuda
