// SPDX-License-Identifier: MIT
#include "server/net/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "format/key.h"
#include "server/exec/call.h"
#include "server/net/address.h"
#include "server/protocol/reply.h"
#include "server/state/log.h"
#include "server/state/memory.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

using Clock = Client::Clock;

constexpr std::size_t kInputBytes = std::size_t{64} * 1024;
/// For how long requests are carried out before sockets are looked at again.
constexpr std::chrono::milliseconds kLongestTurn{5};
/// How often idle clients and pauses are looked for, in milliseconds.
constexpr std::uint64_t kLookAfterMs = 100;
constexpr int kBacklog = 511;
/// Buffers that have grown beyond this are given back when they are empty.
constexpr std::size_t kKeptBytes = std::size_t{16} * 1024;
/// A client that only listens and does not take this much is closed (Redis' limit for pub/sub).
constexpr std::size_t kMostUnheard = std::size_t{32} * 1024 * 1024;

Error error_of(int uv_code, Step step) {
  return {.code = ErrorCode::kSystemCall, .step = step, .kernel_code = -uv_code};
}

Clock::rep now() { return Clock::now().time_since_epoch().count(); }

bool is_unix(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  return address.ss_family == AF_UNIX;
}

/// Makes a handle of libuv for a socket of either kind.
int adopt(uv_loop_t* loop, uv_handle_any& socket, int descriptor) {
  if (is_unix(descriptor)) {
    uv_pipe_init(loop, &socket.pipe, 0);
    return uv_pipe_open(&socket.pipe, descriptor);
  }
  uv_tcp_init(loop, &socket.tcp);
  return uv_tcp_open(&socket.tcp, descriptor);
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::open(Server& server, const std::vector<int>& listeners) {
  const ServeOptions& options = server.options();
  auto store = Store::open({.network_namespace = {}, .table = options.table});
  if (!store) return tl::unexpected(store.error());
  std::unique_ptr<Worker> worker(new Worker(server, *std::move(store)));
  for (const int descriptor : listeners)
    if (auto done = worker->listen(descriptor); !done) return tl::unexpected(done.error());
  return worker;
}

Worker::Worker(Server& server, Store store)
    : server_(server),
      number_(server.add_worker(*this)),
      store_(std::move(store)),
      busy_wait_(std::thread::hardware_concurrency() > 1) {
  input_.resize(kInputBytes);
  uv_loop_init(&loop_);
  loop_.data = this;
  wake_.data = check_.data = busy_.data = timer_.data = this;
  uv_async_init(&loop_, &wake_,
                [](uv_async_t* handle) { static_cast<Worker*>(handle->data)->look_after(); });
  uv_check_init(&loop_, &check_);
  uv_check_start(&check_,
                 [](uv_check_t* handle) { static_cast<Worker*>(handle->data)->serve_waiting(); });
  uv_idle_init(&loop_, &busy_);
  uv_timer_init(&loop_, &timer_);
  uv_timer_start(
      &timer_, [](uv_timer_t* handle) { static_cast<Worker*>(handle->data)->check_idle(); },
      kLookAfterMs, kLookAfterMs);
}

Worker::~Worker() {
  std::vector<Connection*> all;
  all.reserve(connections_.size());
  for (auto& [id, connection] : connections_) all.push_back(connection.get());
  for (Connection* const connection : all) close(*connection);
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void*) {
        if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
      },
      nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

Result<void> Worker::listen(int descriptor) {
  // Each worker has the socket under a number of its own, and all of them accept.
  const int own = dup(descriptor);
  if (own < 0) return tl::unexpected(error_of(-errno, Step::kOpen));
  Listener& listener = listeners_.emplace_back(Listener{.worker = this, .handle = {}});
  int code = adopt(&loop_, listener.handle, own);
  listener.handle.handle.data = &listener;
  if (code == 0) code = uv_listen(&listener.handle.stream, kBacklog, on_connection);
  if (code != 0) return tl::unexpected(error_of(code, Step::kOpen));
  return {};
}

void Worker::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

void Worker::stop() {
  {
    const std::lock_guard lock(inbox_mutex_);
    stopping_ = true;
  }
  wake();
}

void Worker::wake() { uv_async_send(&wake_); }

void Worker::post(std::uint64_t client, std::shared_ptr<const Message> message) {
  {
    const std::lock_guard lock(inbox_mutex_);
    // As much as a client may leave untaken may lie here for it; more, and it is closed.
    std::size_t& bytes = inbox_bytes_[client];
    if (bytes <= kMostUnheard) bytes += sizeof(Delivery) + message->text.size();
    if (bytes <= kMostUnheard) inbox_.push_back({.client = client, .message = std::move(message)});
  }
  wake();
}

void Worker::append(std::uint64_t client, const Message& message) {
  if (client != 0) {
    const auto found = connections_.find(client);
    if (found != connections_.end()) append_to(*found->second, message);
    return;
  }
  for (auto& [id, connection] : connections_)
    if (connection->client.is_monitor && connection->client.reply_mode != ReplyMode::kOff)
      append_to(*connection, message);
}

void Worker::close_listeners(std::uint64_t client) {
  for (auto& [id, connection] : connections_)
    if (client == id || (client == 0 && connection->client.is_monitor)) close(*connection);
}

void Worker::append_to(Connection& connection, const Message& message) {
  if (connection.is_closing) return;
  if (connection.unsent() + message.text.size() > kMostUnheard) return close(connection);
  message.append_to(connection.out, connection.client.protocol);
  if (!connection.is_unflushed) {
    connection.is_unflushed = true;
    unflushed_.push_back(&connection);
  }
}

void Worker::take_messages() {
  std::vector<Delivery> deliveries;
  std::unordered_map<std::uint64_t, std::size_t> bytes;
  bool stopping = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    deliveries.swap(inbox_);
    bytes.swap(inbox_bytes_);
    stopping = stopping_;
  }
  server_.turn.take();
  for (const Delivery& delivery : deliveries) append(delivery.client, *delivery.message);
  for (const auto& [client, size] : bytes)
    if (size > kMostUnheard) close_listeners(client);
  server_.turn.leave();
  if (stopping) uv_stop(&loop_);
}

void Worker::look_after() {
  take_messages();
  std::vector<Connection*> killed;
  for (auto& [id, connection] : connections_) {
    if (connection->client.killed) killed.push_back(connection.get());
    // It may be one that a pause has held up.
    if (!connection->is_closing && !connection->pending().empty()) make_ready(*connection);
  }
  for (Connection* const connection : killed) close(*connection);
}

void Worker::check_idle() {
  const auto held_until = server_.pause.until();
  if (held_until != ended_pause_ && Clock::now() >= held_until) {
    // All workers come by here and find the same, each of them once.
    ended_pause_ = held_until;
    look_after();
  }
  const std::int64_t seconds = server_.configuration.timeout;
  if (seconds == 0) return;
  const auto oldest = Clock::now() - std::chrono::seconds(seconds);
  std::vector<Connection*> idle;
  for (auto& [id, connection] : connections_) {
    const Client& client = connection->client;
    if (client.is_monitor || client.subscriptions() != 0) continue;
    if (Clock::time_point(Clock::duration(client.last_active.load())) < oldest)
      idle.push_back(connection.get());
  }
  for (Connection* const connection : idle) close(*connection);
}

void Worker::on_connection(uv_stream_t* stream, int status) {
  if (status != 0) return;
  auto& listener = *static_cast<Listener*>(stream->data);
  listener.worker->accept(listener);
}

void Worker::accept(Listener& listener) {
  auto connection = std::make_unique<Connection>(*this);
  if (listener.handle.handle.type == UV_NAMED_PIPE)
    uv_pipe_init(&loop_, &connection->socket.pipe, 0);
  else
    uv_tcp_init(&loop_, &connection->socket.tcp);
  connection->socket.handle.data = connection.get();
  connection->request.data = connection.get();
  if (uv_accept(&listener.handle.stream, &connection->socket.stream) != 0) {
    return discard(std::move(connection));
  }
  Client& client = connection->client;
  uv_os_fd_t descriptor = -1;
  uv_fileno(&connection->socket.handle, &descriptor);
  client.descriptor = descriptor;
  std::tie(client.address, client.local_address) = addresses_of(descriptor);
  client.authenticated = !server_.has_password();
  client.last_active = now();
  if (listener.handle.handle.type != UV_NAMED_PIPE) {
    client.is_from_outside = comes_from_outside(descriptor);
    constexpr unsigned kKeepAliveSeconds = 300;
    uv_tcp_nodelay(&connection->socket.tcp, 1);
    uv_tcp_keepalive(&connection->socket.tcp, 1, kKeepAliveSeconds);
  }
  if (server_.clients.size() >= static_cast<std::size_t>(server_.configuration.max_clients)) {
    ++server_.statistics.rejected_connections;
    return refuse(std::move(connection), "ERR max number of clients reached");
  }
  if (client.is_from_outside && !server_.has_password())
    return refuse(std::move(connection), kProtectedModeText);
  ++server_.statistics.connections;
  server_.clients.add(client, *this);
  Connection& added = *connection;
  connections_.emplace(client.id, std::move(connection));
  read_more(added, true);
}

void Worker::refuse(std::unique_ptr<Connection> connection, std::string_view why) {
  Reply(connection->out, 2).error(why);
  const uv_buf_t buffer = {.base = connection->out.data(), .len = connection->out.size()};
  uv_try_write(&connection->socket.stream, &buffer, 1);
  discard(std::move(connection));
}

void Worker::discard(std::unique_ptr<Connection> connection) {
  connection->is_closing = true;
  // It is libuv's until the handle is closed.
  uv_close(&connection.release()->socket.handle, [](uv_handle_t* handle) {
    const std::unique_ptr<Connection> closed(static_cast<Connection*>(handle->data));
  });
}

void Worker::on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  // What is read is copied at once: a client that sends nothing takes no memory.
  std::vector<char>& input = static_cast<Connection*>(handle->data)->worker.input_;
  *buffer = uv_buf_init(input.data(), static_cast<unsigned>(input.size()));
}

void Worker::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  auto& connection = *static_cast<Connection*>(stream->data);
  connection.worker.take_input(connection, count, buffer->base);
}

void Worker::take_input(Connection& connection, ssize_t count, const char* bytes) {
  if (count == 0 || connection.is_closing) return;
  if (count < 0) {
    connection.has_ended = true;
    read_more(connection, false);
    // What came before is answered yet.
    return make_ready(connection);
  }
  const auto length = static_cast<std::size_t>(count);
  server_.statistics.bytes_in += length;
  connection.client.last_active = now();
  if (connection.start != 0) {
    connection.in.erase(0, connection.start);
    connection.start = 0;
  }
  if (connection.is_parsed) {
    // The words of a request that has to wait are parts of what moves now.
    connection.parser.reset();
    connection.is_parsed = false;
  }
  connection.in.append(bytes, length);
  account(connection);
  const auto limit = static_cast<std::size_t>(server_.configuration.query_buffer_limit.load());
  if (connection.in.size() > limit) return close(connection);
  make_room();
  make_ready(connection);
}

void Worker::make_room() {
  const auto most = static_cast<std::size_t>(server_.configuration.clients_memory.load());
  if (most == 0 || server_.clients.bytes <= most) return;
  for (const std::uint64_t client : server_.clients.choose_largest(most, *this)) {
    log(LogLevel::kWarning, "client " + std::to_string(client) + " is closed: maxmemory-clients");
    close(*connections_.at(client));
  }
}

void Worker::make_ready(Connection& connection) {
  if (connection.is_ready || connection.is_closing) return;
  connection.is_ready = true;
  ready_.push_back(&connection);
}

void Worker::read_more(Connection& connection, bool wanted) {
  if (wanted == connection.is_reading || (wanted && connection.has_ended)) return;
  if (wanted)
    uv_read_start(&connection.socket.stream, on_allocate, on_read);
  else
    uv_read_stop(&connection.socket.stream);
  connection.is_reading = wanted;
}

void Worker::serve_waiting() {
  if (!ready_.empty()) {
    busy_wait_.end();
    const auto until = Clock::now() + kLongestTurn;
    server_.turn.take();
    do serve_round();
    while (!ready_.empty() && Clock::now() < until);
    server_.turn.leave();
    let_go(value_, kKeptForValues);
  }
  std::vector<Connection*> unflushed;
  unflushed.swap(unflushed_);
  for (Connection* const connection : unflushed) {
    connection->is_unflushed = false;
    if (!connection->is_closing) flush(*connection);
  }
  make_room();
  // Where several ask at the same time, those who sleep find more requests when they wake, which go
  // to the kernel together.
  if (unflushed.size() == 1) busy_wait_.begin(Clock::now());
  if (ready_.empty() && !busy_wait_.goes_on(Clock::now())) {
    uv_idle_stop(&busy_);
  } else {
    // Sockets are only looked at, not waited for.
    uv_idle_start(&busy_, [](uv_idle_t*) {});
  }
}

void Worker::serve_round() {
  round_.swap(ready_);
  for (Connection* const connection : round_) {
    connection->is_ready = false;
    if (!connection->is_closing) serve_next(*connection);
  }
  round_.clear();
  reads_.carry_out(server_, store_);
  writes_.carry_out(server_, store_);
}

void Worker::serve_next(Connection& connection) {
  if (connection.client.killed) return close(connection);
  if (connection.unsent() > Connection::kMuchOutput) {
    connection.is_full = true;
    return read_more(connection, false);
  }
  const Next next = take_request(connection);
  read_more(connection,
            next == Next::kNone || connection.pending().size() <= Connection::kMuchInput);
  if (!connection.is_unflushed) {
    connection.is_unflushed = true;
    unflushed_.push_back(&connection);
  }
  if (next == Next::kHeld) return;
  if (next == Next::kNone) {
    if (connection.has_ended) connection.client.close_after_reply = true;
    return;
  }
  if (!connection.client.close_after_reply) make_ready(connection);
}

Worker::Next Worker::take_request(Connection& connection) {
  Client& client = connection.client;
  if (client.close_after_reply) return Next::kHeld;
  if (!connection.is_parsed) {
    const RequestLimits limits{
        .longest_word = static_cast<std::uint64_t>(server_.configuration.longest_word.load()),
        .authenticated = client.authenticated};
    switch (connection.parser.parse(connection.pending(), limits)) {
      case RequestParser::Status::kIncomplete:
        return Next::kNone;
      case RequestParser::Status::kBroken:
        Reply(connection.out, client.protocol).error("ERR " + connection.parser.error());
        server_.statistics.count_error("ERR");
        client.close_after_reply = true;
        return Next::kHeld;
      case RequestParser::Status::kComplete:
        connection.is_parsed = true;
    }
  }
  const auto& words = connection.parser.words();
  if (words.empty()) {
    connection.consume();
    return Next::kDone;
  }
  // A web page may send these to any port of its reader's machine; Redis does the same with them.
  if (is_word(words[0], "post") || is_word(words[0], "host:")) {
    log(LogLevel::kWarning, "a client has sent HTTP; it is closed");
    client.close_after_reply = true;
    return Next::kHeld;
  }
  if (is_held(server_, client, words)) return Next::kHeld;
  if (try_batch(connection)) return Next::kBatched;
  dispatch(server_, *this, client, words, connection.out);
  connection.consume();
  return Next::kDone;
}

bool Worker::try_batch(Connection& connection) {
  Client& client = connection.client;
  const auto& words = connection.parser.words();
  // Words of an inline request are the parser's, and gone with the next one.
  const bool is_array = connection.pending().front() == '*';
  const bool is_plain = is_array && client.authenticated && !client.in_transaction &&
                        !client.only_listens() && client.reply_mode == ReplyMode::kOn &&
                        server_.clients.monitors == 0;
  if (!is_plain) return false;
  const bool is_get = words.size() == 2 && is_word(words[0], "get");
  const bool is_set = words.size() == 3 && is_word(words[0], "set");
  if ((!is_get && !is_set) || !format::check_key(words[1])) return false;
  client.last_command = is_get ? "get" : "set";
  if (is_get)
    reads_.add(connection, words[1]);
  else
    writes_.add(connection, words[1], words[2]);
  connection.consume();
  return true;
}

void Worker::account(Connection& connection) {
  Client& client = connection.client;
  client.query_bytes = connection.in.size() - connection.start;
  client.output_bytes = connection.unsent();
  const std::size_t total = connection.in.capacity() + connection.parser.memory() +
                            connection.out.capacity() + connection.writing.capacity() +
                            client.queue_bytes + client.name_bytes;
  server_.clients.bytes += total - client.memory;
  client.memory = total;
}

void Worker::flush(Connection& connection) {
  if (connection.start == connection.in.size() && connection.start != 0) {
    let_go(connection.in, kKeptBytes);
    connection.start = 0;
  }
  if (!connection.is_writing && !connection.out.empty()) {
    uv_buf_t buffer = {.base = connection.out.data(), .len = connection.out.size()};
    const int sent = uv_try_write(&connection.socket.stream, &buffer, 1);
    if (sent < 0 && sent != UV_EAGAIN) return close(connection);
    const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    server_.statistics.bytes_out += done;
    if (done == connection.out.size()) {
      let_go(connection.out, kKeptBytes);
    } else {
      connection.writing.swap(connection.out);
      connection.out.clear();
      connection.is_writing = true;
      buffer = {.base = connection.writing.data() + done, .len = connection.writing.size() - done};
      server_.statistics.bytes_out += buffer.len;
      uv_write(&connection.request, &connection.socket.stream, &buffer, 1,
               [](uv_write_t* request, int status) {
                 auto& written = *static_cast<Connection*>(request->data);
                 written.worker.written(written, status);
               });
    }
  }
  account(connection);
  if (connection.client.close_after_reply && !connection.is_writing) return close(connection);
  if (connection.is_full && connection.unsent() <= Connection::kMuchOutput) {
    connection.is_full = false;
    read_more(connection, true);
    make_ready(connection);
    // The check comes only after the sockets; there may be nothing more on them.
    uv_idle_start(&busy_, [](uv_idle_t*) {});
  }
}

void Worker::written(Connection& connection, int status) {
  connection.is_writing = false;
  let_go(connection.writing, kKeptBytes);
  if (connection.is_closing) return;
  if (status < 0) return close(connection);
  flush(connection);
}

void Worker::close(Connection& connection) {
  if (connection.is_closing) return;
  connection.is_closing = true;
  forget(connection);
  uv_close(&connection.socket.handle, [](uv_handle_t* handle) {
    auto& closed = *static_cast<Connection*>(handle->data);
    Worker& worker = closed.worker;
    // Seldom: where thousands leave at once, looking for each in the lists would take long.
    if (closed.is_ready) std::erase(worker.ready_, &closed);
    if (closed.is_unflushed) std::erase(worker.unflushed_, &closed);
    // One that its own request has closed may have subscribed or watched after that.
    leave_everything(worker.server_, worker, closed.client);
    worker.connections_.erase(closed.client.id);
  });
}

void Worker::forget(Connection& connection) {
  Client& client = connection.client;
  server_.clients.remove(client);
  server_.clients.bytes -= client.memory;
  client.memory = 0;
  leave_everything(server_, *this, client);
}

}  // namespace ipsetkv::server
