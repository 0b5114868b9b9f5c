// SPDX-License-Identifier: MIT
#include "store/patience.h"

#include <algorithm>
#include <thread>

#include "netlink/deadline.h"

namespace ipsetkv::store {
namespace {

constexpr std::chrono::microseconds kFirstSleep{20};
constexpr std::chrono::microseconds kLongestSleep{1000};
constexpr int kDoublings = 6;

}  // namespace

bool Patience::wait() {
  if (waits_ == 0) deadline_ = netlink::deadline_after(limit_);
  const auto now = std::chrono::steady_clock::now();
  if (now >= deadline_) return false;
  if (++waits_ <= kYields) {
    std::this_thread::yield();
    return true;
  }
  const int doublings = std::min(waits_ - kYields, kDoublings);
  const auto pause = std::min(kFirstSleep * (1 << doublings), kLongestSleep);
  std::this_thread::sleep_for(
      std::min<std::chrono::steady_clock::duration>(pause, deadline_ - now));
  return true;
}

}  // namespace ipsetkv::store
