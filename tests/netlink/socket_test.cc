// SPDX-License-Identifier: MIT
#include "netlink/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "netlink/batch.h"
#include "netlink/message.h"
#include "support/hex.h"
#include "support/netlink_peer.h"
#include "support/private_namespace.h"

namespace ipsetkv::netlink {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using tests::Bytes;

Socket opened(int family) {
  auto socket = Socket::open(family);
  EXPECT_TRUE(socket) << socket.error().message();
  return *std::move(socket);
}

/// The port ids of a family in this network namespace.
std::set<std::uint32_t> listed_ports(int family) {
  std::set<std::uint32_t> ports;
  std::ifstream table("/proc/net/netlink");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream columns(line);
    std::string kernel_address;
    int protocol = -1;
    std::uint32_t port = 0;
    columns >> kernel_address >> protocol >> port;
    if (protocol == family) ports.insert(port);
  }
  return ports;
}

std::set<int> open_descriptors() {
  std::set<int> descriptors;
  for (int descriptor = 0; descriptor < 1024; ++descriptor)
    if (fcntl(descriptor, F_GETFD) >= 0) descriptors.insert(descriptor);
  return descriptors;
}

/// Waits until a thread of this process sleeps in the kernel.
void wait_until_asleep(pid_t thread) {
  for (;;) {
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string stat;
    std::getline(file, stat);
    if (stat.find(") S ") != std::string::npos) return;
    std::this_thread::yield();
  }
}

/// A request to delete a network interface that is not there, with `extra` bytes of attributes.
void put_failing(Batch& batch, std::size_t extra) {
  batch.begin_message(RTM_DELLINK, 0, ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_index = 4711});
  if (extra != 0) batch.put(0x3FFF, Bytes(extra));
}

class SocketTest : public tests::KernelTest {};

TEST_F(SocketTest, IsListedByItsPortIdWhileItLives) {
  std::uint32_t port = 0;
  {
    const Socket one = opened(NETLINK_NETFILTER);
    const Socket other = opened(NETLINK_NETFILTER);
    port = one.port_id();
    EXPECT_NE(port, other.port_id());
    const std::set<std::uint32_t> ports = listed_ports(NETLINK_NETFILTER);
    EXPECT_EQ(ports.count(port), 1U);
    EXPECT_EQ(ports.count(other.port_id()), 1U);
  }
  EXPECT_EQ(listed_ports(NETLINK_NETFILTER).count(port), 0U);
}

TEST_F(SocketTest, IsNotInheritedByPrograms) {
  const std::set<int> before = open_descriptors();
  const Socket socket = opened(NETLINK_NETFILTER);
  int found = 0;
  for (const int descriptor : open_descriptors()) {
    if (before.count(descriptor) != 0) continue;
    ++found;
    EXPECT_NE(fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_EQ(found, 1);
}

TEST_F(SocketTest, RejectsAnUnknownFamily) {
  const auto socket = Socket::open(31);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ErrorCode::kSystemCall);
  EXPECT_EQ(socket.error().step, Step::kOpen);
  EXPECT_EQ(socket.error().kernel_code, EPROTONOSUPPORT);
}

TEST_F(SocketTest, TimesOutOnAnIdleSocket) {
  Socket socket = opened(NETLINK_USERSOCK);
  Bytes buffer(64);
  for (const auto timeout : {0ms, 1ms, 40ms}) {
    SCOPED_TRACE(timeout.count());
    const auto start = steady_clock::now();
    const auto datagram = socket.receive(buffer, timeout);
    const auto elapsed = steady_clock::now() - start;
    ASSERT_FALSE(datagram);
    EXPECT_EQ(datagram.error().code, ErrorCode::kTimeout);
    EXPECT_EQ(datagram.error().step, Step::kReceive);
    EXPECT_GE(elapsed, timeout);
    EXPECT_LT(elapsed, 10s);
  }
}

TEST_F(SocketTest, ReportsAnEmptyQueue) {
  Socket socket = opened(NETLINK_USERSOCK);
  Bytes buffer(64);
  const auto datagram = socket.receive_queued(buffer);
  ASSERT_TRUE(datagram);
  EXPECT_TRUE(datagram->bytes.empty());
  EXPECT_FALSE(datagram->truncated);
}

/// Receives a datagram that is sent once this thread waits for it.
void expect_late_datagram(std::chrono::milliseconds timeout) {
  Socket socket = opened(NETLINK_USERSOCK);
  const pid_t reader = static_cast<pid_t>(syscall(SYS_gettid));
  std::thread sender([&] {
    wait_until_asleep(reader);
    tests::NetlinkPeer(NETLINK_USERSOCK).send(socket.port_id(), tests::as_bytes("hello"));
  });
  Bytes buffer(64);
  const auto datagram = socket.receive(buffer, timeout);
  sender.join();
  ASSERT_TRUE(datagram) << datagram.error().message();
  EXPECT_EQ(tests::as_text(datagram->bytes), "hello");
}

TEST_F(SocketTest, ReceivesADatagramThatArrivesLater) { expect_late_datagram(60s); }

TEST_F(SocketTest, AcceptsTheLongestTimeout) {
  expect_late_datagram(std::chrono::milliseconds::max());
}

TEST_F(SocketTest, KeepsWaitingAfterASignal) {
  static volatile std::sig_atomic_t signals = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { signals = signals + 1; };
  ASSERT_EQ(sigaction(SIGALRM, &action, nullptr), 0);
  const itimerval often{.it_interval = {0, 5'000}, .it_value = {0, 5'000}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
  Socket socket = opened(NETLINK_USERSOCK);
  Bytes buffer(64);
  const auto start = steady_clock::now();
  const auto datagram = socket.receive(buffer, 60ms);
  const auto elapsed = steady_clock::now() - start;
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  EXPECT_GT(signals, 0);
  ASSERT_FALSE(datagram);
  EXPECT_EQ(datagram.error().code, ErrorCode::kTimeout);
  EXPECT_GE(elapsed, 60ms);
}

TEST_F(SocketTest, FlagsADatagramThatDidNotFit) {
  Socket socket = opened(NETLINK_USERSOCK);
  tests::NetlinkPeer peer(NETLINK_USERSOCK);
  Bytes buffer(8);
  for (const std::size_t size : {7U, 8U, 9U, 5000U}) {
    SCOPED_TRACE(size);
    peer.send(socket.port_id(), Bytes(size, std::byte{0xAA}));
    const auto datagram = socket.receive_queued(buffer);
    ASSERT_TRUE(datagram);
    EXPECT_EQ(datagram->truncated, size > buffer.size());
    EXPECT_EQ(datagram->bytes.size(), std::min(size, buffer.size()));
    const auto rest = socket.receive_queued(buffer);
    ASSERT_TRUE(rest);
    EXPECT_TRUE(rest->bytes.empty()) << "what was cut off does not come later";
  }
}

TEST_F(SocketTest, ReceivesAnErrorForEachMessageOfAFullBatch) {
  // Whole requests sent back would not fit the queue: 64 of 3,000 bytes.
  for (const std::size_t extra : {0U, 3000U}) {
    SCOPED_TRACE(extra);
    Socket socket = opened(NETLINK_ROUTE);
    Batch batch(208'000);
    for (std::size_t count = 0; count < Batch::kMaxMessages; ++count) put_failing(batch, extra);
    ASSERT_FALSE(batch.overflowed());
    ASSERT_TRUE(socket.send(batch.finish(1000)));
    Bytes buffer(Socket::dump_part_bytes());
    for (std::uint32_t sequence = 1000; sequence < 1064; ++sequence) {
      const auto datagram = socket.receive_queued(buffer);
      ASSERT_TRUE(datagram) << datagram.error().message();
      const auto message = Messages(datagram->bytes, datagram->truncated).next();
      ASSERT_TRUE(message) << sequence;
      EXPECT_EQ(message->sequence, sequence);
      EXPECT_EQ(message->error(), ENODEV);
      EXPECT_FALSE(datagram->truncated) << "the kernel does not send the request back";
    }
    EXPECT_TRUE(socket.receive_queued(buffer)->bytes.empty());
  }
}

TEST_F(SocketTest, ReportsAMessageThatIsTooLargeToSend) {
  Socket socket = opened(NETLINK_ROUTE);
  const auto sent = socket.send(Bytes(4'000'000));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kSystemCall);
  EXPECT_EQ(sent.error().step, Step::kSend);
  EXPECT_EQ(sent.error().kernel_code, EMSGSIZE);
}

TEST_F(SocketTest, SizesItsBufferByAPageAndAtMost8KiB) {
  EXPECT_EQ(Socket::dump_part_bytes(),
            static_cast<std::size_t>(std::min(sysconf(_SC_PAGESIZE), 8192L)));
}

TEST_F(SocketTest, KeepsItsPortIdWhenMoved) {
  Socket socket = opened(NETLINK_USERSOCK);
  const std::uint32_t port = socket.port_id();
  Socket moved = std::move(socket);
  EXPECT_EQ(moved.port_id(), port);
  tests::NetlinkPeer(NETLINK_USERSOCK).send(port, tests::as_bytes("x"));
  Bytes buffer(8);
  EXPECT_EQ(moved.receive_queued(buffer)->bytes.size(), 1U);
}

}  // namespace
}  // namespace ipsetkv::netlink
