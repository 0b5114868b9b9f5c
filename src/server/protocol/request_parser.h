// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ipsetkv::server {

/// How much a client may send at once.
struct RequestLimits {
  std::uint64_t longest_word = std::uint64_t{512} * 1024 * 1024;  ///< Bytes of a bulk string.
  /// Somebody who has not said the password yet gets by with little.
  bool authenticated = true;
};

/// Takes the requests of a Redis client out of what it has sent: arrays of bulk strings, or lines
/// of words (https://redis.io/docs/reference/protocol-spec, "Inline commands"). It remembers how
/// far it came, so bytes that come singly are each looked at once.
class RequestParser {
 public:
  enum class Status : std::uint8_t {
    kIncomplete,  ///< More has to come.
    kComplete,    ///< `words` are a request of `consumed` bytes; no words: one that asks nothing.
    kBroken,      ///< `error` says why. There is no way on.
  };

  /// Looks for a request at the start of `bytes`, which are those of the last call with more behind
  /// them if that was incomplete.
  [[nodiscard]] Status parse(std::string_view bytes, const RequestLimits& limits);

  /// Borrowed from the bytes; those of an inline request from the parser.
  [[nodiscard]] const std::vector<std::string_view>& words() const { return words_; }
  [[nodiscard]] std::size_t consumed() const { return position_; }
  /// As Redis says it, without "ERR ".
  [[nodiscard]] const std::string& error() const { return error_; }

  /// What it keeps beside the bytes, in bytes.
  [[nodiscard]] std::size_t memory() const;

  /// Begins anew, behind a request.
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
  std::size_t searched_ = 0;   ///< There is no end of line up to here.
  std::int64_t missing_ = -1;  ///< Words still to come; negative: their number is.
  std::int64_t length_ = -1;   ///< Of the word that comes; negative: not known yet.
};

}  // namespace ipsetkv::server
