// SPDX-License-Identifier: MIT
#include "base/environment.h"

#include <sys/socket.h>

#include <ctime>
#include <thread>

namespace ipsetkv {
namespace {

clockid_t clock_id(Environment::Clock clock) {
  switch (clock) {
    case Environment::Clock::kWall:
      return CLOCK_REALTIME;
    case Environment::Clock::kSteady:
      return CLOCK_MONOTONIC;
    case Environment::Clock::kCoarse:
      return CLOCK_MONOTONIC_COARSE;
  }
  return CLOCK_MONOTONIC;
}

}  // namespace

ssize_t Environment::send(int socket, std::span<const std::byte> bytes) {
  return ::send(socket, bytes.data(), bytes.size(), 0);
}

ssize_t Environment::receive(int socket, std::span<std::byte> buffer, int flags) {
  return ::recv(socket, buffer.data(), buffer.size(), flags);
}

std::chrono::nanoseconds Environment::now(Clock clock) {
  timespec now{};
  clock_gettime(clock_id(clock), &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void Environment::sleep(std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }

Environment& Environment::real() {
  static Environment environment;
  return environment;
}

}  // namespace ipsetkv
