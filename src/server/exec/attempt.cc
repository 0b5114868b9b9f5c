// SPDX-License-Identifier: MIT
#include "server/exec/attempt.h"

#include <thread>

namespace ipsetkv::server {
namespace {

/// All clients wait meanwhile, so this is short. It is longer than a live process usually holds a
/// lock, even if it is preempted.
constexpr std::chrono::milliseconds kInPlace{5};
constexpr std::chrono::microseconds kPause{500};

}  // namespace

bool Attempt::wait_in_place() {
  const auto now = Clock::now();
  if (!retry_until_) retry_until_ = now + kInPlace;
  if (now >= *retry_until_) return false;
  std::this_thread::sleep_for(kPause);
  return true;
}

}  // namespace ipsetkv::server
