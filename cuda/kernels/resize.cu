// resize: one or two passes of resampling (resample.cuh), each a launch; nearest and copies are one.

#include "core/check.h"
#include "core/with_type.h"
#include "elements.cuh"
#include "ops.h"
#include "resample.cuh"

namespace px::cuda {
namespace {

struct Images {
  const ImageView &src, &dst;
  const ResizePlan& plan;
  const PlanTables& tables;
  bool premultiply;
};

template <class In, class T, class Work, Alpha alpha>
void run_pass(Call& call, const Job& job, std::int64_t n, std::int64_t between) {
  for_each(call, {job.width * job.channels, job.height, n},
           Pass<In, T, Work, Plain<T>, alpha>{{job, nullptr, between}, {}, nullptr});
}

template <class T, class Work, bool premultiply = false>
void run(Call& call, const Images& images) {
  const auto& [src, dst, plan, tables, _] = images;
  Job wanted;
  wanted.dst = dst;
  wanted.channels = dst.c;
  wanted.width = wanted.x1 = dst.w;
  wanted.height = wanted.y1 = dst.h;
  std::int64_t samples = 0;
  const auto [first, last] = passes_of(plan, tables, src, wanted, src.n, sizeof(Between<Work>), samples);
  constexpr Alpha before = premultiply ? Alpha::multiply : Alpha::none;
  constexpr Alpha after = premultiply ? Alpha::divide : Alpha::none;
  constexpr Alpha alone = premultiply ? Alpha::both : Alpha::none;
  if (first.width == 0) return run_pass<T, T, Work, alone>(call, last, src.n, 0);
  const auto between = reinterpret_cast<std::intptr_t>(call.scratch<Between<Work>>(samples));
  run_pass<T, Between<Work>, Work, before>(call, first, src.n, between);
  run_pass<Between<Work>, T, Work, after>(call, last, src.n, between);
}

void run_nearest(Call& call, const Images& images) {
  ImageView src = images.src, dst = images.dst;
  const std::int64_t element = join_samples(src, dst);
  Job job;
  job.src = src;
  job.dst = dst;
  job.channels = dst.c;
  job.width = job.x1 = dst.w;
  job.height = job.y1 = dst.h;
  job.rows = images.tables.rows;
  job.columns = images.tables.columns;
  const int alignment = alignment_of(src) < alignment_of(dst) ? alignment_of(src) : alignment_of(dst);
  with_element(element, alignment, [&]<class E>(E*) {
    for_each(call, {dst.w * dst.c, dst.h, dst.n}, Pick<E, Plain<E>>{{job, nullptr, 0}, {}, nullptr});
  });
}

}  // namespace

Status resize(Call& call, const ImageView& src, const ImageView& dst, const ResizeOptions& options) {
  if (Status status = check_resize(src, dst, options); !status.is_ok()) return status;
  if (src.n == 0 || src.c == 0) return Status::ok();
  ResizeOptions wanted = options;
  wanted.premultiply = options.premultiply && options.interpolation != Interpolation::nearest;
  const auto plan = resize_plan(src.h, src.w, dst.h, dst.w, src.c, src.item_size, src.dtype, wanted);
  const PlanTables tables = upload(call, plan);
  const Images images{src, dst, *plan, tables, wanted.premultiply};
  using Path = ResizePlan::Path;
  if (plan->path == Path::copy) return copy(call, src, dst);
  if (plan->path == Path::nearest) {
    run_nearest(call, images);
  } else if (plan->path == Path::fixed) {
    run<std::uint8_t, std::int32_t>(call, images);
  } else {
    with_type(src.dtype, [&]<class T>(T*) {
      if (wanted.premultiply) return run<T, double, true>(call, images);
      if (plan->path == Path::f64) return run<T, double>(call, images);
      if constexpr (sizeof(T) != 1 && !std::is_same_v<T, double>) run<T, float>(call, images);
    });
  }
  return call.status();
}

}  // namespace px::cuda
