// SPDX-License-Identifier: MIT
#include "store/faulty_environment.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ipsetkv::tests {
namespace {

ssize_t fail_with(int code) {
  errno = code;
  return -1;
}

bool is_of_send(Fault fault) {
  return fault == Fault::kSendNoBuffers || fault == Fault::kSendNoMemory ||
         fault == Fault::kSendInterrupted;
}

nlmsghdr header_of(std::span<const std::byte> request) {
  nlmsghdr header{};
  if (request.size() >= sizeof header) std::memcpy(&header, request.data(), sizeof header);
  return header;
}

/// Takes one datagram out of the queue; false if there is none. A larger buffer would have the
/// kernel make larger parts of dumps from then on (net/netlink/af_netlink.c, netlink_recvmsg).
bool drop_one(int socket) {
  std::byte dropped{};
  return recv(socket, &dropped, 1, MSG_DONTWAIT) > 0;
}

}  // namespace

std::string_view name_of(Fault fault) {
  switch (fault) {
    case Fault::kSendNoBuffers:
      return "ENOBUFS on send";
    case Fault::kSendNoMemory:
      return "ENOMEM on send";
    case Fault::kSendInterrupted:
      return "EINTR on send";
    case Fault::kReplyLost:
      return "one reply lost on receive";
    case Fault::kAllRepliesLost:
      return "all replies lost on receive";
    case Fault::kReceiveNoMemory:
      return "ENOMEM on receive";
    case Fault::kReceiveInterrupted:
      return "EINTR on receive";
  }
  return "";
}

void FaultyEnvironment::arm(Fault fault, int call) {
  armed_ = is_of_send(fault) ? Armed::kSend : Armed::kReceive;
  fault_ = fault;
  calls_left_ = call;
  has_failed_ = false;
}

bool FaultyEnvironment::disarm() {
  armed_ = Armed::kNo;
  return has_failed_;
}

ssize_t FaultyEnvironment::send(int socket, std::span<const std::byte> bytes) {
  if (armed_ == Armed::kSend && --calls_left_ == 0) {
    has_failed_ = true;
    if (fault_ == Fault::kSendInterrupted) return fail_with(EINTR);
    return fail_with(fault_ == Fault::kSendNoMemory ? ENOMEM : ENOBUFS);
  }
  last_request_.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                          bytes.size(), sizeof(nlmsghdr))));
  is_first_receive_ = true;
  if (socket == stalled_socket_) stalled_socket_ = -1;
  return Environment::send(socket, bytes);
}

ssize_t FaultyEnvironment::receive(int socket, std::span<std::byte> buffer, int flags) {
  if (armed_ == Armed::kReceive && --calls_left_ == 0) {
    has_failed_ = true;
    return fail_receive(socket, buffer, flags);
  }
  is_first_receive_ = false;
  if (socket == stalled_socket_) return fail_with(EAGAIN);
  return Environment::receive(socket, buffer, flags);
}

ssize_t FaultyEnvironment::fail_receive(int socket, std::span<std::byte> buffer, int /*flags*/) {
  const bool is_dump = (header_of(last_request_).nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  switch (fault_) {
    case Fault::kReceiveInterrupted:
      return fail_with(EINTR);
    case Fault::kReceiveNoMemory:
      return fail_with(ENOMEM);
    case Fault::kAllRepliesLost:
      while (drop_one(socket)) {
      }
      return fail_with(ENOBUFS);
    default:
      break;
  }
  if (is_dump && is_first_receive_) return lose_dump_part(buffer);
  if (is_dump)
    stalled_socket_ = socket;
  else
    (void)drop_one(socket);
  return fail_with(ENOBUFS);
}

ssize_t FaultyEnvironment::lose_dump_part(std::span<std::byte> buffer) {
  const nlmsghdr request = header_of(last_request_);
  struct {
    nlmsghdr header;
    nlmsgerr error;
  } reply{};
  reply.header = {.nlmsg_len = sizeof reply,
                  .nlmsg_type = NLMSG_ERROR,
                  .nlmsg_flags = 0,
                  .nlmsg_seq = request.nlmsg_seq,
                  .nlmsg_pid = 0};
  reply.error = {.error = -ENOBUFS, .msg = request};
  is_first_receive_ = false;
  if (buffer.size() < sizeof reply) return fail_with(ENOBUFS);
  std::memcpy(buffer.data(), &reply, sizeof reply);
  return sizeof reply;
}

std::chrono::nanoseconds FaultyEnvironment::now(Clock clock) {
  const auto now = Environment::now(clock) + skipped_;
  return clock == Clock::kWall ? now + wall_step_ : now;
}

void FaultyEnvironment::sleep(std::chrono::nanoseconds time) {
  skipped_ += time;
  slept_ += time;
  if (in_next_sleep_) std::exchange(in_next_sleep_, nullptr)();
}

}  // namespace ipsetkv::tests
