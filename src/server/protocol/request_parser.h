// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::server {

/// Limits on one request.
struct RequestLimits {
  std::uint64_t longest_word = std::uint64_t{512} * 1024 * 1024;  ///< Bytes of a bulk string.
  /// Clients that are not authenticated have Redis' low limits.
  bool authenticated = true;
};

/// Parses requests of the Redis protocol: arrays of bulk strings, or lines of words
/// (https://redis.io/docs/reference/protocol-spec, "Inline commands"). It remembers its position,
/// so each byte is parsed once, in whatever pieces they arrive.
class RequestParser {
 public:
  enum class Status : std::uint8_t {
    kIncomplete,  ///< More bytes are needed.
    kComplete,    ///< `words` are a request of `consumed` bytes; no words: an empty request.
    kBroken,      ///< A protocol error, see `error`; nothing can follow.
  };

  /// Parses a request at the start of `bytes`. After kIncomplete these must begin with the bytes of
  /// the last call.
  [[nodiscard]] Status parse(std::string_view bytes, const RequestLimits& limits);

  /// Views of the bytes, or, for an inline request, of the parser; until `reset`.
  [[nodiscard]] const std::vector<std::string_view>& words() const { return words_; }
  [[nodiscard]] std::size_t consumed() const { return position_; }
  /// Redis' text, without "ERR ".
  [[nodiscard]] const std::string& error() const { return error_; }

  /// The memory that the parser itself uses, in bytes.
  [[nodiscard]] std::size_t memory() const;

  /// Starts the next request.
  void reset();

 private:
  struct Span {
    std::size_t offset;
    std::size_t length;
  };

  Status parse_line(std::string_view bytes);
  Status parse_array(std::string_view bytes, const RequestLimits& limits);
  Status parse_count(std::string_view bytes, const RequestLimits& limits);
  Status parse_word(std::string_view bytes, const RequestLimits& limits);
  /// The text between `position_` and the next "\r\n"; null, and `status`, if it is not there.
  bool take_header(std::string_view bytes, std::string_view too_long, std::string_view& text,
                   Status& status);
  Status fail(std::string_view why);

  std::vector<Span> spans_;
  std::vector<std::string_view> words_;
  std::vector<std::string> line_words_;
  std::string error_;
  std::size_t position_ = 0;
  std::size_t searched_ = 0;   ///< No line end is before this.
  std::int64_t missing_ = -1;  ///< Words to follow; negative: not known yet.
  std::int64_t length_ = -1;   ///< Of the next word; negative: not known yet.
};

}  // namespace ipsetkv::server
