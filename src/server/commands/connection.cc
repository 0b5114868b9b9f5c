// SPDX-License-Identifier: MIT

// HELLO, AUTH and what else is about the connection itself.

#include <string>
#include <string_view>

#include "server/commands/groups.h"
#include "server/exec/call.h"
#include "server/protocol/number.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

constexpr std::string_view kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";

bool authenticate(Call& call, std::string_view user, std::string_view password) {
  if (user != "default" ||
      (call.server.password.is_set() && !call.server.password.matches(password))) {
    call.error(kWrongPassword);
    return false;
  }
  call.client.authenticated = true;
  return true;
}

void auth(Call& call) {
  if (call.count() > 3) return call.syntax_error();
  if (call.count() == 2 && !call.server.password.is_set())
    return call.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  const std::string_view user = call.count() == 3 ? call.word(1) : "default";
  if (authenticate(call, user, call.words.back())) call.reply.ok();
}

/// The options of HELLO behind the version; false, and the error reply, if they are wrong.
bool take_hello_options(Call& call) {
  for (std::size_t at = 2; at < call.count();) {
    const std::size_t left = call.count() - at - 1;
    if (call.is(at, "auth") && left >= 2) {
      if (!authenticate(call, call.word(at + 1), call.word(at + 2))) return false;
      at += 3;
    } else if (call.is(at, "setname") && left >= 1) {
      if (!is_client_name(call.word(at + 1))) {
        call.error(kWrongClientName);
        return false;
      }
      call.client.name = call.word(at + 1);
      at += 2;
    } else {
      call.error("ERR Syntax error in HELLO option '" + std::string(call.word(at)) + "'");
      return false;
    }
  }
  return true;
}

void hello(Call& call) {
  std::int64_t version = call.client.protocol;
  if (call.count() > 1) {
    const auto wanted = integer_in(call.word(1));
    if (!wanted) return call.error("ERR Protocol version is not an integer or out of range");
    if (*wanted != 2 && *wanted != 3) return call.error("NOPROTO unsupported protocol version");
    version = *wanted;
  }
  if (!take_hello_options(call)) return;
  if (!call.client.authenticated)
    return call.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  call.client.protocol = static_cast<int>(version);
  Reply& reply = call.reply;
  reply.use_protocol(call.client.protocol);
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(version);
  reply.bulk("id");
  reply.integer(static_cast<std::int64_t>(call.client.id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
}

void ping(Call& call) {
  if (call.count() > 2) return call.wrong_count();
  const std::string_view text = call.count() == 2 ? call.word(1) : "";
  if (call.client.only_listens()) {
    call.reply.array(2);
    call.reply.bulk("pong");
    call.reply.bulk(text);
  } else if (call.count() == 2) {
    call.reply.bulk(text);
  } else {
    call.reply.simple("PONG");
  }
}

void echo(Call& call) { call.reply.bulk(call.word(1)); }

void quit(Call& call) {
  call.reply.ok();
  call.client.close_after_reply = true;
}

void reset(Call& call) {
  leave_everything(call.server, call.client);
  Client& client = call.client;
  client.name.clear();
  client.protocol = 2;
  client.reply_mode = ReplyMode::kOn;
  client.no_evict = false;
  client.authenticated = !call.server.password.is_set();
  call.reply.simple("RESET");
}

void select(Call& call) {
  const auto number = integer_in(call.word(1));
  if (!number) return call.error("ERR value is not an integer or out of range");
  if (*number != 0) return call.error("ERR DB index is out of range");
  call.reply.ok();
}

}  // namespace

std::vector<Command> connection_commands() {
  constexpr CommandFlags kAnybody = kNoScript | kLoading | kStale | kFast | kNoAuth;
  return in_group("connection", {{"auth", -2, kAnybody | kSkipMonitor | kSkipSlowLog, kNoKeys, auth,
                                  "1.0.0", "Says the password"},
                                 {"echo", 2, kLoading | kStale | kFast, kNoKeys, echo, "1.0.0",
                                  "Returns the text"},
                                 {"hello", -1, kAnybody | kSkipMonitor | kSkipSlowLog, kNoKeys,
                                  hello, "6.0.0", "Chooses the protocol's version"},
                                 {"ping", -1, kFast | kPubSub | kLoading | kStale, kNoKeys, ping,
                                  "1.0.0", "Returns PONG, or the text"},
                                 {"quit", -1, kAnybody | kPubSub | kNotQueued, kNoKeys, quit,
                                  "1.0.0", "Closes the connection"},
                                 {"reset", 1, kAnybody | kPubSub | kNotQueued, kNoKeys, reset,
                                  "6.2.0", "Puts the connection back to how it began"},
                                 {"select", 2, kLoading | kStale | kFast, kNoKeys, select, "1.0.0",
                                  "Database 0 is all there is"}});
}

}  // namespace ipsetkv::server
