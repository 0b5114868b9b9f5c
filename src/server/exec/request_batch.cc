// SPDX-License-Identifier: MIT
#include "server/exec/request_batch.h"

#include <array>
#include <chrono>

#include "server/exec/call.h"
#include "server/protocol/reply.h"
#include "server/state/memory.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

using Clock = std::chrono::steady_clock;

/// Counts the `requests` that took so long together.
void count(Server& server, std::string_view name, std::size_t requests, Clock::time_point began) {
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - began);
  server.statistics.count(find_command(name)->number, requests, took);
  server.note_latency(std::chrono::duration_cast<std::chrono::microseconds>(took));
  if (requests < 2) return;
  ++server.statistics.batches;
  server.statistics.batched_requests += requests;
}

/// Notes them if they took long; `words_of` has each one's words.
template <class WordsOf>
void note_slow(Server& server, const std::vector<Connection*>& connections, Clock::time_point began,
               const WordsOf& words_of) {
  const std::int64_t limit = server.configuration.slowlog_slower_than;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  if (limit < 0 || took.count() < limit) return;
  const auto most = static_cast<std::size_t>(server.configuration.slowlog_max_length.load());
  for (std::size_t i = 0; i < connections.size(); ++i)
    server.slow_log.add(connections[i]->client, words_of(i), took, most);
}

void refuse(Server& server, Connection& connection, const Error& error) {
  const std::string text = reply_text(error);
  Reply(connection.out, connection.client.protocol).error(text);
  server.statistics.count_error(text.substr(0, text.find(' ')));
}

}  // namespace

void ReadBatch::add(Connection& connection, std::string_view key) {
  keys_.push_back(key);
  connections_.push_back(&connection);
}

void ReadBatch::read_singly(Server& server, Store& store) {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    Connection& connection = *connections_[i];
    Reply reply(connection.out, connection.client.protocol);
    const auto found = store.get(keys_[i], value_);
    if (!found) {
      refuse(server, connection, found.error());
      ++server.statistics.of(find_command("get")->number).failed;
    } else if (*found) {
      ++server.statistics.hits;
      reply.bulk(value_);
    } else {
      ++server.statistics.misses;
      reply.null();
    }
  }
  let_go(value_, kKeptForValues);
}

void ReadBatch::read_together(Server& server, Store& store) {
  answers_.assign(keys_.size(), {});
  const auto done = store.get_all(keys_, [&](std::size_t index, auto value) {
    if (!value) return;
    answers_[index] = {.offset = values_.size(), .length = value->size(), .there = true};
    values_ += *value;
  });
  // Which of them it was is found out one by one.
  if (!done) return read_singly(server, store);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    Reply reply(connections_[i]->out, connections_[i]->client.protocol);
    const Answer& answer = answers_[i];
    ++(answer.there ? server.statistics.hits : server.statistics.misses);
    if (answer.there)
      reply.bulk(std::string_view(values_).substr(answer.offset, answer.length));
    else
      reply.null();
  }
}

void ReadBatch::carry_out(Server& server, Store& store) {
  if (keys_.empty()) return;
  const auto began = Clock::now();
  if (keys_.size() == 1)
    read_singly(server, store);
  else
    read_together(server, store);
  count(server, "get", keys_.size(), began);
  std::array<std::string_view, 2> words{"get"};
  note_slow(server, connections_, began, [&](std::size_t i) {
    words[1] = keys_[i];
    return Words(words);
  });
  let_go(values_, kKeptForValues);
  keys_.clear();
  connections_.clear();
}

void WriteBatch::add(Connection& connection, std::string_view key, std::string_view value) {
  pairs_.push_back({.key = key, .value = value});
  connections_.push_back(&connection);
}

void WriteBatch::answer(Server& server, std::size_t index, const Result<void>& written) {
  answered_[index] = true;
  server.watches.touch(pairs_[index].key);
  Connection& connection = *connections_[index];
  if (written) return Reply(connection.out, connection.client.protocol).ok();
  refuse(server, connection, written.error());
  ++server.statistics.of(find_command("set")->number).failed;
}

void WriteBatch::carry_out(Server& server, Store& store) {
  if (pairs_.empty()) return;
  const auto began = Clock::now();
  answered_.assign(pairs_.size(), false);
  const auto rest =
      pairs_.size() == 1
          ? store.set(pairs_[0].key, pairs_[0].value)
          : store.set_all(pairs_, [&](std::size_t index, const Result<void>& written) {
              answer(server, index, written);
            });
  for (std::size_t index = 0; index < pairs_.size(); ++index)
    if (!answered_[index]) answer(server, index, rest);
  count(server, "set", pairs_.size(), began);
  std::array<std::string_view, 3> words{"set"};
  note_slow(server, connections_, began, [&](std::size_t i) {
    words[1] = pairs_[i].key;
    words[2] = pairs_[i].value;
    return Words(words);
  });
  pairs_.clear();
  connections_.clear();
}

}  // namespace ipsetkv::server
