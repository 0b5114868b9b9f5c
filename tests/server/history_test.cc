// SPDX-License-Identifier: MIT
// Two servers and the tool work on one store at once. There is one order of all operations in which
// every reply is right.
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/hiredis_client.h"
#include "server/server_process.h"
#include "support/command.h"
#include "support/corruption.h"
#include "support/full_length.h"
#include "support/history.h"
#include "support/linearizability.h"
#include "support/private_namespace.h"

namespace ipsetkv::tests {
namespace {

using Kind = Operation::Kind;
using Words = std::vector<std::string>;

/// The request that is a record's operation.
Words request_of(const Record& record) {
  const std::string key(kHistoryKeys[record.key]);
  const std::string deadline = std::to_string(record.deadline);
  static constexpr std::array<const char*, 5> kExpireConditions{"", "NX", "XX", "GT", "LT"};
  switch (record.kind) {
    case Kind::kGet:
      return {"GET", key};
    case Kind::kExists:
      return {"EXISTS", key};
    case Kind::kDeadline:
      return {"PEXPIRETIME", key};
    case Kind::kGetRange:
      return {"GETRANGE", key, std::to_string(record.first), std::to_string(record.last)};
    case Kind::kSet: {
      Words words{"SET", key, argument_of(record)};
      if (record.set_if == SetOptions::If::kAbsent) words.emplace_back("NX");
      if (record.set_if == SetOptions::If::kPresent) words.emplace_back("XX");
      if (record.deadline != 0) words.insert(words.end(), {"PXAT", deadline});
      if (record.keep_deadline) words.emplace_back("KEEPTTL");
      if (record.return_old) words.emplace_back("GET");
      return words;
    }
    case Kind::kDelete:
      return {record.return_old ? "GETDEL" : "DEL", key};
    case Kind::kIncrement:
      return {"INCRBY", key, std::to_string(record.amount)};
    case Kind::kAppend:
      return {"APPEND", key, argument_of(record)};
    case Kind::kExpire: {
      if (record.return_old) return {"GETEX", key, "PXAT", deadline};
      Words words{"PEXPIREAT", key, deadline};
      if (record.expire_if != ExpireIf::kAlways)
        words.emplace_back(kExpireConditions.at(static_cast<std::size_t>(record.expire_if)));
      return words;
    }
    case Kind::kPersist:
      if (record.return_old) return {"GETEX", key, "PERSIST"};
      return {"PERSIST", key};
    case Kind::kCompareAndSet:
      break;
  }
  return {};
}

/// Whether something was written, by what was there.
bool is_written(const Record& record) {
  return record.set_if == SetOptions::If::kAlways ||
         (record.set_if == SetOptions::If::kPresent) == record.has_found;
}

/// Takes a string or none into the record. False if the reply is another one.
bool take_string(Record& record, const redisReply& reply) {
  if (reply.type == REDIS_REPLY_STRING) record.take_found(text_of(reply));
  return reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_NIL;
}

bool take_yes(Record& record, const redisReply& reply) {
  record.yes = reply.integer == 1;
  return reply.type == REDIS_REPLY_INTEGER && (reply.integer == 0 || reply.integer == 1);
}

bool take_set(Record& record, const redisReply& reply) {
  if (record.return_old) {
    const bool good = take_string(record, reply);
    record.yes = is_written(record);
    return good;
  }
  record.yes = reply.type == REDIS_REPLY_STATUS && text_of(reply) == "OK";
  return record.yes || (reply.type == REDIS_REPLY_NIL && record.set_if != SetOptions::If::kAlways);
}

/// Takes the reply to its request into a record. False if there can be no such reply.
bool take_reply(Record& record, const redisReply& reply) {
  switch (record.kind) {
    case Kind::kGet:
      return take_string(record, reply);
    case Kind::kGetRange:
      return take_string(record, reply) && record.has_found;
    case Kind::kSet:
      return take_set(record, reply);
    case Kind::kDeadline:
      record.yes = reply.integer != -2;
      record.has_deadline_found = reply.integer >= 0;
      record.deadline_found = reply.integer;
      return reply.type == REDIS_REPLY_INTEGER && reply.integer >= -2;
    case Kind::kIncrement:
      // No value comes near to where a sum would be too large, which is another error.
      record.refused = reply.type == REDIS_REPLY_ERROR &&
                       text_of(reply) == "ERR value is not an integer or out of range";
      record.answer = reply.integer;
      return record.refused || reply.type == REDIS_REPLY_INTEGER;
    case Kind::kAppend:
      record.answer = reply.integer;
      return reply.type == REDIS_REPLY_INTEGER;
    case Kind::kExists:
      return take_yes(record, reply);
    case Kind::kDelete:
    case Kind::kExpire:
    case Kind::kPersist: {
      if (!record.return_old) return take_yes(record, reply);
      const bool good = take_string(record, reply);
      record.yes = record.has_found;
      return good;
    }
    case Kind::kCompareAndSet:
      break;
  }
  return false;
}

std::string line_of(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += word.substr(0, 40) + ' ';
  return text;
}

constexpr std::array kServerKinds{
    Kind::kGet,    Kind::kGet,       Kind::kGet,     Kind::kGet,     Kind::kExists, Kind::kGetRange,
    Kind::kSet,    Kind::kSet,       Kind::kSet,     Kind::kSet,     Kind::kSet,    Kind::kDelete,
    Kind::kDelete, Kind::kIncrement, Kind::kAppend,  Kind::kAppend,  Kind::kExpire, Kind::kExpire,
    Kind::kExpire, Kind::kPersist,   Kind::kPersist, Kind::kDeadline};

/// A client of one server, with several connections to it.
class ClientWorker : public HistoryWorker {
 public:
  ClientWorker(std::uint32_t seed, std::uint32_t process, const std::string& path)
      : chooser_(seed, process, kServerKinds) {
    for (Connection& connection : connections_) connection.reset(redisConnectUnix(path.c_str()));
  }

  std::optional<std::size_t> work(std::span<Record> room) override {
    std::span<Record> left = room;
    while (!left.empty()) {
      const std::span<Record> some = left.first(1 + chooser_.below(kMostAtOnce) % left.size());
      const std::optional<Kind> only = chosen_only();
      for (Record& record : some) record = choose(only);
      for (Record& record : some) record.begin();
      if (!execute(some)) return std::nullopt;
      left = left.subspan(some.size());
    }
    return room.size();
  }

 private:
  /// At once under way; what the checker has to think about grows fast with it.
  static constexpr std::uint32_t kMostAtOnce = 3;

  /// Now and then all are reads, or all are plain writes: these are what a server that has several
  /// of them before it carries out together.
  std::optional<Kind> chosen_only() {
    if (!chooser_.one_in(3)) return std::nullopt;
    return chooser_.one_in(2) ? Kind::kGet : Kind::kSet;
  }

  Record choose(std::optional<Kind> only) {
    Record record = chooser_.choose();
    while (only && record.kind != *only) record = chooser_.choose();
    record.layout = Layout::kAuto;
    if (only && record.kind == Kind::kSet) {
      record.set_if = SetOptions::If::kAlways;
      record.deadline = 0;
      record.keep_deadline = record.return_old = false;
    }
    if (record.kind == Kind::kDelete || record.kind == Kind::kExpire ||
        record.kind == Kind::kPersist)
      record.return_old = chooser_.one_in(3);
    if (record.kind == Kind::kExpire && record.return_old) record.expire_if = ExpireIf::kAlways;
    return record;
  }

  bool execute(std::span<Record> some) {
    switch (chooser_.below(4)) {
      case 0:
        return transact(some);
      case 1:
        return side_by_side(some, [](std::size_t) { return std::size_t{0}; });
      default:
        return side_by_side(some, [](std::size_t number) { return number; });
    }
  }

  /// Each of the requests on the connection that `connection_of` says; all on one are a pipeline.
  template <class ConnectionOf>
  bool side_by_side(std::span<Record> some, ConnectionOf connection_of) {
    for (std::size_t i = 0; i < some.size(); ++i)
      send(*connections_.at(connection_of(i)), request_of(some[i]));
    for (const Connection& connection : connections_)
      if (!flush(*connection)) return false;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const Reply reply = read(*connections_.at(connection_of(i)));
      some[i].end();
      if (!take(some[i], reply.get())) return false;
    }
    return true;
  }

  /// Each takes effect between MULTI and the reply to EXEC.
  bool transact(std::span<Record> some) {
    redisContext& connection = *connections_.front();
    send(connection, {"MULTI"});
    for (const Record& record : some) send(connection, request_of(record));
    send(connection, {"EXEC"});
    // What was written is answered by a word each, and all together by EXEC.
    for (std::size_t i = 0; i < 1 + some.size(); ++i) {
      const Reply reply = read(connection);
      if (!reply || reply->type != REDIS_REPLY_STATUS) return fail({"MULTI"}, reply.get());
    }
    const Reply replies = read(connection);
    for (Record& record : some) record.end();
    if (!replies || replies->type != REDIS_REPLY_ARRAY || replies->elements != some.size())
      return fail({"EXEC"}, replies.get());
    for (std::size_t i = 0; i < some.size(); ++i)
      if (!take(some[i], replies->element[i])) return false;
    return true;
  }

  static void send(redisContext& connection, const Words& words) {
    std::vector<const char*> starts;
    std::vector<std::size_t> lengths;
    for (const std::string& word : words) {
      starts.push_back(word.data());
      lengths.push_back(word.size());
    }
    redisAppendCommandArgv(&connection, static_cast<int>(words.size()), starts.data(),
                           lengths.data());
  }

  /// Sends all that is to be sent, without waiting for an answer.
  static bool flush(redisContext& connection) {
    int done = 0;
    while (done == 0)
      if (redisBufferWrite(&connection, &done) != REDIS_OK) return fail({"flush"}, nullptr);
    return true;
  }

  static Reply read(redisContext& connection) {
    void* reply = nullptr;
    redisGetReply(&connection, &reply);
    return own(reply);
  }

  static bool take(Record& record, const redisReply* reply) {
    return (reply != nullptr && take_reply(record, *reply)) || fail(request_of(record), reply);
  }

  static bool fail(const Words& words, const redisReply* reply) {
    std::cerr << line_of(words) << "was answered by " << said(reply) << '\n';
    return false;
  }

  OperationChooser chooser_;
  std::array<Connection, kMostAtOnce> connections_;
};

// The tool takes deadlines in a number of seconds from now, except for `set`.
constexpr std::array kToolKinds{
    Kind::kGet,           Kind::kGet,           Kind::kExists, Kind::kGetRange,  Kind::kSet,
    Kind::kSet,           Kind::kSet,           Kind::kDelete, Kind::kIncrement, Kind::kAppend,
    Kind::kCompareAndSet, Kind::kCompareAndSet, Kind::kPersist};

/// Starts the tool for every operation.
class ToolWorker : public HistoryWorker {
 public:
  ToolWorker(std::uint32_t seed, std::uint32_t process, Words store)
      : chooser_(seed, process, kToolKinds), store_(std::move(store)) {}

  std::optional<std::size_t> work(std::span<Record> room) override {
    Record& record = room.front();
    record = chooser_.choose();
    if (!store_.empty()) record.layout = Layout::kAuto;
    Words words{IPSETKV_TOOL};
    words.insert(words.end(), store_.begin(), store_.end());
    const Words own = words_of(record);
    words.insert(words.end(), own.begin(), own.end());
    record.begin();
    const CommandResult result = run(words);
    record.end();
    if (take(record, result)) return 1;
    std::cerr << line_of(words) << "ended with " << result.status << ": " << result.errors;
    return std::nullopt;
  }

 private:
  Words words_of(const Record& record) {
    const std::string key(kHistoryKeys[record.key]);
    switch (record.kind) {
      case Kind::kGet:
        return {"get", key};
      case Kind::kExists:
        return {"exists", key};
      case Kind::kGetRange:
        return {"getrange", "--", key, std::to_string(record.first), std::to_string(record.last)};
      case Kind::kSet:
        return words_of_set(record, key);
      case Kind::kDelete:
        return {"del", key};
      case Kind::kIncrement:
        return {"incr", "--", key, std::to_string(record.amount)};
      case Kind::kAppend:
        return {"append", "--", key, argument_of(record)};
      case Kind::kCompareAndSet:
        return {"cas", "--", key, chooser_.seen(record), argument_of(record)};
      case Kind::kPersist:
        return {"persist", key};
      case Kind::kExpire:
      case Kind::kDeadline:
        break;
    }
    return {};
  }

  static Words words_of_set(const Record& record, const std::string& key) {
    static constexpr std::array<const char*, 5> kLayouts{"auto", "ipv4", "ipv6", "comment",
                                                         "counters"};
    Words words{"set"};
    if (record.set_if == SetOptions::If::kAbsent) words.emplace_back("--nx");
    if (record.set_if == SetOptions::If::kPresent) words.emplace_back("--xx");
    if (record.deadline != 0)
      words.insert(words.end(), {"--pxat", std::to_string(record.deadline)});
    if (record.keep_deadline) words.emplace_back("--keepttl");
    if (record.return_old) words.emplace_back("--get");
    if (record.layout != Layout::kAuto)
      words.insert(words.end(), {"--layout", kLayouts.at(static_cast<std::size_t>(record.layout))});
    words.insert(words.end(), {"--", key, argument_of(record)});
    return words;
  }

  /// False if the tool cannot have ended so.
  bool take(Record& record, const CommandResult& result) {
    std::string& seen = chooser_.seen(record);
    const bool done = result.status == 0;
    record.yes = done;
    switch (record.kind) {
      case Kind::kGet:
        if (done) record.take_found(result.output);
        seen = result.output;
        break;
      case Kind::kGetRange:
        record.take_found(result.output);
        return done;
      case Kind::kSet:
        if (record.return_old) {
          if (done) record.take_found(result.output);
          record.yes = is_written(record);
        }
        if (record.yes) seen = argument_of(record);
        break;
      case Kind::kIncrement:
        record.refused = result.status == 2;
        if (record.refused) return result.errors.find("number") != std::string::npos;
        [[fallthrough]];
      case Kind::kAppend:
        if (done) record.answer = std::stoll(result.output);
        return done;
      default:
        break;
    }
    return done || result.status == 1;
  }

  OperationChooser chooser_;
  Words store_;
};

/// How many requests a server has executed together with others.
long long batched_requests(const ServerProcess& server) {
  const Connection connection(redisConnectUnix(server.path().c_str()));
  const Reply reply = own(redisCommand(connection.get(), "INFO stats"));
  constexpr std::string_view kField = "ipset_batched_requests:";
  const std::string_view text = reply ? text_of(*reply) : std::string_view();
  const std::size_t at = text.find(kField);
  if (at == std::string_view::npos) return 0;
  return std::stoll(std::string(text.substr(at + kField.size(), 20)));
}

// With sanitizers the tool takes several times as long to start.
#ifdef IPSETKV_SANITIZED
constexpr std::size_t kSlowness = 4;
#else
constexpr std::size_t kSlowness = 1;
#endif

class ServerHistoryTest : public KernelTest {
 protected:
  static void expect_linearizable(const Words& store);
};

void ServerHistoryTest::expect_linearizable(const Words& store) {
  const std::uint32_t first_seed = test_seed();
  const std::uint32_t histories = full_length() ? 10 : 2;
  const std::size_t rounds = (full_length() ? kMostRounds : kMostRounds / 2) / kSlowness;
  Words several_threads = store;
  several_threads.insert(several_threads.end(), {"--threads", "2"});
  HistoryJudge judge;
  std::array<long long, 2> batched{};
  for (std::uint32_t number = 0; number < histories && !HasFailure(); ++number) {
    const std::uint32_t seed = first_seed + number;
    SCOPED_TRACE("IPSETKV_TEST_SEED=" + std::to_string(seed));
    std::cout << "IPSETKV_TEST_SEED=" << seed << std::endl;
    enter_private_namespace();
    const ServerProcess one(store);
    const ServerProcess other(several_threads);
    const auto client_of = [&](const ServerProcess& server) {
      return [&](std::uint32_t process) {
        return std::make_unique<ClientWorker>(seed, process, server.path());
      };
    };
    const auto tool = [&](std::uint32_t process) {
      return std::make_unique<ToolWorker>(seed, process, store);
    };
    judge.expect_linearizable(record_history(
        {client_of(one), client_of(one), client_of(other), client_of(other), tool, tool}, rounds));
    batched[0] += batched_requests(one);
    batched[1] += batched_requests(other);
  }
  // Else a path that most requests take would not have been looked at.
  for (const long long requests : batched) EXPECT_GT(requests, 0);
  std::cout << judge.summary() << "; the servers have executed " << batched[0] << " and "
            << batched[1] << " requests together with others" << std::endl;
}

TEST_F(ServerHistoryTest, OfTwoServersAndTheToolIsLinearizableInDrawers) {
  expect_linearizable({});
}
TEST_F(ServerHistoryTest, OfTwoServersAndTheToolIsLinearizableInATable) {
  expect_linearizable({"--store", "table:t"});
}

}  // namespace
}  // namespace ipsetkv::tests
