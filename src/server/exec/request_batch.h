// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ipsetkv/store.h"
#include "server/net/connection.h"

namespace ipsetkv::server {

class Server;

/// Reads of several clients that go to the kernel together. Borrows the keys until `carry_out`.
class ReadBatch {
 public:
  void add(Connection& connection, std::string_view key);
  [[nodiscard]] bool empty() const { return keys_.empty(); }
  /// Does all of them, writes each client's reply behind its others, and is empty then.
  void carry_out(Server& server, Store& store);

 private:
  struct Answer {
    std::size_t offset = 0;
    std::size_t length = 0;
    bool there = false;
  };
  void read_together(Server& server, Store& store);
  void read_singly(Server& server, Store& store);

  std::vector<std::string_view> keys_;
  std::vector<Connection*> connections_;
  std::vector<Answer> answers_;
  std::string values_;
  std::string value_;
};

/// The same for plain writes; borrows the values too.
class WriteBatch {
 public:
  void add(Connection& connection, std::string_view key, std::string_view value);
  [[nodiscard]] bool empty() const { return pairs_.empty(); }
  void carry_out(Server& server, Store& store);

 private:
  void answer(Server& server, std::size_t index, const Result<void>& written);

  std::vector<KeyValue> pairs_;
  std::vector<Connection*> connections_;
  std::vector<bool> answered_;
};

}  // namespace ipsetkv::server
