// A small cache of immutable plans, most recently used first. One per thread, so it needs no lock.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace px {

template <class Key, class Plan, std::size_t Capacity = 16>
class PlanCache {
 public:
  template <class Make>
  std::shared_ptr<const Plan> get(const Key& key, Make&& make) {
    std::size_t at = 0;
    while (at < used_ && !(entries_[at]->key == key)) ++at;
    if (at == used_) {
      auto entry = std::make_shared<const Entry>(key, make());
      if (used_ < Capacity) ++used_;
      at = used_ - 1;
      entries_[at] = std::move(entry);
    }
    if (at > 0) std::rotate(entries_.begin(), entries_.begin() + at, entries_.begin() + at + 1);
    return {entries_[0], &entries_[0]->plan};
  }

 private:
  struct Entry {
    Entry(const Key& of, Plan&& made) : key(of), plan(std::move(made)) {}
    Key key;
    Plan plan;
  };
  std::array<std::shared_ptr<const Entry>, Capacity> entries_;
  std::size_t used_ = 0;
};

}  // namespace px
