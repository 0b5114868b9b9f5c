// SPDX-License-Identifier: MIT
#include "cli/presentation.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/escape.h"
#include "ipsetkv/version.h"

namespace ipsetkv::cli {
namespace {

// Keeps the members in the order in which they are put.
using Json = nlohmann::ordered_json;

Json to_json(const KeyInfo& info) {
  Json json = {{"key", escape_for_json(info.key)},
               {"set", info.set_name},
               {"type", info.type},
               {"layout", info.layout},
               {"elements", info.elements},
               {"value_bytes", info.value_bytes},
               {"kernel_memory_bytes", info.kernel_memory}};
  if (info.deadline) json["expires_at_ms"] = info.deadline->time_since_epoch().count();
  return json;
}

std::string as_line(const Json& json) { return json.dump() + "\n"; }

Json to_json(const std::vector<std::string>& keys) {
  Json json = Json::array();
  for (const std::string& key : keys) json.push_back(escape_for_json(key));
  return json;
}

void append_line(std::string& text, std::string_view line, Lines lines) {
  if (lines == Lines::kNullSeparated) {
    text += line;
    text += '\0';
  } else {
    text += escape_for_line(line);
    text += '\n';
  }
}

/// UTC to the millisecond, as in 2026-11-24T21:53:13.250Z.
std::string moment(Deadline deadline) {
  constexpr int kFirstYear = 1900;
  const auto milliseconds = deadline.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const auto time = static_cast<std::time_t>(seconds.count());
  std::tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return fmt::format("{} ms", milliseconds.count());
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                     std::int64_t{parts.tm_year} + kFirstYear, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec, (milliseconds - seconds).count());
}

/// Buckets with `from` to `to` keys.
struct Bar {
  std::uint64_t from;
  std::uint64_t to;
  std::uint64_t buckets;
};

/// At most a dozen bars of one width, from the emptiest bucket to the fullest.
std::vector<Bar> histogram_of(const std::vector<std::uint64_t>& bucket_keys) {
  constexpr std::uint64_t kMostBars = 12;
  std::vector<Bar> bars;
  if (bucket_keys.empty()) return bars;
  const std::uint64_t least = bucket_keys.front();
  const std::uint64_t width = (bucket_keys.back() - least) / kMostBars + 1;
  for (const std::uint64_t keys : bucket_keys) {
    const std::uint64_t from = least + (keys - least) / width * width;
    while (bars.empty() || bars.back().from < from) {
      const std::uint64_t next = bars.empty() ? from : bars.back().from + width;
      bars.push_back({.from = next, .to = next + width - 1, .buckets = 0});
    }
    ++bars.back().buckets;
  }
  return bars;
}

std::string bar_as_line(const Bar& bar, std::uint64_t longest) {
  constexpr std::uint64_t kWidth = 50;
  const std::uint64_t length =
      (bar.buckets * kWidth + longest - 1) / std::max<std::uint64_t>(longest, 1);
  const std::string range =
      bar.from == bar.to ? std::to_string(bar.from) : fmt::format("{} to {}", bar.from, bar.to);
  return fmt::format("{:>14}  {:<50}  {}\n", range, std::string(length, '#'), bar.buckets);
}

}  // namespace

std::string keys_as_lines(const std::vector<std::string>& keys, Lines lines) {
  std::string text;
  for (const std::string& key : keys) append_line(text, key, lines);
  return text;
}

std::string keys_as_json(const std::vector<std::string>& keys) { return as_line(to_json(keys)); }

void KeyPrinter::add(std::string_view key) {
  if (!json_) return append_line(text_, key, lines_);
  text_ += any_ ? "," : "[";
  text_ += Json(escape_for_json(key)).dump();
  any_ = true;
}

void KeyPrinter::finish() {
  if (json_) text_ += any_ ? "]\n" : "[]\n";
}

std::string page_as_lines(const ScanPage& page, Lines lines) {
  std::string text;
  append_line(text, std::to_string(page.next_cursor), lines);
  return text + keys_as_lines(page.keys, lines);
}

std::string page_as_json(const ScanPage& page) {
  return as_line({{"cursor", std::to_string(page.next_cursor)}, {"keys", to_json(page.keys)}});
}

std::string flags_as_json(const std::vector<std::pair<std::string, bool>>& flags) {
  Json json = Json::object();
  for (const auto& [key, flag] : flags) json[escape_for_json(key)] = flag;
  return as_line(json);
}

std::string values_as_lines(const Values& values) {
  std::string text;
  for (const auto& [key, value] : values)
    if (value) text += escape_for_line(key) + "\t" + escape_for_line(*value) + "\n";
  return text;
}

std::string values_as_json(const Values& values) {
  Json json = Json::object();
  for (const auto& [key, value] : values)
    json[escape_for_json(key)] = value ? Json(escape_for_json(*value)) : Json();
  return as_line(json);
}

void sort_by_key(std::vector<KeyInfo>& infos) {
  std::sort(infos.begin(), infos.end(),
            [](const KeyInfo& a, const KeyInfo& b) { return a.key < b.key; });
}

std::string info_as_lines(const KeyInfo& info) {
  std::string text = fmt::format(
      "key            {}\n"
      "set            {}\n"
      "type           {}\n"
      "layout         {}\n"
      "elements       {}\n"
      "value          {} bytes\n"
      "kernel memory  {} bytes\n",
      escape_for_line(info.key), info.set_name, info.type, info.layout, info.elements,
      info.value_bytes, info.kernel_memory);
  if (info.deadline) text += fmt::format("expires        {}\n", moment(*info.deadline));
  return text;
}

std::string infos_as_table(const std::vector<KeyInfo>& infos) {
  constexpr std::string_view kRow = "{:<{}}  {:<12}  {:<7}  {:>8}  {:>11}  {:>13}  {}\n";
  std::vector<std::string> keys;
  std::size_t key_width = 3;
  for (const KeyInfo& info : infos) {
    keys.push_back(escape_for_line(info.key));
    key_width = std::max(key_width, keys.back().size());
  }
  std::string text = fmt::format(kRow, "KEY", key_width, "TYPE", "LAYOUT", "ELEMENTS",
                                 "VALUE BYTES", "KERNEL MEMORY", "EXPIRES");
  for (std::size_t row = 0; row < infos.size(); ++row) {
    const KeyInfo& info = infos[row];
    text += fmt::format(kRow, keys[row], key_width, info.type, info.layout, info.elements,
                        info.value_bytes, info.kernel_memory,
                        info.deadline ? moment(*info.deadline) : "never");
  }
  return text;
}

std::string info_as_json(const KeyInfo& info) { return as_line(to_json(info)); }

std::string infos_as_json(const std::vector<KeyInfo>& infos) {
  Json json = Json::array();
  for (const KeyInfo& info : infos) json.push_back(to_json(info));
  return as_line(json);
}

std::string table_as_lines(const TableInfo& info) {
  std::string text = fmt::format(
      "table           {}\n"
      "keys            {}\n"
      "long pairs      {}\n"
      "buckets         {}\n"
      "fullest bucket  {} keys\n"
      "sets            {}\n"
      "kernel memory   {} bytes\n",
      info.name, info.keys, info.long_pairs, info.bucket_keys.size(),
      info.bucket_keys.empty() ? 0 : info.bucket_keys.back(), info.sets, info.kernel_memory);
  if (info.keys == 0) return text;
  const std::vector<Bar> bars = histogram_of(info.bucket_keys);
  const auto longest = std::ranges::max_element(bars, {}, &Bar::buckets)->buckets;
  text += "\nkeys in a bucket, and how many buckets have so many\n";
  for (const Bar& bar : bars) text += bar_as_line(bar, longest);
  return text;
}

std::string table_as_json(const TableInfo& info) {
  Json bars = Json::array();
  for (const Bar& bar : histogram_of(info.bucket_keys))
    bars.push_back({{"from", bar.from}, {"to", bar.to}, {"buckets", bar.buckets}});
  return as_line({{"table", info.name},
                  {"keys", info.keys},
                  {"long_pairs", info.long_pairs},
                  {"buckets", info.bucket_keys.size()},
                  {"fullest_bucket", info.bucket_keys.empty() ? 0 : info.bucket_keys.back()},
                  {"sets", info.sets},
                  {"kernel_memory_bytes", info.kernel_memory},
                  {"histogram", bars}});
}

std::string swept_as_lines(const SweepResult& swept) {
  return fmt::format(
      "expired keys  {}\n"
      "leftovers     {}\n",
      swept.expired, swept.leftovers);
}

std::string swept_as_json(const SweepResult& swept) {
  return as_line({{"expired_keys", swept.expired}, {"leftovers", swept.leftovers}});
}

std::string restored_as_json(const RestoreResult& restored) {
  return as_line({{"restored", restored.restored},
                  {"kept", restored.kept},
                  {"expired", restored.expired},
                  {"foreign", restored.foreign}});
}

std::string version_text(bool json) {
  if (json) return as_line({{"version", kVersion}});
  return fmt::format("ipsetkv {}\n", kVersion);
}

}  // namespace ipsetkv::cli
