// SPDX-License-Identifier: MIT

// Reading and replacing one value: ipsetkv compared with the bare messages to the kernel and with
// libipset, in one run.
//
//   set/LAYOUT/BYTES/WHO        replaces the key's value, alternating between two values
//   sustain/LAYOUT/BYTES/WHO    the same, for two seconds without a pause
//   get/LAYOUT/BYTES/WHO        reads the key's value into a string whose memory is reused
//   increment/LAYOUT/BYTES/WHO  adds 1 to a number of BYTES digits
//
// WHO                  what is done
//   ipsetkv              Store::set, Store::get and Store::increment
//   floor                the same messages, prepared in advance, sent by a loop that does nothing
//                        else; every part of a listing is received and discarded
//   floor_bare           set without the lock, and without the tests by which ipsetkv verifies what
//                        it has replaced
//   floor_acknowledged   the same with the last message acknowledged, the usual way to use netlink
//   floor_decoded        get with the value assembled from the listing, without checks
//   libipset             the ipset tool's library in this process, with its command lines
//
// Each one gets an empty network namespace and a socket of its own, and opening it is not timed.
// All runs are shuffled, so that a slow moment of the machine affects all contestants; short values
// run more often, because their ratio is near 1. The stored value is read and compared before and
// after; a wrong one ends the program with an error. `--quick` only checks that everything runs and
// returns correct results.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "floor.h"
#include "ipsetkv/store.h"
#include "libipset_peer.h"
#include "peer.h"
#include "private_namespace.h"
#include "store_peer.h"

namespace ipsetkv::bench {
namespace {

// The only key in the namespace.
const Keys kKeys = make_keys(1);
const std::string& kKey = kKeys.front();

constexpr std::size_t kKib = 1024;
constexpr std::size_t kMib = 1024 * kKib;
constexpr std::size_t kShortBytes = 1 * kKib;
constexpr std::size_t kNumberBytes = 8;
constexpr int kShortRepetitions = 101;
constexpr int kSustainedRepetitions = 7;
constexpr double kSustainedSeconds = 2;

/// The sizes measured for all contestants.
struct Sizes {
  Layout layout;
  const char* name;
  std::vector<std::size_t> bytes;
};

bool any_failed = false;

template <Floor::Writing writing>
std::unique_ptr<Peer> open_writer(const Task& task) {
  return Floor::open(task, writing, Floor::Reading::kReceived);
}

template <Floor::Reading reading>
std::unique_ptr<Peer> open_reader(const Task& task) {
  return Floor::open(task, Floor::Writing::kLocked, reading);
}

std::unique_ptr<Peer> open_libipset(const Task& task) { return LibipsetPeer::open(task); }

using Open = std::unique_ptr<Peer> (*)(const Task& task);

struct Contestant {
  const char* name;
  Open open;
};

const std::vector<Contestant> kWriters = {
    {"ipsetkv", StorePeer::open},
    {"floor", open_writer<Floor::Writing::kLocked>},
    {"floor_bare", open_writer<Floor::Writing::kBare>},
    {"floor_acknowledged", open_writer<Floor::Writing::kAcknowledged>},
};

const std::vector<Contestant> kReaders = {
    {"ipsetkv", StorePeer::open},
    {"floor", open_reader<Floor::Reading::kReceived>},
    {"floor_decoded", open_reader<Floor::Reading::kDecoded>},
};

constexpr Contestant kLibipset = {"libipset", open_libipset};

/// The values of a size, created on first use.
const Values& values_of(std::size_t bytes) {
  static std::map<std::size_t, Values> made;
  const auto [place, missing] = made.try_emplace(bytes);
  if (missing) place->second = make_values(bytes);
  return place->second;
}

/// Whether a new Store reads this value from the key.
bool is_stored(const std::string& value) {
  auto store = Store::open();
  if (!store) return false;
  const auto stored = store->get(kKey);
  return stored && *stored == value;
}

void fail(benchmark::State& state, const char* reason) {
  any_failed = true;
  state.SkipWithError(reason);
}

/// Sets up a contestant in an empty namespace, with values[1] stored. On failure, skips the run and
/// returns null.
std::unique_ptr<Peer> begin(benchmark::State& state, Open open, const Task& task) {
  if (!destroy_all_sets()) {
    fail(state, "existing sets cannot be destroyed");
    return nullptr;
  }
  auto peer = open(task);
  if (peer && is_stored(task.values[1])) return peer;
  fail(state, "the contestant cannot be set up");
  return nullptr;
}

void time_writes(benchmark::State& state, Open open, const Task& task) {
  const auto peer = begin(state, open, task);
  if (!peer) return;
  std::size_t which = 1;
  bool good = true;
  for (auto iteration : state) {
    which = 1 - which;
    good &= peer->set(kKey, which);
  }
  if (!good || !is_stored(task.values[which])) fail(state, "the value was not written");
}

void time_reads(benchmark::State& state, Open open, const Task& task) {
  const auto peer = begin(state, open, task);
  if (!peer) return;
  std::string value;
  // The first read allocates, in ipsetkv and elsewhere.
  bool good = peer->get(kKey, value);
  for (auto iteration : state) good &= peer->get(kKey, value);
  const bool only_receives = value.empty();
  if (!good || (!only_receives && value != task.values[1]) || !is_stored(task.values[1]))
    fail(state, "the value read is wrong");
}

void time_increments(benchmark::State& state) {
  auto store = destroy_all_sets() ? Store::open() : tl::unexpected(Error{});
  std::int64_t number = 1;
  for (std::size_t digit = 1; digit < kNumberBytes; ++digit) number *= 10;
  if (!store || !store->set(kKey, std::to_string(number)))
    return fail(state, "the number was not written");
  bool good = true;
  for (auto iteration : state) good &= store->increment(kKey) == ++number;
  if (!good || !is_stored(std::to_string(number))) fail(state, "the sum is wrong");
}

template <class... Arguments>
benchmark::internal::Benchmark* enter(const std::string& operation, const Sizes& sizes,
                                      std::size_t bytes, const char* who, Arguments... arguments) {
  const std::string name = operation + "/" + sizes.name + "/" + std::to_string(bytes) + "/" + who;
  return benchmark::RegisterBenchmark(name.c_str(), arguments...)->Unit(benchmark::kMicrosecond);
}

void enter_all(const std::string& operation, const Sizes& sizes,
               const std::vector<Contestant>& contestants,
               void (*time)(benchmark::State&, Open, const Task&), bool often) {
  for (const std::size_t bytes : sizes.bytes) {
    const Task task{.layout = sizes.layout, .values = values_of(bytes), .keys = kKeys};
    for (const Contestant& contestant : contestants) {
      auto* const entered =
          enter(operation, sizes, bytes, contestant.name, time, contestant.open, task);
      if (often && bytes <= kShortBytes) entered->Repetitions(kShortRepetitions);
    }
  }
}

std::vector<Contestant> with_libipset(std::vector<Contestant> contestants) {
  contestants.push_back(kLibipset);
  return contestants;
}

/// `often`: repeat short values more often; false with --quick.
void enter_everything(bool often) {
  const Sizes addresses{Layout::kIpv4, "ipv4", {8, 64, 1 * kKib, 64 * kKib, 256 * kKib}};
  const Sizes comments{Layout::kComment, "comment", {1 * kKib, 1 * kMib, 16 * kMib}};
  enter_all("set", addresses, with_libipset(kWriters), time_writes, often);
  enter_all("set", comments, kWriters, time_writes, often);
  enter_all("get", addresses, with_libipset(kReaders), time_reads, often);
  enter_all("get", comments, kReaders, time_reads, often);

  const std::size_t shortest = addresses.bytes.front();
  const Task task{.layout = addresses.layout, .values = values_of(shortest), .keys = kKeys};
  for (const Contestant& contestant : kWriters) {
    auto* const entered =
        enter("sustain", addresses, shortest, contestant.name, time_writes, contestant.open, task);
    if (often) entered->Repetitions(kSustainedRepetitions)->MinTime(kSustainedSeconds);
  }
  auto* const entered = enter("increment", addresses, kNumberBytes, "ipsetkv", time_increments);
  if (often) entered->Repetitions(kShortRepetitions);
}

struct Settings {
  std::vector<std::string> options;  ///< Google Benchmark's.
  bool often = true;                 ///< Repeat short values more often.
};

/// Our options come first, so that those of the command line override them.
Settings with_defaults(int count, char** arguments) {
  std::vector<std::string> given(arguments + 1, arguments + count);
  const bool quick = std::erase(given, "--quick") > 0;
  Settings settings{.options = {arguments[0]}};
  std::vector<std::string>& all = settings.options;
  if (quick)
    all.insert(all.end(), {"--benchmark_min_time=0", "--benchmark_repetitions=1"});
  else
    all.insert(all.end(), {"--benchmark_min_time=0.02", "--benchmark_repetitions=25",
                           "--benchmark_enable_random_interleaving=true",
                           "--benchmark_display_aggregates_only=true"});
  all.insert(all.end(), given.begin(), given.end());
  settings.often = !quick && std::none_of(given.begin(), given.end(), [](std::string_view option) {
    return option.starts_with("--benchmark_repetitions");
  });
  return settings;
}

const char* how_it_was_built() {
#if defined(IPSETKV_SANITIZED) || defined(__SANITIZE_THREAD__)
  return "with sanitizers";
#elif !defined(__OPTIMIZE__)
  return "without optimisation";
#elif !defined(NDEBUG)
  return "with assertions";
#else
  return "optimised";
#endif
}

void describe_build() {
  const char* const build = how_it_was_built();
#ifdef __clang__
  benchmark::AddCustomContext("compiler", __VERSION__);  // Includes the name "Clang".
#else
  benchmark::AddCustomContext("compiler", "GCC " __VERSION__);
#endif
  benchmark::AddCustomContext("build", build);
  if (std::strcmp(build, "optimised") != 0)
    std::fprintf(stderr, "ipsetkv_bench: built %s: the times are not representative\n", build);
}

int run(int count, char** arguments) {
  if (!enter_private_namespace()) {
    std::perror("ipsetkv_bench: no private network namespace");
    return 3;
  }
  auto settings = with_defaults(count, arguments);
  std::vector<char*> pointers;
  for (std::string& option : settings.options) pointers.push_back(option.data());
  int left = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  benchmark::Initialize(&left, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(left, pointers.data())) return 2;

  describe_build();
  enter_everything(settings.often);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return any_failed ? 1 : 0;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) { return ipsetkv::bench::run(count, arguments); }
