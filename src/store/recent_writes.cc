// SPDX-License-Identifier: MIT
#include "store/recent_writes.h"

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

std::size_t RecentWrites::place_of(const ipset::SetName& name) {
  return std::hash<std::string_view>{}(name.view()) % kPlaces;
}

std::optional<Predecessor> RecentWrites::find(const ipset::SetName& name) const {
  const Place& place = places_[place_of(name)];
  if (!(place.name == name) || coarse_now() - place.when > kTrusted) return std::nullopt;
  return place.left;
}

void RecentWrites::remember(const ipset::SetName& name, const Predecessor& left) {
  places_[place_of(name)] = Place{.name = name, .left = left, .when = coarse_now()};
}

void RecentWrites::forget(const ipset::SetName& name) {
  Place& place = places_[place_of(name)];
  if (place.name == name) place.name.clear();
}

}  // namespace ipsetkv::store
