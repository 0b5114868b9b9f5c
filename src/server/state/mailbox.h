// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/state/channels.h"

namespace ipsetkv::server {

/// Instead of a client's id: every client of the worker that monitors.
inline constexpr std::uint64_t kAllMonitors = 0;

/// The way to the clients of one worker thread, for all threads.
class Mailbox {
 public:
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Sends to one of the worker's clients, or to kAllMonitors. Of more than a client may leave
  /// unread the rest is dropped, and the client is closed. From any thread.
  virtual void post(std::uint64_t client, std::shared_ptr<const Message> message) = 0;
  /// The same at once, from the worker's own thread.
  virtual void append(std::uint64_t client, const Message& message) = 0;
  /// Has the worker look for killed clients and for the end of a pause. From any thread.
  virtual void wake() = 0;

 protected:
  ~Mailbox() = default;
};

/// The mailboxes of all workers; a worker's number is its place. Filled before the threads start.
class Mailboxes {
 public:
  /// Returns the worker's number.
  unsigned add(Mailbox& mailbox) {
    mailboxes_.push_back(&mailbox);
    return static_cast<unsigned>(mailboxes_.size() - 1);
  }
  [[nodiscard]] std::size_t size() const { return mailboxes_.size(); }

  /// Sends to a client of any worker, from the thread of worker `from`.
  void deliver(unsigned from, Subscriber to, const std::shared_ptr<const Message>& message) const {
    if (to.worker == from)
      mailboxes_[to.worker]->append(to.client, *message);
    else
      mailboxes_[to.worker]->post(to.client, message);
  }
  void wake_all() const {
    for (Mailbox* const mailbox : mailboxes_) mailbox->wake();
  }

 private:
  std::vector<Mailbox*> mailboxes_;
};

}  // namespace ipsetkv::server
