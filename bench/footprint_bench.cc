// SPDX-License-Identifier: MIT

// The memory that keys and values take: ipsetkv compared with other stores on this machine.
//
//   BYTES/COUNT/WHO        bytes of memory for COUNT keys with values of BYTES bytes
//   rest/WHO               bytes that an empty server uses
//
// Measures the kernel's memory in use (slabs, vmalloc, per-processor memory, files in tmpfs) and a
// server's own memory, before and after the keys are written. The kernel's accounts are those of
// the whole machine and include other activity, so the report takes the median of the rounds. All
// keys are read and compared.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "accounts.h"
#include "contestants.h"
#include "folder.h"
#include "program.h"

namespace ipsetkv::bench {
namespace {

constexpr std::size_t kKib = 1024;

struct Form {
  std::size_t bytes;
  std::size_t keys;
};
constexpr Form kForms[] = {{8, 10'000}, {256, 1'000}, {16 * kKib, 250}, {1024 * kKib, 32}};
constexpr std::size_t kQuickKeys = 4;

// With longer values libipset takes half a minute, and the cost of a byte stays the same.
constexpr std::size_t kMostOfLibipset = 256;

/// The contestants except the bare loop, whose sets are the same as those of ipsetkv.
std::vector<Contestant> keepers() {
  std::vector<Contestant> all = contestants();
  std::erase_if(all, [](const Contestant& each) { return std::string(each.name) == "bare"; });
  for (Contestant& each : all)
    if (std::string(each.name) == "libipset") each.most_bytes = kMostOfLibipset;
  return all;
}

double in_use(const Home& home) {
  const Accounts accounts = read_accounts();
  return accounts.at("Slab") + accounts.at("VmallocUsed") + accounts.at("Percpu") +
         accounts.at("Shmem") + home.resident();
}

bool all_stored(Peer& peer, const Task& task) {
  std::string value;
  return std::all_of(task.keys.begin(), task.keys.end(), [&](const std::string& key) {
    return peer.get(key, value) && value == task.values[1];
  });
}

/// Measures one contestant; skips one that cannot store this. False if it failed.
bool measure(const Contestant& contestant, const Task& task, const std::string& row, Rows& rows) {
  const auto home = contestant.start();
  if (!home) return false;
  if (!home->takes(task)) return true;
  const double before = in_use(*home);
  const double at_rest = home->resident();
  const auto peer = home->connect(task);
  if (!peer || !all_stored(*peer, task)) return false;
  rows[row].push_back(in_use(*home) - before);
  if (at_rest > 0) rows[std::string("rest/") + contestant.name].push_back(at_rest);
  return true;
}

bool measure_all(const Settings& settings, Rows& rows) {
  if (!mount_private_memory()) return std::perror("cannot mount a tmpfs"), false;
  std::vector<Contestant> all = keepers();
  std::mt19937 random(1);
  for (int round = 0; round < (settings.quick ? 1 : 3); ++round) {
    std::fprintf(stderr, "footprint: round %d\n", round + 1);
    for (const Form& form : kForms) {
      const std::size_t count = settings.quick ? kQuickKeys : form.keys;
      const Values values = make_values(form.bytes);
      const Keys keys = make_keys(count);
      const Task task{automatic_layout(form.bytes), values, keys};
      std::shuffle(all.begin(), all.end(), random);
      for (const Contestant& contestant : all) {
        if (form.bytes > contestant.most_bytes) continue;
        const std::string row = std::to_string(form.bytes) + "/" + std::to_string(count) + "/";
        if (measure(contestant, task, row + contestant.name, rows)) continue;
        std::fprintf(stderr, "ipsetkv_footprint_bench: %s%s failed\n", row.c_str(),
                     contestant.name);
        return false;
      }
    }
  }
  return true;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) {
  return ipsetkv::bench::run_program(count, arguments, "bytes", ipsetkv::bench::measure_all);
}
