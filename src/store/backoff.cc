// SPDX-License-Identifier: MIT
#include "store/backoff.h"

#include <algorithm>
#include <thread>

#include "netlink/deadline.h"

namespace ipsetkv::store {
namespace {

constexpr std::chrono::microseconds kFirstSleep{20};
constexpr std::chrono::microseconds kLongestSleep{1000};
constexpr int kDoublings = 6;

}  // namespace

std::chrono::nanoseconds Backoff::deadline() {
  if (deadline_.count() == 0) deadline_ = netlink::deadline_after(environment_, limit_);
  return deadline_;
}

std::chrono::milliseconds Backoff::remaining() {
  const auto left = deadline() - environment_.now(Environment::Clock::kSteady);
  return std::max(std::chrono::milliseconds(0),
                  std::chrono::floor<std::chrono::milliseconds>(left));
}

bool Backoff::wait() {
  const auto end = deadline();
  const auto now = environment_.now(Environment::Clock::kSteady);
  if (now >= end) return false;
  if (++waits_ <= kYields) {
    std::this_thread::yield();
    return true;
  }
  const int doublings = std::min(waits_ - kYields, kDoublings);
  const auto pause = std::min(kFirstSleep * (1 << doublings), kLongestSleep);
  environment_.sleep(std::min<std::chrono::nanoseconds>(pause, end - now));
  return true;
}

}  // namespace ipsetkv::store
