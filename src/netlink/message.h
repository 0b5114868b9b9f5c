// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ipsetkv::netlink {

/// One message of a received datagram. Borrows from the receive buffer until the next receive into
/// it.
struct Message {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::span<const std::byte> payload;  ///< Without the netlink header.

  [[nodiscard]] bool is_error() const;  ///< An error reply or an acknowledgement.
  [[nodiscard]] bool is_done() const;   ///< The end of a dump.
  /// The dump is inconsistent: something changed between its parts (NLM_F_DUMP_INTR).
  [[nodiscard]] bool is_interrupted() const;

  /// The kernel's code in an error reply or at the end of a dump: 0 for an acknowledgement,
  /// otherwise an errno or a subsystem's own code, positive. Nothing if the reply is too short or
  /// the code cannot be made positive.
  [[nodiscard]] std::optional<std::int32_t> error() const;

  /// The payload of the request in an error reply, as much of it as the reply has.
  [[nodiscard]] std::span<const std::byte> returned_request() const;
};

/// Iterates over the messages of a datagram. A wrong length ends the iteration and sets
/// `malformed()`; of a truncated datagram's last message the received part is returned.
class Messages {
 public:
  explicit Messages(std::span<const std::byte> datagram, bool truncated = false)
      : rest_(datagram), truncated_(truncated) {}
  Messages() = default;

  [[nodiscard]] std::optional<Message> next();
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::span<const std::byte> rest_;
  bool truncated_ = false;
  bool malformed_ = false;
};

}  // namespace ipsetkv::netlink
