// SPDX-License-Identifier: MIT

// The kernel memory that values take, by the kernel's own accounts.
//
// In each round each layout writes a number of keys of one size, and the accounts before and after
// are compared. They are those of the whole machine and include other activity, so the report takes
// the median of the rounds.

#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "accounts.h"
#include "floor.h"
#include "ipsetkv/store.h"
#include "program.h"

namespace ipsetkv::bench {
namespace {

constexpr std::size_t kMib = std::size_t{1024} * 1024;

struct Form {
  const char* name;
  Layout layout;
  std::size_t bytes;
};
/// The last size is a little less than the one before: it avoids the kernel's rounding up to a
/// power of two.
constexpr Form kForms[] = {{"comment", Layout::kComment, kMib},
                           {"counters", Layout::kCounters, kMib},
                           {"counters", Layout::kCounters, kMib - 128}};

/// Random bytes: they do not compress, and need as many escapes as any binary data.
std::string make_value() {
  std::mt19937_64 random(1);
  std::string value(kMib, '\0');
  for (std::size_t place = 0; place < value.size(); place += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    std::memcpy(value.data() + place, &word, sizeof word);
  }
  return value;
}

/// The memory for each byte of `keys` values, by account; empty on failure.
Accounts measure(const Form& form, std::string_view any, std::size_t keys) {
  const std::string_view value = any.substr(0, form.bytes);
  if (!destroy_all_sets()) return {};
  auto store = Store::open();
  SetOptions options;
  options.layout = form.layout;
  // Creates the locks, which all keys share.
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

constexpr std::size_t kKeys = 64;

bool measure_all(const Settings& settings, Rows& rows) {
  const std::string value = make_value();
  const int rounds = settings.quick ? 1 : 9;
  for (int round = 0; round < rounds; ++round) {
    for (const Form& form : kForms) {
      const Accounts costs = measure(form, value, settings.quick ? 2 : kKeys);
      if (costs.empty()) return std::fprintf(stderr, "%s could not be written\n", form.name), false;
      const std::string prefix = std::string(form.name) + "/" + std::to_string(form.bytes) + "/";
      for (const auto& [account, cost] : costs) rows[prefix + account].push_back(cost);
    }
  }
  return destroy_all_sets();
}

}  // namespace
}  // namespace ipsetkv::bench

int main(int count, char** arguments) {
  using namespace ipsetkv::bench;
  return run_program(count, arguments, "costs", measure_all,
                     "\"keys\": " + std::to_string(kKeys) + ", ");
}
