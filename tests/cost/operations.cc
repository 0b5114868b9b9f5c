// SPDX-License-Identifier: MIT

// Calls of the library for Callgrind to count. Each call's instructions are dumped under its name.
// Only the calls are collected: run it with --collect-atstart=no, in a network namespace of its
// own.

#include <valgrind/callgrind.h>

#include <cstdio>
#include <string>

#include "ipsetkv/store.h"

namespace {

using ipsetkv::Store;

/// Counts vary a little between rounds, because the kernel lists elements in varying order. The
/// lowest count is always the same.
constexpr int kRounds = 20;

constexpr std::size_t kSmall = 8;    ///< Bytes that fill two addresses (layout `ipv4`).
constexpr std::size_t kLong = 1024;  ///< Bytes that are stored in comments.

template <class Call>
bool count(const std::string& name, Call call) {
  CALLGRIND_TOGGLE_COLLECT;
  const bool good = call();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_DUMP_STATS_AT(name.c_str());
  return good;
}

bool run_round(Store& store, std::size_t bytes, std::string& value) {
  const std::string next(bytes, 'x');
  const std::string size = std::to_string(bytes);
  return count("set-" + size, [&] { return store.set("drawer", next).has_value(); }) &&
         count("get-" + size, [&] { return store.get("drawer", value).value_or(false); }) &&
         value == next;
}

bool run(Store& store, std::size_t bytes) {
  std::string value;
  for (int round = 0; round < kRounds; ++round)
    if (!run_round(store, bytes, value)) return false;
  return true;
}

}  // namespace

int main() {
  auto store = Store::open();
  if (store && run(*store, kSmall) && run(*store, kLong)) return 0;
  std::fputs(store ? "operations: a call failed\n" : "operations: cannot open the store\n", stderr);
  return 1;
}
