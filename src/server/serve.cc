// SPDX-License-Identifier: MIT
#include "server/serve.h"

#include <sodium.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "netlink/namespace.h"
#include "server/data/store_database.h"
#include "server/exec/command.h"
#include "server/net/address.h"
#include "server/net/listener.h"
#include "server/net/password_file.h"
#include "server/net/privileges.h"
#include "server/net/service_manager.h"
#include "server/net/worker.h"
#include "server/state/log.h"
#include "server/state/server_state.h"

namespace ipsetkv::server {
namespace {

/// All sockets to listen on.
Result<std::vector<Listener>> open_listeners(const ServeOptions& options,
                                             const std::vector<int>& inherited) {
  std::vector<Listener> listeners;
  listeners.reserve(inherited.size());
  for (const int descriptor : inherited) listeners.push_back(Listener::inherited(descriptor));
  if (!listeners.empty()) return listeners;
  if (!options.unix_path.empty()) {
    auto listener = Listener::on_path(options.unix_path);
    if (!listener) return tl::unexpected(listener.error());
    listeners.push_back(*std::move(listener));
  }
  for (const std::string& address : options.addresses) {
    auto some = Listener::on_address(address, options.port);
    if (!some) return tl::unexpected(some.error());
    for (Listener& listener : *some) listeners.push_back(std::move(listener));
  }
  return listeners;
}

/// How long a request is retried while another process holds what it needs, and how long of that in
/// one go, in which the thread's other clients wait.
const std::chrono::milliseconds kLockTimeout = Options{}.timeout;
constexpr std::chrono::milliseconds kStorePatience{3};

std::string where(const ServeOptions& options, bool is_inherited) {
  if (is_inherited) return "the service manager's sockets";
  std::string text = options.unix_path;
  for (const std::string& address : options.addresses)
    text += (text.empty() ? "" : ", ") + address + ":" + std::to_string(options.port);
  return text;
}

/// Blocks the signals that end the server in all threads, and waits for one.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void wait() const {
    int number = 0;
    sigwait(&signals_, &number);
  }

 private:
  sigset_t signals_{};
};

/// One worker for each thread.
Result<std::vector<std::unique_ptr<Worker>>> open_workers(ServerState& server,
                                                          const std::vector<Listener>& listeners) {
  std::vector<int> descriptors;
  descriptors.reserve(listeners.size());
  for (const Listener& listener : listeners) descriptors.push_back(listener.descriptor());
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned number = 0; number < server.options.threads; ++number) {
    auto database = StoreDatabase::open(server.options.table, kStorePatience);
    if (!database) return tl::unexpected(database.error());
    auto worker = Worker::open(server, *std::move(database), descriptors, kLockTimeout);
    if (!worker) return tl::unexpected(worker.error());
    workers.push_back(*std::move(worker));
  }
  return workers;
}

/// Runs the workers until a signal comes.
void run(const std::vector<std::unique_ptr<Worker>>& workers, const EndSignals& signals,
         const ServiceManager& manager) {
  std::vector<std::jthread> threads;
  threads.reserve(workers.size());
  for (const auto& worker : workers) threads.emplace_back([&worker] { worker->run(); });
  signals.wait();
  manager.notify("STOPPING=1");
  log(LogLevel::kNotice, "ending; the keys stay in the kernel");
  for (const auto& worker : workers) worker->stop();
}

Result<void> start_and_run(ServeOptions options) {
  std::string password;
  if (!options.password_file.empty()) {
    auto read = read_password(options.password_file);
    if (!read) return tl::unexpected(read.error());
    password = *std::move(read);
  }
  raise_file_limit();
  // Listens in the network namespace where it was started; the sets may be in another one.
  const std::vector<int> inherited = inherited_sockets();
  const auto listeners = open_listeners(options, inherited);
  if (!listeners) return tl::unexpected(listeners.error());
  if (!inherited.empty()) note_addresses(inherited, options);
  std::optional<netlink::NamespaceVisit> visit;
  if (!options.network_namespace.empty()) {
    auto entered = netlink::NamespaceVisit::enter(options.network_namespace);
    if (!entered) return tl::unexpected(entered.error());
    visit.emplace(*std::move(entered));
  }
  const EndSignals signals;
  const ServiceManager manager;
  ServerState server(options, std::move(password), command_count());
  const auto workers = open_workers(server, *listeners);
  if (!workers) return tl::unexpected(workers.error());
  if (auto dropped = drop_privileges(); !dropped) return dropped;
  log(LogLevel::kNotice, "ready for Redis clients on " + where(options, !inherited.empty()));
  manager.notify("READY=1");
  run(*workers, signals, manager);
  return {};
}

}  // namespace

std::string default_unix_path() {
  const char* const runtime = secure_getenv("RUNTIME_DIRECTORY");
  const char* const user = secure_getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr) return std::string(runtime) + "/ipsetkv.sock";
  if (geteuid() != 0 && user != nullptr) return std::string(user) + "/ipsetkv.sock";
  return "/run/ipsetkv.sock";
}

Result<void> serve(const ServeOptions& options) {
  if (sodium_init() < 0)
    return tl::unexpected(Error{.code = ErrorCode::kNoMemory, .step = Step::kOpen});
  return start_and_run(options);
}

}  // namespace ipsetkv::server
