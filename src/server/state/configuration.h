// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/state/serve_options.h"

namespace ipsetkv::server {

/// The parameters of CONFIG GET and CONFIG SET, by Redis' names. Thread-safe.
class Configuration {
 public:
  explicit Configuration(const ServeOptions& options);

  /// The names that match `pattern`, with their values.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> matching(
      std::string_view pattern) const;
  /// What is wrong with giving `name` this value, in Redis' words; nothing if it is valid. Changes
  /// nothing.
  [[nodiscard]] std::optional<std::string> check(std::string_view name,
                                                 std::string_view value) const;
  [[nodiscard]] bool knows(std::string_view name) const;
  /// Requires: `check` found nothing wrong.
  void set(std::string_view name, std::string_view value);

  std::atomic<std::int64_t> slowlog_slower_than{10'000};  ///< Microseconds; negative: never.
  std::atomic<std::int64_t> slowlog_max_length{128};
  std::atomic<std::int64_t> max_clients{10'000};
  std::atomic<std::int64_t> timeout{0};  ///< Seconds without a request; 0: for ever.
  std::atomic<std::int64_t> longest_word{std::int64_t{512} * 1024 * 1024};
  std::atomic<std::int64_t> query_buffer_limit{std::int64_t{1024} * 1024 * 1024};
  /// Bytes of all clients' requests and answers together; 0: no limit.
  std::atomic<std::int64_t> clients_memory{std::int64_t{2} * 1024 * 1024 * 1024};
  std::atomic<std::int64_t> latency_threshold{0};  ///< Milliseconds; 0: nothing is noted.

 private:
  struct Number {
    std::string_view name;
    std::atomic<std::int64_t> Configuration::*value;
    std::int64_t least;
    std::int64_t most;
    bool is_memory = false;  ///< May have a unit behind it: "10mb".
  };
  static const std::vector<Number>& numbers();
  static const Number* number(std::string_view name);
  static std::optional<std::int64_t> number_in(const Number& of, std::string_view text);

  std::vector<std::pair<std::string, std::string>> fixed_;
};

}  // namespace ipsetkv::server
