// SPDX-License-Identifier: MIT
#include "server/net/connection.h"

#include "server/state/memory.h"

namespace ipsetkv::server {

Result<void> Connection::init(uv_loop_t* loop, bool is_unix) {
  if (auto done = socket_.init(loop, is_unix); !done) return done;
  socket_.handle()->data = this;
  request_.data = this;
  return {};
}

Result<void> Connection::accept(uv_stream_t* listener) {
  return result_of(uv_accept(listener, socket_.stream()));
}

void Connection::set_reading(bool on) {
  if (on == is_reading_ || (on && has_ended())) return;
  if (on)
    uv_read_start(socket_.stream(), on_allocate, on_read);
  else
    uv_read_stop(socket_.stream());
  is_reading_ = on;
}

void Connection::on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  // What is read is copied at once: a client that sends nothing takes no memory.
  *buffer = static_cast<Connection*>(handle->data)->owner_.input_buffer();
}

void Connection::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  auto& connection = *static_cast<Connection*>(stream->data);
  if (count == 0 || connection.is_closing_) return;
  if (count > 0)
    return connection.owner_.on_input(connection, {buffer->base, static_cast<std::size_t>(count)});
  connection.end_input();
  connection.set_reading(false);
  connection.owner_.on_end(connection);
}

void Connection::try_send(std::string_view text) {
  std::string bytes(text);
  const uv_buf_t buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
  uv_try_write(socket_.stream(), &buffer, 1);
}

void Connection::flush() {
  if (is_closing_) return;
  shrink_input();
  if (!is_writing_ && !output().empty()) send_output();
  if (client().close_after_reply && !is_writing_) close();
}

void Connection::send_output() {
  std::string& out = output();
  uv_buf_t buffer = {.base = out.data(), .len = out.size()};
  const int sent = uv_try_write(socket_.stream(), &buffer, 1);
  if (sent < 0 && sent != UV_EAGAIN) return close();
  const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  owner_.on_sent(out.size());
  if (done == out.size()) return shrink(out, kKeptBytes);
  writing_.swap(out);
  out.clear();
  is_writing_ = true;
  buffer = {.base = writing_.data() + done, .len = writing_.size() - done};
  uv_write(&request_, socket_.stream(), &buffer, 1, [](uv_write_t* request, int status) {
    static_cast<Connection*>(request->data)->written(status);
  });
}

void Connection::written(int status) {
  is_writing_ = false;
  shrink(writing_, kKeptBytes);
  if (is_closing_) return;
  if (status < 0) return close();
  owner_.on_drained(*this);
}

void Connection::close() {
  if (is_closing_) return;
  is_closing_ = true;
  owner_.on_closing(*this);
  uv_close(socket_.handle(), [](uv_handle_t* handle) {
    auto& closed = *static_cast<Connection*>(handle->data);
    closed.owner_.on_closed(closed);
  });
}

}  // namespace ipsetkv::server
