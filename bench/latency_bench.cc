// SPDX-License-Identifier: MIT

// How long one operation takes: ipsetkv beside the other ways of keeping values on this machine.
//
//   size/set/BYTES/WHO   replaces the value of the only key; two values take turns
//   size/get/BYTES/WHO   reads it into a string whose memory is reused
//   keys/set/COUNT/WHO   the same, with so many keys of 8 bytes there, one after the other in
//   keys/get/COUNT/WHO   shuffled order
//
// Everybody has a home of its own: a network namespace, a folder in tmpfs, a server, a keyring. In
// each round everybody's operations have one turn, in shuffled order, of some milliseconds; the
// figure is the turn's time for each operation. Each answer is compared with what it should be: at
// the end of each turn the last one, and at the end of all those of all keys. A wrong one is an
// error, and so is the exit status.

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

/// Everybody who can, set up.
bool gather(const Task& task, const Length& length, const std::string& where, std::mt19937& random,
            std::vector<Runner>& runners) {
  for (const Contestant& contestant : contestants()) {
    if (task.values[0].size() > contestant.most_bytes) continue;
    auto home = contestant.start();
    if (!home) return complain(contestant.name, "it does not start", where);
    if (!home->takes(task)) continue;
    auto peer = home->connect(task);
    if (!peer) return complain(contestant.name, "it could not be set up", where);
    runners.emplace_back(contestant.name, std::move(home), std::move(peer), task, random);
    if (!runners.back().warm_up(length)) return complain(contestant.name, "a wrong answer", where);
  }
  return true;
}

/// `kind` and `where` are the first and the third part of a row's name.
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
      if (took < 0) return complain(runner.name(), "a wrong answer", row);
      rows[row].push_back(took);
    }
  }
  for (Runner& runner : runners)
    if (!runner.all_good()) return complain(runner.name(), "a wrong value", kind + "/" + where);
  return true;
}

bool measure_all(const Settings& settings, Rows& rows) {
  if (!mount_private_memory()) return std::perror("no tmpfs of its own"), false;
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
