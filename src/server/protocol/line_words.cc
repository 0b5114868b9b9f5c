// SPDX-License-Identifier: MIT
#include "server/protocol/line_words.h"

#include <cstddef>
#include <optional>

namespace ipsetkv::server {
namespace {

bool is_space(char letter) {
  return letter == ' ' || (letter >= '\t' && letter <= '\r') || letter == '\0';
}

std::optional<int> hexadecimal(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return std::nullopt;
}

char escaped(char letter) {
  switch (letter) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return letter;
  }
}

/// Reads the escape after a backslash in double quotes.
void take_escape(std::string_view& rest, std::string& word) {
  if (rest.size() >= 3 && rest[0] == 'x') {
    const auto high = hexadecimal(rest[1]);
    const auto low = hexadecimal(rest[2]);
    if (high && low) {
      word += static_cast<char>(*high * 16 + *low);
      rest.remove_prefix(3);
      return;
    }
  }
  word += escaped(rest.front());
  rest.remove_prefix(1);
}

/// Reads up to the closing quote; false if there is none.
bool take_quoted(std::string_view& rest, char quote, std::string& word) {
  while (!rest.empty()) {
    const char letter = rest.front();
    rest.remove_prefix(1);
    if (letter == quote) return rest.empty() || is_space(rest.front());
    if (letter == '\\' && quote == '"' && !rest.empty()) {
      take_escape(rest, word);
    } else if (letter == '\\' && quote == '\'' && rest.starts_with('\'')) {
      word += '\'';
      rest.remove_prefix(1);
    } else {
      word += letter;
    }
  }
  return false;
}

}  // namespace

bool split_line(std::string_view line, std::vector<std::string>& words) {
  words.clear();
  for (;;) {
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
    if (line.empty()) return true;
    std::string& word = words.emplace_back();
    while (!line.empty() && !is_space(line.front())) {
      const char letter = line.front();
      line.remove_prefix(1);
      if (letter != '"' && letter != '\'')
        word += letter;
      else if (!take_quoted(line, letter, word))
        return false;
    }
  }
}

}  // namespace ipsetkv::server
