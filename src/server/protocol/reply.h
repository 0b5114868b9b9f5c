// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ipsetkv::server {

/// Appends replies in RESP2 or RESP3 to a buffer (https://redis.io/docs/reference/protocol-spec).
/// Each call appends one value. After `array`, `map`, `set` and `push` the caller appends their
/// members.
class Reply {
 public:
  Reply(std::string& out, int protocol) : out_(out), protocol_(protocol) {}

  /// A text without line ends, such as OK.
  void simple(std::string_view text);
  void ok() { simple("OK"); }
  /// Begins with the error's code, such as "ERR "; line ends become spaces.
  void error(std::string_view text);
  void integer(std::int64_t number);
  void bulk(std::string_view bytes);
  void null();
  /// RESP2's null array; null in RESP3.
  void null_array();
  /// In RESP2 a bulk string.
  void number(long double number);
  /// A text for people: a verbatim string in RESP3, a bulk string in RESP2.
  void verbatim(std::string_view text);
  void array(std::size_t members) { begin('*', members); }
  /// In RESP2 an array of twice as many members.
  void map(std::size_t pairs);
  void set(std::size_t members) { begin(protocol_ == 3 ? '~' : '*', members); }
  void push(std::size_t members) { begin(protocol_ == 3 ? '>' : '*', members); }

  /// The size of the buffer, to `cut` it to later.
  [[nodiscard]] std::size_t mark() const { return out_.size(); }
  void cut(std::size_t mark) { out_.resize(mark); }

  [[nodiscard]] int protocol() const { return protocol_; }
  void use_protocol(int protocol) { protocol_ = protocol; }

 private:
  void begin(char kind, std::size_t members);
  void line(char kind, std::int64_t number);

  std::string& out_;
  int protocol_;
};

}  // namespace ipsetkv::server
