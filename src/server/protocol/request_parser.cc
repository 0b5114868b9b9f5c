// SPDX-License-Identifier: MIT
#include "server/protocol/request_parser.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "server/protocol/line_words.h"
#include "server/protocol/number.h"

namespace ipsetkv::server {
namespace {

// Redis' limits (its networking.c).
constexpr std::size_t kLongestLine = std::size_t{64} * 1024;
constexpr std::int64_t kMostWords = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMostWordsBeforePassword = 10;
constexpr std::int64_t kLongestWordBeforePassword = 16'384;

/// Memory for more words than this is freed after the request.
constexpr std::size_t kKeptBytes = std::size_t{16} * 1024;

}  // namespace

std::size_t RequestParser::memory() const {
  return spans_.capacity() * sizeof(Span) + words_.capacity() * sizeof(std::string_view) +
         line_words_.capacity() * sizeof(std::string);
}

void RequestParser::reset() {
  if (memory() > kKeptBytes) {
    spans_ = {};
    words_ = {};
    line_words_ = {};
  }
  spans_.clear();
  words_.clear();
  position_ = searched_ = 0;
  missing_ = length_ = -1;
}

RequestParser::Status RequestParser::fail(std::string_view why) {
  error_ = "Protocol error: ";
  error_ += why;
  return Status::kBroken;
}

RequestParser::Status RequestParser::parse(std::string_view bytes, const RequestLimits& limits) {
  if (bytes.empty()) return Status::kIncomplete;
  return bytes.front() == '*' ? parse_array(bytes, limits) : parse_line(bytes);
}

RequestParser::Status RequestParser::parse_line(std::string_view bytes) {
  const std::size_t end = bytes.find('\n', searched_);
  if (end == std::string_view::npos) {
    searched_ = bytes.size();
    if (bytes.size() > kLongestLine) return fail("too big inline request");
    return Status::kIncomplete;
  }
  position_ = end + 1;
  std::string_view line = bytes.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!split_line(line, line_words_)) return fail("unbalanced quotes in request");
  words_.assign(line_words_.begin(), line_words_.end());
  return Status::kComplete;
}

bool RequestParser::take_header(std::string_view bytes, std::string_view too_long,
                                std::string_view& text, Status& status) {
  const std::size_t end = bytes.find('\r', std::max(position_, searched_));
  // The line feed after it is not checked; Redis does the same.
  if (end == std::string_view::npos || end + 1 >= bytes.size()) {
    searched_ = end == std::string_view::npos ? bytes.size() : end;
    status = Status::kIncomplete;
    if (bytes.size() - position_ > kLongestLine) status = fail(too_long);
    return false;
  }
  text = bytes.substr(position_, end - position_);
  position_ = end + 2;
  return true;
}

RequestParser::Status RequestParser::parse_count(std::string_view bytes,
                                                 const RequestLimits& limits) {
  std::string_view text;
  Status status{};
  if (!take_header(bytes, "too big mbulk count string", text, status)) return status;
  const auto count = integer_in(text.substr(1));
  if (!count || *count > kMostWords) return fail("invalid multibulk length");
  if (!limits.authenticated && *count > kMostWordsBeforePassword)
    return fail("unauthenticated multibulk length");
  missing_ = std::max<std::int64_t>(*count, 0);
  return Status::kComplete;
}

RequestParser::Status RequestParser::parse_word(std::string_view bytes,
                                                const RequestLimits& limits) {
  if (length_ < 0) {
    std::string_view text;
    Status status{};
    if (!take_header(bytes, "too big bulk count string", text, status)) return status;
    if (text.empty() || text.front() != '$') {
      // The bytes may be anything, also a line end.
      const char found = text.empty() ? '\r' : text.front();
      return fail(std::string("expected '$', got '") + found + '\'');
    }
    const auto length = integer_in(text.substr(1));
    if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > limits.longest_word)
      return fail("invalid bulk length");
    if (!limits.authenticated && *length > kLongestWordBeforePassword)
      return fail("unauthenticated bulk length");
    length_ = *length;
  }
  const auto length = static_cast<std::size_t>(length_);
  const std::size_t expected = position_ + length + 2;
  if (bytes.size() < expected) return Status::kIncomplete;
  spans_.push_back({position_, length});
  position_ = expected;
  length_ = -1;
  return Status::kComplete;
}

RequestParser::Status RequestParser::parse_array(std::string_view bytes,
                                                 const RequestLimits& limits) {
  if (missing_ < 0)
    if (const Status status = parse_count(bytes, limits); status != Status::kComplete)
      return status;
  for (; missing_ > 0; --missing_)
    if (const Status status = parse_word(bytes, limits); status != Status::kComplete) return status;
  words_.clear();
  for (const Span& span : spans_) words_.push_back(bytes.substr(span.offset, span.length));
  return Status::kComplete;
}

}  // namespace ipsetkv::server
