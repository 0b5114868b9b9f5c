// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ipsetkv/store.h"

/// How answers look: text for people, JSON for programs. Each ends in a newline.
namespace ipsetkv::cli {

[[nodiscard]] std::string keys_as_lines(const std::vector<std::string>& keys);
[[nodiscard]] std::string keys_as_json(const std::vector<std::string>& keys);

/// An object with a true or false for each key.
[[nodiscard]] std::string flags_as_json(const std::vector<std::pair<std::string, bool>>& flags);

void sort_by_key(std::vector<KeyInfo>& infos);
[[nodiscard]] std::string info_as_lines(const KeyInfo& info);
[[nodiscard]] std::string infos_as_table(const std::vector<KeyInfo>& infos);
[[nodiscard]] std::string info_as_json(const KeyInfo& info);
[[nodiscard]] std::string infos_as_json(const std::vector<KeyInfo>& infos);

[[nodiscard]] std::string version_text(bool json);

}  // namespace ipsetkv::cli
