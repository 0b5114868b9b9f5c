// SPDX-License-Identifier: MIT

// HELLO, AUTH, CLIENT and what else is about the connection itself.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include "server/call.h"
#include "server/commands/groups.h"
#include "server/number.h"
#include "server/server.h"
#include "server/worker.h"

namespace ipsetkv::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) { return letter >= '!' && letter <= '~'; });
}

bool authenticate(Call& call, std::string_view user, std::string_view password) {
  if (user != "default" || (call.server.has_password() && !call.server.is_password(password))) {
    call.error(kWrongPassword);
    return false;
  }
  call.client.authenticated = true;
  return true;
}

void auth(Call& call) {
  if (call.count() > 3) return call.syntax_error();
  if (call.count() == 2 && !call.server.has_password())
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
      if (!is_printable(call.word(at + 1))) {
        call.error("ERR Client names cannot contain spaces, newlines or special characters.");
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
  leave_everything(call.server, call.worker, call.client);
  Client& client = call.client;
  client.name.clear();
  client.protocol = 2;
  client.reply_mode = ReplyMode::kOn;
  client.no_evict = false;
  client.authenticated = !call.server.has_password();
  call.reply.simple("RESET");
}

void select(Call& call) {
  const auto number = integer_in(call.word(1));
  if (!number) return call.error("ERR value is not an integer or out of range");
  if (*number != 0) return call.error("ERR DB index is out of range");
  call.reply.ok();
}

void client_id(Call& call) { call.reply.integer(static_cast<std::int64_t>(call.client.id)); }

void client_getname(Call& call) {
  if (call.client.name.empty())
    call.reply.null();
  else
    call.reply.bulk(call.client.name);
}

void client_setname(Call& call) {
  if (!is_printable(call.word(2)))
    return call.error("ERR Client names cannot contain spaces, newlines or special characters.");
  call.client.name = call.word(2);
  call.reply.ok();
}

void client_setinfo(Call& call) {
  const bool is_version = call.is(2, "lib-ver");
  if (!is_version && !call.is(2, "lib-name"))
    return call.error("ERR Unrecognized option '" + std::string(call.word(2)) + "'");
  if (!is_printable(call.word(3)))
    return call.error("ERR " + std::string(is_version ? "lib-ver" : "lib-name") +
                      " cannot contain spaces, newlines or special characters.");
  (is_version ? call.client.library_version : call.client.library_name) = call.word(3);
  call.reply.ok();
}

std::string flags_of(const Client& client) {
  std::string flags;
  if (client.is_monitor) flags += 'O';
  if (client.subscriptions() != 0) flags += 'P';
  if (client.in_transaction) flags += 'x';
  if (client.no_evict) flags += 'e';
  if (!client.address.empty() && client.address.ends_with(":0")) flags += 'U';
  return flags.empty() ? "N" : flags;
}

std::string describe(const Client& client) {
  const auto now = Clock::now();
  const auto seconds = [&](Clock::time_point since) {
    return std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
  };
  const auto active = Clock::time_point(Clock::duration(client.last_active.load()));
  const std::size_t query = client.query_bytes;
  const std::size_t output = client.output_bytes;
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db=0 sub={} psub={} ssub=0 "
      "multi={} qbuf={} multi-mem={} obl={} tot-mem={} cmd={} user=default redir=-1 resp={} "
      "lib-name={} lib-ver={}\n",
      client.id, client.address, client.local_address, client.descriptor, client.name,
      seconds(client.since), seconds(active), flags_of(client), client.channels.size(),
      client.patterns.size(),
      client.in_transaction ? static_cast<std::int64_t>(client.queue.size()) : -1, query,
      client.queue_bytes, output, sizeof(Client) + query + output + client.queue_bytes,
      client.last_command, client.protocol, client.library_name, client.library_version);
}

void client_info(Call& call) { call.reply.verbatim(describe(call.client)); }

/// What CLIENT LIST and CLIENT KILL call normal, pubsub and the like. We have no replicas.
bool is_type(const Client& client, std::string_view type) {
  if (is_word(type, "pubsub")) return client.subscriptions() != 0;
  if (is_word(type, "normal")) return client.subscriptions() == 0;
  return false;
}

bool is_known_type(std::string_view type) {
  constexpr std::string_view kTypes[] = {"normal", "pubsub", "master", "replica", "slave"};
  return std::ranges::any_of(kTypes, [&](std::string_view each) { return is_word(type, each); });
}

std::string unknown_type(std::string_view type) {
  return "ERR Unknown client type '" + std::string(type) + "'";
}

void client_list(Call& call) {
  std::function<bool(const Client&)> is_wanted = [](const Client&) { return true; };
  std::set<std::uint64_t> ids;
  if (call.count() == 4 && call.is(2, "type")) {
    if (!is_known_type(call.word(3))) return call.error(unknown_type(call.word(3)));
    is_wanted = [&](const Client& client) { return is_type(client, call.word(3)); };
  } else if (call.count() > 3 && call.is(2, "id")) {
    for (std::size_t at = 3; at < call.count(); ++at) {
      const auto id = integer_in(call.word(at));
      if (!id || *id < 1) return call.error("ERR Invalid client ID");
      ids.insert(static_cast<std::uint64_t>(*id));
    }
    is_wanted = [&](const Client& client) { return ids.contains(client.id); };
  } else if (call.count() != 2) {
    return call.syntax_error();
  }
  std::string text;
  call.server.clients.for_each([&](const Client& client, Worker&) {
    if (is_wanted(client)) text += describe(client);
  });
  call.reply.verbatim(text);
}

/// Which clients CLIENT KILL is to close.
struct Victims {
  std::optional<std::uint64_t> id;
  std::string_view type;
  std::string_view address;
  std::string_view local_address;
  bool skip_me = true;

  [[nodiscard]] bool matches(const Client& client, const Client& me) const {
    if (id && client.id != *id) return false;
    if (!type.empty() && !is_type(client, type)) return false;
    if (!address.empty() && client.address != address) return false;
    if (!local_address.empty() && client.local_address != local_address) return false;
    return !(skip_me && client.id == me.id);
  }
};

std::int64_t kill_clients(Call& call, const Victims& victims) {
  std::int64_t count = 0;
  call.server.clients.for_each([&](Client& client, Worker& worker) {
    if (!victims.matches(client, call.client)) return;
    ++count;
    if (&client == &call.client) {
      client.close_after_reply = true;
    } else {
      client.killed = true;
      worker.wake();
    }
  });
  return count;
}

void client_kill(Call& call) {
  Victims victims;
  if (call.count() == 3) {
    victims.address = call.word(2);
    victims.skip_me = false;
    if (kill_clients(call, victims) == 0) return call.error("ERR No such client");
    return call.reply.ok();
  }
  if (call.count() % 2 != 0) return call.syntax_error();
  for (std::size_t at = 2; at < call.count(); at += 2) {
    const std::string_view word = call.word(at + 1);
    if (call.is(at, "id")) {
      const auto id = integer_in(word);
      if (!id || *id < 1) return call.error("ERR client-id should be greater than 0");
      victims.id = static_cast<std::uint64_t>(*id);
    } else if (call.is(at, "type")) {
      if (!is_known_type(word)) return call.error(unknown_type(word));
      victims.type = word;
    } else if (call.is(at, "addr")) {
      victims.address = word;
    } else if (call.is(at, "laddr")) {
      victims.local_address = word;
    } else if (call.is(at, "user")) {
      if (word != "default") return call.error("ERR No such user '" + std::string(word) + "'");
    } else if (call.is(at, "skipme") && (is_word(word, "yes") || is_word(word, "no"))) {
      victims.skip_me = is_word(word, "yes");
    } else {
      return call.syntax_error();
    }
  }
  call.reply.integer(kill_clients(call, victims));
}

void client_pause(Call& call) {
  const auto milliseconds = integer_in(call.word(2));
  if (!milliseconds) return call.error("ERR timeout is not an integer or out of range");
  if (*milliseconds < 0) return call.error("ERR timeout is negative");
  bool writes_only = false;
  if (call.count() == 4) {
    writes_only = call.is(3, "write");
    if (!writes_only && !call.is(3, "all"))
      return call.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
  } else if (call.count() != 3) {
    return call.syntax_error();
  }
  // A century is as good as what does not fit.
  constexpr std::int64_t kLongest = std::int64_t{100} * 366 * 24 * 3600 * 1000;
  call.server.pause.begin(
      Clock::now() + std::chrono::milliseconds(std::min(*milliseconds, kLongest)), writes_only);
  call.reply.ok();
}

void client_unpause(Call& call) {
  call.server.pause.end();
  call.server.wake_all();
  call.reply.ok();
}

void client_reply(Call& call) {
  Client& client = call.client;
  if (call.is(2, "on")) {
    client.reply_mode = ReplyMode::kOn;
    call.reply.ok();
  } else if (call.is(2, "off")) {
    client.reply_mode = ReplyMode::kOff;
  } else if (call.is(2, "skip")) {
    if (client.reply_mode != ReplyMode::kOff) client.reply_mode = ReplyMode::kSkipNext;
  } else {
    call.syntax_error();
  }
}

void client_no_evict(Call& call) {
  if (!call.is(2, "on") && !call.is(2, "off")) return call.syntax_error();
  call.client.no_evict = call.is(2, "on");
  call.reply.ok();
}

constexpr std::uint32_t kConnection = kNoScript | kLoading | kStale;

std::vector<Command> client_subcommands() {
  constexpr std::string_view kGroup = "connection";
  const auto make = [&](std::string_view name, int arity, Handler handler, std::string_view since,
                        std::string_view summary, std::uint32_t more = 0) {
    return Command{name, arity, kConnection | more, {}, handler, kGroup, since, summary};
  };
  return {
      make("getname", 2, client_getname, "2.6.9", "The connection's name"),
      make("id", 2, client_id, "5.0.0", "The connection's number"),
      make("info", 2, client_info, "6.2.0", "What is known about this connection", kAlone),
      make("kill", -3, client_kill, "2.4.0", "Closes connections", kAdmin | kAlone),
      make("list", -2, client_list, "2.4.0", "What is known about all connections",
           kAdmin | kAlone),
      make("no-evict", 3, client_no_evict, "7.0.0", "Noted, and of no effect: none is evicted",
           kAdmin),
      make("pause", -3, client_pause, "3.0.0", "Lets requests, or writes alone, wait", kAdmin),
      make("reply", 3, client_reply, "3.2.0", "Turns replies on or off"),
      make("setinfo", 4, client_setinfo, "7.2.0", "Names the client's library and its version"),
      make("setname", 3, client_setname, "2.6.9", "Names the connection"),
      make("unpause", 2, client_unpause, "6.2.0", "Ends the pause", kAdmin),
  };
}

}  // namespace

std::vector<Command> connection_commands() {
  constexpr std::string_view kGroup = "connection";
  constexpr std::uint32_t kAnybody = kConnection | kFast | kNoAuth;
  return {
      {"auth",
       -2,
       kAnybody | kSkipMonitor | kSkipSlowLog,
       {},
       auth,
       kGroup,
       "1.0.0",
       "Says the password"},
      {"client",
       -2,
       kConnection,
       {},
       nullptr,
       kGroup,
       "2.4.0",
       "About connections",
       client_subcommands()},
      {"echo", 2, kLoading | kStale | kFast, {}, echo, kGroup, "1.0.0", "Returns the text"},
      {"hello",
       -1,
       kAnybody | kSkipMonitor | kSkipSlowLog,
       {},
       hello,
       kGroup,
       "6.0.0",
       "Chooses the protocol's version"},
      {"ping",
       -1,
       kFast | kPubSub | kLoading | kStale,
       {},
       ping,
       kGroup,
       "1.0.0",
       "Returns PONG, or the text"},
      {"quit",
       -1,
       kAnybody | kPubSub | kNotQueued,
       {},
       quit,
       kGroup,
       "1.0.0",
       "Closes the connection"},
      {"reset",
       1,
       kAnybody | kPubSub | kNotQueued,
       {},
       reset,
       kGroup,
       "6.2.0",
       "Puts the connection back to how it began"},
      {"select",
       2,
       kLoading | kStale | kFast,
       {},
       select,
       kGroup,
       "1.0.0",
       "Database 0 is all there is"},
  };
}

}  // namespace ipsetkv::server
