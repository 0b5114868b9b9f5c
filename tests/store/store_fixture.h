// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "support/command.h"
#include "support/private_namespace.h"

namespace ipsetkv::tests {

/// The words of a line.
[[nodiscard]] inline std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// Runs the stock tool with one command line. Fails the test if the tool fails.
inline std::string ipset(const std::string& command, std::string_view input = {}) {
  std::vector<std::string> words = words_of(command);
  words.insert(words.begin(), "ipset");
  const auto result = run(words, input);
  EXPECT_EQ(result.status, 0) << "ipset " << command << ": " << result.errors;
  return result.output;
}

/// Whether the set is a free lock or a mixed-type marker: these stay until a sweep.
[[nodiscard]] inline bool is_lock_at_rest(std::string_view name) {
  return name.starts_with("~lock-") || name.starts_with("~mixed-");
}

/// The output of `ipset save` without free locks and mixed-type markers.
[[nodiscard]] inline std::string saved_sets() {
  std::istringstream lines(ipset("save"));
  std::string saved;
  for (std::string line; std::getline(lines, line);)
    if (!is_lock_at_rest(words_of(line).at(1))) saved += line + "\n";
  return saved;
}

/// The names of all sets of the namespace.
[[nodiscard]] inline std::vector<std::string> all_set_names() { return words_of(ipset("list -n")); }
/// The same without free locks and mixed-type markers.
[[nodiscard]] inline std::vector<std::string> set_names() {
  std::vector<std::string> names = all_set_names();
  std::erase_if(names, is_lock_at_rest);
  return names;
}
/// The sets that writers use or have left: spare sets, held locks, wait markers.
[[nodiscard]] inline std::vector<std::string> spare_sets() {
  std::vector<std::string> names = set_names();
  std::erase_if(names, [](const std::string& name) {
    return name.front() != '~' || name.starts_with("~key-");
  });
  return names;
}

/// The value of a field of the set in `ipset list`, such as "References: 1".
[[nodiscard]] inline std::string listed(const std::string& set, const std::string& field) {
  std::istringstream lines(ipset("list -t " + set));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(field + ": ")) return line.substr(field.size() + 2);
  return "no such line";
}

/// Expects equal strings; prints only the first difference, because they may be long.
inline void expect_same(std::string_view actual, std::string_view expected) {
  if (actual == expected) return;
  const auto [in_actual, in_expected] =
      std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end());
  ADD_FAILURE() << actual.size() << " bytes instead of " << expected.size()
                << ", different from byte " << in_actual - actual.begin() << " on: \""
                << testing::PrintToString(
                       actual.substr(static_cast<std::size_t>(in_actual - actual.begin()), 32))
                << "\" instead of \""
                << testing::PrintToString(expected.substr(
                       static_cast<std::size_t>(in_expected - expected.begin()), 32))
                << '"';
}

inline void expect_set(Store& store, std::string_view key, std::string_view value) {
  const auto done = store.set(key, value);
  EXPECT_TRUE(done) << done.error().message();
}

inline void expect_value(Store& store, std::string_view key, std::string_view value) {
  std::string got = "what was there before";
  const auto found = store.get(key, got);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_TRUE(*found) << key << " is missing";
  expect_same(got, value);
}

inline void expect_missing(Store& store, std::string_view key) {
  std::string got = "what was there before";
  const auto found = store.get(key, got);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_FALSE(*found) << key << " exists";
  EXPECT_EQ(got, "");
}

inline void expect_layout(Store& store, std::string_view key, std::string_view layout) {
  const auto info = store.info(key);
  ASSERT_TRUE(info) << info.error().message();
  ASSERT_TRUE(*info) << key << " is missing";
  // Layouts are for drawers; a table has two forms of its own.
  const bool is_of_table = (*info)->layout == "pair" || (*info)->layout == "long pair";
  EXPECT_EQ(is_of_table, (*info)->set_name.ends_with("test")) << (*info)->set_name;
  if (!is_of_table) {
    EXPECT_EQ((*info)->layout, layout);
  }
}

template <class T>
void expect_error(const Result<T>& result, ErrorCode code) {
  ASSERT_FALSE(result) << "no error";
  EXPECT_EQ(static_cast<int>(result.error().code), static_cast<int>(code))
      << result.error().message();
}

/// The deadline `life` from now.
[[nodiscard]] inline Deadline deadline_in(std::chrono::milliseconds life) {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + life;
}

[[nodiscard]] inline std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

/// A test of the store, in a network namespace without any sets.
class StoreTest : public KernelTest {
 protected:
  static Store open(const Options& options = {}) { return Store::open(options).value(); }
};

/// A test that runs on drawers and on a table. The parameter is the table's name, empty for
/// drawers.
class AnyStoreTest : public StoreTest, public testing::WithParamInterface<const char*> {
 protected:
  static Store open(Options options = {}) {
    options.table = GetParam();
    return StoreTest::open(options);
  }
};
[[nodiscard]] inline auto every_store() { return testing::Values("", "test"); }
[[nodiscard]] inline std::string name_of_store(const testing::TestParamInfo<const char*>& info) {
  return *info.param == '\0' ? "Drawers" : "Table";
}

}  // namespace ipsetkv::tests
