// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ipsetkv {

/// The four calls by which the library meets the kernel and the clock. All else is computation on
/// bytes. The default implementation makes the system calls; the fault-injection test replaces it
/// (tests/store/fault_injection_test.cc).
///
/// A replacement outlives every object that was opened with it. It is called by whichever thread
/// uses such an object.
class Environment {
 public:
  enum class Clock : std::uint8_t {
    kWall,    ///< CLOCK_REALTIME, since the epoch. Deadlines are measured by it. It may step.
    kSteady,  ///< CLOCK_MONOTONIC. Pauses and timeouts are measured by it.
    kCoarse,  ///< CLOCK_MONOTONIC_COARSE: some milliseconds coarse, read without a system call.
  };

  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  virtual ~Environment() = default;

  /// As send(2) without flags: -1 and errno after a failure.
  virtual ssize_t send(int socket, std::span<const std::byte> bytes);
  /// As recv(2).
  virtual ssize_t receive(int socket, std::span<std::byte> buffer, int flags);
  [[nodiscard]] virtual std::chrono::nanoseconds now(Clock clock);
  /// Returns after `time`, not before.
  virtual void sleep(std::chrono::nanoseconds time);

  /// The one that makes the system calls. It has no state.
  [[nodiscard]] static Environment& real();
};

}  // namespace ipsetkv
