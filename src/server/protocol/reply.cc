// SPDX-License-Identifier: MIT
#include "server/protocol/reply.h"

#include <array>
#include <charconv>
#include <limits>

#include "server/protocol/number.h"

namespace ipsetkv::server {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";

}  // namespace

void Reply::line(char kind, std::int64_t number) {
  std::array<char, std::numeric_limits<std::int64_t>::digits10 + 3> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out_ += kind;
  out_.append(text.data(), end);
  out_ += kEndOfLine;
}

void Reply::begin(char kind, std::size_t members) {
  line(kind, static_cast<std::int64_t>(members));
}

void Reply::simple(std::string_view text) {
  out_ += '+';
  out_ += text;
  out_ += kEndOfLine;
}

void Reply::error(std::string_view text) {
  out_ += '-';
  for (const char letter : text) out_ += letter == '\r' || letter == '\n' ? ' ' : letter;
  out_ += kEndOfLine;
}

void Reply::integer(std::int64_t number) { line(':', number); }

void Reply::bulk(std::string_view bytes) {
  begin('$', bytes.size());
  out_ += bytes;
  out_ += kEndOfLine;
}

void Reply::null() { out_ += protocol_ == 3 ? "_\r\n" : "$-1\r\n"; }

void Reply::null_array() { out_ += protocol_ == 3 ? "_\r\n" : "*-1\r\n"; }

void Reply::number(long double number) {
  const std::string text = float_text(number);
  if (protocol_ != 3) return bulk(text);
  out_ += ',';
  out_ += text;
  out_ += kEndOfLine;
}

void Reply::verbatim(std::string_view text) {
  constexpr std::string_view kKind = "txt:";
  if (protocol_ != 3) return bulk(text);
  begin('=', kKind.size() + text.size());
  out_ += kKind;
  out_ += text;
  out_ += kEndOfLine;
}

void Reply::map(std::size_t pairs) {
  if (protocol_ == 3)
    begin('%', pairs);
  else
    begin('*', 2 * pairs);
}

}  // namespace ipsetkv::server
