// SPDX-License-Identifier: MIT
#include "cli/presentation.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ipsetkv/version.h"

namespace ipsetkv::cli {
namespace {

// Keeps the members in the order in which they are put.
using Json = nlohmann::ordered_json;

Json to_json(const KeyInfo& info) {
  return {{"key", info.key},
          {"set", info.set_name},
          {"type", info.type},
          {"layout", info.layout},
          {"elements", info.elements},
          {"value_bytes", info.value_bytes},
          {"kernel_memory_bytes", info.kernel_memory}};
}

std::string as_line(const Json& json) { return json.dump() + "\n"; }

}  // namespace

std::string keys_as_lines(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += key + "\n";
  return text;
}

std::string keys_as_json(const std::vector<std::string>& keys) { return as_line(Json(keys)); }

std::string flags_as_json(const std::vector<std::pair<std::string, bool>>& flags) {
  Json json = Json::object();
  for (const auto& [key, flag] : flags) json[key] = flag;
  return as_line(json);
}

void sort_by_key(std::vector<KeyInfo>& infos) {
  std::sort(infos.begin(), infos.end(),
            [](const KeyInfo& a, const KeyInfo& b) { return a.key < b.key; });
}

std::string info_as_lines(const KeyInfo& info) {
  return fmt::format(
      "key            {}\n"
      "set            {}\n"
      "type           {}\n"
      "layout         {}\n"
      "elements       {}\n"
      "value          {} bytes\n"
      "kernel memory  {} bytes\n",
      info.key, info.set_name, info.type, info.layout, info.elements, info.value_bytes,
      info.kernel_memory);
}

std::string infos_as_table(const std::vector<KeyInfo>& infos) {
  std::size_t key_width = 3;
  for (const KeyInfo& info : infos) key_width = std::max(key_width, info.key.size());
  std::string text = fmt::format("{:<{}}  {:<12}  {:<6}  {:>8}  {:>11}  {:>13}\n", "KEY", key_width,
                                 "TYPE", "LAYOUT", "ELEMENTS", "VALUE BYTES", "KERNEL MEMORY");
  for (const KeyInfo& info : infos)
    text +=
        fmt::format("{:<{}}  {:<12}  {:<6}  {:>8}  {:>11}  {:>13}\n", info.key, key_width,
                    info.type, info.layout, info.elements, info.value_bytes, info.kernel_memory);
  return text;
}

std::string info_as_json(const KeyInfo& info) { return as_line(to_json(info)); }

std::string infos_as_json(const std::vector<KeyInfo>& infos) {
  Json json = Json::array();
  for (const KeyInfo& info : infos) json.push_back(to_json(info));
  return as_line(json);
}

std::string version_text(bool json) {
  if (json) return as_line({{"version", kVersion}});
  return fmt::format("ipsetkv {}\n", kVersion);
}

}  // namespace ipsetkv::cli
