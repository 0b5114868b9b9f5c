// SPDX-License-Identifier: MIT

// A table compared with Redis and with drawers, by number of keys; keys of 16 bytes, values of 32.
//
// WHO is table, drawers, redis, or bare: the bare messages for a table.
//
//   get/COUNT/WHO      microseconds to read one of COUNT keys, in random order
//   set/COUNT/WHO      microseconds to replace its value
//   mget/COUNT/WHO     microseconds to read a thousand random keys in one call
//   mset/COUNT/WHO     microseconds to replace their values
//   memory/COUNT/WHO   bytes of memory for each key, in the kernel and in a server
//   wait/COUNT/table   the longest write while the table grows to COUNT keys
//   usual/COUNT/table  the median of the last thousand of these writes
//   late/COUNT/table   the number of these writes that took over a hundred times the median
//   create/COUNT/bare  the longest bare `create`, of as many as that table has sets
//
// In each round each operation of each contestant has one turn, in shuffled order. All results are
// compared with the expected values.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "accounts.h"
#include "contestants.h"
#include "conversation.h"
#include "folder.h"
#include "namespace_home.h"
#include "program.h"
#include "requests.h"
#include "runner.h"
#include "table_floor.h"
#include "table_peer.h"

namespace ipsetkv::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t kValueBytes = 32;
constexpr std::size_t kCounts[] = {1'000, 10'000, 100'000, 1'000'000};
constexpr std::size_t kQuickCounts[] = {40};
constexpr std::size_t kMostDrawers = 10'000;
constexpr std::size_t kAtOnce = 1'000;
constexpr double kMostWait = 100;  // usual writes
constexpr std::size_t kSmallestSet = 64;
constexpr Length kFull{.rounds = 21, .turn = 20'000, .most_operations = 100'000};
constexpr Length kQuick{.rounds = 1, .turn = 0, .most_operations = 1};

bool complain(const std::string& who, const char* what) {
  std::fprintf(stderr, "ipsetkv_table_bench: %s: %s\n", who.c_str(), what);
  return false;
}

std::vector<Contestant> all_contestants() {
  std::vector<Contestant> all{
      {"table", [] { return NamespaceHome::start(TablePeer::open); }, SIZE_MAX},
      {"bare", [] { return NamespaceHome::start(TableFloor::open); }, SIZE_MAX}};
  for (const Contestant& each : contestants()) {
    const std::string name = each.name;
    if (name == "redis") all.push_back(each);
    if (name == "ipsetkv") all.push_back({"drawers", each.start, SIZE_MAX});
  }
  return all;
}

bool is_compared_in_bulk(const Contestant& contestant) {
  const std::string name = contestant.name;
  return name == "table" || name == "redis";
}

double in_use(const Home& home) {
  const Accounts accounts = read_accounts();
  return accounts.at("Slab") + accounts.at("VmallocUsed") + accounts.at("Percpu") +
         accounts.at("Shmem") + home.resident();
}

/// A thousand random keys.
Keys some_of(const Keys& keys, std::mt19937& random) {
  Keys some;
  std::ranges::sample(keys, std::back_inserter(some), kAtOnce, random);
  std::ranges::shuffle(some, random);
  return some;
}

/// A contestant with its keys written, and the keys of its calls for many.
struct Bulk {
  const char* name;
  std::unique_ptr<Home> home;
  std::unique_ptr<Peer> peer;
  std::size_t which = 1;

  double time_set(const Keys& keys) {
    which = 1 - which;
    const auto started = Clock::now();
    if (!home->enter() || !peer->set_all(keys, which)) return -1;
    return Microseconds(Clock::now() - started).count();
  }

  double time_get(const Keys& keys, const std::string& expected) {
    std::vector<std::string> values;
    const auto started = Clock::now();
    if (!home->enter() || !peer->get_all(keys, values)) return -1;
    const double took = Microseconds(Clock::now() - started).count();
    const bool good =
        std::ranges::all_of(values, [&](const std::string& value) { return value == expected; });
    return good && values.size() == keys.size() ? took : -1;
  }
};

bool measure_bulk(const Task& task, const Length& length, Rows& rows) {
  std::mt19937 random(2);
  std::vector<Bulk> all;
  for (const Contestant& contestant : all_contestants()) {
    if (!is_compared_in_bulk(contestant)) continue;
    auto home = contestant.start();
    if (!home) return complain(contestant.name, "cannot be started");
    auto peer = home->connect(task);
    if (!peer) return complain(contestant.name, "cannot be set up");
    all.push_back({contestant.name, std::move(home), std::move(peer)});
  }
  const std::string count = std::to_string(task.keys.size());
  for (int round = 0; round < length.rounds; ++round) {
    std::ranges::shuffle(all, random);
    const Keys some = some_of(task.keys, random);
    for (Bulk& bulk : all) {
      const double set = bulk.time_set(some);
      const double get = bulk.time_get(some, task.values[bulk.which]);
      if (set < 0 || get < 0) return complain(bulk.name, "wrong result for many keys");
      rows["mset/" + count + "/" + bulk.name].push_back(set);
      rows["mget/" + count + "/" + bulk.name].push_back(get);
    }
  }
  return true;
}

bool gather(const Task& task, const Length& length, std::mt19937& random, Rows& rows,
            std::vector<Runner>& runners) {
  const std::size_t count = task.keys.size();
  for (const Contestant& contestant : all_contestants()) {
    if (std::string(contestant.name) == "drawers" && count > kMostDrawers) continue;
    auto home = contestant.start();
    if (!home) return complain(contestant.name, "cannot be started");
    const double before = in_use(*home);
    auto peer = home->connect(task);
    if (!peer) return complain(contestant.name, "cannot be set up");
    if (std::string(contestant.name) != "bare")
      rows["memory/" + std::to_string(count) + "/" + contestant.name].push_back(
          (in_use(*home) - before) / static_cast<double>(count));
    runners.emplace_back(contestant.name, std::move(home), std::move(peer), task, random);
    if (!runners.back().warm_up(length)) return complain(contestant.name, "wrong result");
  }
  return true;
}

bool measure_one_by_one(const Task& task, const Length& length, Rows& rows) {
  std::mt19937 random(1);
  std::vector<Runner> runners;
  if (!gather(task, length, random, rows, runners)) return false;
  std::vector<std::size_t> turns(2 * runners.size());
  std::iota(turns.begin(), turns.end(), 0);
  const std::string count = std::to_string(task.keys.size());
  for (int round = 0; round < length.rounds; ++round) {
    std::ranges::shuffle(turns, random);
    for (const std::size_t turn : turns) {
      Runner& runner = runners[turn / 2];
      const bool set = turn % 2 == 0;
      const double took = runner.time(set ? Operation::kSet : Operation::kGet);
      if (took < 0) return complain(runner.name(), "wrong result");
      rows[(set ? "set/" : "get/") + count + "/" + runner.name()].push_back(took);
    }
  }
  for (Runner& runner : runners)
    if (!runner.all_good()) return complain(runner.name(), "wrong value");
  return true;
}

/// The number of sets of the table.
std::optional<std::uint64_t> count_sets() {
  auto store = Store::open({.network_namespace = {}, .table = TablePeer::kName});
  if (!store) return std::nullopt;
  const auto info = store->table_info();
  return info && *info ? std::optional((*info)->sets) : std::nullopt;
}

/// Creates `count` empty sets one by one and measures the longest time.
bool measure_creating(std::uint64_t sets, std::vector<double>& row) {
  const auto home = NamespaceHome::start(TablePeer::open);
  auto kernel = Conversation::open(small_part_bytes());
  if (!home || !kernel) return complain("bare", "cannot be started");
  double longest = 0;
  for (std::uint64_t set = 0; set < sets; ++set) {
    Requests requests;
    requests.create("set" + std::to_string(set), Layout::kComment, kSmallestSet);
    const auto message = requests.take().front();
    const auto started = Clock::now();
    if (!kernel->send(message)) return complain("bare", "cannot create a set");
    longest = std::max(longest, Microseconds(Clock::now() - started).count());
  }
  row.push_back(longest);
  return true;
}

/// Writes the keys one by one into an empty table and measures each write.
bool measure_growth(const Task& task, Rows& rows) {
  const auto home = NamespaceHome::start(TablePeer::open);
  if (!home) return complain("table", "cannot be started");
  const Keys none;
  const auto peer = home->connect({.layout = task.layout, .values = task.values, .keys = none});
  if (!peer) return complain("table", "cannot be set up");
  std::vector<double> times;
  times.reserve(task.keys.size());
  for (const std::string& key : task.keys) {
    const auto started = Clock::now();
    if (!peer->set(key, 1)) return complain("table", "refused a key");
    times.push_back(Microseconds(Clock::now() - started).count());
  }
  const std::string count = std::to_string(task.keys.size());
  rows["wait/" + count + "/table"].push_back(std::ranges::max(times));
  const auto last = times.end() - static_cast<std::ptrdiff_t>(std::min(kAtOnce, times.size()));
  std::ranges::nth_element(last, last + (times.end() - last) / 2, times.end());
  const double usual = *(last + (times.end() - last) / 2);
  rows["usual/" + count + "/table"].push_back(usual);
  rows["late/" + count + "/table"].push_back(static_cast<double>(
      std::ranges::count_if(times, [&](double time) { return time > kMostWait * usual; })));
  const auto sets = count_sets();
  if (!sets) return complain("table", "cannot read its metadata");
  return measure_creating(*sets, rows["create/" + count + "/bare"]);
}

bool measure_all(const Settings& settings, Rows& rows) {
  if (!mount_private_memory()) return std::perror("cannot mount a tmpfs"), false;
  const Length length = settings.quick ? kQuick : kFull;
  const Values values = make_values(kValueBytes);
  const std::vector<std::size_t> counts =
      settings.quick ? std::vector(std::begin(kQuickCounts), std::end(kQuickCounts))
                     : std::vector(std::begin(kCounts), std::end(kCounts));
  for (const std::size_t count : counts) {
    std::fprintf(stderr, "table: %zu keys\n", count);
    const Keys keys = make_long_keys(count);
    const Task task{.layout = automatic_layout(kValueBytes), .values = values, .keys = keys};
    if (!measure_one_by_one(task, length, rows) || !measure_bulk(task, length, rows) ||
        !measure_growth(task, rows))
      return false;
  }
  return true;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) {
  return ipsetkv::bench::run_program(count, arguments, "times", ipsetkv::bench::measure_all);
}
