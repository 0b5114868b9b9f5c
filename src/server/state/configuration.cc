// SPDX-License-Identifier: MIT
#include "server/state/configuration.h"

#include <algorithm>
#include <limits>

#include "base/glob.h"
#include "server/protocol/number.h"

namespace ipsetkv::server {

const std::vector<Configuration::Number>& Configuration::numbers() {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kMostInt = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t kMebibyte = std::int64_t{1024} * 1024;
  static const std::vector<Number> numbers{
      {"slowlog-log-slower-than", &Configuration::slowlog_slower_than, -1, kMost},
      {"slowlog-max-len", &Configuration::slowlog_max_length, 0, kMost},
      {"maxclients", &Configuration::max_clients, 1, kMostInt},
      {"timeout", &Configuration::timeout, 0, kMostInt},
      {"proto-max-bulk-len", &Configuration::longest_word, kMebibyte, 512 * kMebibyte, true},
      {"client-query-buffer-limit", &Configuration::query_buffer_limit, kMebibyte, kMost, true},
      {"maxmemory-clients", &Configuration::clients_memory, 0, kMost, true},
      {"latency-monitor-threshold", &Configuration::latency_threshold, 0, kMost},
  };
  return numbers;
}

const Configuration::Number* Configuration::number(std::string_view name) {
  const auto found = std::ranges::find(numbers(), name, &Number::name);
  return found == numbers().end() ? nullptr : &*found;
}

std::optional<std::int64_t> Configuration::number_in(const Number& of, std::string_view text) {
  return of.is_memory ? memory_in(text) : integer_in(text);
}

Configuration::Configuration(const ServeOptions& options) {
  std::string addresses;
  for (const std::string& address : options.addresses)
    addresses += (addresses.empty() ? "" : " ") + address;
  const auto* const debug =
      std::ranges::find(kDebugNames, options.debug, &std::pair<std::string_view, DebugFor>::second);
  fixed_ = {{"appendonly", "no"},
            {"bind", addresses},
            {"cluster-enabled", "no"},
            {"databases", "1"},
            {"enable-debug-command", std::string(debug->first)},
            {"io-threads", std::to_string(options.threads)},
            {"maxmemory", "0"},
            {"maxmemory-policy", "noeviction"},
            {"notify-keyspace-events", ""},
            {"port", std::to_string(options.addresses.empty() ? 0 : options.port)},
            {"protected-mode", "yes"},
            {"save", ""},
            {"unixsocket", options.unix_path},
            {"unixsocketperm", "600"}};
}

std::vector<std::pair<std::string, std::string>> Configuration::matching(
    std::string_view pattern) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& each : fixed_)
    if (glob_matches(pattern, each.first)) found.push_back(each);
  for (const Number& each : numbers())
    if (glob_matches(pattern, each.name))
      found.emplace_back(each.name, std::to_string((this->*each.value).load()));
  return found;
}

bool Configuration::knows(std::string_view name) const {
  return number(name) != nullptr ||
         std::ranges::any_of(fixed_, [&](const auto& each) { return each.first == name; });
}

std::optional<std::string> Configuration::check(std::string_view name,
                                                std::string_view value) const {
  const Number* const known = number(name);
  if (known == nullptr) return "can't set immutable config";
  const auto wanted = number_in(*known, value);
  if (!wanted && known->is_memory) return "argument must be a memory value";
  if (!wanted) return "argument couldn't be parsed into an integer";
  if (*wanted < known->least || *wanted > known->most)
    return "argument must be between " + std::to_string(known->least) + " and " +
           std::to_string(known->most) + " inclusive";
  return std::nullopt;
}

void Configuration::set(std::string_view name, std::string_view value) {
  const Number* const known = number(name);
  if (known == nullptr) return;
  if (const auto wanted = number_in(*known, value)) (this->*known->value).store(*wanted);
}

}  // namespace ipsetkv::server
