// SPDX-License-Identifier: MIT
#include "store/drawers/recent_writes.h"

#include <ctime>
#include <functional>

namespace ipsetkv::store {
namespace {

/// The clock of the scheduler's ticks: a few milliseconds coarse, and read without a system call.
std::chrono::nanoseconds coarse_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

std::size_t RecentWrites::index_of(const ipset::SetName& name) {
  return std::hash<std::string_view>{}(name.view()) % kPlaces;
}

std::optional<Predecessor> RecentWrites::find(const ipset::SetName& name) const {
  const Entry& place = places_[index_of(name)];
  if (!(place.name == name)) return std::nullopt;
  const auto now = coarse_now();
  if (now - place.when > kTrusted) return std::nullopt;
  Predecessor left = place.left;
  left.options_are_fresh = now - place.options_when <= kFresh;
  return left;
}

void RecentWrites::remember(const ipset::SetName& name, const Predecessor& left) {
  Entry& place = places_[index_of(name)];
  const auto now = coarse_now();
  const bool goes_on = left.options_are_fresh && place.name == name;
  place = Entry{
      .name = name, .left = left, .when = now, .options_when = goes_on ? place.options_when : now};
}

void RecentWrites::forget(const ipset::SetName& name) {
  Entry& place = places_[index_of(name)];
  if (place.name == name) place.name.clear();
}

}  // namespace ipsetkv::store
