// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/environment.h"

namespace ipsetkv::tests {

/// One way in which a system call on a netlink socket fails.
enum class Fault : std::uint8_t {
  kSendNoBuffers,    ///< ENOBUFS; nothing is sent.
  kSendNoMemory,     ///< ENOMEM; nothing is sent.
  kSendInterrupted,  ///< EINTR; nothing is sent.
  /// ENOBUFS, because the kernel had no memory for one datagram. Of a batch one error reply is
  /// missing and the others come (net/netlink/af_netlink.c, netlink_ack). A dump stops
  /// (netlink_dump): its first part is replaced by an error reply; a later part comes only after
  /// the socket has sent something else that is replied to.
  kReplyLost,
  kAllRepliesLost,      ///< ENOBUFS, because the queue was full: nothing that was queued comes.
  kReceiveNoMemory,     ///< ENOMEM; what is queued comes later.
  kReceiveInterrupted,  ///< EINTR; what is queued comes later.
};
inline constexpr Fault kEveryFault[] = {
    Fault::kSendNoBuffers,  Fault::kSendNoMemory,    Fault::kSendInterrupted,   Fault::kReplyLost,
    Fault::kAllRepliesLost, Fault::kReceiveNoMemory, Fault::kReceiveInterrupted};
[[nodiscard]] std::string_view name_of(Fault fault);
/// Whether the call is only to be repeated, so that no caller learns of the fault.
[[nodiscard]] inline bool is_harmless(Fault fault) {
  return fault == Fault::kSendInterrupted || fault == Fault::kReceiveInterrupted;
}

/// The real kernel, but for one call that fails, and a clock that nobody has to wait for: a sleep
/// moves it on and returns at once. For one thread.
class FaultyEnvironment final : public Environment {
 public:
  /// Lets the `call`th send or receive from now on fail; the first is 1.
  void arm(Fault fault, int call);
  /// From now on no call fails. Returns whether one has since `arm`.
  bool disarm();

  /// Sets the wall clock forward or back.
  void step_wall(std::chrono::nanoseconds step) { wall_step_ += step; }
  /// Lets time pass.
  void advance(std::chrono::nanoseconds time) { skipped_ += time; }
  /// The time that all sleeps so far would have taken.
  [[nodiscard]] std::chrono::nanoseconds slept() const { return slept_; }
  /// Calls `visit` in the next sleep, once.
  void in_next_sleep(std::function<void()> visit) { in_next_sleep_ = std::move(visit); }

  ssize_t send(int socket, std::span<const std::byte> bytes) override;
  ssize_t receive(int socket, std::span<std::byte> buffer, int flags) override;
  [[nodiscard]] std::chrono::nanoseconds now(Clock clock) override;
  void sleep(std::chrono::nanoseconds time) override;

 private:
  enum class Armed : std::uint8_t { kNo, kSend, kReceive };
  ssize_t fail_receive(int socket, std::span<std::byte> buffer, int flags);
  ssize_t lose_dump_part(std::span<std::byte> buffer);

  Armed armed_ = Armed::kNo;
  Fault fault_ = Fault::kSendNoBuffers;
  int calls_left_ = 0;
  bool has_failed_ = false;

  std::vector<std::byte> last_request_;  ///< The header of the last message sent.
  bool is_first_receive_ = false;        ///< Nothing was received since the last send.
  int stalled_socket_ = -1;              ///< Its dump goes on after the next send.

  std::chrono::nanoseconds skipped_{};
  std::chrono::nanoseconds slept_{};
  std::chrono::nanoseconds wall_step_{};
  std::function<void()> in_next_sleep_;
};

}  // namespace ipsetkv::tests
