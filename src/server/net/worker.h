// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ipsetkv/store.h"
#include "server/exec/request_batch.h"
#include "server/net/busy_wait.h"
#include "server/net/connection.h"
#include "server/state/channels.h"

namespace ipsetkv::server {

class Server;

/// One thread: an event loop, some of the clients, and a Store.
///
/// What clients have sent is read first, from all who have sent something, and then carried out in
/// rounds, one request of each client. Those `get` and `set` that are met in the same round go to
/// the kernel together; each client's own requests stay in their order.
class Worker {
 public:
  /// Errors: those of Store::open, and kSystemCall.
  [[nodiscard]] static Result<std::unique_ptr<Worker>> open(Server& server,
                                                            const std::vector<int>& listeners);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Works until `stop`.
  void run();

  /// From any thread.
  void stop();
  void wake();
  /// To one of this worker's clients; client 0 stands for all who monitor.
  void post(std::uint64_t client, std::shared_ptr<const Message> message);

  /// From this worker's thread alone, as is all that follows.
  void append(std::uint64_t client, const Message& message);

  [[nodiscard]] Server& server() { return server_; }
  [[nodiscard]] unsigned number() const { return number_; }
  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] std::string& value() { return value_; }

 private:
  friend struct Connection;
  struct Listener {
    Worker* worker;
    uv_handle_any handle;
  };
  struct Delivery {
    std::uint64_t client;
    std::shared_ptr<const Message> message;
  };

  Worker(Server& server, Store store);
  Result<void> listen(int descriptor);
  void accept(Listener& listener);
  void refuse(std::unique_ptr<Connection> connection, std::string_view why);
  static void discard(std::unique_ptr<Connection> connection);

  void take_input(Connection& connection, ssize_t count, const char* bytes);
  /// Closes the clients that take most of the memory, where all of them take too much.
  void make_room();
  void make_ready(Connection& connection);
  void read_more(Connection& connection, bool wanted);
  void serve_waiting();
  void serve_round();
  /// Carries out the next request of a client, or puts it into a batch.
  void serve_next(Connection& connection);
  enum class Next : std::uint8_t { kNone, kDone, kBatched, kHeld };
  Next take_request(Connection& connection);
  [[nodiscard]] bool try_batch(Connection& connection);

  void append_to(Connection& connection, const Message& message);
  /// The one of that number; 0 stands for all who monitor.
  void close_listeners(std::uint64_t client);
  void flush(Connection& connection);
  void written(Connection& connection, int status);
  void look_after();
  void take_messages();
  void check_idle();
  void close(Connection& connection);
  void forget(Connection& connection);
  void account(Connection& connection);

  static void on_connection(uv_stream_t* stream, int status);
  static void on_allocate(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);

  Server& server_;
  unsigned number_;
  Store store_;
  std::string value_;

  uv_loop_t loop_{};
  uv_async_t wake_{};
  uv_check_t check_{};
  uv_idle_t busy_{};
  uv_timer_t timer_{};
  std::list<Listener> listeners_;
  std::vector<char> input_;

  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> ready_;
  std::vector<Connection*> round_;
  std::vector<Connection*> unflushed_;
  ReadBatch reads_;
  WriteBatch writes_;
  BusyWait busy_wait_;
  Client::Clock::time_point ended_pause_{};  ///< The last one after which clients were woken.

  std::mutex inbox_mutex_;
  std::vector<Delivery> inbox_;
  std::unordered_map<std::uint64_t, std::size_t> inbox_bytes_;  ///< Of each client's messages.
  bool stopping_ = false;                                       ///< Guarded by inbox_mutex_.
};

}  // namespace ipsetkv::server
