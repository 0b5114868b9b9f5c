// SPDX-License-Identifier: MIT

// PUBLISH, SUBSCRIBE and the like. Messages reach clients of this server only.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/commands/groups.h"
#include "server/commands/help.h"
#include "server/exec/call.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

Subscriber self(const Call& call) {
  return {.worker = call.context.number, .client = call.client.id};
}

void reply_change(Call& call, std::string_view what, const std::string* name) {
  call.reply.push(3);
  call.reply.bulk(what);
  if (name != nullptr)
    call.reply.bulk(*name);
  else
    call.reply.null();
  call.reply.integer(static_cast<std::int64_t>(call.client.subscriptions()));
}

using Names = std::set<std::string, std::less<>>;
using Change = void (Channels::*)(std::string_view name, Subscriber who);

void enter(Call& call, Names& names, Change change, std::string_view what) {
  for (const std::string_view word : call.words.subspan(1)) {
    const std::string name(word);
    if (names.insert(name).second) {
      (call.server.channels.*change)(name, self(call));
      call.client.name_bytes += bytes_of_name(name);
    }
    reply_change(call, what, &name);
  }
}

void leave(Call& call, Names& names, Change change, std::string_view what) {
  std::vector<std::string> wanted(call.words.begin() + 1, call.words.end());
  if (wanted.empty()) wanted.assign(names.begin(), names.end());
  if (wanted.empty()) return reply_change(call, what, nullptr);
  for (const std::string& name : wanted) {
    if (names.erase(name) != 0) {
      (call.server.channels.*change)(name, self(call));
      call.client.name_bytes -= bytes_of_name(name);
    }
    reply_change(call, what, &name);
  }
}

void subscribe(Call& call) { enter(call, call.client.channels, &Channels::subscribe, "subscribe"); }
void unsubscribe(Call& call) {
  leave(call, call.client.channels, &Channels::unsubscribe, "unsubscribe");
}
void psubscribe(Call& call) {
  enter(call, call.client.patterns, &Channels::subscribe_pattern, "psubscribe");
}
void punsubscribe(Call& call) {
  leave(call, call.client.patterns, &Channels::unsubscribe_pattern, "punsubscribe");
}

std::shared_ptr<const Message> message_of(const std::string* pattern, std::string_view channel,
                                          std::string_view text) {
  auto message = std::make_shared<Message>();
  message->is_push = true;
  Reply reply(message->text, 2);
  reply.push(pattern == nullptr ? 3 : 4);
  reply.bulk(pattern == nullptr ? "message" : "pmessage");
  if (pattern != nullptr) reply.bulk(*pattern);
  reply.bulk(channel);
  reply.bulk(text);
  return message;
}

void publish(Call& call) {
  struct Delivery {
    Subscriber who;
    std::shared_ptr<const Message> message;
  };
  std::vector<Delivery> deliveries;
  std::map<std::string, std::shared_ptr<const Message>> by_pattern;
  std::shared_ptr<const Message> plain;
  call.server.channels.for_each_listener(
      call.word(1), [&](Subscriber who, const std::string* pattern) {
        auto& message = pattern == nullptr ? plain : by_pattern[*pattern];
        if (!message) message = message_of(pattern, call.word(1), call.word(2));
        deliveries.push_back({who, message});
      });
  // Not under the lock of the channels: closing a client that reads nothing takes it too.
  for (const Delivery& delivery : deliveries)
    call.server.mailboxes.deliver(call.context.number, delivery.who, delivery.message);
  call.reply.integer(static_cast<std::int64_t>(deliveries.size()));
}

void pubsub_channels(Call& call) {
  if (call.count() > 3) return call.wrong_count();
  const auto names = call.server.channels.channels(call.count() == 3 ? call.word(2) : "");
  call.reply.array(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
}

void pubsub_numsub(Call& call) {
  const Words names = call.words.subspan(2);
  call.reply.array(2 * names.size());
  for (const std::string_view name : names) {
    call.reply.bulk(name);
    call.reply.integer(static_cast<std::int64_t>(call.server.channels.listeners(name)));
  }
}

void pubsub_numpat(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.server.channels.pattern_count()));
}

void pubsub_help(Call& call) {
  reply_help(call, "PUBSUB",
             {"CHANNELS [<pattern>]", "    The channels that have listeners.", "NUMPAT",
              "    The number of patterns that have listeners.", "NUMSUB [<channel> ...]",
              "    How many listen to each channel."});
}

}  // namespace

std::vector<Command> message_commands() {
  constexpr CommandFlags kListen = kPubSub | kNoScript | kLoading | kStale | kAlwaysReplies;
  constexpr CommandFlags kAsk = kLoading | kStale;
  return in_group(
      "pubsub",
      {
          {"psubscribe", -2, kListen, kNoKeys, psubscribe, "2.0.0",
           "Listens to all channels that match patterns"},
          {"publish", 3, kAsk | kFast, kNoKeys, publish, "2.0.0", "Sends to all who listen"},
          container(
              "pubsub", "2.8.0", "About who listens",
              {{"channels", -2, kAsk, kNoKeys, pubsub_channels, "2.8.0", "What is listened to"},
               {"help", 2, kAsk, kNoKeys, pubsub_help, "6.2.0", "What there is"},
               {"numpat", 2, kAsk, kNoKeys, pubsub_numpat, "2.8.0", "How many patterns there are"},
               {"numsub", -2, kAsk, kNoKeys, pubsub_numsub, "2.8.0",
                "How many listen to channels"}}),
          {"punsubscribe", -1, kListen, kNoKeys, punsubscribe, "2.0.0",
           "Listens no more to channels that match patterns"},
          {"subscribe", -2, kListen, kNoKeys, subscribe, "2.0.0", "Listens to channels"},
          {"unsubscribe", -1, kListen, kNoKeys, unsubscribe, "2.0.0",
           "Listens no more to channels"},
      });
}

}  // namespace ipsetkv::server
