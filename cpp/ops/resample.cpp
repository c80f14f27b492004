#include "ops/resample.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "core/copy.h"
#include "core/plan_cache.h"
#include "core/scratch.h"

namespace px {
namespace {

// Sizes of what is at work at once: caches of the usual sizes suggest them (L1 of 32 to 48 KiB, L2 of 512 KiB and
// more), and trials on a Zen 5 (48 KiB, 1 MiB) chose among those. None of them shows in a result.

// Rows between the passes, in pieces that stay in L2 beside the source rows that they are made of.
constexpr std::int64_t tile_bytes = std::int64_t{256} << 10;
// What becomes columns before the horizontal pass reads it. L2 holds that as well as L1, as both passes go through it
// from one end to the other; and the walk down the rows, which touches a page for each row, begins less often (1080p to
// 224, bilinear and lanczos: 32 KiB 0.33 and 0.55 ms, 64 0.30 and 0.50, 128 0.28 and 0.47, 192 0.27 and 0.46, 512 the
// same).
constexpr std::int64_t transposed_bytes = std::int64_t{192} << 10;
// Of a row, from the vertical pass to the transposition: two of the sweep's blocks of 64 samples, so that as many rows
// as become columns at once (16 to 64, of 2 bytes a sample) stay in L1. One block is 10 % slower, 4 are no faster.
constexpr std::int64_t chunk_samples = 128;
// Rows at once where permutations gather: the fewest that share the permutations' tables well, and whole rows follow
// memory best (float32 to 720p: 4 rows are 2 % slower, 16 10 %).
constexpr int gathered_rows = 8;
// And after a sweep, which shares rows above and below with its neighbours: bilinear few (8 rows are 4 % slower, 32
// 1 %), longer filters many where they shrink (1080p to 720p lanczos: 16 rows 0.88 ms, 32 0.82, 48 no less).
constexpr int swept_group = 16, swept_group_wide = 32;
constexpr std::int64_t cached_bytes = std::int64_t{512} << 10;  // an image of this size may well be in the L2 cache
// Rows of the next results, fetched during the horizontal pass: for bytes as much as fits beside the rows between the
// passes (64 to 128 KiB are best for 4K; 0 costs 2 %, 384 8 %), for float32, bound by memory, all of them (1080p: 13
// rows are 300 KiB; without, 16 % slower).
constexpr std::int64_t ahead_bytes = std::int64_t{128} << 10, ahead_bytes_reals = std::int64_t{384} << 10;
// Rows fetched ahead of the vertical pass; more would leave the cache again before they are read.
constexpr std::int64_t most_ahead = 8;

std::size_t kind(DType dtype) { return static_cast<std::size_t>(dtype); }

}  // namespace

// Rows of the source, in place or packed: sample 0 of pixel (r0, c0) lies at base.
struct Resampler::Source {
  const std::byte* base;
  std::ptrdiff_t row_stride;
  std::int64_t r0, c0;
  std::ptrdiff_t pixel;

  const std::byte* at(std::int64_t row, std::int64_t column) const {
    return base + (row - r0) * row_stride + (column - c0) * pixel;
  }
};

// Where the parts of a strip's scratch memory lie.
struct Resampler::Parts {
  std::byte* packed;  // the source rows, where they can not be read in place
  std::ptrdiff_t packed_stride;
  std::byte* loaded;  // source rows as reals, for a horizontal pass that comes first
  std::ptrdiff_t loaded_stride;
  std::byte* between;  // rows of the first pass
  std::ptrdiff_t between_stride;
  std::byte* columns;  // of the horizontal kernel
  std::byte* results;  // reals of the last pass
  std::ptrdiff_t results_stride;
  const void** pointers;  // of the vertical kernel
  std::int32_t* steps;    // of the sweep
  std::size_t used;
};

// Whether rows can be read where they lie.
static bool is_in_place(const ImageView& src, bool planar) {
  const std::int64_t channels = planar ? 1 : src.c;
  return (channels == 1 || src.stride_c == src.item_size) && src.stride_w == channels * src.item_size;
}

std::shared_ptr<const Resampler> Resampler::get(Isa isa, const ImageView& src, const Task& task) {
  struct Key {
    Isa isa;
    std::int64_t h, w, c;
    DType dtype;
    int item_size;
    bool in_place;
    Task task;
    bool operator==(const Key&) const = default;
  };
  thread_local PlanCache<Key, Resampler> cache;
  const Key key{isa, src.h, src.w, src.c, src.dtype, src.item_size, is_in_place(src, task.planar), task};
  auto resampler = cache.get(key, [&] {
    return Resampler(resize_plan(src.h, src.w, task.height, task.width, task.planar ? 1 : src.c, src.item_size,
                                 src.dtype, task.options),
                     isa, src, task);
  });
  for (std::size_t i = 0; i < resampler->trace_.used; ++i) trace().add(resampler->trace_.names[i]);
  return resampler;
}

Resampler::Resampler(std::shared_ptr<const ResizePlan> plan, Isa isa, const ImageView& src, const Task& task)
    : plan_(std::move(plan)),
      down_(PX_PICK_KERNELS(isa, resample_vertical_kernels)),
      across_(PX_PICK_KERNELS(isa, resample_horizontal_kernels)),
      nearest_(PX_PICK_KERNELS(isa, nearest_kernels)),
      src_(src),
      premultiply_(task.options.premultiply),
      channels_(task.planar ? 1 : static_cast<int>(src.c)),
      height_(task.height),
      x0_(task.x0),
      x1_(task.x1),
      flip_(task.flip) {
  src_.data = nullptr;
  src_.stride_n = src_.stride_h = src_.stride_w = src_.stride_c = 0;
  const std::int64_t item = src.item_size;
  const bool in_place = is_in_place(src, task.planar);
  far_ = src.h * src.w * channels_ * item > cached_bytes;
  packed_ = !in_place || premultiply_;
  source_type_ = premultiply_ ? DType::f64 : src.dtype;
  source_item_ = premultiply_ ? sizeof(double) : static_cast<std::size_t>(item);
  result_item_ = static_cast<std::size_t>(item);
  // Tables of permutations are of whole rows; a window, or a mirrored one, goes without.
  const bool whole = x0_ == 0 && !flip_ && x1_ == static_cast<std::int64_t>(plan_->columns.first.size());
  bool gathers_last = false;
  switch (plan_->path) {
    case ResizePlan::Path::copy:
    case ResizePlan::Path::nearest:
      premultiply_ = false;  // nothing is blended
      packed_ = !in_place;
      source_item_ = static_cast<std::size_t>(item);
      gather_ = nearest_.gather != nullptr && !plan_->nearest.base.empty() && whole;
      break;
    case ResizePlan::Path::fixed:
      rows_at_once_ = across_.rows_fixed;
      between_item_ = sizeof(std::int16_t);
      vertical_first_ = down_.u8_i16;
      vertical_second_ = down_.i16_u8;
      vertical_only_ = down_.u8_u8;
      transpose_source_ = across_.transpose_u8;
      transpose_between_ = across_.transpose_i16;
      horizontal_first_ = across_.to_i16;
      horizontal_last_ = across_.to_u8;
      gather_first_ = across_.gather_u8_i16;
      gather_second_ = across_.gather_i16_u8;
      gather_only_ = across_.gather_u8_u8;
      // Without transposition a strip need not fill registers, and a few whole rows follow memory best.
      gather_ = gather_only_ != nullptr && !plan_->gather.base.empty() && whole;
      halve_ = across_.halve_u8 != nullptr && plan_->halving && !flip_ && channels_ <= 4;
      if (gather_ || halve_) rows_at_once_ = gathered_rows;
      if (plan_->sweep.slots > 0) {
        sweep_ = (plan_->columns.present ? down_.sweep_u8_i16 : down_.sweep_u8_u8)[plan_->sweep.slots];
      }
      // The rows above and below that a sweep shares with its neighbours should be few; what it writes is to stay in
      // L2.
      if (sweep_ && gather_) rows_at_once_ = plan_->sweep.slots > 2 && src.h > height_ ? swept_group_wide : swept_group;
      break;
    case ResizePlan::Path::f32:
      rows_at_once_ = across_.rows_f32;
      between_item_ = result_item_ = sizeof(float);
      vertical_first_ = vertical_only_ = down_.f32[kind(source_type_)];
      vertical_second_ = down_.f32[kind(DType::f32)];
      transpose_source_ = transpose_between_ = across_.transpose_f32;
      horizontal_first_ = horizontal_last_ = across_.f32;
      load_ = across_.to_f32[kind(source_type_)];
      // The gathering kernel writes samples itself, unless a vertical pass follows, which reads reals.
      gathers_last = !plan_->rows.present || plan_->vertical_first;
      gather_real_ = across_.gather_f32[kind(gathers_last ? src.dtype : DType::f32)];
      gather_ = gather_real_ != nullptr && !plan_->gather.base.empty() && whole;
      if (gather_) rows_at_once_ = gathered_rows;
      if (plan_->sweep.slots > 0) sweep_ = down_.sweep_f32[kind(src.dtype)][plan_->sweep.slots];
      // Few taps of reals are bound by memory: all rows that the next outputs read are to wait in L2.
      if (sweep_ && gather_ && plan_->sweep.slots > 3) rows_at_once_ = swept_group;
      if (!gather_ || !gathers_last) store_ = across_.from_f32[kind(src.dtype)];
      break;
    case ResizePlan::Path::f64:
      rows_at_once_ = across_.rows_f64;
      between_item_ = result_item_ = sizeof(double);
      vertical_first_ = vertical_only_ = down_.f64[kind(source_type_)];
      vertical_second_ = down_.f64[kind(DType::f64)];
      transpose_source_ = transpose_between_ = across_.transpose_f64;
      horizontal_first_ = horizontal_last_ = across_.f64;
      load_ = across_.to_f64[kind(source_type_)];
      store_ = across_.from_f64[kind(src.dtype)];
      if (premultiply_) {
        const ConvertKernels& convert = PX_PICK_KERNELS(isa, convert_kernels);
        premultiply_row_ = convert.premultiply_of(channels_, static_cast<int>(src.dtype));
        store_ = convert.unpremultiply_of(channels_, static_cast<int>(src.dtype));
      }
      break;
  }
  finish_ = store_ != nullptr;
  constexpr const char* names[] = {"resample.copy", "resample.nearest", "resample.fixed", "resample.f32",
                                   "resample.f64"};
  trace_.add(names[static_cast<int>(plan_->path)]);
  if (halve_) trace_.add("resample.halve");
  if (sweep_ && !halve_) trace_.add("resample.sweep");
  if (gather_ && !halve_) trace_.add("resample.gather");
  if (plan_->rows.present && plan_->columns.present) {
    trace_.add(plan_->vertical_first ? "resample.vertical_first" : "resample.horizontal_first");
  }
  span_of_rows(0, task.height, first_row_, last_row_);
  make_tiles();
  in_low_ = src_.w;
  for (const Tile& tile : tiles_) {
    in_low_ = std::min(in_low_, tile.in0);
    in_high_ = std::max(in_high_, tile.in1);
    widest_in_ = std::max(widest_in_, tile.in1 - tile.in0);
    widest_out_ = std::max(widest_out_, tile.x1 - tile.x0);
    for (const Tile& part : tile.parts) widest_part_ = std::max(widest_part_, part.in1 - part.in0);
  }
}

std::size_t Resampler::bytes() const {
  std::size_t parts = tiles_.size();
  for (const Tile& tile : tiles_) parts += tile.parts.size();
  const std::size_t words = own_first_.size() + mirrored_count_.size() + 2 * mirrored_offset_.size() + runs_.size();
  return sizeof(*this) + parts * sizeof(Tile) + words * sizeof(std::int32_t) + plan_->bytes();
}

// The wanted part of a column table from right to left.
template <class T>
std::vector<T> Resampler::mirrored(const std::vector<T>& table) const {
  std::vector<T> reversed(table.begin() + x0_, table.begin() + x1_);
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

void Resampler::make_tiles() {
  const std::int64_t outputs = x1_ - x0_;
  const AxisTable& columns = plan_->columns;
  if (!columns.first.empty()) {
    first_ = columns.first.data() + x0_;
    if (flip_) first_ = (own_first_ = mirrored(columns.first)).data();
  }
  if (plan_->path == ResizePlan::Path::nearest) {
    tiles_.push_back({0, outputs, 0, src_.w, {}});
    return;
  }
  if (!columns.present) {
    // Long rows go through the vertical pass in pieces, so that the results stay in cache to be stored as samples.
    const std::int64_t step =
        finish_ ? std::max<std::int64_t>(1, tile_bytes / (rows_at_once_ * channels_ * 8)) : outputs;
    for (std::int64_t x = 0; x < outputs; x += step) {
      const std::int64_t end = std::min(outputs, x + step);
      tiles_.push_back({x, end, x0_ + x, x0_ + end, {}});
    }
    return;
  }
  count_ = columns.count.data() + x0_;
  offset_ = columns.offset.data() + x0_;
  if (flip_) {
    count_ = (mirrored_count_ = mirrored(columns.count)).data();
    offset_ = (mirrored_offset_ = mirrored(columns.offset)).data();
  }
  if (gather_) {
    tiles_.push_back({0, outputs, 0, src_.w, {}});
    return;
  }
  if (!packed_) leave_out_unused();
  // Neighbouring parts share the inputs of a filter's width, so they are several of those wide.
  const std::int64_t input_bytes = static_cast<std::int64_t>(between_item_) * rows_at_once_ * channels_;
  const std::int64_t most_part = std::max(transposed_bytes / input_bytes, 4 * columns.taps);
  const std::int64_t most_tile = sweeps_into_columns() ? src_.w : tile_bytes / input_bytes;  // that keeps no rows
  tiles_ = split_columns(0, outputs, std::max(most_tile, most_part));
  for (Tile& tile : tiles_) tile.parts = split_columns(tile.x0, tile.x1, most_part);
}

// Without antialiasing, reducing reads few of the columns: where it is less than half of them, each result's taps are
// packed side by side, and the tables then count packed columns.
void Resampler::leave_out_unused() {
  const std::int64_t outputs = x1_ - x0_, taps = plan_->columns.taps;
  if (2 * taps * outputs > src_.w) return;
  std::vector<std::int32_t> packed_first;
  packed_first.reserve(static_cast<std::size_t>(outputs));
  runs_.reserve(static_cast<std::size_t>(outputs));
  for (std::int64_t j = 0; j < outputs; ++j) {
    const std::int64_t start = std::min(std::int64_t{first_[j]}, src_.w - taps);  // runs are of one length
    runs_.push_back(static_cast<std::int32_t>(start));
    packed_first.push_back(static_cast<std::int32_t>(j * taps + first_[j] - start));
  }
  own_first_ = std::move(packed_first);
  first_ = own_first_.data();
  packed_ = true;
}

// Runs of outputs that read at most so many inputs each.
std::vector<Resampler::Tile> Resampler::split_columns(std::int64_t begin, std::int64_t end,
                                                      std::int64_t most_inputs) const {
  std::vector<Tile> tiles;
  Tile tile{begin, begin, src_.w, 0, {}};
  for (std::int64_t j = begin; j < end; ++j) {
    const std::int64_t in0 = std::min<std::int64_t>(tile.in0, first_[j]);
    const std::int64_t in1 = std::max<std::int64_t>(tile.in1, first_[j] + count_[j]);
    if (j > tile.x0 && (in1 - in0 > most_inputs || j - tile.x0 >= most_inputs)) {
      tile.x1 = j;
      tiles.push_back(tile);
      tile = {j, j, first_[j], first_[j] + count_[j], {}};
    } else {
      tile.in0 = in0;
      tile.in1 = in1;
    }
  }
  tile.x1 = end;
  tiles.push_back(tile);
  return tiles;
}

std::int64_t Resampler::preferred_rows(bool one_after_another) const {
  // A vertical pass that comes second reads all rows of the first one that it needs: taller strips share more of them.
  if (plan_->rows.present && plan_->columns.present && !plan_->vertical_first) return std::max(4 * rows_at_once_, 64);
  // Each strip begins with rows that nobody fetched ahead: where the next one follows anyway, tall ones are better
  // (float32 to 720p 4 %, 4K bilinear to 1080p 3 %).
  const int groups = one_after_another && far_ && !packed_ ? 16 : 4;
  return std::max(groups * rows_at_once_, 8);
}

void Resampler::span_of_rows(std::int64_t y0, std::int64_t y1, std::int64_t& first, std::int64_t& last) const {
  const AxisTable& rows = plan_->rows;
  if (last_row_ > 0 && y0 == 0 && y1 == height_) {
    first = first_row_;
    last = last_row_;
  } else if (plan_->path == ResizePlan::Path::nearest) {
    first = rows.first[static_cast<std::size_t>(y0)];
    last = rows.first[static_cast<std::size_t>(y1 - 1)] + 1;
  } else if (!rows.present) {
    first = y0;
    last = y1;
  } else {
    first = src_.h;
    last = 0;
    for (auto y = static_cast<std::size_t>(y0); y < static_cast<std::size_t>(y1); ++y) {
      first = std::min<std::int64_t>(first, rows.first[y]);
      last = std::max<std::int64_t>(last, rows.first[y] + rows.count[y]);
    }
  }
}

Resampler::Parts Resampler::parts(std::byte* base, std::int64_t span) const {
  // An odd number of cache lines from row to row: rows of a power of two would fall on the same cache set.
  const auto stride = [&](std::int64_t pixels, std::size_t item) {
    const std::size_t lines = (static_cast<std::size_t>(pixels * channels_) * item + 63) / 64;
    return static_cast<std::ptrdiff_t>((lines | 1) * 64);
  };
  const bool across = plan_->columns.present, down = plan_->rows.present;
  const bool both = across && down;
  const std::int64_t group = rows_at_once_;
  ScratchLayout layout(base);
  Parts p{};
  const std::int64_t packed_columns =
      runs_.empty() ? in_high_ - in_low_ : static_cast<std::int64_t>(runs_.size()) * plan_->columns.taps;
  p.packed_stride = packed_ ? stride(packed_columns, source_item_) : 0;
  p.packed = layout.take(static_cast<std::size_t>(p.packed_stride * (packed_ ? span : 0)));
  p.loaded_stride = load_ && across && !(both && plan_->vertical_first) ? stride(widest_in_, between_item_) : 0;
  p.loaded = layout.take(static_cast<std::size_t>(p.loaded_stride * group));
  const std::int64_t widest_between = sweeps_into_columns()   ? 2 * chunk_samples
                                      : plan_->vertical_first ? widest_in_
                                                              : widest_out_;
  p.between_stride = both ? stride(widest_between, between_item_) : 0;
  p.between = layout.take(static_cast<std::size_t>(p.between_stride * (plan_->vertical_first ? group : span)));
  p.columns = layout.take(
      across && !gather_ ? columns_bytes(widest_part_ * channels_, channels_, rows_at_once_, between_item_) : 0);
  p.results_stride = finish_ ? stride(widest_out_, result_item_) : 0;
  p.results = layout.take(static_cast<std::size_t>(p.results_stride * group));
  const std::int64_t rows = sweep_ ? span + 4 : plan_->rows.taps + 1 + most_ahead;  // a pair may reach over either end
  p.pointers = reinterpret_cast<const void**>(layout.take(static_cast<std::size_t>(rows) * sizeof(void*)));
  p.steps = reinterpret_cast<std::int32_t*>(
      layout.take(sweep_ ? static_cast<std::size_t>(group + plan_->sweep.slots) * sizeof(std::int32_t) : 0));
  p.used = layout.used();
  return p;
}

std::size_t Resampler::scratch_bytes(std::int64_t y0, std::int64_t y1, std::int64_t strip_rows) const {
  std::int64_t span = 0;
  for (std::int64_t y = y0; y < y1; y += strip_rows) {
    std::int64_t first, last;
    span_of_rows(y, std::min(y + strip_rows, y1), first, last);
    span = std::max(span, last - first);
  }
  return parts(nullptr, span).used;
}

// Whether results [y0, y1) read row r of the source. (Where a filter is zero at whole pixels, neither the first nor the
// last rows that results read need ascend.)
bool Resampler::reads_row(std::int64_t r, std::int64_t y0, std::int64_t y1) const {
  const AxisTable& rows = plan_->rows;
  if (!rows.present || !plan_->vertical_first) return true;
  for (auto y = static_cast<std::size_t>(y0); y < static_cast<std::size_t>(y1); ++y) {
    if (rows.first[y] <= r && r < rows.first[y] + rows.count[y]) return true;
  }
  return false;
}

Resampler::Source Resampler::source(const ImageView& src, std::int64_t image, std::int64_t channel, std::int64_t y0,
                                    std::int64_t y1, std::int64_t r0, std::int64_t r1, const Parts& parts) const {
  const std::byte* base = src.data + image * src.stride_n + channel * src.stride_c;
  if (!packed_) return {base, src.stride_h, 0, 0, src.stride_w};
  const std::int64_t c0 = in_low_, c1 = in_high_;
  std::byte* to = parts.packed;
  if (!runs_.empty()) {
    const auto run = static_cast<int>(plan_->columns.taps * src.stride_w);
    const auto row_read_from = [&](std::int64_t r) {
      while (r < r1 && !reads_row(r, y0, y1)) ++r;
      return r;
    };
    for (std::int64_t r = row_read_from(r0), next; r < r1; r = next) {
      next = row_read_from(r + 1);
      const Ahead ahead = next < r1 ? row_ahead(base + next * src.stride_h, src.stride_w) : Ahead{};
      nearest_.runs({base + r * src.stride_h, to + (r - r0) * parts.packed_stride,
                     static_cast<std::int64_t>(runs_.size()), src_.w * src.stride_w, src.stride_w, run, runs_.data(),
                     ahead});
    }
    return {parts.packed, parts.packed_stride, r0, 0, src.stride_w};
  }
  base += r0 * src.stride_h + c0 * src.stride_w;
  for (std::int64_t r = r0; r < r1; ++r, base += src.stride_h, to += parts.packed_stride) {
    if (premultiply_) {
      premultiply_row_(base, src.stride_w, src.stride_c, reinterpret_cast<double*>(to), c1 - c0);
    } else {
      const std::int64_t item = src_.item_size;
      copy_samples(base, src.stride_w, src.stride_c, to, channels_ * item, item, c1 - c0, channels_, src_.item_size);
    }
  }
  return {parts.packed, parts.packed_stride, r0, c0, channels_ * static_cast<std::ptrdiff_t>(source_item_)};
}

void Resampler::strip(const ImageView& src, std::int64_t image, std::int64_t channel, std::int64_t y0, std::int64_t y1,
                      std::byte* dst, std::ptrdiff_t dst_stride, std::byte* scratch) const {
  std::int64_t r0, r1;
  span_of_rows(y0, y1, r0, r1);
  const Parts p = parts(scratch, r1 - r0);
  const Source from = source(src, image, channel, y0, y1, r0, r1, p);
  if (plan_->path == ResizePlan::Path::nearest) return nearest_strip(from, y0, y1, dst, dst_stride);
  if (plan_->path == ResizePlan::Path::copy) return copy_strip(from, y0, y1, dst, dst_stride);
  if (halve_) return halve_strip(from, y0, y1, dst, dst_stride);

  const bool both = plan_->rows.present && plan_->columns.present;
  const auto out_pixel = static_cast<std::ptrdiff_t>(channels_) * src_.item_size;
  const int group = rows_at_once_;
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const Tile& tile = tiles_[t];
    if (both && !plan_->vertical_first) {
      for (std::int64_t r = r0; r < r1; r += group) {
        const int rows = static_cast<int>(std::min<std::int64_t>(group, r1 - r));
        horizontal_rows(from.at(r, tile.in0), from.row_stride, rows, tile, true,
                        p.between + (r - r0) * p.between_stride, p.between_stride, between_item_, p, {});
      }
    }
    for (std::int64_t y = y0; y < y1; y += group) {
      const int rows = static_cast<int>(std::min<std::int64_t>(group, y1 - y));
      std::byte* const place = dst + (y - y0) * dst_stride + tile.x0 * out_pixel;
      std::byte* const out = finish_ ? p.results : place;
      const std::ptrdiff_t out_stride = finish_ ? p.results_stride : dst_stride;
      if (sweeps_into_columns()) {
        swept_rows(from, y, rows, tile, out, out_stride, p);
      } else if (both && plan_->vertical_first) {
        Ahead ahead = rows_ahead(from, y + rows, std::min(y + rows + group, y1), tile);
        if (y + rows == y1 && t + 1 < tiles_.size()) {
          ahead = rows_ahead(from, y0, std::min(y0 + group, y1), tiles_[t + 1]);
        }
        Ahead meanwhile{};  // stores, too, first fetch what they overwrite; few taps of reals leave time for that
        if (far_ && !finish_ && plan_->path == ResizePlan::Path::f32 && plan_->sweep.slots <= 3) {
          meanwhile = {out, out_stride, rows, static_cast<int>((tile.x1 - tile.x0) * out_pixel / 64)};
        }
        vertical_rows(from, y, rows, y1, tile.in0, tile.in1, vertical_first_, p.between, p.between_stride, p,
                      meanwhile);
        horizontal_rows(p.between, p.between_stride, rows, tile, false, out, out_stride, result_item_, p, ahead);
      } else if (both) {
        const Source between{p.between, p.between_stride, r0, tile.x0,
                             channels_ * static_cast<std::ptrdiff_t>(between_item_)};
        vertical_rows(between, y, rows, y1, tile.x0, tile.x1, vertical_second_, out, out_stride, p);
      } else if (plan_->rows.present) {
        vertical_rows(from, y, rows, y1, tile.in0, tile.in1, vertical_only_, out, out_stride, p);
      } else {
        horizontal_rows(from.at(y, tile.in0), from.row_stride, rows, tile, false, out, out_stride, result_item_, p, {});
      }
      if (finish_) {
        for (int r = 0; r < rows; ++r)
          store_(out + r * out_stride, place + r * dst_stride, (tile.x1 - tile.x0) * channels_);
      }
    }
  }
  if (flip_ && !plan_->columns.present) {
    for (std::int64_t y = y0; y < y1; ++y)
      reverse_pixels(dst + (y - y0) * dst_stride, x1_ - x0_, static_cast<int>(out_pixel));
  }
}

void Resampler::nearest_strip(const Source& from, std::int64_t y0, std::int64_t y1, std::byte* dst,
                              std::ptrdiff_t dst_stride) const {
  const std::int32_t* const rows = plan_->rows.first.data();
  const NearestTable& table = plan_->nearest;
  for (std::int64_t y = y0; y < y1; ++y) {
    std::byte* const to = dst + (y - y0) * dst_stride;
    if (y > y0 && rows[y] == rows[y - 1]) {
      std::memcpy(to, to - dst_stride, static_cast<std::size_t>(row_bytes()));
      continue;
    }
    const bool moves_on = y + 1 < y1 && rows[y + 1] != rows[y];
    const Ahead ahead = moves_on ? row_ahead(from.at(rows[y + 1], 0), from.pixel) : Ahead{};
    if (!gather_) {
      nearest_.runs({from.at(rows[y], 0), to, x1_ - x0_, src_.w * from.pixel, from.pixel, static_cast<int>(from.pixel),
                     first_, ahead});
      continue;
    }
    std::int64_t end = y + 1;  // near by, all rows that differ from the one before are one job
    while (!far_ && end < y1 && rows[end] != rows[end - 1]) ++end;
    nearest_.gather({from.at(0, 0), from.row_stride, rows + y, to, dst_stride, end - y, src_.w * from.pixel,
                     static_cast<std::int64_t>(table.base.size()), table.lanes, table.last_lanes, table.base.data(),
                     table.order.data(), ahead});
    y = end - 1;
  }
}

void Resampler::halve_strip(const Source& from, std::int64_t y0, std::int64_t y1, std::byte* dst,
                            std::ptrdiff_t dst_stride) const {
  const auto lines = static_cast<int>(2 * (x1_ - x0_) * channels_ / 64);
  for (std::int64_t y = y0; y < y1; ++y, dst += dst_stride) {
    Ahead ahead{};
    if (far_ && y + 1 < y1) ahead = {from.at(2 * y + 2, 2 * x0_), from.row_stride, 2, lines};
    across_.halve_u8({from.at(2 * y, 2 * x0_), from.at(2 * y + 1, 2 * x0_), dst, x1_ - x0_, channels_, ahead});
  }
}

void Resampler::copy_strip(const Source& from, std::int64_t y0, std::int64_t y1, std::byte* dst,
                           std::ptrdiff_t dst_stride) const {
  for (std::int64_t y = y0; y < y1; ++y, dst += dst_stride) {
    std::memcpy(dst, from.at(y, x0_), static_cast<std::size_t>(row_bytes()));
    if (flip_) reverse_pixels(dst, x1_ - x0_, static_cast<int>(from.pixel));
  }
}

void Resampler::vertical_rows(const Source& from, std::int64_t y, int rows, std::int64_t y_end, std::int64_t in0,
                              std::int64_t in1, VerticalKernels::Row kernel, std::byte* dst, std::ptrdiff_t dst_stride,
                              const Parts& p, const Ahead& meanwhile) const {
  if (sweep_) {
    SweepJob job = sweep_job(from, y, rows, in0, p);
    job.samples = (in1 - in0) * channels_;
    job.dst = dst;
    job.dst_stride = dst_stride;
    job.meanwhile = meanwhile;
    return sweep_(job);
  }
  for (int r = 0; r < rows; ++r) vertical_row(from, y + r, y_end, in0, in1, kernel, dst + r * dst_stride, p);
}

// Outputs [y, y + rows) from column in0 on; which samples, and where to, is left to the caller.
SweepJob Resampler::sweep_job(const Source& from, std::int64_t y, int rows, std::int64_t in0, const Parts& p) const {
  const SweepTable& table = plan_->sweep;
  std::int64_t low, high;
  span_of_rows(y, y + rows, low, high);
  const std::int32_t begin = table.step_of(static_cast<std::int32_t>(low));
  const std::int32_t end = table.step_of(static_cast<std::int32_t>(high - 1)) + 1;
  const auto last = [&](std::int64_t at) { return std::min(table.last[static_cast<std::size_t>(at)], end - 1); };
  std::int64_t start = y;  // outputs before y that read rows from `begin` on are under way
  while (start > 0 && last(start - 1) >= begin) --start;
  for (std::int64_t at = start; at < y + rows; ++at) {
    p.steps[at - start] = last(at) - (at == start ? begin - 1 : last(at - 1));
  }
  const std::int64_t above = static_cast<std::int64_t>(begin) * table.each - table.odd;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(end - begin) * table.each; ++i) {
    // A row that only others read may not be there: its weight is 0.
    p.pointers[i] = from.at(std::clamp(above + i, low, high - 1), in0);
  }
  const auto cell = static_cast<std::ptrdiff_t>(begin) * table.slots;
  SweepJob job{};
  job.rows = p.pointers;
  job.weights = table.fixed.empty() ? static_cast<const void*>(table.f32.data() + cell) : table.fixed.data() + cell;
  job.masks = table.masks.data() + (table.masks.empty() ? 0 : cell);
  job.steps = p.steps;
  job.outputs = static_cast<int>(y + rows - start);
  job.skipped = static_cast<int>(y - start);
  job.slot = static_cast<int>(start % table.slots);
  job.shift = plan_->rows.shift;
  // Memory is some 600 cycles away; a block takes a good one for each step and slot.
  job.ahead = 64 * static_cast<int>(std::clamp(600 / ((end - begin) * table.slots), 2, 8));
  return job;
}

// A row of the source, where pixels of it are moved that lie far from each other.
Ahead Resampler::row_ahead(const std::byte* row, std::ptrdiff_t pixel) const {
  if (!far_) return {};
  return {row, 0, 1, static_cast<int>(src_.w * std::abs(pixel) / 64)};
}

// The rows that outputs [y0, y1) will read, as much of them as may wait in the L2 cache beside what is at work.
Ahead Resampler::rows_ahead(const Source& from, std::int64_t y0, std::int64_t y1, const Tile& tile) const {
  if (y0 >= y1 || packed_ || !far_) return {};
  std::int64_t first, last;
  span_of_rows(y0, y1, first, last);
  const std::int64_t row = (tile.in1 - tile.in0) * channels_ * static_cast<std::int64_t>(source_item_);
  const std::int64_t most = plan_->path == ResizePlan::Path::f32 ? ahead_bytes_reals : ahead_bytes;
  const std::int64_t lines = std::min(row, most / (last - first)) / 64;
  return {from.at(first, tile.in0), from.row_stride, static_cast<int>(last - first), static_cast<int>(lines)};
}

void Resampler::vertical_row(const Source& from, std::int64_t y, std::int64_t y_end, std::int64_t in0, std::int64_t in1,
                             VerticalKernels::Row kernel, void* dst, const Parts& p) const {
  const AxisTable& rows = plan_->rows;
  const auto at = static_cast<std::size_t>(y);
  int count = rows.count[at];
  for (int k = 0; k < count; ++k) p.pointers[k] = from.at(rows.first[at] + k, in0);
  if (!rows.fixed.empty() && count % 2 != 0) {  // the padding weight is 0, whatever the row
    p.pointers[count] = p.pointers[count - 1];
    ++count;
  }
  const auto weight_item = !rows.fixed.empty() ? sizeof(std::int16_t)
                           : !rows.f32.empty() ? sizeof(float)
                                               : sizeof(double);
  const auto* weights =
      static_cast<const std::byte*>(rows.weights()) + static_cast<std::size_t>(rows.offset[at]) * weight_item;
  const void** const ahead = p.pointers + count;
  int ahead_count = 0;
  if (y + 1 < y_end) {
    const std::int64_t done = rows.first[at] + rows.count[at], next = rows.first[at + 1] + rows.count[at + 1];
    for (std::int64_t row = done; row < std::min(next, done + most_ahead); ++row)
      ahead[ahead_count++] = from.at(row, in0);
  }
  kernel({p.pointers, weights, count, rows.shift, (in1 - in0) * channels_, dst, ahead, ahead_count});
}

// The horizontal pass by columns, part by part of a tile. supply(begin, end, columns, share) puts input pixels [begin,
// end) there; what neighbouring parts share is kept.
template <class Supply>
void Resampler::horizontal_parts(const Tile& tile, int rows, HorizontalKernels::Columns kernel, std::byte* dst,
                                 std::ptrdiff_t dst_stride, std::size_t dst_item, const Parts& p,
                                 Supply&& supply) const {
  const std::int64_t pixel = channels_ * column_bytes(rows_at_once_, between_item_);
  std::int64_t kept0 = 0, kept1 = 0;  // the input pixels that the columns hold
  for (std::size_t i = 0; i < tile.parts.size(); ++i) {
    const Tile& part = tile.parts[flip_ ? tile.parts.size() - 1 - i : i];  // from left to right in the source
    std::int64_t begin = part.in0;
    if (kept0 <= part.in0 && part.in0 < kept1) {
      std::memmove(p.columns, p.columns + (part.in0 - kept0) * pixel,
                   static_cast<std::size_t>((kept1 - part.in0) * pixel));
      begin = kept1;
    }
    if (begin < part.in1) supply(begin, part.in1, p.columns + (begin - part.in0) * pixel, i);
    kept0 = part.in0;
    kept1 = std::max(begin, part.in1);
    kernel({p.columns, dst + (part.x0 - tile.x0) * channels_ * static_cast<std::ptrdiff_t>(dst_item), dst_stride, rows,
            channels_, part.x1 - part.x0, part.in0, first_ + part.x0, count_ + part.x0, offset_ + part.x0,
            plan_->columns.weights(), plan_->columns.shift});
  }
}

void Resampler::horizontal_rows(const std::byte* src, std::ptrdiff_t src_stride, int rows, const Tile& tile, bool first,
                                std::byte* dst, std::ptrdiff_t dst_stride, std::size_t dst_item, const Parts& p,
                                const Ahead& ahead) const {
  const bool second = !first && plan_->rows.present;
  if (load_ && p.loaded_stride != 0) {
    for (int r = 0; r < rows; ++r)
      load_(src + r * src_stride, p.loaded + r * p.loaded_stride, (tile.in1 - tile.in0) * channels_);
    src = p.loaded;
    src_stride = p.loaded_stride;
  }
  if (gather_) {
    return gather_rows(src, src_stride, rows,
                       first    ? gather_first_
                       : second ? gather_second_
                                : gather_only_,
                       dst, dst_stride, ahead);
  }
  const std::int64_t pixel =
      channels_ * static_cast<std::int64_t>(second || p.loaded_stride != 0 ? between_item_ : source_item_);
  const auto shares = static_cast<int>(tile.parts.size());
  horizontal_parts(tile, rows, first ? horizontal_first_ : horizontal_last_, dst, dst_stride, dst_item, p,
                   [&](std::int64_t begin, std::int64_t end, std::byte* columns, std::size_t part) {
                     const int share = static_cast<int>(part);
                     const int row0 = ahead.rows * share / shares, row1 = ahead.rows * (share + 1) / shares;
                     (second ? transpose_between_ : transpose_source_)(
                         {src + (begin - tile.in0) * pixel,
                          src_stride,
                          rows,
                          (end - begin) * channels_,
                          columns,
                          {ahead.at + row0 * ahead.stride, ahead.stride, row1 - row0, ahead.lines}});
                   });
}

// Whether the vertical pass hands its rows over a few samples at a time, so that they never leave the L1 cache.
bool Resampler::sweeps_into_columns() const {
  return sweep_ != nullptr && plan_->path == ResizePlan::Path::fixed && plan_->columns.present && !gather_;
}

void Resampler::swept_rows(const Source& from, std::int64_t y, int rows, const Tile& tile, std::byte* dst,
                           std::ptrdiff_t dst_stride, const Parts& p) const {
  SweepJob job = sweep_job(from, y, rows, tile.in0, p);
  job.dst = p.between;
  job.dst_stride = p.between_stride;
  // Chunks end where the first row is aligned, for the kernel's blocks to be whole.
  const auto past = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(p.pointers[0]) % 64);
  horizontal_parts(tile, rows, horizontal_last_, dst, dst_stride, result_item_, p,
                   [&](std::int64_t begin, std::int64_t end, std::byte* columns, std::size_t) {
                     const std::int64_t last = (end - tile.in0) * channels_;
                     std::int64_t next;
                     for (std::int64_t at = (begin - tile.in0) * channels_; at < last; at = next) {
                       next = (at + past + chunk_samples) / 64 * 64 - past;
                       if (next + 64 > last) next = last;
                       job.begin = at;
                       job.samples = next - at;
                       sweep_(job);
                       transpose_between_({p.between, p.between_stride, rows, next - at, columns, {}});
                       columns += (next - at) * column_bytes(rows_at_once_, between_item_);
                     }
                   });
}

void Resampler::gather_rows(const std::byte* src, std::ptrdiff_t src_stride, int rows, HorizontalKernels::Gather kernel,
                            std::byte* dst, std::ptrdiff_t dst_stride, const Ahead& ahead) const {
  const GatherTable& table = plan_->gather;
  const std::int64_t samples = (x1_ - x0_) * channels_;
  if (plan_->path == ResizePlan::Path::f32) {
    return gather_real_({src, src_stride, dst, dst_stride, rows, samples, table.lanes, table.window, table.base.data(),
                         table.order.data(), table.weights.data(), table.masks.data(), table.steps_each, ahead});
  }
  kernel({src, src_stride, dst, dst_stride, rows, samples, table.window, table.base.data(), table.steps.data(),
          table.steps_each, plan_->columns.shift, ahead});
}

}  // namespace px
