// SPDX-License-Identifier: MIT
#pragma once

#include <uv.h>

#include <chrono>

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// What an event loop calls.
class LoopEvents {
 public:
  LoopEvents() = default;
  LoopEvents(const LoopEvents&) = delete;
  LoopEvents& operator=(const LoopEvents&) = delete;

  virtual void on_wakeup() = 0;           ///< `wake` was called.
  virtual void on_sockets_checked() = 0;  ///< In each iteration, behind the sockets' events.
  virtual void on_tick() = 0;             ///< Every kTick.
  virtual void on_alarm() = 0;            ///< The moment of `set_alarm` has come.

 protected:
  ~LoopEvents() = default;
};

/// libuv's loop with the handles that a worker needs in it.
class EventLoop {
 public:
  static constexpr std::chrono::milliseconds kTick{100};

  explicit EventLoop(LoopEvents& events) : events_(events) {}
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() { close(); }

  /// Before everything else. Errors: kSystemCall.
  [[nodiscard]] Result<void> init();
  [[nodiscard]] uv_loop_t* uv() { return &loop_; }

  /// Until `stop`.
  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
  void stop() { uv_stop(&loop_); }
  /// Closes all handles and makes their last calls. The handles' memory may go after that.
  void close();
  /// From any thread.
  void wake() { uv_async_send(&wake_); }

  /// While on, sockets are only looked at in each iteration, not waited for.
  void set_busy(bool on);
  void set_alarm(std::chrono::milliseconds from_now);

 private:
  [[nodiscard]] Result<void> init_handles();

  LoopEvents& events_;
  bool is_open_ = false;
  uv_loop_t loop_{};
  uv_async_t wake_{};
  uv_check_t check_{};
  uv_idle_t busy_{};
  uv_timer_t ticks_{};
  uv_timer_t alarm_{};
};

}  // namespace ipsetkv::server
