// SPDX-License-Identifier: MIT
#include "server/state/server_state.h"

#include <sodium.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

#include "server/exec/command.h"
#include "server/net/worker.h"

namespace ipsetkv::server {
namespace {

std::string random_id() {
  std::array<unsigned char, 20> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 2 * bytes.size() + 1> text{};
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  return text.data();
}

}  // namespace

Server::Server(ServeOptions options, std::string password)
    : configuration(options),
      statistics(command_count()),
      turn(options.threads > 1),
      options_(std::move(options)),
      password_(std::move(password)),
      run_id_(random_id()) {}

Server::~Server() { sodium_memzero(password_.data(), password_.size()); }

bool Server::is_password(std::string_view word) const {
  // Digests of a secret key are of one length, whatever the words are.
  std::array<unsigned char, crypto_generichash_KEYBYTES> key{};
  randombytes_buf(key.data(), key.size());
  using Digest = std::array<unsigned char, crypto_generichash_BYTES>;
  const auto digest = [&](std::string_view text) {
    Digest made{};
    crypto_generichash(made.data(), made.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data(),
                       key.size());
    return made;
  };
  const Digest one = digest(word);
  const Digest other = digest(password_);
  return sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

unsigned Server::add_worker(Worker& worker) {
  workers_.push_back(&worker);
  return static_cast<unsigned>(workers_.size() - 1);
}

void Server::deliver(const Worker& from, Subscriber who,
                     const std::shared_ptr<const Message>& message) {
  Worker& worker = *workers_[who.worker];
  if (&worker == &from)
    worker.append(who.client, *message);
  else
    worker.post(who.client, message);
}

void Server::show_monitors(const Worker& from, const std::string& line) {
  const auto message = std::make_shared<const Message>(Message{.text = line});
  for (unsigned worker = 0; worker < workers_.size(); ++worker)
    deliver(from, {.worker = worker, .client = 0}, message);
}

void Server::note_latency(std::chrono::microseconds took) {
  const std::int64_t threshold = configuration.latency_threshold;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  if (threshold != 0 && milliseconds >= threshold) statistics.note_latency("command", milliseconds);
}

void Server::wake_all() {
  for (Worker* const worker : workers_) worker->wake();
}

void Server::stop() { kill(getpid(), SIGTERM); }

}  // namespace ipsetkv::server
