// SPDX-License-Identifier: MIT
#include "server/net/worker.h"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "server/state/log.h"
#include "server/state/memory.h"

namespace ipsetkv::server {
namespace {

using Clock = Client::Clock;

constexpr std::size_t kInputBytes = std::size_t{64} * 1024;
/// For how long requests are executed before sockets are looked at again.
constexpr std::chrono::milliseconds kLongestRun{5};

Clock::rep now() { return Clock::now().time_since_epoch().count(); }

}  // namespace

Result<std::unique_ptr<Worker>> Worker::open(ServerState& server,
                                             std::unique_ptr<Database> database,
                                             const std::vector<int>& listeners,
                                             std::chrono::milliseconds lock_timeout) {
  std::unique_ptr<Worker> worker(new Worker(server, std::move(database), lock_timeout));
  if (auto done = worker->loop_.init(); !done) return tl::unexpected(done.error());
  for (const int descriptor : listeners)
    if (auto done = worker->acceptor_.listen(descriptor); !done)
      return tl::unexpected(done.error());
  return worker;
}

Worker::Worker(ServerState& server, std::unique_ptr<Database> database,
               std::chrono::milliseconds lock_timeout)
    : server_(server),
      database_(std::move(database)),
      context_{.server = server,
               .database = *database_,
               .number = server.mailboxes.add(*this),
               .value = {}},
      input_(kInputBytes),
      rounds_(context_, lock_timeout),
      busy_wait_(std::thread::hardware_concurrency() > 1),
      loop_(*this),
      acceptor_(server, loop_.uv(), *this,
                [this](std::unique_ptr<Connection> connection) { admit(std::move(connection)); }) {}

Worker::~Worker() {
  std::vector<Connection*> all;
  all.reserve(connections_.size());
  for (auto& [id, connection] : connections_) all.push_back(connection.get());
  for (Connection* const connection : all) connection->close();
  loop_.close();
}

void Worker::stop() {
  inbox_.stop();
  wake();
}

void Worker::post(std::uint64_t client, std::shared_ptr<const Message> message) {
  inbox_.add(client, std::move(message));
  wake();
}

void Worker::append(std::uint64_t client, const Message& message) {
  if (client != kAllMonitors) {
    const auto found = connections_.find(client);
    if (found != connections_.end()) append_to(*found->second, message);
    return;
  }
  for (auto& [id, connection] : connections_)
    if (connection->client().is_monitor && connection->client().reply_mode != ReplyMode::kOff)
      append_to(*connection, message);
}

void Worker::append_to(Connection& connection, const Message& message) {
  if (connection.is_closing()) return;
  if (connection.unsent() + message.text.size() > kPubSubOutputLimit) return connection.close();
  message.append_to(connection.output(), connection.client().protocol);
  rounds_.mark_unflushed(connection);
}

void Worker::close_listeners(std::uint64_t client) {
  for (auto& [id, connection] : connections_)
    if (client == id || (client == kAllMonitors && connection->client().is_monitor))
      connection->close();
}

void Worker::take_messages() {
  const Inbox::Contents contents = inbox_.take();
  {
    const CommandLock::Shared lock(server_.command_lock);
    for (const auto& [client, message] : contents.deliveries) append(client, *message);
    for (const std::uint64_t client : contents.overrun) close_listeners(client);
  }
  if (contents.is_stopping) loop_.stop();
}

void Worker::on_wakeup() {
  take_messages();
  std::vector<Connection*> killed;
  for (auto& [id, connection] : connections_) {
    if (connection->client().killed) killed.push_back(connection.get());
    // A pause may have held it up.
    if (connection->pending_bytes() != 0) rounds_.make_ready(*connection);
  }
  for (Connection* const connection : killed) connection->close();
}

void Worker::on_tick() {
  const auto paused_until = server_.pause.until();
  if (paused_until != ended_pause_ && Clock::now() >= paused_until) {
    // Every worker does this, once.
    ended_pause_ = paused_until;
    on_wakeup();
    if (rounds_.has_work()) loop_.set_busy(true);
  }
  close_idle_clients();
}

void Worker::close_idle_clients() {
  const std::int64_t seconds = server_.configuration.timeout;
  if (seconds == 0) return;
  const auto oldest = Clock::now() - std::chrono::seconds(seconds);
  std::vector<Connection*> idle;
  for (auto& [id, connection] : connections_) {
    const Client& client = connection->client();
    if (client.is_monitor || client.subscriptions() != 0) continue;
    if (Clock::time_point(Clock::duration(client.last_active.load())) < oldest)
      idle.push_back(connection.get());
  }
  for (Connection* const connection : idle) connection->close();
}

void Worker::admit(std::unique_ptr<Connection> connection) {
  Client& client = connection->client();
  client.worker = context_.number;
  client.last_active = now();
  server_.clients.add(client, *this);
  Connection& added = *connection;
  connections_.emplace(client.id, std::move(connection));
  added.set_reading(true);
}

uv_buf_t Worker::input_buffer() {
  return uv_buf_init(input_.data(), static_cast<unsigned>(input_.size()));
}

void Worker::on_input(Connection& connection, std::string_view bytes) {
  server_.statistics.bytes_in += bytes.size();
  connection.client().last_active = now();
  connection.append_input(bytes);
  account(connection);
  const auto limit = static_cast<std::size_t>(server_.configuration.query_buffer_limit.load());
  if (connection.pending_bytes() > limit) return connection.close();
  evict_clients();
  rounds_.make_ready(connection);
}

void Worker::on_sent(std::size_t bytes) { server_.statistics.bytes_out += bytes; }

void Worker::evict_clients() {
  const auto most = static_cast<std::size_t>(server_.configuration.clients_memory.load());
  if (most == 0 || server_.clients.bytes <= most) return;
  for (const std::uint64_t client : server_.clients.choose_largest(most, *this)) {
    log(LogLevel::kWarning, "closing client " + std::to_string(client) + ": maxmemory-clients");
    connections_.at(client)->close();
  }
}

void Worker::on_alarm() {
  // Requests are retried behind the sockets, which must not be waited for.
  loop_.set_busy(true);
}

void Worker::on_sockets_checked() {
  if (const auto retry = rounds_.next_retry(); retry && Clock::now() >= *retry)
    rounds_.retry_waiting();
  execute_requests();
  const std::vector<Session*> unflushed = rounds_.take_unflushed();
  for (Session* const session : unflushed) flush(static_cast<Connection&>(*session));
  evict_clients();
  // Where several clients ask at the same time, a worker that sleeps finds more requests when it
  // wakes, which go to the kernel together.
  if (unflushed.size() == 1) busy_wait_.begin(Clock::now());
  loop_.set_busy(rounds_.has_work() || busy_wait_.goes_on(Clock::now()));
  if (const auto retry = rounds_.next_retry())
    loop_.set_alarm(std::chrono::ceil<std::chrono::milliseconds>(*retry - Clock::now()));
}

void Worker::execute_requests() {
  if (!rounds_.has_work()) return;
  busy_wait_.end();
  const CommandLock::Shared lock(server_.command_lock);
  rounds_.run(Clock::now() + kLongestRun);
  shrink(context_.value, kKeptForValues);
}

void Worker::flush(Connection& connection) {
  connection.flush();
  if (connection.is_closing()) return;
  account(connection);
  // The check comes only after the sockets; there may be nothing more on them.
  if (rounds_.resume_if_drained(connection)) loop_.set_busy(true);
}

void Worker::account(Connection& connection) {
  Client& client = connection.client();
  client.query_bytes = connection.pending_bytes();
  client.output_bytes = connection.unsent();
  const std::size_t total = connection.memory();
  server_.clients.bytes += total - client.memory;
  client.memory = total;
}

void Worker::on_closing(Connection& connection) {
  Client& client = connection.client();
  server_.clients.remove(client);
  server_.clients.bytes -= client.memory;
  client.memory = 0;
  leave_everything(server_, client);
}

void Worker::on_closed(Connection& connection) {
  rounds_.forget(connection);
  // It may have subscribed or watched after `close`, in the request that has closed it.
  leave_everything(server_, connection.client());
  connections_.erase(connection.client().id);
}

}  // namespace ipsetkv::server
