// SPDX-License-Identifier: MIT
#include "format/pair.h"

#include <algorithm>
#include <charconv>

#include "format/text.h"

namespace ipsetkv::format {
namespace {

// Letters that, after the escape, do not stand for a byte but announce what follows.
constexpr char kValueMark = '=';     // The value.
constexpr char kDeadlineMark = '@';  // The deadline, in milliseconds.
constexpr char kSetMark = '>';       // The name of a long pair's set.
constexpr char kEscape = '\\';

/// Writes text into a buffer of fixed size. Once something did not fit, `full` is true and all
/// further writes are ignored.
class Writer {
 public:
  explicit Writer(std::span<char> buffer) : buffer_(buffer) {}

  void put_mark(char mark) { put_plain({std::array{kEscape, mark}.data(), 2}); }
  void put_number(std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    put_plain({digits.data(), end});
  }
  void put_plain(std::string_view text) {
    full_ = full_ || text.size() > buffer_.size() - length_;
    if (!full_) length_ += text.copy(buffer_.data() + length_, text.size());
  }
  void put_escaped(std::string_view bytes) {
    const auto length = text::escape(bytes, buffer_.subspan(length_));
    full_ = full_ || !length;
    if (!full_) length_ += *length;
  }
  [[nodiscard]] std::size_t length() const { return length_; }
  [[nodiscard]] bool full() const { return full_; }

 private:
  std::span<char> buffer_;
  std::size_t length_ = 0;
  bool full_ = false;
};

/// Removes a decimal number from the front of `text` and returns it; empty if there is none.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return number;
}

/// Whether a set of ours can have `byte` in its name: printable, neither space nor double quote.
bool is_name_byte(char byte) { return byte > ' ' && byte <= '~' && byte != '"'; }

bool take_mark(std::string_view& text, char mark) {
  if (text.size() < 2 || text[0] != kEscape || text[1] != mark) return false;
  text.remove_prefix(2);
  return true;
}

/// Reads the deadline at the end of a comment; false if `text` is anything else.
bool take_deadline(std::string_view text, Pair& pair) {
  const auto milliseconds = take_number(text);
  if (!milliseconds || !text.empty()) return false;
  pair.deadline = moment_at(*milliseconds);
  return true;
}

}  // namespace

ipset::Address address_of(const Digest& digest) { return ipset::Address::inet6(digest); }

bool has_digest(const ipset::ElementView& element, const Digest& digest) {
  return std::equal(element.ip.begin(), element.ip.end(), digest.begin(), digest.end());
}

std::optional<Digest> digest_of(const ipset::ElementView& element) {
  if (element.ip.size() != kDigestBytes) return std::nullopt;
  Digest digest{};
  std::copy(element.ip.begin(), element.ip.end(), digest.begin());
  return digest;
}

bool encode_pair(const Pair& pair, ipset::Comment& comment) {
  bool fits = false;
  comment.write([&](char* buffer) {
    Writer writer({buffer, ipset::kMaxCommentBytes});
    if (pair.is_long()) {
      writer.put_mark(kSetMark);
      writer.put_plain(pair.set.view());
    } else {
      writer.put_escaped(pair.key);
      writer.put_mark(kValueMark);
      writer.put_escaped(pair.value);
    }
    if (pair.deadline) {
      writer.put_mark(kDeadlineMark);
      writer.put_number(milliseconds_of(*pair.deadline));
    }
    fits = !writer.full();
    return writer.length();
  });
  return fits;
}

std::optional<Pair> PairDecoder::decode(std::string_view comment) {
  if (comment.size() > bytes_.size()) return std::nullopt;
  if (take_mark(comment, kSetMark)) return decode_long(comment);
  Pair pair;
  const text::Unescaped key = text::unescape(comment, bytes_.data());
  if (key.bytes == 0 || key.mark != kValueMark) return std::nullopt;
  char* const value_bytes = bytes_.data() + key.bytes;
  const text::Unescaped value = text::unescape(key.rest, value_bytes);
  pair.key = {bytes_.data(), key.bytes};
  pair.value = {value_bytes, value.bytes};
  if (value.mark == 0) return value.rest.empty() ? std::optional(pair) : std::nullopt;
  if (value.mark != kDeadlineMark || !take_deadline(value.rest, pair)) return std::nullopt;
  return pair;
}

std::optional<Pair> PairDecoder::decode_long(std::string_view comment) {
  Pair pair;
  const std::string_view set = comment.substr(0, comment.find(kEscape));
  if (set.empty() || set.size() > ipset::SetName::kLimit || !std::ranges::all_of(set, is_name_byte))
    return std::nullopt;
  pair.set.assign(set);
  comment.remove_prefix(set.size());
  if (comment.empty()) return pair;
  if (!take_mark(comment, kDeadlineMark) || !take_deadline(comment, pair)) return std::nullopt;
  return pair;
}

}  // namespace ipsetkv::format
