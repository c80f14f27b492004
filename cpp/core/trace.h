// Which ways the last call on this thread took, so that tests can prove them. Names are literals.
#pragma once

#include <cstddef>

namespace px {

struct Trace {
  static constexpr std::size_t most = 8;
  const char* names[most] = {};
  std::size_t used = 0;

  void clear() { used = 0; }
  void add(const char* name) {
    for (std::size_t i = 0; i < used; ++i) {
      if (names[i] == name) return;
    }
    if (used < most) names[used++] = name;
  }
};

inline Trace& trace() {
  thread_local Trace own;
  return own;
}

}  // namespace px
