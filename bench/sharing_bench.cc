// SPDX-License-Identifier: MIT

// The reads of one key by one process, and by two processes in parallel, each on a processor of its
// own. Windows with one and with two processes alternate, and so do the processors, so that a slow
// moment of the machine affects both. Prints the microseconds of one read: the window's length
// divided by the reads of all processes.

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "floor.h"
#include "ipsetkv/store.h"
#include "program.h"

namespace ipsetkv::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kReadKey = "shared";
constexpr std::size_t kSizes[] = {8, 1024};
constexpr std::size_t kReaders = 2;

/// Memory shared by the readers and the timing process.
struct Board {
  struct alignas(64) Reader {
    std::atomic<bool> reading{false};
    std::atomic<std::uint64_t> reads{0};
    std::atomic<bool> failed{false};
  };
  std::array<Reader, kReaders> readers;
  std::atomic<bool> finished{false};
};

void pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  (void)sched_setaffinity(0, sizeof set, &set);
}

/// The processors that this process may use.
std::vector<int> processors() {
  cpu_set_t set;
  std::vector<int> all;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return all;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor)
    if (CPU_ISSET(processor, &set)) all.push_back(processor);
  return all;
}

void read_in_loops(Board& board, std::size_t who, const std::string& expected) {
  Board::Reader& own = board.readers[who];
  auto store = Store::open();
  std::string value;
  if (!store) own.failed = true;
  while (!board.finished && !own.failed) {
    if (!own.reading) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      continue;
    }
    if (!store->get(kReadKey, value).value_or(false) || value != expected) own.failed = true;
    own.reads.fetch_add(1, std::memory_order_relaxed);
  }
}

/// The microseconds of one read while `active` readers run; 0 if a read failed.
double time_window(Board& board, const std::vector<std::size_t>& active,
                   std::chrono::milliseconds length) {
  const auto count = [&] {
    std::uint64_t reads = 0;
    for (const std::size_t who : active) reads += board.readers[who].reads;
    return reads;
  };
  for (const std::size_t who : active) board.readers[who].reading = true;
  // The readers begin within a tenth of a millisecond.
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto started = Clock::now();
  const std::uint64_t before = count();
  const auto failed = [&] {
    return std::any_of(board.readers.begin(), board.readers.end(),
                       [](const Board::Reader& reader) { return reader.failed.load(); });
  };
  // Repeats only if the machine is so busy that no reader has read anything.
  do std::this_thread::sleep_for(length);
  while (count() == before && !failed());
  const std::uint64_t reads = count() - before;
  const std::chrono::duration<double, std::micro> passed = Clock::now() - started;
  for (const std::size_t who : active) board.readers[who].reading = false;
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return reads == 0 ? 0 : passed.count() / static_cast<double>(reads);
}

bool measure(std::size_t bytes, int rounds, const std::vector<int>& allowed, Rows& rows) {
  const std::string value(bytes, 'v');
  auto store = Store::open();
  if (!destroy_all_sets() || !store || !store->set(kReadKey, value)) return false;
  void* const shared =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return false;
  auto& board = *new (shared) Board;
  std::vector<pid_t> children;
  for (std::size_t who = 0; who < kReaders; ++who) {
    const pid_t child = fork();
    if (child == 0) {
      pin(allowed[who % allowed.size()]);
      read_in_loops(board, who, value);
      _exit(0);
    }
    if (child > 0) children.push_back(child);
  }
  const std::string prefix = "get/" + std::to_string(bytes) + "/";
  const std::chrono::milliseconds window{rounds > 1 ? 100 : 10};
  for (int round = 0; round < rounds; ++round) {
    const auto alone = static_cast<std::size_t>(round) % kReaders;
    rows[prefix + "one"].push_back(time_window(board, {alone}, window));
    rows[prefix + "two"].push_back(time_window(board, {0, 1}, window));
  }
  board.finished = true;
  bool good = children.size() == kReaders;
  for (const pid_t child : children) good &= waitpid(child, nullptr, 0) == child;
  for (const auto& reader : board.readers) good &= !reader.failed;
  munmap(shared, sizeof(Board));
  return good;
}

bool measure_all(const Settings& settings, Rows& rows) {
  const std::vector<int> allowed = processors();
  if (allowed.size() < kReaders)
    std::fprintf(stderr, "ipsetkv_sharing_bench: only one processor: the times are meaningless\n");
  for (const std::size_t bytes : kSizes)
    if (!measure(bytes, settings.quick ? 1 : 50, allowed, rows))
      return std::fprintf(stderr, "ipsetkv_sharing_bench: a read failed\n"), false;
  return true;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) {
  return ipsetkv::bench::run_program(count, arguments, "times", ipsetkv::bench::measure_all);
}
