// SPDX-License-Identifier: MIT
#include "base/glob.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace ipsetkv {
namespace {

/// Returns the character at `position`, or the one after a backslash there, and advances
/// `position` past it.
char literal(std::string_view pattern, std::size_t& position) {
  if (pattern[position] == '\\' && position + 1 < pattern.size()) ++position;
  return pattern[position++];
}

/// Matches `byte` against the bracket at `position` and advances `position` past it.
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

/// Matches `byte` against the pattern's element at `position` and advances `position` past it.
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
  // Only the last star needs backtracking: letting an earlier one match more bytes cannot give the
  // rest of the pattern a better start.
  std::size_t position = 0;
  std::size_t matched = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t star_text = 0;
  while (matched < text.size()) {
    if (position < pattern.size() && pattern[position] == '*') {
      after_star = ++position;
      star_text = matched;
      continue;
    }
    std::size_t next = position;
    if (position < pattern.size() && one_matches(pattern, next, text[matched])) {
      position = next;
      ++matched;
      continue;
    }
    if (after_star == std::string_view::npos) return false;
    position = after_star;
    matched = ++star_text;
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(position), pattern.end(),
                     [](char byte) { return byte == '*'; });
}

}  // namespace ipsetkv
