// SPDX-License-Identifier: MIT
#include "netlink/socket.h"

#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "netlink/deadline.h"
#include "netlink/namespace.h"
#include "netlink/trace.h"

namespace ipsetkv::netlink {
namespace {

// The queue should hold an error reply for every message of a batch: Batch::kMaxMessages replies of
// at most 1,280 bytes each, as the kernel counts them. A reply that finds it full is dropped, and
// only the first loss is told, as ENOBUFS (net/netlink/af_netlink.c, netlink_overrun). That takes
// replies that bring the request back whole, as ipset's do for many elements in one.
constexpr int kQueueBytes = 128 * 1024;

Error system_error(Step step) {
  return {
      .code = errno == EPERM || errno == EACCES ? ErrorCode::kNotPermitted : ErrorCode::kSystemCall,
      .step = step,
      .kernel_code = errno};
}

/// The kernel executes a request only after it has copied it (net/netlink/af_netlink.c,
/// netlink_sendmsg): after a failed send nothing was executed.
Error send_error() {
  Error error = system_error(Step::kSend);
  if (errno == ENOBUFS || errno == ENOMEM) error.code = ErrorCode::kNoMemory;
  return error;
}

/// By then the request was executed, with what outcome is unknown. ENOBUFS: the kernel had no
/// memory for a reply (net/netlink/af_netlink.c, netlink_ack), or no room for it in the queue
/// (netlink_overrun).
Error receive_error() {
  return {.code = ErrorCode::kOutcomeUnknown, .step = Step::kReceive, .kernel_code = errno};
}

// Above every process id (kernel/pid.c, PID_MAX_LIMIT), which the kernel gives as port id to who
// does not care, and below the negative ones that it gives when that is taken.
constexpr std::uint32_t kLowestPort = 0x0080'0000;
constexpr std::uint32_t kHighestPort = 0x7FFF'FFFF;
constexpr int kBindTries = 16;

/// The number of a socket's network namespace; 0 where the kernel (before 5.14) does not tell.
std::uint64_t namespace_cookie(int descriptor) {
#ifdef SO_NETNS_COOKIE
  std::uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  if (getsockopt(descriptor, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) == 0) return cookie;
#endif
  (void)descriptor;
  return 0;
}

/// Binds to a port id that nobody has had. The kernel's own choice is the process id, which comes
/// again: in a container that is started anew it is always the same.
bool bind_randomly(mnl_socket& socket) {
  for (int attempt = 0; attempt < kBindTries; ++attempt) {
    std::uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) return false;
    const std::uint32_t port = kLowestPort + random % (kHighestPort - kLowestPort);
    if (mnl_socket_bind(&socket, 0, static_cast<pid_t>(port)) == 0) return true;
    if (errno != EADDRINUSE) return false;
  }
  return false;
}

}  // namespace

Socket::Socket(Handle handle, int family, Environment& environment)
    : handle_(std::move(handle)),
      environment_(&environment),
      family_(family),
      descriptor_(mnl_socket_get_fd(handle_.get())),
      traced_(trace_wanted()) {}

Result<Socket> Socket::open(int family, Environment& environment) {
  Handle handle(mnl_socket_open2(family, SOCK_CLOEXEC));
  if (!handle || !bind_randomly(*handle)) return tl::unexpected(system_error(Step::kOpen));

  // Keeps the kernel from sending a failed request back whole. Kernels before 4.3 don't know the
  // option; a cut error reply is understood as well.
  int on = 1;
  (void)mnl_socket_setsockopt(handle.get(), NETLINK_CAP_ACK, &on, sizeof on);

  Socket socket(std::move(handle), family, environment);
  if (auto ready = socket.ensure_queue(); !ready) return tl::unexpected(ready.error());
  return socket;
}

Result<Socket::Handle> Socket::open_beside() const {
  Handle handle(mnl_socket_open2(family_, SOCK_CLOEXEC));
  if (handle &&
      namespace_cookie(mnl_socket_get_fd(handle.get())) != namespace_cookie(descriptor_)) {
    // The thread is in another network namespace, where port ids mean nothing: it was in this one
    // only to open the socket, or has left it since.
    const auto visit = NamespaceVisit::enter_that_of(descriptor_);
    if (!visit) return tl::unexpected(visit.error());
    handle.reset(mnl_socket_open2(family_, SOCK_CLOEXEC));
  }
  if (!handle) return tl::unexpected(system_error(Step::kOpen));
  return handle;
}

Result<std::optional<PortClaim>> Socket::claim_port(std::uint32_t port) const {
  auto handle = open_beside();
  if (!handle && handle.error().code == ErrorCode::kNamespaceDenied) return std::nullopt;
  if (!handle) return tl::unexpected(handle.error());
  if (mnl_socket_bind(handle->get(), 0, static_cast<pid_t>(port)) == 0)
    return PortClaim(*std::move(handle));
  if (errno == EADDRINUSE) return std::nullopt;
  return tl::unexpected(system_error(Step::kOpen));
}

std::size_t Socket::queue_bytes() const {
  int bytes = 0;
  socklen_t length = sizeof bytes;
  if (getsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, &length) != 0) return 0;
  return static_cast<std::size_t>(bytes);
}

Result<void> Socket::ensure_queue() {
  if (queue_bytes() >= kQueueBytes) return {};
  const int wanted = kQueueBytes;
  if (setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0 &&
      setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted) != 0)
    return tl::unexpected(system_error(Step::kOpen));
  if (queue_bytes() >= kQueueBytes) return {};
  errno = ENOBUFS;
  return tl::unexpected(system_error(Step::kOpen));
}

std::size_t Socket::dump_part_bytes() {
  static const std::size_t bytes =
      std::min<std::size_t>(static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), 8192);
  return bytes;
}

Result<void> Socket::send(std::span<const std::byte> messages) {
  if (traced_) trace_sent(messages);
  for (;;) {
    // No address means the kernel; mnl_socket_sendto passes one each time.
    if (environment_->send(descriptor_, messages) >= 0) return {};
    if (errno != EINTR) return tl::unexpected(send_error());
  }
}

Result<Socket::Datagram> Socket::receive_queued(std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t length = environment_->receive(descriptor_, buffer, MSG_DONTWAIT | MSG_TRUNC);
    if (length >= 0) {
      const auto size = static_cast<std::size_t>(length);
      const Datagram datagram{.bytes = buffer.first(std::min(size, buffer.size())),
                              .truncated = size > buffer.size()};
      if (traced_) trace_received(datagram.bytes);
      return datagram;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Datagram{};
    if (errno != EINTR) return tl::unexpected(receive_error());
  }
}

Result<Socket::Datagram> Socket::receive(std::span<std::byte> buffer,
                                         std::chrono::milliseconds timeout) {
  auto datagram = receive_queued(buffer);
  if (!datagram || !datagram->bytes.empty()) return datagram;

  const auto deadline = deadline_after(*environment_, timeout);
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        deadline - environment_->now(Environment::Clock::kSteady));
    if (left.count() <= 0)
      return tl::unexpected(Error{.code = ErrorCode::kTimeout, .step = Step::kReceive});
    pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)
      return tl::unexpected(receive_error());
    datagram = receive_queued(buffer);
    if (!datagram || !datagram->bytes.empty()) return datagram;
  }
}

bool Socket::drain(std::span<std::byte> buffer) {
  bool is_complete = true;
  for (;;) {
    const auto datagram = receive_queued(buffer);
    if (datagram && datagram->bytes.empty()) return is_complete;
    if (!datagram && datagram.error().kernel_code != ENOBUFS) return false;
    is_complete = is_complete && datagram.has_value();
  }
}

void Socket::abandon_dump(std::span<std::byte> buffer) {
  // A dump whose next part the kernel could not allocate goes on when any other datagram is
  // received (net/netlink/af_netlink.c, netlink_recvmsg): this one is answered with an
  // acknowledgement.
  constexpr int kAttempts = 4;
  const nlmsghdr request{.nlmsg_len = sizeof request,
                         .nlmsg_type = NLMSG_NOOP,
                         .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                         .nlmsg_seq = 0,
                         .nlmsg_pid = 0};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const bool is_sent = send(std::as_bytes(std::span(&request, 1))).has_value();
    if (drain(buffer) && is_sent) return;
  }
}

}  // namespace ipsetkv::netlink
