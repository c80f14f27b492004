// A small cache of immutable plans, most recently used first. One per thread, so it needs no lock.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace px {

template <class Key, class Plan, std::size_t Capacity = 16>
class PlanCache {
 public:
  template <class Make>
  std::shared_ptr<const Plan> get(const Key& key, Make&& make) {
    for (std::size_t i = 0; i < used_; ++i) {
      if (entries_[i]->first == key) {
        std::rotate(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(i),
                    entries_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        return entries_[0]->second;
      }
    }
    auto plan = std::make_shared<const Plan>(make());
    used_ = std::min(used_ + 1, Capacity);
    std::rotate(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(used_) - 1,
                entries_.begin() + static_cast<std::ptrdiff_t>(used_));
    entries_[0].emplace(key, plan);
    return plan;
  }

 private:
  std::array<std::optional<std::pair<Key, std::shared_ptr<const Plan>>>, Capacity> entries_;
  std::size_t used_ = 0;
};

}  // namespace px
