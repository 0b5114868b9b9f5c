// SPDX-License-Identifier: MIT
#pragma once

#include <libmnl/libmnl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/environment.h"
#include "ipsetkv/error.h"

namespace ipsetkv::netlink {

struct CloseSocket {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

/// A port id that is kept from everybody else.
class PortClaim {
 public:
  explicit PortClaim(std::unique_ptr<mnl_socket, CloseSocket> holder)
      : holder_(std::move(holder)) {}

 private:
  std::unique_ptr<mnl_socket, CloseSocket> holder_;
};

/// A netlink socket, bound to a random port id.
///
/// The kernel works on a request inside the `send` that carries it (net/netlink/af_netlink.c,
/// netlink_unicast_kernel): when `send` returns, every answer is queued. Reading therefore never
/// waits in ordinary use, and an empty queue is an answer too.
class Socket {
 public:
  /// Opens a socket of a netlink family such as NETLINK_NETFILTER. It belongs for good to the
  /// network namespace of the calling thread. Sends and receives through `environment`.
  [[nodiscard]] static Result<Socket> open(int family,
                                           Environment& environment = Environment::real());

  [[nodiscard]] Environment& environment() const { return *environment_; }

  /// The address by which the kernel knows this socket, unique among the live sockets of its
  /// family in its network namespace.
  [[nodiscard]] std::uint32_t port_id() const { return mnl_socket_get_portid(handle_.get()); }

  /// Claims a port id of this socket's family in its network namespace, for as long as the answer
  /// lives: nobody has it then, and nobody gets it. Nothing if a live socket has it, or if that
  /// cannot be told because the calling thread is in another network namespace and may not enter
  /// this one (CAP_SYS_ADMIN).
  [[nodiscard]] Result<std::optional<PortClaim>> claim_port(std::uint32_t port) const;

  /// The size a receive buffer must have so that no part of a dump is cut off: the smaller of a
  /// page and 8 KiB (include/linux/netlink.h, NLMSG_GOODSIZE). Larger buffers make the kernel
  /// allocate larger parts from then on, which costs a small dump a microsecond.
  [[nodiscard]] static std::size_t dump_part_bytes();

  /// As large as the kernel ever makes a part (net/netlink/af_netlink.c, netlink_recvmsg). A long
  /// dump takes half the time in such parts.
  static constexpr std::size_t kLargestPartBytes = 32'768;

  /// Room for any part. It begins a page: the kernel's parts all begin at one place of a page, and
  /// copying one to just behind that place of another stalls (docs/design.md has the figures).
  struct alignas(4096) PartBuffer {
    std::array<std::byte, kLargestPartBytes> bytes;
  };

  /// The size of the buffer that the next part of a dump must be received into.
  [[nodiscard]] std::size_t part_bytes() const { return part_bytes_; }
  /// From the next receive on, for good.
  void enlarge_parts() { part_bytes_ = kLargestPartBytes; }

  /// Sends whole messages in one system call. After an error nothing of them was executed:
  /// kNoMemory, kSystemCall, kNotPermitted.
  [[nodiscard]] Result<void> send(std::span<const std::byte> messages);

  /// Takes the next datagram out of the queue, into `buffer`; empty if there is none. A datagram
  /// that did not fit whole is cut, and `truncated` says so. kOutcomeUnknown if a reply was lost;
  /// others may still be queued.
  struct Datagram {
    std::span<const std::byte> bytes;
    bool truncated = false;
  };
  [[nodiscard]] Result<Datagram> receive_queued(std::span<std::byte> buffer);

  /// The same, but waits up to `timeout` for one: kTimeout if none came.
  [[nodiscard]] Result<Datagram> receive(std::span<std::byte> buffer,
                                         std::chrono::milliseconds timeout);

  /// To be called when a dump on this socket ends with an error: receives and drops what is left of
  /// it. Until then the kernel refuses the next dump (EBUSY) and keeps what it dumps in use. Does
  /// not wait.
  void abandon_dump(std::span<std::byte> buffer);

 private:
  using Handle = std::unique_ptr<mnl_socket, CloseSocket>;

  Socket(Handle handle, int family, Environment& environment);
  /// An unbound socket of the same family in the same network namespace.
  [[nodiscard]] Result<Handle> open_beside() const;
  [[nodiscard]] Result<void> ensure_queue();
  /// Empties the queue; false if there was an error meanwhile.
  [[nodiscard]] bool drain(std::span<std::byte> buffer);
  [[nodiscard]] std::size_t queue_bytes() const;

  Handle handle_;
  Environment* environment_;
  int family_;
  int descriptor_;
  std::size_t part_bytes_ = dump_part_bytes();
  bool traced_;
};

}  // namespace ipsetkv::netlink
