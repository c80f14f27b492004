// How one call is to be run. The bindings fill it in from the caller's context and pass it down;
// nothing below reads global settings, so concurrent calls cannot disturb each other.
#pragma once

#include "dispatch/cpu.h"

namespace px {

struct Execution {
  Isa isa = best_isa();
  int threads = 1;
  // Asks whether the call should stop (Ctrl-C). Called by the calling thread alone, between tasks.
  bool (*interrupted)(void* user) = nullptr;
  void* user = nullptr;
};

}  // namespace px
