// SPDX-License-Identifier: MIT
#include "server/exec/call.h"

#include <sodium.h>

#include <array>
#include <chrono>

#include "server/net/worker.h"
#include "server/protocol/number.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {

Call::Call(Server& the_server, Worker& the_worker, Client& the_client, const Command& the_command,
           Words the_words, Reply& the_reply)
    : server(the_server),
      worker(the_worker),
      client(the_client),
      store(the_worker.store()),
      value(the_worker.value()),
      command(the_command),
      words(the_words),
      reply(the_reply) {}

void Call::error(std::string_view text) {
  reply.error(text);
  server.statistics.count_error(text.substr(0, text.find(' ')));
  has_failed_ = true;
}

void Call::fail(const Error& refusal) {
  if (refusal.category() == ErrorCategory::kKernel) ++server.statistics.kernel_errors;
  error(reply_text(refusal));
}

void Call::wrong_count() {
  error("ERR wrong number of arguments for '" + command.full_name + "' command");
}

std::optional<std::int64_t> Call::integer(std::size_t index) {
  const auto number = integer_in(words[index]);
  if (!number) not_an_integer();
  return number;
}

std::optional<bool> Call::read(std::string_view key) {
  const auto found = store.get(key, value);
  if (!found) {
    fail(found.error());
    return std::nullopt;
  }
  count_read(*found);
  return *found;
}

void Call::count_read(bool there) { ++(there ? server.statistics.hits : server.statistics.misses); }

void Call::let_others_in() {
  if (is_alone) server.turn.share();
  is_alone = false;
}

void Call::touch(std::string_view key) { server.watches.touch(key); }

std::string reply_text(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotAValue:
      return "WRONGTYPE Operation against a key holding the wrong kind of value";
    case ErrorCode::kValueTooLong:
      return "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    case ErrorCode::kNotANumber:
      return "ERR value is not an integer or out of range";
    case ErrorCode::kNoMemory:
    case ErrorCode::kTooManySets:
    case ErrorCode::kSetFull:
      return "OOM " + error.message();
    default:
      return "ERR " + error.message();
  }
}

std::string monitor_line(const Client& client, Words words) {
  std::array<char, 3> digits{};
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  // The last six digits are a fraction.
  std::string line = "+" + std::to_string(now.count());
  line.insert(line.size() - 6, 1, '.');
  line += client.is_local() ? " [0 unix:" + client.address.substr(0, client.address.size() - 2)
                            : " [0 " + client.address;
  line += ']';
  for (const std::string_view word : words) {
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
  return line + "\r\n";
}

}  // namespace ipsetkv::server
