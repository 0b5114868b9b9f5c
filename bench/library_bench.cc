// SPDX-License-Identifier: MIT

// Reading and replacing one value: ipsetkv beside the bare conversation with the kernel and beside
// libipset, in one run.
//
//   set/BYTES/WHO    replaces the key's value; two values take turns
//   get/BYTES/WHO    reads the key's value into a string whose memory is reused
//
// who                  what is done
//   ipsetkv              Store::set and Store::get
//   floor                the same messages, prepared beforehand, by a loop that does nothing else;
//                        of a listing, every part is received and thrown away
//   floor_unguarded      set without the `test` by which ipsetkv sees what it has replaced
//   floor_acknowledged   the same with the last message acknowledged, as netlink is mostly used
//   floor_decoded        get with the value put together from the listing, nothing checked
//   libipset             the ipset tool's library in this process, with its command lines
//
// Each one gets an empty network namespace and a socket of its own, and opening it is not timed.
// The runs of all are shuffled, so that a slow moment of the machine meets everybody; short values
// are run more often, since a ratio near 1 decides there. What is left in the set is read and
// compared before and after; a wrong answer is an error, and so is the exit status. `--quick` only
// looks whether everything runs and answers right.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "floor.h"
#include "ipsetkv/store.h"
#include "libipset_peer.h"
#include "peer.h"
#include "private_namespace.h"

namespace ipsetkv::bench {
namespace {

constexpr std::size_t kSizes[] = {8, 64, 1024, 64 * 1024, 256 * 1024};
constexpr std::size_t kShortBytes = 64;
constexpr int kShortRepetitions = 101;

bool any_failed = false;

class StorePeer : public Peer {
 public:
  static std::unique_ptr<Peer> open(const Values& values) {
    auto store = Store::open();
    if (!store) return nullptr;
    auto peer = std::make_unique<StorePeer>(*std::move(store), values);
    // The first write makes the key, the second the spare set; from the third on all are alike.
    for (const std::size_t which : {0, 1, 0, 1})
      if (!peer->set(which)) return nullptr;
    return peer;
  }

  StorePeer(Store store, const Values& values) : store_(std::move(store)), values_(values) {}

  bool set(std::size_t which) override { return store_.set(kKey, values_[which]).has_value(); }
  bool get(std::string& value) override { return store_.get(kKey, value).value_or(false); }

 private:
  Store store_;
  Values values_;
};

template <Floor::Ending ending, Floor::Reading reading>
std::unique_ptr<Peer> open_floor(const Values& values) {
  return Floor::open(values, ending, reading);
}

std::unique_ptr<Peer> open_libipset(const Values& values) { return LibipsetPeer::open(values); }

using Open = std::unique_ptr<Peer> (*)(const Values& values);

struct Contestant {
  const char* name;
  Open open;
};

constexpr Contestant kWriters[] = {
    {"ipsetkv", StorePeer::open},
    {"floor", open_floor<Floor::Ending::kTested, Floor::Reading::kReceived>},
    {"floor_unguarded", open_floor<Floor::Ending::kUnguarded, Floor::Reading::kReceived>},
    {"floor_acknowledged", open_floor<Floor::Ending::kAcknowledged, Floor::Reading::kReceived>},
    {"libipset", open_libipset},
};

constexpr Contestant kReaders[] = {
    {"ipsetkv", StorePeer::open},
    {"floor", open_floor<Floor::Ending::kTested, Floor::Reading::kReceived>},
    {"floor_decoded", open_floor<Floor::Ending::kTested, Floor::Reading::kDecoded>},
    {"libipset", open_libipset},
};

Values make_values(std::size_t bytes) {
  std::minstd_rand random(1);
  std::uniform_int_distribution<int> printable('!', '~');
  Values values;
  for (std::string& value : values)
    std::generate_n(std::back_inserter(value), bytes,
                    [&] { return static_cast<char>(printable(random)); });
  return values;
}

/// Whether the key has this value for somebody who comes to it anew.
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

/// A contestant in an empty namespace, with values[1] in place; null, and the run is skipped, if
/// that does not work.
std::unique_ptr<Peer> begin(benchmark::State& state, Open open, const Values& values) {
  if (!destroy_all_sets()) {
    fail(state, "the sets before it could not be removed");
    return nullptr;
  }
  auto peer = open(values);
  if (peer && is_stored(values[1])) return peer;
  fail(state, "it could not be set up");
  return nullptr;
}

void time_writes(benchmark::State& state, Open open, std::size_t bytes) {
  const Values values = make_values(bytes);
  const auto peer = begin(state, open, values);
  if (!peer) return;
  std::size_t which = 1;
  bool good = true;
  for (auto iteration : state) {
    which = 1 - which;
    good &= peer->set(which);
  }
  if (!good || !is_stored(values[which])) fail(state, "the value was not written");
}

void time_reads(benchmark::State& state, Open open, std::size_t bytes) {
  const Values values = make_values(bytes);
  const auto peer = begin(state, open, values);
  if (!peer) return;
  std::string value;
  // The first read allocates, in ipsetkv and elsewhere.
  bool good = peer->get(value);
  for (auto iteration : state) good &= peer->get(value);
  const bool only_receives = value.empty();
  if (!good || (!only_receives && value != values[1]) || !is_stored(values[1]))
    fail(state, "the value read is wrong");
}

template <std::size_t count>
void register_all(const char* operation, const Contestant (&contestants)[count],
                  void (*time)(benchmark::State&, Open, std::size_t), bool often) {
  for (const std::size_t bytes : kSizes) {
    for (const Contestant& contestant : contestants) {
      const std::string name =
          std::string(operation) + "/" + std::to_string(bytes) + "/" + contestant.name;
      auto* const registered =
          benchmark::RegisterBenchmark(name.c_str(), time, contestant.open, bytes)
              ->Unit(benchmark::kMicrosecond);
      if (often && bytes <= kShortBytes) registered->Repetitions(kShortRepetitions);
    }
  }
}

struct Settings {
  std::vector<std::string> options;  ///< Google Benchmark's.
  bool often = true;                 ///< Whether short values get repetitions of their own.
};

/// Our options first, so that those of the command line decide.
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
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
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
  benchmark::AddCustomContext("compiler", __VERSION__);  // It names itself.
#else
  benchmark::AddCustomContext("compiler", "GCC " __VERSION__);
#endif
  benchmark::AddCustomContext("build", build);
  if (std::strcmp(build, "optimised") != 0)
    std::fprintf(stderr, "ipsetkv_bench: built %s: the times say little\n", build);
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
  register_all("set", kWriters, time_writes, settings.often);
  register_all("get", kReaders, time_reads, settings.often);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return any_failed ? 1 : 0;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) { return ipsetkv::bench::run(count, arguments); }
