// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "ipset/batch.h"
#include "ipset/batch_result.h"
#include "ipset/listing.h"
#include "ipset/set_header.h"
#include "ipsetkv/error.h"
#include "netlink/socket.h"

namespace ipsetkv::ipset {

/// The revisions of a set type that the kernel offers.
struct Revisions {
  std::uint8_t lowest = 0;
  std::uint8_t highest = 0;
};

/// A connection to the kernel's IP sets in one network namespace: one socket, the protocol version
/// agreed on, and one receive buffer. For one thread at a time.
class Connection {
 public:
  /// Opens a socket in the calling thread's network namespace and agrees on the protocol. `timeout`
  /// limits the wait for an answer. Errors: kNotPermitted, kNoIpset, kProtocolVersion, kSystemCall.
  [[nodiscard]] static Result<Connection> open(std::chrono::milliseconds timeout,
                                               Environment& environment = Environment::real());

  [[nodiscard]] Environment& environment() const { return socket_.environment(); }

  /// The netlink port id of the socket: unique among the live ones of this namespace, and listed in
  /// /proc/net/netlink.
  [[nodiscard]] std::uint32_t port_id() const { return socket_.port_id(); }
  /// See netlink::Socket::claim_port: whether the owner of a port id is gone for good.
  [[nodiscard]] Result<std::optional<netlink::PortClaim>> claim_port(std::uint32_t port) const {
    return socket_.claim_port(port);
  }
  [[nodiscard]] std::uint8_t protocol() const { return protocol_; }
  /// The limit that `open` was given.
  [[nodiscard]] std::chrono::milliseconds timeout() const { return timeout_; }

  /// A batch that speaks this connection's protocol.
  [[nodiscard]] Batch new_batch(std::size_t bytes = Batch::kDefaultBytes) const {
    return Batch(protocol_, bytes);
  }

  /// Executes the batch, and returns what became of each command. No command asks for an
  /// acknowledgement: the kernel has executed all of them when send(2) returns, a failure is queued
  /// by then, and no reply means success. An error is returned only if that conversation itself
  /// failed: kNoMemory and the like of send(2), after which nothing was executed; or lost replies,
  /// after which it is unknown what was.
  [[nodiscard]] Result<BatchResult> send(Batch& batch);

  /// The same, with the results noted in the batch, by the commands' numbers.
  [[nodiscard]] Result<void> execute(Batch& batch);
  /// The same, and the first command's failure is the error.
  [[nodiscard]] Result<void> execute_all(Batch& batch);

  /// Starts reading one set, or all of them where `name` is empty.
  [[nodiscard]] Result<Listing> list(std::string_view name, ListMode mode);

  /// Name, type, family and revision of a set; nothing if there is none.
  [[nodiscard]] Result<std::optional<SetHeader>> header(std::string_view name);

  /// The revisions of a type for a family. kNoSetType, naming the module, if the kernel has none.
  [[nodiscard]] Result<Revisions> type(SetType type, Family family);

  /// Whether the set has the element.
  [[nodiscard]] Result<bool> test(std::string_view name, const Element& element);

  /// The lowest revision that the kernel offers and that has `options`, but at least `needed` (for
  /// what elements need). kNoRevision if there is none.
  [[nodiscard]] Result<std::uint8_t> choose_revision(SetType type, Family family,
                                                     const CreateOptions& options,
                                                     std::uint8_t needed = 0);

 private:
  Connection(netlink::Socket socket, std::chrono::milliseconds timeout);

  [[nodiscard]] Result<void> negotiate();
  /// Sends the batch, and hands each error reply to `take` with the number of its command.
  template <class Take>
  [[nodiscard]] Result<void> converse(Batch& batch, Take take);
  /// Executes the one command in `batch` and hands its answer's attributes to `visit`.
  template <class Visit>
  [[nodiscard]] Result<void> ask(Batch& batch, Visit visit);
  /// For short answers; a larger one would ask the kernel for larger parts of dumps.
  [[nodiscard]] std::span<std::byte> buffer() {
    return part_buffer().first(netlink::Socket::dump_part_bytes());
  }
  [[nodiscard]] std::span<std::byte> part_buffer() { return buffer_->bytes; }

  netlink::Socket socket_;
  std::unique_ptr<netlink::Socket::PartBuffer> buffer_;
  std::chrono::milliseconds timeout_;
  std::uint32_t next_sequence_ = 1;
  std::uint8_t protocol_ = kProtocolNewest;
  Batch questions_;
};

}  // namespace ipsetkv::ipset
