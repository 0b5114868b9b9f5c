// SPDX-License-Identifier: MIT

// How many operations processes get through together: ipsetkv beside the other ways of keeping
// values on this machine.
//
//   get/PROCESSES/WHO   all of them read the same key of 8 bytes
//   set/PROCESSES/WHO   each replaces a key of its own
//
// Everybody has a home of its own, and in it processes that wait until it is their turn, each with
// a connection of its own; which processor they and the servers run on is the kernel's choice. In
// each round everybody has a window for each row, in shuffled order. The figure is the microseconds
// from one operation to the next, whoever does it. Each value read is compared, and what each
// process has written is read at its end.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "contestants.h"
#include "folder.h"
#include "program.h"

namespace ipsetkv::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kBytes = 8;
constexpr std::size_t kProcesses = 4;
constexpr std::size_t kCrowds[] = {1, 2, kProcesses};

enum class Order : char { kSet, kGet, kEnd };

/// What the processes of a contestant and the one who times them have in common.
struct Board {
  struct alignas(64) Worker {
    std::atomic<std::uint64_t> done{0};
    std::atomic<std::uint64_t> begun{0};  ///< Orders.
    std::atomic<std::uint64_t> ended{0};
    std::atomic<bool> failed{false};
  };
  std::array<Worker, kProcesses> workers;
  alignas(64) std::atomic<bool> stop{false};
};

/// The keys: one for each process, and one that all of them read.
const Keys& keys() {
  static const Keys all = make_keys(kProcesses + 1);
  return all;
}

/// One of the processes that work.
class Worker {
 public:
  Worker(Board& board, std::size_t number, Home& home)
      : board_(board), own_(board.workers[number]), key_({keys()[number]}), home_(home) {}

  /// Does what it is told through a pipe, to the end.
  void work(int orders) {
    const Task task{.layout = Layout::kIpv4, .values = values_, .keys = key_};
    const auto peer = home_.connect(task);
    own_.failed = !peer;
    Order order = Order::kEnd;
    while (!own_.failed && read(orders, &order, 1) == 1 && order != Order::kEnd) {
      ++own_.begun;
      while (!board_.stop && !own_.failed) {
        own_.failed = !(order == Order::kSet ? set(*peer) : get(*peer));
        own_.done.fetch_add(1, std::memory_order_relaxed);
      }
      ++own_.ended;
    }
    if (!own_.failed) own_.failed = !peer->get(key_[0], value_) || value_ != values_[which_];
  }

 private:
  bool set(Peer& peer) {
    which_ = 1 - which_;
    return peer.set(key_[0], which_);
  }
  bool get(Peer& peer) { return peer.get(keys().back(), value_) && value_ == values_[1]; }

  Board& board_;
  Board::Worker& own_;
  Keys key_;
  Home& home_;
  Values values_ = make_values(kBytes);
  std::size_t which_ = 1;
  std::string value_;
};

/// A contestant's home and its processes.
class Crew {
 public:
  explicit Crew(const Contestant& contestant) : name_(contestant.name), home_(contestant.start()) {}
  ~Crew() {
    for (const Member& member : crew_) {
      close(member.orders);
      kill(member.process, SIGKILL);
      (void)waitpid(member.process, nullptr, 0);
    }
    if (board_ != nullptr) munmap(board_, sizeof(Board));
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  [[nodiscard]] bool start() {
    const Values values = make_values(kBytes);
    const Keys shared = {keys().back()};
    // Disconnected again before anybody forks.
    if (!home_ || !home_->connect({Layout::kIpv4, values, shared})) return false;
    void* const memory =
        mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    board_ = new (memory) Board;
    while (crew_.size() < kProcesses)
      if (!hire(crew_.size())) return false;
    return true;
  }

  /// Microseconds for one operation while `crowd` of them work; negative if one has failed.
  [[nodiscard]] double time(Order order, std::size_t crowd, std::chrono::milliseconds length) {
    board_->stop = false;
    if (!tell(order, crowd)) return -1;
    wait_for(&Board::Worker::begun);
    // The first operation after a rest takes longer.
    std::this_thread::sleep_for(2ms);
    const auto started = Clock::now();
    const std::uint64_t before = done();
    // Once, unless the machine is so busy that nobody has got anything done.
    do std::this_thread::sleep_for(length);
    while (done() == before && !failed());
    const std::uint64_t count = done() - before;
    const std::chrono::duration<double, std::micro> passed = Clock::now() - started;
    board_->stop = true;
    wait_for(&Board::Worker::ended);
    return failed() ? -1 : passed.count() / static_cast<double>(count);
  }

  /// Whether all of them have ended, and found what they had written.
  [[nodiscard]] bool dismiss() {
    bool good = tell(Order::kEnd, crew_.size());
    for (const Member& member : crew_) {
      good &= waitpid(member.process, nullptr, 0) == member.process;
      close(member.orders);
    }
    crew_.clear();
    return good && !failed();
  }

  [[nodiscard]] const char* name() const { return name_; }

 private:
  struct Member {
    pid_t process;
    int orders;
    std::uint64_t told = 0;
  };

  bool hire(std::size_t number) {
    std::array<int, 2> orders{};
    if (pipe2(orders.data(), O_CLOEXEC) != 0) return false;
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() == parent) Worker(*board_, number, *home_).work(orders[0]);
      _exit(0);
    }
    close(orders[0]);
    if (child > 0) crew_.push_back({.process = child, .orders = orders[1]});
    return child > 0;
  }

  bool tell(Order order, std::size_t crowd) {
    for (std::size_t who = 0; who < crowd; ++who) {
      if (write(crew_[who].orders, &order, 1) != 1) return false;
      ++crew_[who].told;
    }
    return true;
  }

  void wait_for(std::atomic<std::uint64_t> Board::Worker::*count) const {
    for (std::size_t who = 0; who < crew_.size(); ++who)
      while (board_->workers[who].*count < crew_[who].told && !board_->workers[who].failed)
        std::this_thread::sleep_for(100us);
  }

  [[nodiscard]] std::uint64_t done() const {
    std::uint64_t sum = 0;
    for (const auto& worker : board_->workers) sum += worker.done;
    return sum;
  }

  [[nodiscard]] bool failed() const {
    return std::any_of(board_->workers.begin(), board_->workers.end(),
                       [](const Board::Worker& worker) { return worker.failed.load(); });
  }

  const char* name_;
  std::unique_ptr<Home> home_;
  Board* board_ = nullptr;
  std::vector<Member> crew_;
};

/// What one window is of.
struct Window {
  Crew* crew;
  Order order;
  std::size_t crowd;
};

std::string row_of(const Window& window) {
  return std::string(window.order == Order::kSet ? "set/" : "get/") + std::to_string(window.crowd) +
         "/" + window.crew->name();
}

bool complain(const std::string& what) {
  std::fprintf(stderr, "ipsetkv_throughput_bench: %s failed\n", what.c_str());
  return false;
}

bool measure_all(const Settings& settings, Rows& rows) {
  if (!mount_private_memory()) return std::perror("no tmpfs of its own"), false;
  // Orders for one that has failed are no reason to die.
  (void)std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::unique_ptr<Crew>> crews;
  std::vector<Window> windows;
  for (const Contestant& contestant : contestants()) {
    crews.push_back(std::make_unique<Crew>(contestant));
    if (!crews.back()->start()) return complain(contestant.name);
    for (const Order order : {Order::kSet, Order::kGet})
      for (const std::size_t crowd : kCrowds)
        windows.push_back({.crew = crews.back().get(), .order = order, .crowd = crowd});
  }
  std::mt19937 random(1);
  for (int round = 0; round < (settings.quick ? 1 : 15); ++round) {
    std::shuffle(windows.begin(), windows.end(), random);
    for (const Window& window : windows) {
      const double took =
          window.crew->time(window.order, window.crowd, settings.quick ? 5ms : 80ms);
      if (took < 0) return complain(row_of(window));
      rows[row_of(window)].push_back(took);
    }
  }
  for (const auto& crew : crews)
    if (!crew->dismiss()) return complain(crew->name());
  return true;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) {
  return ipsetkv::bench::run_program(count, arguments, "times", ipsetkv::bench::measure_all);
}
