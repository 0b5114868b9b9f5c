// SPDX-License-Identifier: MIT

// Patterns of `keys`. Compares glob_matches with a table over all prefixes of pattern and text, and
// checks that its time is bounded by the product of the two lengths. The input is the pattern, a
// zero byte, and the text.

#include "base/glob.h"

#include <bitset>
#include <chrono>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "fuzz/input.h"

namespace ipsetkv::fuzz {
namespace {

using ByteSet = std::bitset<256>;

/// An element of a pattern: the bytes that it matches, or nothing for a star.
using Token = std::optional<ByteSet>;

std::size_t index_of(char byte) { return static_cast<unsigned char>(byte); }

class Pattern {
 public:
  explicit Pattern(std::string_view text) : text_(text) {
    while (!text_.empty()) tokens_.push_back(next());
  }
  [[nodiscard]] const std::vector<Token>& tokens() const { return tokens_; }

 private:
  char take() {
    const char first = text_.front();
    text_.remove_prefix(1);
    return first;
  }
  char take_literal() {
    const char first = take();
    return first == '\\' && !text_.empty() ? take() : first;
  }
  bool take_if(char wanted) {
    if (!text_.starts_with(wanted)) return false;
    (void)take();
    return true;
  }

  Token next() {
    if (take_if('*')) return std::nullopt;
    if (take_if('?')) return ByteSet().set();
    if (take_if('[')) return bracket();
    return ByteSet().set(index_of(take_literal()));
  }

  ByteSet bracket() {
    const bool negated = take_if('^');
    ByteSet bytes;
    while (!text_.empty() && !take_if(']')) {
      std::size_t low = index_of(take_literal());
      std::size_t high = low;
      if (text_.size() > 1 && text_[0] == '-' && text_[1] != ']') {
        (void)take();
        high = index_of(take_literal());
      }
      if (low > high) std::swap(low, high);
      for (; low <= high; ++low) bytes.set(low);
    }
    return negated ? ~bytes : bytes;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
};

/// Whether the text matches the pattern, by a table of which prefixes match each other.
bool matches_by_table(std::string_view pattern, std::string_view text) {
  std::vector<bool> matched(text.size() + 1);
  matched[0] = true;
  const Pattern parsed(pattern);
  for (const Token& token : parsed.tokens()) {
    std::vector<bool> next(text.size() + 1);
    next[0] = matched[0] && !token;
    for (std::size_t size = 1; size <= text.size(); ++size)
      next[size] = token ? matched[size - 1] && token->test(index_of(text[size - 1]))
                         : matched[size] || next[size - 1];
    matched = std::move(next);
  }
  return matched[text.size()];
}

std::chrono::nanoseconds time_spent() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void check(std::string_view pattern, std::string_view text) {
  // Many times what a match takes, so that slow machines pass, and far below exponential
  // backtracking.
  const auto limit = std::chrono::milliseconds(100) +
                     std::chrono::microseconds((pattern.size() + 1) * (text.size() + 1));
  const auto start = time_spent();
  const bool matches = ipsetkv::glob_matches(pattern, text);
  require(time_spent() - start <= limit,
          "a match takes time of at most the product of the lengths");
  require(matches == matches_by_table(pattern, text), "a match agrees with the table of prefixes");
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ipsetkv::fuzz::Input input(data, size);
  const ipsetkv::fuzz::Copy pattern(input.word());
  const ipsetkv::fuzz::Copy text(input.rest());
  ipsetkv::fuzz::check(pattern.view(), text.view());
  return 0;
}
