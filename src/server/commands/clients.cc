// SPDX-License-Identifier: MIT

// CLIENT: information about connections, and control over them.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "server/commands/groups.h"
#include "server/commands/help.h"
#include "server/exec/call.h"
#include "server/protocol/number.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

using Clock = std::chrono::steady_clock;

void client_id(Call& call) { call.reply.integer(static_cast<std::int64_t>(call.client.id)); }

void client_getname(Call& call) {
  if (call.client.name.empty())
    call.reply.null();
  else
    call.reply.bulk(call.client.name);
}

void client_setname(Call& call) {
  if (!is_client_name(call.word(2))) return call.error(kWrongClientName);
  call.client.name = call.word(2);
  call.reply.ok();
}

void client_setinfo(Call& call) {
  const bool is_version = call.is(2, "lib-ver");
  if (!is_version && !call.is(2, "lib-name"))
    return call.error("ERR Unrecognized option '" + std::string(call.word(2)) + "'");
  if (!is_client_name(call.word(3)))
    return call.error("ERR " + std::string(is_version ? "lib-ver" : "lib-name") +
                      " cannot contain spaces, newlines or special characters.");
  (is_version ? call.client.library_version : call.client.library_name) = call.word(3);
  call.reply.ok();
}

std::string flags_of(const Client& client) {
  std::string flags;
  if (client.is_monitor) flags += 'O';
  if (client.subscriptions() != 0) flags += 'P';
  if (client.transaction.is_open) flags += 'x';
  if (client.no_evict) flags += 'e';
  if (client.is_local()) flags += 'U';
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
  const std::size_t memory = client.memory;
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db=0 sub={} psub={} ssub=0 "
      "multi={} qbuf={} multi-mem={} obl={} tot-mem={} cmd={} user=default redir=-1 resp={} "
      "lib-name={} lib-ver={}\n",
      client.id, client.address, client.local_address, client.descriptor, client.name,
      seconds(client.since), seconds(active), flags_of(client), client.channels.size(),
      client.patterns.size(),
      client.transaction.is_open ? static_cast<std::int64_t>(client.transaction.queue.size()) : -1,
      query, client.transaction.queue_bytes, output, sizeof(Client) + memory, client.last_command,
      client.protocol, client.library_name, client.library_version);
}

void client_info(Call& call) { call.reply.verbatim(describe(call.client)); }

/// Whether a client has the type that CLIENT LIST and CLIENT KILL name. There are no replicas.
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
  call.server.clients.for_each([&](const Client& client, Mailbox&) {
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
  call.server.clients.for_each([&](Client& client, Mailbox& mailbox) {
    if (!victims.matches(client, call.client)) return;
    ++count;
    if (&client == &call.client) {
      client.close_after_reply = true;
    } else {
      client.killed = true;
      mailbox.wake();
    }
  });
  return count;
}

/// Reads the filter at `at` and its value; false, and the error reply, if it is wrong.
bool take_filter(Call& call, std::size_t at, Victims& victims) {
  const std::string_view word = call.word(at + 1);
  if (call.is(at, "id")) {
    const auto id = integer_in(word);
    if (!id || *id < 1) {
      call.error("ERR client-id should be greater than 0");
      return false;
    }
    victims.id = static_cast<std::uint64_t>(*id);
  } else if (call.is(at, "type")) {
    victims.type = word;
    if (is_known_type(word)) return true;
    call.error(unknown_type(word));
    return false;
  } else if (call.is(at, "addr")) {
    victims.address = word;
  } else if (call.is(at, "laddr")) {
    victims.local_address = word;
  } else if (call.is(at, "user")) {
    if (word == "default") return true;
    call.error("ERR No such user '" + std::string(word) + "'");
    return false;
  } else if (call.is(at, "skipme") && (is_word(word, "yes") || is_word(word, "no"))) {
    victims.skip_me = is_word(word, "yes");
  } else {
    call.syntax_error();
    return false;
  }
  return true;
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
  for (std::size_t at = 2; at < call.count(); at += 2)
    if (!take_filter(call, at, victims)) return;
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
  // A century stands for everything that does not fit.
  constexpr std::int64_t kLongest = std::int64_t{100} * 366 * 24 * 3600 * 1000;
  call.server.pause.begin(
      Clock::now() + std::chrono::milliseconds(std::min(*milliseconds, kLongest)), writes_only);
  call.reply.ok();
}

void client_unpause(Call& call) {
  call.server.pause.end();
  call.server.mailboxes.wake_all();
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

void client_help(Call& call) {
  reply_help(call, "CLIENT",
             {"GETNAME",
              "    This connection's name.",
              "ID",
              "    Its number.",
              "INFO",
              "    What is known about it.",
              "KILL <ip:port>",
              "    Closes that connection.",
              "KILL <option> <value> [<option> <value> [...]]",
              "    Closes connections. Options are:",
              "    * ADDR (<ip:port>|<unixsocket>:0)",
              "    * LADDR (<ip:port>|<unixsocket>:0)",
              "    * ID <id>",
              "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
              "    * USER <username>",
              "    * SKIPME (YES|NO)",
              "LIST [ID <id> ... | TYPE (NORMAL|MASTER|REPLICA|PUBSUB)]",
              "    What is known about connections.",
              "NO-EVICT (ON|OFF)",
              "    Leaves this connection open where memory is short.",
              "PAUSE <timeout> [WRITE|ALL]",
              "    Lets requests, or writes alone, wait for so many milliseconds.",
              "REPLY (ON|OFF|SKIP)",
              "    Turns the replies to this connection on or off.",
              "SETINFO (LIB-NAME|LIB-VER) <value>",
              "    Names the client's library.",
              "SETNAME <name>",
              "    Names this connection.",
              "UNPAUSE",
              "    Ends the pause."});
}

}  // namespace

std::vector<Command> client_commands() {
  constexpr CommandFlags kConnection = kNoScript | kLoading | kStale;
  return in_group(
      "connection",
      {container(
          "client", "2.4.0", "About connections",
          {{"getname", 2, kConnection, kNoKeys, client_getname, "2.6.9", "The connection's name"},
           {"help", 2, kConnection, kNoKeys, client_help, "5.0.0", "What there is"},
           {"id", 2, kConnection, kNoKeys, client_id, "5.0.0", "The connection's number"},
           {"info", 2, kConnection | kAlone, kNoKeys, client_info, "6.2.0",
            "What is known about this connection"},
           {"kill", -3, kConnection | kAdmin | kAlone, kNoKeys, client_kill, "2.4.0",
            "Closes connections"},
           {"list", -2, kConnection | kAdmin | kAlone, kNoKeys, client_list, "2.4.0",
            "What is known about all connections"},
           {"no-evict", 3, kConnection | kAdmin, kNoKeys, client_no_evict, "7.0.0",
            "Leaves this connection open where memory is short"},
           {"pause", -3, kConnection | kAdmin | kAlone, kNoKeys, client_pause, "3.0.0",
            "Lets requests, or writes alone, wait"},
           {"reply", 3, kConnection | kAlwaysReplies, kNoKeys, client_reply, "3.2.0",
            "Turns replies on or off"},
           {"setinfo", 4, kConnection, kNoKeys, client_setinfo, "7.2.0",
            "Names the client's library and its version"},
           {"setname", 3, kConnection, kNoKeys, client_setname, "2.6.9", "Names the connection"},
           {"unpause", 2, kConnection | kAdmin, kNoKeys, client_unpause, "6.2.0",
            "Ends the pause"}},
          kConnection)});
}

}  // namespace ipsetkv::server
