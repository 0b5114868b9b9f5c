// SPDX-License-Identifier: MIT

// What values cost in kernel memory, by the kernel's own accounts.
//
// In each round one layout writes so many keys of one size, and what /proc/meminfo says before and
// after is compared: slab memory (`Slab`, in which the pages of slabs that are partly used count
// whole, and so do blocks that are too large for slabs), `VmallocUsed`, `Percpu`, and as a check on
// these, what is missing from `MemFree`. The accounts are the whole machine's, so that what others
// do at the same time is in them too; the report takes the median of the rounds.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "floor.h"
#include "ipsetkv/store.h"
#include "private_namespace.h"

namespace ipsetkv::bench {
namespace {

constexpr std::size_t kMib = std::size_t{1024} * 1024;

struct Form {
  const char* name;
  Layout layout;
  std::size_t bytes;
};
/// The last one for the kernel's rounding up to a power of two, which a little less avoids.
constexpr Form kForms[] = {{"comment", Layout::kComment, kMib},
                           {"counters", Layout::kCounters, kMib},
                           {"counters", Layout::kCounters, kMib - 128}};

/// Bytes, by the name of the account.
using Accounts = std::map<std::string, double>;

constexpr const char* kAccounts[] = {"Slab", "VmallocUsed", "Percpu", "MemFree"};

/// Has the kernel add up what its processors counted apart, where this is allowed, and gives it
/// time to free what nobody can see any more.
void settle() {
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  std::string nothing;
  std::getline(std::ifstream("/proc/sys/vm/stat_refresh"), nothing);
}

Accounts read_accounts() {
  settle();
  Accounts accounts;
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    double kilobytes = 0;
    if (!(words >> name >> kilobytes)) continue;
    name.pop_back();
    for (const char* wanted : kAccounts)
      if (name == wanted) accounts[name] = kilobytes * 1024;
  }
  return accounts;
}

/// What compresses badly and is escaped as any bytes are.
std::string make_value() {
  std::mt19937_64 random(1);
  std::string value(kMib, '\0');
  for (std::size_t place = 0; place < value.size(); place += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    std::memcpy(value.data() + place, &word, sizeof word);
  }
  return value;
}

/// What `keys` values cost, for each byte of them; empty if something went wrong.
Accounts measure(const Form& form, std::string_view any, std::size_t keys) {
  const std::string_view value = any.substr(0, form.bytes);
  if (!destroy_all_sets()) return {};
  auto store = Store::open();
  SetOptions options;
  options.layout = form.layout;
  // Makes the locks, which are there once for all keys.
  if (!store || !store->set("first", value, options) || !store->del("first")) return {};
  const Accounts before = read_accounts();
  double told = 0;
  for (std::size_t key = 0; key < keys; ++key) {
    const std::string name = "key" + std::to_string(key);
    if (!store->set(name, value, options)) return {};
  }
  const Accounts after = read_accounts();
  for (std::size_t key = 0; key < keys; ++key) {
    const auto info = store->info("key" + std::to_string(key));
    if (!info || !*info || (*info)->layout != form.name) return {};
    told += static_cast<double>((*info)->kernel_memory);
  }
  const double bytes = static_cast<double>(keys) * static_cast<double>(form.bytes);
  Accounts costs{{"told", told / bytes}};
  for (const auto& [name, amount] : after) costs[name] = (amount - before.at(name)) / bytes;
  costs["MemFree"] = -costs["MemFree"];
  return costs;
}

int run(std::size_t keys, int rounds, const char* output) {
  if (!enter_private_namespace()) {
    std::perror("ipsetkv_memory_bench: no private network namespace");
    return 3;
  }
  const std::string value = make_value();
  std::map<std::string, std::vector<double>> rows;
  for (int round = 0; round < rounds; ++round) {
    for (const Form& form : kForms) {
      const Accounts costs = measure(form, value, keys);
      if (costs.empty()) {
        std::fprintf(stderr, "ipsetkv_memory_bench: %s could not be written\n", form.name);
        return 1;
      }
      for (const auto& [account, cost] : costs)
        rows[std::string(form.name) + "/" + std::to_string(form.bytes) + "/" + account].push_back(
            cost);
    }
  }
  if (!destroy_all_sets()) return 1;
  std::FILE* const file = output == nullptr ? stdout : std::fopen(output, "w");
  if (file == nullptr) return 1;
  std::fprintf(file, "{\"keys\": %zu, \"costs\": {", keys);
  const char* separator = "";
  for (const auto& [name, costs] : rows) {
    std::fprintf(file, "%s\n\"%s\": [", separator, name.c_str());
    for (std::size_t i = 0; i < costs.size(); ++i)
      std::fprintf(file, "%s%.5f", i == 0 ? "" : ", ", costs[i]);
    std::fprintf(file, "]");
    separator = ",";
  }
  std::fprintf(file, "\n}}\n");
  return std::fclose(file) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) {
  bool quick = false;
  const char* output = nullptr;
  for (int i = 1; i < count; ++i) {
    if (std::string_view(arguments[i]) == "--quick")
      quick = true;
    else if (std::string_view(arguments[i]) == "--output" && i + 1 < count)
      output = arguments[++i];
    else
      return std::fprintf(stderr, "ipsetkv_memory_bench [--quick] [--output FILE]\n"), 2;
  }
  return ipsetkv::bench::run(quick ? 2 : 64, quick ? 1 : 9, output);
}
