// SPDX-License-Identifier: MIT
#include "base/glob.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace ipsetkv {
namespace {

/// The character at `position`, or the one behind a backslash there; `position` moves behind it.
char literal(std::string_view pattern, std::size_t& position) {
  if (pattern[position] == '\\' && position + 1 < pattern.size()) ++position;
  return pattern[position++];
}

/// Matches `byte` against the bracket that begins at `position`, which moves behind it.
bool bracket_matches(std::string_view pattern, std::size_t& position, char byte) {
  ++position;
  const bool negated = position < pattern.size() && pattern[position] == '^';
  if (negated) ++position;
  bool found = false;
  while (position < pattern.size() && pattern[position] != ']') {
    auto low = static_cast<unsigned char>(literal(pattern, position));
    auto high = low;
    if (position + 1 < pattern.size() && pattern[position] == '-' && pattern[position + 1] != ']') {
      ++position;
      high = static_cast<unsigned char>(literal(pattern, position));
    }
    if (low > high) std::swap(low, high);
    const auto value = static_cast<unsigned char>(byte);
    found = found || (low <= value && value <= high);
  }
  if (position < pattern.size()) ++position;
  return found != negated;
}

/// Matches one byte against what stands at `position`, which moves behind it.
bool one_matches(std::string_view pattern, std::size_t& position, char byte) {
  switch (pattern[position]) {
    case '?':
      ++position;
      return true;
    case '[':
      return bracket_matches(pattern, position, byte);
    default:
      return literal(pattern, position) == byte;
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  // Only the last star met so far needs to be tried again with more bytes: an earlier one could not
  // leave the rest a better place to begin.
  std::size_t position = 0;
  std::size_t matched = 0;
  std::size_t behind_star = std::string_view::npos;
  std::size_t star_text = 0;
  while (matched < text.size()) {
    if (position < pattern.size() && pattern[position] == '*') {
      behind_star = ++position;
      star_text = matched;
      continue;
    }
    std::size_t next = position;
    if (position < pattern.size() && one_matches(pattern, next, text[matched])) {
      position = next;
      ++matched;
      continue;
    }
    if (behind_star == std::string_view::npos) return false;
    position = behind_star;
    matched = ++star_text;
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(position), pattern.end(),
                     [](char byte) { return byte == '*'; });
}

}  // namespace ipsetkv
