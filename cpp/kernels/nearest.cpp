// nearest: pixels moved from where an index says.
//
//   dst[j] = src[index[j]]
//
// Exact     Nothing is computed.
// Why       Runs of bytes of constant length, the next power of two where that may spill over; or permutations of two
//           registers, 64 bytes at a time. The next row is fetched meanwhile, as rows lie far from each other.
// Requires  src and dst disjoint; every index within the row.
// Tail      Exact runs at either end of a row.

#include "kernels/nearest.h"

#include "simd/vec.h"

namespace px::PX_TARGET {
namespace {

using std::int64_t;

template <int Run>
void nearest_runs(const NearestJob& job) {
  // Runs of 3, 6, 12 and 18 bytes move as 4, 8, 16 and 32, whose excess the next run overwrites; not so those at the
  // end of either row, which would reach beyond it.
  constexpr int moved = Run == 3 ? 4 : Run == 6 ? 8 : Run == 12 ? 16 : Run == 18 ? 32 : Run;
  struct Whole {
    std::byte bytes[moved];
  };
  struct Exact {
    std::byte bytes[Run];
  };
  const auto from = [&](int64_t j) { return job.src + job.index[j] * job.pixel; };
  const auto exact = [&](int64_t j) { store(job.dst + j * Run, load<Exact>(from(j))); };
  int64_t begin = 0, end = job.outputs;
  if (moved != Run) {
    const auto spills = [&](int64_t j) { return job.index[j] * job.pixel + moved > job.input_bytes; };
    while (begin < end && spills(begin)) exact(begin++);
    end = greater(begin, end - 1);
    while (end > begin && spills(end - 1)) --end;
  }
  constexpr int64_t block = 16;
  Fetcher fetcher(job.ahead, job.outputs / block + 1);
  for (int64_t j = begin; j < end; j += block) {
    fetcher.next();
    for (int64_t i = j; i < lesser(j + block, end); ++i) store(job.dst + i * Run, load<Whole>(from(i)));
  }
  for (int64_t j = end; j < job.outputs; ++j) exact(j);
}

#if defined(PX_HAS_PERMUTE)
template <bool Short>
PX_HD void nearest_gather_row(const NearestGatherJob& job, const std::byte* src, std::byte* dst) {
  Fetcher fetcher(job.ahead, job.groups);
  for (int64_t g = 0; g < job.groups; ++g) {
    fetcher.next();
    const std::byte* const from = src + job.base[g];
    const Bytes order = load<Bytes>(job.order + g * vector_bytes);
    Bytes low, high;
    if constexpr (Short) {
      const auto bytes = static_cast<std::size_t>(job.input_bytes), part = lesser<std::size_t>(bytes, vector_bytes);
      low = load_part<Bytes>(from, part), high = load_part<Bytes>(from + part, bytes - part);
    } else {
      low = load<Bytes>(from), high = load<Bytes>(from + vector_bytes);
    }
    const Bytes pixels = permute_bytes(low, order, high);
    std::byte* const to = dst + g * job.lanes;
    if (g + 1 < job.groups) {  // what a group writes beyond its lanes, the next one overwrites
      store_part_or_all(to, pixels, static_cast<std::size_t>(g + 2 < job.groups ? vector_bytes : job.lanes));
    } else {
      store_part_or_all(to, pixels, static_cast<std::size_t>(job.last_lanes));
    }
  }
}

void nearest_gather(const NearestGatherJob& job) {
  for (int64_t y = 0; y < job.count; ++y) {
    const std::byte* const src = job.src + job.rows[y] * job.src_stride;
    std::byte* const dst = job.dst + y * job.dst_stride;
    if (job.input_bytes >= 2 * vector_bytes) {
      nearest_gather_row<false>(job, src, dst);
    } else {
      nearest_gather_row<true>(job, src, dst);
    }
  }
}
#define PX_NEAREST_GATHER nearest_gather
#else
#define PX_NEAREST_GATHER nullptr
#endif

void nearest(const NearestJob& job) {
  switch (job.run) {
    case 1: return nearest_runs<1>(job);
    case 2: return nearest_runs<2>(job);
    case 3: return nearest_runs<3>(job);
    case 4: return nearest_runs<4>(job);
    case 6: return nearest_runs<6>(job);
    case 8: return nearest_runs<8>(job);
    case 12: return nearest_runs<12>(job);
    case 16: return nearest_runs<16>(job);
    case 18: return nearest_runs<18>(job);
    case 24: return nearest_runs<24>(job);
    case 48: return nearest_runs<48>(job);
    default: break;
  }
  const auto run = static_cast<std::size_t>(job.run);
  for (int64_t j = 0; j < job.outputs; ++j) {
    std::memcpy(job.dst + static_cast<std::size_t>(j) * run, job.src + job.index[j] * job.pixel, run);
  }
}

}  // namespace

extern constinit const NearestKernels nearest_kernels = {
    nearest,
    PX_NEAREST_GATHER,
};

}  // namespace px::PX_TARGET
