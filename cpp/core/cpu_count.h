// How many threads this process may usefully run: what the scheduler lets it use, not what the machine has.
#pragma once

#include <string>

namespace px {

// The processors in the affinity mask (taskset, cpusets, batch systems); at least 1.
int affinity_cpus();

// The CPU quota of the control group and of every group around it (containers, Kubernetes limits), version 1 or 2, in
// whole processors, rounded up; 0 when there is no limit. `root` comes before every path, for tests.
int cgroup_cpus(const std::string& root = "");

}  // namespace px
