// preprocess: resize, window, mirror and normalize, for images of any sizes in the same one or two launches.
//
// Exact     The passes of resize (resample.cuh); their result is rounded to the image's dtype and then normalized, as
// by
//           the two ops in turn.
// Why       Each image is a job in a table; blocks that lie outside of theirs end at once. Only the pixels of the
// window
//           are computed, and what they read of the first pass. Images that differ in arithmetic (rare: reductions of
//           more than 40 taps, or weights that bytes cannot have) have launches of their own.
// Requires  As of resize and normalize.

#include <algorithm>
#include <type_traits>

#include "core/check.h"
#include "core/with_type.h"
#include "ops.h"
#include "resample.cuh"

namespace px::cuda {
namespace {

template <class T, class Real>
struct Normalized {
  DType to;
  const Real *factor, *offset;
  PX_HD void operator()(std::byte* at, std::int64_t c, T sample) const {
    const auto real = static_cast<Real>(to_real<Real>(sample) * factor[c] + offset[c]);
    switch (to) {  // the same way for all threads
      case DType::u8: return store(at, round_to<std::uint8_t>(real));
      case DType::f16: return store(at, round_to<half>(real));
      case DType::f32: return store(at, static_cast<float>(real));
      default: return store(at, static_cast<double>(real));
    }
  }
};

// Those of one arithmetic.
struct Group {
  ResizePlan::Path path;
  std::vector<Job> first, last;
  std::int64_t between = 0;  // samples
};

struct Batch {
  const std::vector<ImageView>& srcs;
  const std::vector<Window>& windows;
  const ImageView& dst;
  const PreprocessOptions& options;
};

template <class Body>
void run_jobs(Call& call, const std::vector<Job>& jobs, const Body& body) {
  if (jobs.empty()) return;
  Range range{0, 0, static_cast<std::int64_t>(jobs.size())};
  for (const Job& job : jobs) {
    range.x = std::max(range.x, job.width * job.channels);
    range.y = std::max(range.y, job.height);
  }
  for_each(call, range, body);
}

template <class T, class Real>
class Runner {
 public:
  Runner(Call& call, const Batch& batch) : call_(call), batch_(batch) {
    const ImageView& dst = batch.dst;
    const NormalizeConstants constants(batch.srcs[0].dtype, dst.dtype, dst.c, batch.options.normalize);
    const auto* const factor = static_cast<const Real*>(call.table(constants.factor(), constants.bytes()));
    sink_ = {dst.dtype, factor, factor + dst.c};
    std::vector<T> pad(static_cast<std::size_t>(dst.c));
    const std::vector<double>& given = batch.options.pad_value;
    for (std::size_t c = 0; c < pad.size(); ++c) pad[c] = round_to<T>(given[given.size() == 1 ? 0 : c]);
    value_ = call.table(pad);
  }

  void run() {
    std::vector<Group> groups;
    std::int64_t slot = 0;
    for (std::size_t i = 0; i < batch_.srcs.size(); ++i) add(groups, batch_.srcs[i], batch_.windows[i], slot);
    for (const Group& group : groups) run(group);
  }

 private:
  static constexpr int between_item(ResizePlan::Path path) {
    return path == ResizePlan::Path::fixed ? 2 : path == ResizePlan::Path::f32 ? 4 : 8;
  }

  void add(std::vector<Group>& groups, const ImageView& src, const Window& window, std::int64_t& slot) {
    if (src.n == 0) return;
    const ImageView& dst = batch_.dst;
    Job wanted;
    const Shown shown = shown_of(window, dst.h, dst.w);
    wanted.channels = dst.c;
    wanted.width = dst.w;
    wanted.height = dst.h;
    wanted.left = window.left;
    wanted.top = window.top;
    wanted.mirrored = window.flip;
    auto path = ResizePlan::Path::copy;
    std::shared_ptr<const ResizePlan> plan;
    PlanTables tables;
    const bool shows = shown.x0 < shown.x1 && shown.y0 < shown.y1;
    if (shows) {
      wanted.x0 = shown.x0, wanted.x1 = shown.x1, wanted.y0 = shown.y0, wanted.y1 = shown.y1;
      const ResizeOptions resizing{batch_.options.interpolation, batch_.options.antialias, false, std::nullopt};
      plan = resize_plan(src.h, src.w, window.height, window.width, src.c, src.item_size, src.dtype, resizing);
      tables = upload(call_, plan);
      path = plan->path == ResizePlan::Path::nearest ? ResizePlan::Path::copy : plan->path;
    }
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& one) { return one.path == path; });
    if (group == groups.end()) group = groups.insert(group, Group{path, {}, {}, 0});
    ImageView image = src;
    image.n = 1;
    for (std::int64_t k = 0; k < src.n; ++k, ++slot) {
      image.data = src.data + k * src.stride_n;
      wanted.dst = dst;
      wanted.dst.data += slot * dst.stride_n;
      Passes passes{{}, wanted};
      if (path != ResizePlan::Path::copy) {
        passes = passes_of(*plan, tables, image, wanted, 1, between_item(path), group->between);
      } else {
        passes.last.src = image;
        passes.last.rows = tables.rows;
        passes.last.columns = tables.columns;
      }
      if (passes.first.width > 0) group->first.push_back(passes.first);
      group->last.push_back(passes.last);
    }
  }

  void run(const Group& group) {
    switch (group.path) {
      case ResizePlan::Path::fixed:
        if constexpr (sizeof(T) == 1) run_passes<std::int32_t>(group);
        return;
      case ResizePlan::Path::f32:
        if constexpr (sizeof(T) == 2 || std::is_same_v<T, float>) run_passes<float>(group);
        return;
      case ResizePlan::Path::f64: return run_passes<double>(group);
      default:
        run_jobs(call_, group.last, Pick<T, Normalized<T, Real>>{{{}, call_.table(group.last), 0}, sink_, value_});
    }
  }

  // Jobs of one pass only read the image in it; those of two read what lies between.
  template <class Work>
  void run_passes(const Group& group) {
    using Kept = Between<Work>;
    const auto between = reinterpret_cast<std::intptr_t>(call_.scratch<Kept>(group.between));
    if (!group.first.empty()) {
      run_jobs(call_, group.first,
               Pass<T, Kept, Work, Plain<Kept>>{{{}, call_.table(group.first), between}, {}, nullptr});
    }
    std::vector<Job> one, two;
    for (const Job& job : group.last) (job.src_between ? two : one).push_back(job);
    if (!two.empty()) {
      run_jobs(call_, two, Pass<Kept, T, Work, Normalized<T, Real>>{{{}, call_.table(two), between}, sink_, value_});
    }
    if (!one.empty()) {
      run_jobs(call_, one, Pass<T, T, Work, Normalized<T, Real>>{{{}, call_.table(one), 0}, sink_, value_});
    }
  }

  Call& call_;
  const Batch& batch_;
  Normalized<T, Real> sink_{};
  const T* value_ = nullptr;
};

}  // namespace

Status preprocess(Call& call, const std::vector<ImageView>& srcs, const std::vector<Window>& windows,
                  const ImageView& dst, const PreprocessOptions& options) {
  if (Status status = check_preprocess(srcs, windows, dst, options); !status.is_ok()) return status;
  if (is_empty(dst) || srcs.empty()) return Status::ok();
  const Batch batch{srcs, windows, dst, options};
  with_type(srcs[0].dtype, [&]<class T>(T*) {
    if constexpr (std::is_same_v<T, double>) {
      Runner<T, double>(call, batch).run();
    } else if (dst.dtype == DType::f64) {
      Runner<T, double>(call, batch).run();
    } else {
      Runner<T, float>(call, batch).run();
    }
  });
  return call.status();
}

}  // namespace px::cuda
