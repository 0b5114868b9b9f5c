// SPDX-License-Identifier: MIT
#include "cli/suggestion.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace ipsetkv::cli {
namespace {

constexpr std::size_t kMostEdits = 2;

/// Words of other programs, and ours for the same.
constexpr std::array kSynonyms{
    std::pair<std::string_view, std::string_view>{"--ttl", "--ex"},
    std::pair<std::string_view, std::string_view>{"--expire", "--ex"},
    std::pair<std::string_view, std::string_view>{"--timeout", "--ex"},
    std::pair<std::string_view, std::string_view>{"--namespace", "--netns"},
    std::pair<std::string_view, std::string_view>{"--table", "--store"},
    std::pair<std::string_view, std::string_view>{"--socket", "--unix"},
    std::pair<std::string_view, std::string_view>{"--unixsocket", "--unix"},
    std::pair<std::string_view, std::string_view>{"--host", "--bind"},
    std::pair<std::string_view, std::string_view>{"--force", "--replace"},
    std::pair<std::string_view, std::string_view>{"delete", "del"},
    std::pair<std::string_view, std::string_view>{"remove", "del"},
    std::pair<std::string_view, std::string_view>{"rm", "del"},
    std::pair<std::string_view, std::string_view>{"put", "set"},
    std::pair<std::string_view, std::string_view>{"read", "get"},
    std::pair<std::string_view, std::string_view>{"list", "keys"},
    std::pair<std::string_view, std::string_view>{"ls", "keys"},
    std::pair<std::string_view, std::string_view>{"mv", "rename"},
    std::pair<std::string_view, std::string_view>{"cp", "copy"},
    std::pair<std::string_view, std::string_view>{"server", "serve"},
    std::pair<std::string_view, std::string_view>{"dump", "save"},
    std::pair<std::string_view, std::string_view>{"load", "restore"},
};

/// The least number of letters to insert, remove or replace (Levenshtein's distance).
std::size_t edits_between(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view closest(std::string_view word, std::span<const std::string> candidates) {
  for (const auto& [theirs, ours] : kSynonyms)
    if (theirs == word && std::ranges::find(candidates, ours) != candidates.end()) return ours;
  std::string_view best;
  // A word of three letters that differs in two is another word.
  std::size_t least = std::min(kMostEdits, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t edits = edits_between(word, candidate);
    if (edits >= least) continue;
    least = edits;
    best = candidate;
  }
  return best;
}

}  // namespace ipsetkv::cli
