// SPDX-License-Identifier: MIT

// The time of one operation: ipsetkv compared with other stores on this machine.
//
//   size/set/BYTES/WHO   replaces the value of the only key, alternating between two values
//   size/get/BYTES/WHO   reads it into a string whose memory is reused
//   keys/set/COUNT/WHO   the same with COUNT keys with values of 8 bytes, one after the other in
//   keys/get/COUNT/WHO   shuffled order
//
// Each contestant has a home of its own: a network namespace, a folder in tmpfs, a server, a
// keyring. In each round each operation of each contestant has one turn of some milliseconds, in
// shuffled order; the result is the turn's time for each operation. Results are compared with the
// expected values: the last one of each turn, and those of all keys at the end. A wrong result ends
// the program with an error.

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "contestants.h"
#include "folder.h"
#include "program.h"
#include "runner.h"

namespace ipsetkv::bench {
namespace {

constexpr std::size_t kKib = 1024;
constexpr std::size_t kMib = 1024 * kKib;
constexpr std::size_t kSizes[] = {8,         64,         1 * kKib, 16 * kKib,
                                  64 * kKib, 256 * kKib, 1 * kMib, 16 * kMib};
constexpr std::size_t kCounts[] = {1, 10, 100, 1000, 10'000};
constexpr std::size_t kQuickCounts[] = {1, 20};
constexpr std::size_t kShortBytes = 8;

constexpr Length kFull{.rounds = 31, .turn = 8000, .most_operations = 100'000};
constexpr Length kQuick{.rounds = 1, .turn = 0, .most_operations = 1};

bool complain(const char* who, const char* what, const std::string& where) {
  std::fprintf(stderr, "ipsetkv_latency_bench: %s: %s, %s\n", who, what, where.c_str());
  return false;
}

/// Sets up all contestants that can store the task.
bool gather(const Task& task, const Length& length, const std::string& where, std::mt19937& random,
            std::vector<Runner>& runners) {
  for (const Contestant& contestant : contestants()) {
    if (task.values[0].size() > contestant.most_bytes) continue;
    auto home = contestant.start();
    if (!home) return complain(contestant.name, "cannot be started", where);
    if (!home->takes(task)) continue;
    auto peer = home->connect(task);
    if (!peer) return complain(contestant.name, "cannot be set up", where);
    runners.emplace_back(contestant.name, std::move(home), std::move(peer), task, random);
    if (!runners.back().warm_up(length)) return complain(contestant.name, "wrong result", where);
  }
  return true;
}

/// `kind` and `where` are the first and the third part of the row's name.
bool measure(const Task& task, const Length& length, const std::string& kind,
             const std::string& where, Rows& rows) {
  std::mt19937 random(1);
  std::vector<Runner> runners;
  if (!gather(task, length, kind + "/" + where, random, runners)) return false;
  std::vector<std::size_t> turns(2 * runners.size());
  std::iota(turns.begin(), turns.end(), 0);
  for (int round = 0; round < length.rounds; ++round) {
    std::shuffle(turns.begin(), turns.end(), random);
    for (const std::size_t turn : turns) {
      Runner& runner = runners[turn / 2];
      const bool set = turn % 2 == 0;
      const double took = runner.time(set ? Operation::kSet : Operation::kGet);
      const std::string row = kind + (set ? "/set/" : "/get/") + where + "/" + runner.name();
      if (took < 0) return complain(runner.name(), "wrong result", row);
      rows[row].push_back(took);
    }
  }
  for (Runner& runner : runners)
    if (!runner.all_good()) return complain(runner.name(), "wrong value", kind + "/" + where);
  return true;
}

bool measure_all(const Settings& settings, Rows& rows) {
  if (!mount_private_memory()) return std::perror("cannot mount a tmpfs"), false;
  const Length length = settings.quick ? kQuick : kFull;
  const Keys one = make_keys(1);
  for (const std::size_t bytes : kSizes) {
    std::fprintf(stderr, "latency: values of %zu bytes\n", bytes);
    const Values values = make_values(bytes);
    const Task task{.layout = automatic_layout(bytes), .values = values, .keys = one};
    if (!measure(task, length, "size", std::to_string(bytes), rows)) return false;
  }
  const Values values = make_values(kShortBytes);
  const std::vector<std::size_t> counts =
      settings.quick ? std::vector(std::begin(kQuickCounts), std::end(kQuickCounts))
                     : std::vector(std::begin(kCounts), std::end(kCounts));
  for (const std::size_t count : counts) {
    std::fprintf(stderr, "latency: %zu keys\n", count);
    const Keys keys = make_keys(count);
    const Task task{.layout = automatic_layout(kShortBytes), .values = values, .keys = keys};
    if (!measure(task, length, "keys", std::to_string(count), rows)) return false;
  }
  return true;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) {
  return ipsetkv::bench::run_program(count, arguments, "times", ipsetkv::bench::measure_all);
}
