// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ipsetkv {

/// The four calls through which the library uses the kernel and the clock; everything else is
/// computation on bytes. The default implementation makes the system calls. The fault-injection
/// test replaces it (tests/store/fault_injection_test.cc).
///
/// A replacement must outlive every object that was opened with it, and is called from the thread
/// that uses the object.
class Environment {
 public:
  enum class Clock : std::uint8_t {
    kWall,    ///< CLOCK_REALTIME, since the epoch, for deadlines. It may step.
    kSteady,  ///< CLOCK_MONOTONIC, for pauses and timeouts.
    kCoarse,  ///< CLOCK_MONOTONIC_COARSE: some milliseconds coarse, read without a system call.
  };

  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  virtual ~Environment() = default;

  /// send(2) without flags: returns -1 and sets errno on failure.
  virtual ssize_t send(int socket, std::span<const std::byte> bytes);
  /// recv(2): returns -1 and sets errno on failure.
  virtual ssize_t receive(int socket, std::span<std::byte> buffer, int flags);
  [[nodiscard]] virtual std::chrono::nanoseconds now(Clock clock);
  /// Sleeps for at least `time`.
  virtual void sleep(std::chrono::nanoseconds time);

  /// The implementation that makes the system calls. It has no state.
  [[nodiscard]] static Environment& real();
};

}  // namespace ipsetkv
