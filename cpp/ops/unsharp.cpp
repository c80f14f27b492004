#include "ops/unsharp.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/copy.h"
#include "core/parallel.h"
#include "core/planes.h"
#include "core/scratch.h"
#include "core/strips.h"
#include "kernels/convert.h"
#include "kernels/sharpen.h"
#include "ops/separable_u8.h"

namespace px {
namespace {

Status sharpen_correlated(const Execution& execution, const ImageView& src, const ImageView& dst, DType real,
                          CorrelateOptions blur, const Sharpening& how) {
  const bool wide = real == DType::f64;
  if (wide && blur.arithmetic != SumArithmetic::f64) return Status::type_error("float64 is summed in float64");
  const ConvertKernels& convert = PX_PICK_KERNELS(execution.isa, convert_kernels);
  const SharpenKernels& kernels = PX_PICK_KERNELS(execution.isa, sharpen_kernels);
  const auto type = static_cast<int>(dst.dtype);
  const bool is_weighted = blur.alpha != Alpha::channel;
  if (is_weighted) blur.alpha = Alpha::multiplied;  // until it is sharpened
  const ConvertKernels::Row finish = is_weighted         ? convert.unpremultiply_of(dst.c, type)
                                     : dst.dtype == real ? nullptr
                                     : wide              ? convert.from_f64[type]
                                                         : convert.from_f32[type];
  if (dst.dtype != real && finish == nullptr) return Status::type_error("out has an unsupported dtype");

  // Some rows of the blurred image, which stay in the L2 cache.
  const std::int64_t item = wide ? 8 : 4, samples = dst.w * dst.c, row_bytes = samples * item;
  ImageView some{nullptr, 1, 0, dst.w, dst.c, 0, row_bytes, dst.c * item, item, real, static_cast<int>(item)};
  if (Status status = correlate_rows(execution, src, some, blur, 0); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  const PaddedRows rows(src, {blur.borders, blur.value, 0, src.w, 0, 0, 1, real, form_of(blur.alpha)}, execution.isa);
  std::int64_t taps = 0, high = 0;
  for (const SumPass& pass : blur.passes) {
    taps += static_cast<std::int64_t>(pass.taps.size());
    if (!pass.taps.empty()) {
      high = std::max(high, static_cast<std::int64_t>(pass.taps.back().dy - pass.taps.front().dy) + 1);
    }
  }
  const Execution run = execution_for(execution, dst.n * dst.h * samples * (2 * taps + 3 * item));
  const std::int64_t preferred =
      std::clamp<std::int64_t>((std::int64_t{1} << 18) / row_bytes / 4 * 4, std::max<std::int64_t>(8, high), 1024);
  const Strips strips = split_rows(dst.h, preferred, dst.n, run.threads);
  const std::int64_t tasks = strips.count * dst.n;
  const bool close = is_close(dst);
  struct Parts {
    std::byte *sums, *padded, *result;
  };
  const auto lay_out = [&](ScratchLayout& layout) {
    Parts parts;
    parts.sums = layout.take(size_of(strips.rows * row_bytes));
    parts.padded = layout.take(rows.bytes());
    parts.result = layout.take(size_of(samples * dst.item_size));
    return parts;
  };
  ScratchLayout size;
  lay_out(size);
  const std::size_t each = size.used();
  const Scratch scratch(each * size_of(worker_count(run, tasks)));
  Execution alone = execution;
  alone.threads = 1;
  alone.interrupted = nullptr;
  return parallel_for(run, tasks, [&](std::int64_t task, int worker) {
    ScratchLayout layout(scratch.data() + each * static_cast<std::size_t>(worker));
    const Parts parts = lay_out(layout);
    const std::int64_t n = task / strips.count;
    const std::int64_t y0 = task % strips.count * strips.rows, y1 = std::min(dst.h, y0 + strips.rows);
    ImageView from = src, blurred = some;
    from.n = 1;
    from.data += n * src.stride_n;
    blurred.h = y1 - y0;
    blurred.data = parts.sums;
    // What it could refuse has been asked above.
    static_cast<void>(correlate_rows(alone, from, blurred, blur, y0));
    PaddedRows::Ring ring(rows, n, parts.padded);
    for (std::int64_t y = y0; y < y1; ++y) {
      std::byte* const sums = parts.sums + (y - y0) * row_bytes;
      sharpen_row(kernels, how, real, ring.row(y), sums, samples);
      std::byte* const line = dst.data + n * dst.stride_n + y * dst.stride_h;
      const std::byte* result = sums;
      if (finish != nullptr) {
        finish(sums, close ? line : parts.result, samples);
        if (close) continue;
        result = parts.result;
      }
      copy_samples(result, dst.c * dst.item_size, dst.item_size, line, dst.stride_w, dst.stride_c, dst.w, dst.c,
                   dst.item_size);
    }
  });
}

// The amount as a fraction whose numerator fits int16, as does the power of two that it is divided by.
SharpeningWords in_words(const Sharpening& how) {
  int bits = 14;
  while (std::fabs(how.amount) * (1 << bits) > 16384) --bits;
  return {static_cast<std::int16_t>(std::floor(how.amount * (1 << bits) + 0.5)), static_cast<std::int16_t>(1 << bits),
          static_cast<std::int16_t>(std::floor(std::min(how.threshold * 128, 32767.0))), bits + 7};
}

Status sharpen_in_words(const Execution& execution, const ImageView& src, const ImageView& dst,
                        const CorrelateOptions& blur, const Sharpening& how) {
  if (src.dtype != DType::u8 || dst.dtype != DType::u8)
    return Status::type_error("only uint8 is sharpened in integers");
  if (blur.arithmetic != SumArithmetic::integer || blur.passes.size() != 2) {
    return Status::value_error("sharpening in integers blurs by two passes of integers");
  }
  if (!(std::fabs(how.amount) <= 16384)) return Status::value_error("amount is too large for integers");
  if (!(how.threshold >= 0)) return Status::value_error("threshold must be at least 0");
  if (Status status = check_correlate(src, blur); !status.is_ok()) return status;
  if (is_empty(dst)) return Status::ok();
  const SharpeningWords words = in_words(how);
  return by_planes(src, dst, blur, [&](const ImageView& from, const ImageView& to, const CorrelateOptions& of_plane) {
    return separable_u8(execution, from, to, of_plane, 0, &words);
  });
}

}  // namespace

Status unsharp(const Execution& execution, const ImageView& src, const ImageView& dst, SumArithmetic work,
               const std::variant<CorrelateOptions, CascadeOptions>& blur, const Sharpening& how) {
  if (Status status = check_alike(src, dst); !status.is_ok()) return status;
  if (src.dtype == DType::other || dst.dtype == DType::other) return Status::type_error("this dtype is not summed");
  if (const auto* const cut = std::get_if<CorrelateOptions>(&blur); cut != nullptr && work == SumArithmetic::integer) {
    return sharpen_in_words(execution, src, dst, *cut, how);
  }
  if (work == SumArithmetic::integer) return Status::type_error("only gaussians that are cut are summed in integers");
  const DType real = work == SumArithmetic::f64 ? DType::f64 : DType::f32;
  if ((src.dtype == DType::f64 || dst.dtype == DType::f64) && real != DType::f64) {
    return Status::type_error("float64 is sharpened in float64");
  }
  if (const auto* const coarse = std::get_if<CascadeOptions>(&blur)) {
    if (coarse->work != real) return Status::type_error("blurred pixels have another dtype");
    CascadeOptions sharpened = *coarse;
    sharpened.sharpen = how;
    return cascade(execution, src, dst, sharpened);
  }
  return sharpen_correlated(execution, src, dst, real, std::get<CorrelateOptions>(blur), how);
}

}  // namespace px
