// SPDX-License-Identifier: MIT
#include "cli/escape.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>

namespace ipsetkv::cli {
namespace {

std::uint8_t at(std::string_view bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

/// How many bytes a lead byte announces, and from where on its second byte must be (RFC 3629,
/// section 4); 0 if it is none.
struct Lead {
  std::size_t length = 0;
  std::uint8_t lowest = 0x80;
  std::uint8_t highest = 0xBF;
};

Lead lead_of(std::uint8_t byte) {
  if (byte < 0x80) return {.length = 1};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {.length = 2};
  if (byte == 0xE0) return {.length = 3, .lowest = 0xA0};
  if (byte == 0xED) return {.length = 3, .highest = 0x9F};
  if (byte < 0xF0) return {.length = 3};
  if (byte == 0xF0) return {.length = 4, .lowest = 0x90};
  if (byte < 0xF4) return {.length = 4};
  if (byte == 0xF4) return {.length = 4, .highest = 0x8F};
  return {};
}

/// The length of the character that `bytes` begin with; 0 if they begin with none.
std::size_t character_length(std::string_view bytes) {
  const Lead lead = lead_of(at(bytes, 0));
  if (lead.length < 2) return lead.length;
  if (bytes.size() < lead.length) return 0;
  if (at(bytes, 1) < lead.lowest || at(bytes, 1) > lead.highest) return 0;
  const auto rest = bytes.substr(2, lead.length - 2);
  const bool good = std::all_of(rest.begin(), rest.end(), [](char byte) {
    return (static_cast<std::uint8_t>(byte) & 0xC0U) == 0x80;
  });
  return good ? lead.length : 0;
}

/// C0, DEL and C1 (U+0080 to U+009F), which begin commands to a terminal.
bool is_control(std::string_view character) {
  const std::uint8_t first = at(character, 0);
  return first < 0x20 || first == 0x7F || (first == 0xC2 && at(character, 1) < 0xA0);
}

bool looks_escaped(std::string_view bytes) {
  return bytes.size() >= 4 && bytes[0] == '\\' && bytes[1] == 'x' &&
         std::isxdigit(at(bytes, 2)) != 0 && std::isxdigit(at(bytes, 3)) != 0;
}

void append_escaped(std::string& text, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char byte : bytes) {
    const auto number = static_cast<std::uint8_t>(byte);
    text += "\\x";
    text += kDigits[number >> 4U];
    text += kDigits[number & 15U];
  }
}

std::string escape(std::string_view bytes, bool controls) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    const auto character = bytes.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0 || (controls && is_control(character)) || looks_escaped(bytes))
      append_escaped(text, character);
    else
      text += character;
    bytes.remove_prefix(character.size());
  }
  return text;
}

}  // namespace

std::string escape_for_line(std::string_view bytes) { return escape(bytes, true); }
std::string escape_for_json(std::string_view bytes) { return escape(bytes, false); }

}  // namespace ipsetkv::cli
