// SPDX-License-Identifier: MIT

// Pairs of a table in comments. Checks that any pair that fits into a comment decodes to the same
// pair, and that a pair decoded from any comment does, too.

#include "format/pair.h"

#include <memory>

#include "fuzz/input.h"

namespace ipsetkv::fuzz {
namespace {

using format::Pair;

bool same(const Pair& one, const Pair& other) {
  return one.key == other.key && one.value == other.value && one.set.view() == other.set.view() &&
         one.deadline == other.deadline;
}

/// Decodes an exactly sized copy of the comment.
std::optional<Pair> decode(format::PairDecoder& decoder, std::string_view comment) {
  const Copy copy(comment);
  return decoder.decode(copy.view());
}

void check_pair(const Pair& pair) {
  ipset::Comment comment;
  if (!format::encode_pair(pair, comment)) return;
  const std::string_view text = comment.view();
  require(text.find_first_of(std::string_view("\0\n\"", 3)) == std::string_view::npos,
          "a comment has no byte that `ipset restore` cannot read");
  format::PairDecoder decoder;
  const auto read = decode(decoder, text);
  require(read && same(*read, pair), "a pair is the same after encoding and decoding");
}

void check_comment(std::string_view text) {
  format::PairDecoder decoder;
  const auto pair = decode(decoder, text);
  if (!pair) return;
  require(!pair->is_long() || (pair->key.empty() && pair->value.empty()),
          "a long pair has no key and value in its comment");
  require(pair->key.size() + pair->value.size() <= text.size(),
          "a pair is no longer than its comment");
  check_pair(*pair);
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ipsetkv::fuzz;
  check_comment({reinterpret_cast<const char*>(data), size});
  Input input(data, size);
  ipsetkv::format::Pair pair;
  if (input.flag()) pair.deadline = ipsetkv::format::moment_at(input.number<std::uint64_t>());
  pair.key = input.text<std::uint8_t>();
  pair.value = input.rest();
  if (!pair.key.empty()) check_pair(pair);
  return 0;
}
