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
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "contestants.h"
#include "folder.h"
#include "program.h"

namespace ipsetkv::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t kKib = 1024;
constexpr std::size_t kMib = 1024 * kKib;
constexpr std::size_t kSizes[] = {8,         64,         1 * kKib, 16 * kKib,
                                  64 * kKib, 256 * kKib, 1 * kMib, 16 * kMib};
constexpr std::size_t kCounts[] = {1, 10, 100, 1000, 10'000};
constexpr std::size_t kQuickCounts[] = {1, 20};
constexpr std::size_t kShortBytes = 8;

struct Length {
  int rounds;
  double turn;                  ///< Microseconds; one operation takes as long as it takes.
  std::size_t most_operations;  ///< In a turn.
};
constexpr Length kFull{.rounds = 31, .turn = 8000, .most_operations = 100'000};
constexpr Length kQuick{.rounds = 1, .turn = 0, .most_operations = 1};

/// A contestant at work.
class Runner {
 public:
  Runner(const char* name, std::unique_ptr<Home> home, std::unique_ptr<Peer> peer, const Task& task,
         std::mt19937& random)
      : name_(name),
        home_(std::move(home)),
        peer_(std::move(peer)),
        task_(task),
        order_(task.keys.size()),
        stored_(task.keys.size(), 1) {
    std::iota(order_.begin(), order_.end(), 0);
    std::shuffle(order_.begin(), order_.end(), random);
  }

  /// A few of each, to see how long they take.
  [[nodiscard]] bool warm_up(const Length& length) {
    for (const Operation operation : {Operation::kSet, Operation::kGet}) {
      std::size_t& count = operations(operation);
      for (count = 1; count < length.most_operations; count *= 4) {
        const double took = time(operation);
        if (took < 0) return false;
        if (took * static_cast<double>(count) < length.turn / 8) continue;
        count = static_cast<std::size_t>(std::max(1.0, length.turn / took));
        break;
      }
      count = std::min(count, length.most_operations);
    }
    return true;
  }

  enum class Operation : std::uint8_t { kSet, kGet };

  /// Microseconds for one operation, over one turn of them; negative if the last answer was wrong.
  [[nodiscard]] double time(Operation operation) {
    if (!home_->enter()) return -1;
    return operation == Operation::kSet ? time_writes() : time_reads();
  }

  /// Whether each key has the value that it should have.
  [[nodiscard]] bool all_good() {
    std::string value;
    if (!home_->enter()) return false;
    for (std::size_t key = 0; key < task_.keys.size(); ++key)
      if (!peer_->get(task_.keys[key], value) || value != task_.values[stored_[key]]) return false;
    return true;
  }

  [[nodiscard]] const char* name() const { return name_; }

 private:
  std::size_t& operations(Operation operation) {
    return operation == Operation::kSet ? writes_ : reads_;
  }

  std::size_t next_key() {
    place_ = place_ + 1 < order_.size() ? place_ + 1 : 0;
    return order_[place_];
  }

  double time_writes() {
    bool good = true;
    const auto started = Clock::now();
    for (std::size_t i = 0; i < writes_; ++i) {
      const std::size_t key = next_key();
      stored_[key] = !stored_[key];
      good &= peer_->set(task_.keys[key], stored_[key]);
    }
    const Microseconds took = Clock::now() - started;
    if (!good || !peer_->get(task_.keys[order_[place_]], value_)) return -1;
    return value_ == task_.values[stored_[order_[place_]]] ? took.count() / writes() : -1;
  }

  double time_reads() {
    bool good = true;
    const auto started = Clock::now();
    for (std::size_t i = 0; i < reads_; ++i) good &= peer_->get(task_.keys[next_key()], value_);
    const Microseconds took = Clock::now() - started;
    if (!good || value_ != task_.values[stored_[order_[place_]]]) return -1;
    return took.count() / static_cast<double>(reads_);
  }

  [[nodiscard]] double writes() const { return static_cast<double>(writes_); }

  const char* name_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Peer> peer_;
  Task task_;
  std::vector<std::size_t> order_;
  std::vector<unsigned char> stored_;  ///< Which of the two values each key has.
  std::string value_;
  std::size_t place_ = 0;
  std::size_t writes_ = 1;
  std::size_t reads_ = 1;
};

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
      const double took = runner.time(set ? Runner::Operation::kSet : Runner::Operation::kGet);
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
