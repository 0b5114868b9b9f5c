// SPDX-License-Identifier: MIT
#include "server/state/monitors.h"

#include <sodium.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace ipsetkv::server {
namespace {

void append_quoted(std::string& line, std::string_view word) {
  std::array<char, 3> digits{};
  line += " \"";
  for (const char letter : word) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '\n')
      line += "\\n";
    else if (letter == '\r')
      line += "\\r";
    else if (letter == '\t')
      line += "\\t";
    else if (letter == '\a')
      line += "\\a";
    else if (letter == '\b')
      line += "\\b";
    else if (letter == '"' || letter == '\\')
      (line += '\\') += letter;
    else if (byte < 0x20 || byte > 0x7e)
      (line += "\\x") += sodium_bin2hex(digits.data(), digits.size(), &byte, 1);
    else
      line += letter;
  }
  line += '"';
}

std::string line_of(const Client& client, Words words) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  // The last six digits are a fraction.
  std::string line = "+" + std::to_string(now.count());
  line.insert(line.size() - 6, 1, '.');
  line += client.is_local() ? " [0 unix:" + client.address.substr(0, client.address.size() - 2)
                            : " [0 " + client.address;
  line += ']';
  for (const std::string_view word : words) append_quoted(line, word);
  return line + "\r\n";
}

}  // namespace

void show_to_monitors(const ServerState& server, unsigned from, const Client& client, Words words) {
  const auto message = std::make_shared<const Message>(Message{.text = line_of(client, words)});
  for (unsigned worker = 0; worker < server.mailboxes.size(); ++worker)
    server.mailboxes.deliver(from, {.worker = worker, .client = kAllMonitors}, message);
}

}  // namespace ipsetkv::server
