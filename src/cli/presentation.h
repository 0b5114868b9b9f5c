// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ipsetkv/store.h"

/// How answers look: text for people, JSON for programs. Each ends in a newline. Keys and values
/// are escaped (see escape.h) so that a text has one line for each, and JSON is valid UTF-8.
namespace ipsetkv::cli {

/// Whether every key ends in a zero byte and is written as it is, instead of a line.
enum class Lines : bool { kEscaped, kNullSeparated };

[[nodiscard]] std::string keys_as_lines(const std::vector<std::string>& keys, Lines lines);
[[nodiscard]] std::string keys_as_json(const std::vector<std::string>& keys);

/// The same, key by key.
class KeyPrinter {
 public:
  KeyPrinter(bool json, Lines lines) : json_(json), lines_(lines) {}
  void add(std::string_view key);
  void finish();
  /// What has been printed since it was cleared.
  [[nodiscard]] const std::string& text() const { return text_; }
  void clear() { text_.clear(); }

 private:
  bool json_;
  Lines lines_;
  bool any_ = false;
  std::string text_;
};

/// The cursor comes first.
[[nodiscard]] std::string page_as_lines(const ScanPage& page, Lines lines);
/// The cursor is a string: it has more digits than most readers of JSON keep of a number.
[[nodiscard]] std::string page_as_json(const ScanPage& page);

/// An object with a true or false for each key.
[[nodiscard]] std::string flags_as_json(const std::vector<std::pair<std::string, bool>>& flags);

/// Keys with the values they have, if any.
using Values = std::vector<std::pair<std::string, std::optional<std::string>>>;
/// One line a key, a tab between key and value; keys without value are left out.
[[nodiscard]] std::string values_as_lines(const Values& values);
/// An object with a string or null for each key.
[[nodiscard]] std::string values_as_json(const Values& values);

void sort_by_key(std::vector<KeyInfo>& infos);
[[nodiscard]] std::string info_as_lines(const KeyInfo& info);
[[nodiscard]] std::string infos_as_table(const std::vector<KeyInfo>& infos);
[[nodiscard]] std::string info_as_json(const KeyInfo& info);
[[nodiscard]] std::string infos_as_json(const std::vector<KeyInfo>& infos);

/// With a histogram of how many keys are in a bucket.
[[nodiscard]] std::string table_as_lines(const TableInfo& info);
[[nodiscard]] std::string table_as_json(const TableInfo& info);

[[nodiscard]] std::string swept_as_lines(const SweepResult& swept);
[[nodiscard]] std::string swept_as_json(const SweepResult& swept);

[[nodiscard]] std::string restored_as_json(const RestoreResult& restored);

[[nodiscard]] std::string version_text(bool json);

}  // namespace ipsetkv::cli
