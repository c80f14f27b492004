// A cache of immutable plans, most recently used first: photographs come in many sizes, but not in any number of them.
// One per thread, so it needs no lock; what it keeps is bounded in number and bytes (a plan says its own by bytes()).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace px {

template <class Key, class Plan>
class PlanCache {
  static constexpr std::size_t most_plans = 128, most_bytes = std::size_t{8} << 20;

 public:
  template <class Make>
  std::shared_ptr<const Plan> get(const Key& key, Make&& make) {
    std::size_t at = 0;
    while (at < used_ && !(entries_[at]->key == key)) ++at;
    if (at == used_) {
      auto entry = std::make_shared<const Entry>(key, make());
      const std::size_t bytes = entry->plan.bytes();
      while (used_ > 0 && (used_ == most_plans || bytes_ + bytes > most_bytes)) {
        bytes_ -= entries_[--used_]->plan.bytes();
        entries_[used_].reset();
      }
      bytes_ += bytes;
      at = used_++;
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
  std::array<std::shared_ptr<const Entry>, most_plans> entries_;
  std::size_t used_ = 0, bytes_ = 0;
};

}  // namespace px
