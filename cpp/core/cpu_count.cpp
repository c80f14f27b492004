#include "core/cpu_count.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace px {
namespace {

// Where a controller's files are: a mounted hierarchy, and the part of it that the mount shows.
struct Mount {
  std::string root;   // this path of the hierarchy ...
  std::string point;  // ... is found in this directory
};

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// mountinfo writes space, tab, newline and backslash as \ and three octal digits.
std::string unescape(const std::string& text) {
  const auto octal = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// The mount of version 2, or of version 1 with the cpu controller. A line of mountinfo (proc(5)):
//   36 35 98:0 /root /point options [optional fields] - type source super_options
bool find_mount(const std::string& root, int version, Mount& mount) {
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, top, point, field, type, source, options;
    fields >> id >> parent >> device >> top >> point;
    while (fields >> field && field != "-") {
    }
    fields >> type >> source >> options;
    if (version == 2 ? type == "cgroup2" : type == "cgroup" && has_word(options, "cpu")) {
      mount = {unescape(top), unescape(point)};
      return true;
    }
  }
  return false;
}

// This process's group. A line of /proc/self/cgroup is "id:controllers:path"; version 2 has id 0 and no controllers.
bool find_group(const std::string& root, int version, std::string& path) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    if (version == 2 ? line.compare(0, first, "0") == 0 && controllers.empty() : has_word(controllers, "cpu")) {
      path = line.substr(second + 1);
      return true;
    }
  }
  return false;
}

constexpr double unlimited = std::numeric_limits<double>::infinity();

// "max 100000" or "150000 100000": microseconds of processor time in each period.
double read_quota_v2(const std::string& directory) {
  std::ifstream file(directory + "/cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return unlimited;  // "max" is no number
  return quota / period;
}

double read_quota_v1(const std::string& directory) {
  std::ifstream quota_file(directory + "/cpu.cfs_quota_us"), period_file(directory + "/cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return unlimited;  // -1: none
  return quota / period;
}

double read_limit(const std::string& root, int version) {
  Mount mount;
  std::string path;
  if (!find_mount(root, version, mount) || !find_group(root, version, path)) return unlimited;

  // The path is that of the whole hierarchy, while a container often sees its own part alone: then what the mount
  // shows is this process's group, or contains it.
  if (mount.root != "/") {
    const bool inside = path.compare(0, mount.root.size(), mount.root) == 0 &&
                        (path.size() == mount.root.size() || path[mount.root.size()] == '/');
    path = inside ? path.substr(mount.root.size()) : "";
  }
  if (path.compare(0, 3, "/..") == 0) path.clear();  // outside of this cgroup namespace
  while (!path.empty() && path.back() == '/') path.pop_back();

  // The tightest of the group and of all around it holds.
  double limit = unlimited;
  for (;;) {
    const std::string directory = root + mount.point + path;
    limit = std::min(limit, version == 2 ? read_quota_v2(directory) : read_quota_v1(directory));
    if (path.empty()) return limit;
    path.erase(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

}  // namespace

int affinity_cpus() {
#if defined(__linux__)
  // The kernel refuses a mask smaller than its own; 2^16 processors are more than it can be built for.
  for (std::size_t cpus = 1024; cpus <= 65536; cpus *= 8) {
    std::vector<cpu_set_t> mask(cpus / CPU_SETSIZE);
    const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, mask.data()) == 0) return std::max(1, CPU_COUNT_S(bytes, mask.data()));
  }
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int cgroup_cpus(const std::string& root) {
  // A machine in the hybrid mode has both, and the controller is in one of them.
  const double limit = std::min(read_limit(root, 2), read_limit(root, 1));
  if (limit == unlimited) return 0;
  return static_cast<int>(std::clamp(std::ceil(limit), 1.0, 1e6));
}

}  // namespace px
