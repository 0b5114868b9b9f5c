// SPDX-License-Identifier: MIT

// The operations of several processes in parallel: ipsetkv compared with other stores on this
// machine.
//
//   get/PROCESSES/WHO   all processes read the same key, with a value of 8 bytes
//   set/PROCESSES/WHO   each process replaces a key of its own
//
// Each contestant has a home of its own, and in it processes, each with a connection of its own,
// that wait for their turn. The kernel chooses the processors of these and of servers. In each
// round each contestant has a window for each row, in shuffled order. The result is the
// microseconds from one operation to the next, in whichever process. Each value read is compared
// with the expected one, and each process finally reads what it has written.

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
constexpr std::size_t kCounts[] = {1, 2, kProcesses};

enum class Order : char { kSet, kGet, kEnd };

/// Memory shared by the processes of a contestant and the timing process.
struct SharedState {
  struct alignas(64) Worker {
    std::atomic<std::uint64_t> done{0};   ///< Operations.
    std::atomic<std::uint64_t> begun{0};  ///< Orders begun.
    std::atomic<std::uint64_t> ended{0};  ///< Orders ended.
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

/// Executes operations in a child process.
class Worker {
 public:
  Worker(SharedState& shared, std::size_t number, Home& home)
      : shared_(shared), own_(shared.workers[number]), key_({keys()[number]}), home_(home) {}

  /// Executes the orders that it receives through a pipe, until kEnd.
  void work(int orders) {
    const Task task{.layout = Layout::kIpv4, .values = values_, .keys = key_};
    const auto peer = home_.connect(task);
    own_.failed = !peer;
    Order order = Order::kEnd;
    while (!own_.failed && read(orders, &order, 1) == 1 && order != Order::kEnd) {
      ++own_.begun;
      while (!shared_.stop && !own_.failed) {
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

  SharedState& shared_;
  SharedState::Worker& own_;
  Keys key_;
  Home& home_;
  Values values_ = make_values(kBytes);
  std::size_t which_ = 1;
  std::string value_;
};

/// A contestant's home and its processes.
class WorkerGroup {
 public:
  explicit WorkerGroup(const Contestant& contestant)
      : name_(contestant.name), home_(contestant.start()) {}
  ~WorkerGroup() {
    for (const Process& process : processes_) {
      close(process.orders);
      kill(process.id, SIGKILL);
      (void)waitpid(process.id, nullptr, 0);
    }
    if (shared_ != nullptr) munmap(shared_, sizeof(SharedState));
  }
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  [[nodiscard]] bool start() {
    const Values values = make_values(kBytes);
    const Keys shared = {keys().back()};
    // This connection is closed before any process forks.
    if (!home_ || !home_->connect({Layout::kIpv4, values, shared})) return false;
    void* const memory = mmap(nullptr, sizeof(SharedState), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    shared_ = new (memory) SharedState;
    while (processes_.size() < kProcesses)
      if (!start_process(processes_.size())) return false;
    return true;
  }

  /// The microseconds of one operation while `active` processes work; negative if one has failed.
  [[nodiscard]] double time(Order order, std::size_t active, std::chrono::milliseconds length) {
    shared_->stop = false;
    if (!send(order, active)) return -1;
    wait_for(&SharedState::Worker::begun);
    // The first operation after a rest takes longer.
    std::this_thread::sleep_for(2ms);
    const auto started = Clock::now();
    const std::uint64_t before = done();
    // Repeats only if the machine is so busy that no process has done anything.
    do std::this_thread::sleep_for(length);
    while (done() == before && !failed());
    const std::uint64_t count = done() - before;
    const std::chrono::duration<double, std::micro> passed = Clock::now() - started;
    shared_->stop = true;
    wait_for(&SharedState::Worker::ended);
    return failed() ? -1 : passed.count() / static_cast<double>(count);
  }

  /// Ends all processes. Whether each has read back what it had written.
  [[nodiscard]] bool finish() {
    bool good = send(Order::kEnd, processes_.size());
    for (const Process& process : processes_) {
      good &= waitpid(process.id, nullptr, 0) == process.id;
      close(process.orders);
    }
    processes_.clear();
    return good && !failed();
  }

  [[nodiscard]] const char* name() const { return name_; }

 private:
  struct Process {
    pid_t id;
    int orders;
    std::uint64_t sent = 0;
  };

  bool start_process(std::size_t number) {
    std::array<int, 2> orders{};
    if (pipe2(orders.data(), O_CLOEXEC) != 0) return false;
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() == parent) Worker(*shared_, number, *home_).work(orders[0]);
      _exit(0);
    }
    close(orders[0]);
    if (child > 0) processes_.push_back({.id = child, .orders = orders[1]});
    return child > 0;
  }

  bool send(Order order, std::size_t active) {
    for (std::size_t who = 0; who < active; ++who) {
      if (write(processes_[who].orders, &order, 1) != 1) return false;
      ++processes_[who].sent;
    }
    return true;
  }

  void wait_for(std::atomic<std::uint64_t> SharedState::Worker::*count) const {
    for (std::size_t who = 0; who < processes_.size(); ++who)
      while (shared_->workers[who].*count < processes_[who].sent && !shared_->workers[who].failed)
        std::this_thread::sleep_for(100us);
  }

  [[nodiscard]] std::uint64_t done() const {
    std::uint64_t sum = 0;
    for (const auto& worker : shared_->workers) sum += worker.done;
    return sum;
  }

  [[nodiscard]] bool failed() const {
    return std::any_of(shared_->workers.begin(), shared_->workers.end(),
                       [](const SharedState::Worker& worker) { return worker.failed.load(); });
  }

  const char* name_;
  std::unique_ptr<Home> home_;
  SharedState* shared_ = nullptr;
  std::vector<Process> processes_;
};

/// The contestant, operation and number of processes of a window.
struct Window {
  WorkerGroup* group;
  Order order;
  std::size_t active;
};

std::string row_of(const Window& window) {
  return std::string(window.order == Order::kSet ? "set/" : "get/") +
         std::to_string(window.active) + "/" + window.group->name();
}

bool complain(const std::string& what) {
  std::fprintf(stderr, "ipsetkv_throughput_bench: %s failed\n", what.c_str());
  return false;
}

bool measure_all(const Settings& settings, Rows& rows) {
  if (!mount_private_memory()) return std::perror("cannot mount a tmpfs"), false;
  // A write to the pipe of a dead process must return an error instead of killing this one.
  (void)std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::unique_ptr<WorkerGroup>> groups;
  std::vector<Window> windows;
  for (const Contestant& contestant : contestants()) {
    groups.push_back(std::make_unique<WorkerGroup>(contestant));
    if (!groups.back()->start()) return complain(contestant.name);
    for (const Order order : {Order::kSet, Order::kGet})
      for (const std::size_t active : kCounts)
        windows.push_back({.group = groups.back().get(), .order = order, .active = active});
  }
  std::mt19937 random(1);
  for (int round = 0; round < (settings.quick ? 1 : 15); ++round) {
    std::shuffle(windows.begin(), windows.end(), random);
    for (const Window& window : windows) {
      const double took =
          window.group->time(window.order, window.active, settings.quick ? 5ms : 80ms);
      if (took < 0) return complain(row_of(window));
      rows[row_of(window)].push_back(took);
    }
  }
  for (const auto& group : groups)
    if (!group->finish()) return complain(group->name());
  return true;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) {
  return ipsetkv::bench::run_program(count, arguments, "times", ipsetkv::bench::measure_all);
}
