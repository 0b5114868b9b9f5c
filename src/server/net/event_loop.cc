// SPDX-License-Identifier: MIT
#include "server/net/event_loop.h"

#include <algorithm>

#include "server/net/uv_socket.h"

namespace ipsetkv::server {
namespace {

template <void (LoopEvents::*kEvent)(), class Handle>
void call(Handle* handle) {
  (static_cast<LoopEvents*>(handle->data)->*kEvent)();
}

}  // namespace

Result<void> EventLoop::init() {
  if (auto done = result_of(uv_loop_init(&loop_)); !done) return done;
  is_open_ = true;
  return init_handles();
}

Result<void> EventLoop::init_handles() {
  constexpr auto kTickMs = static_cast<std::uint64_t>(kTick.count());
  wake_.data = check_.data = busy_.data = ticks_.data = alarm_.data = &events_;
  int code = uv_async_init(&loop_, &wake_, call<&LoopEvents::on_wakeup>);
  if (code == 0) code = uv_check_init(&loop_, &check_);
  if (code == 0) code = uv_check_start(&check_, call<&LoopEvents::on_sockets_checked>);
  if (code == 0) code = uv_idle_init(&loop_, &busy_);
  if (code == 0) code = uv_timer_init(&loop_, &ticks_);
  if (code == 0) code = uv_timer_start(&ticks_, call<&LoopEvents::on_tick>, kTickMs, kTickMs);
  if (code == 0) code = uv_timer_init(&loop_, &alarm_);
  return result_of(code);
}

void EventLoop::close() {
  if (!is_open_) return;
  is_open_ = false;
  uv_walk(
      &loop_,
      [](uv_handle_t* handle, void*) {
        if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
      },
      nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void EventLoop::set_busy(bool on) {
  if (on)
    uv_idle_start(&busy_, [](uv_idle_t*) {});
  else
    uv_idle_stop(&busy_);
}

void EventLoop::set_alarm(std::chrono::milliseconds from_now) {
  const auto milliseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(from_now.count(), 1));
  // The loop's clock is of the iteration's beginning.
  uv_update_time(&loop_);
  uv_timer_start(&alarm_, call<&LoopEvents::on_alarm>, milliseconds, 0);
}

}  // namespace ipsetkv::server
