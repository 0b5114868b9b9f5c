// SPDX-License-Identifier: MIT
#include "store/table_name.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace ipsetkv::store {
namespace {

constexpr char kMark = '~';
constexpr char kEndOfTable = ':';
constexpr char kLongPair = '!';
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
constexpr std::size_t kGenerationDigits = 3;
constexpr unsigned kGenerationBits = 5;
constexpr int kHex = 16;
constexpr std::size_t kPortDigits = 8;

bool is_name_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte == '.';
}

/// Puts a name together in place: one is made for every read and write.
class NameWriter {
 public:
  explicit NameWriter(std::string_view begin = {}) { put(begin); }

  void put(std::string_view text) {
    length_ += text.copy(text_.data() + length_, text_.size() - length_);
  }
  void put(char byte) { put(std::string_view(&byte, 1)); }
  void put_hex(std::uint32_t number, std::size_t least_digits = 1) {
    std::array<char, kPortDigits> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, kHex).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    for (std::size_t missing = length; missing < least_digits; ++missing) put('0');
    put({digits.data(), length});
  }
  void put_generation(std::uint32_t generation) {
    for (std::size_t digit = kGenerationDigits; digit-- > 0;)
      put(kDigits[generation >> (digit * kGenerationBits) & (kDigits.size() - 1)]);
  }
  [[nodiscard]] ipset::SetName name() const { return {std::string_view(text_.data(), length_)}; }

 private:
  std::array<char, ipset::SetName::kLimit> text_{};
  std::size_t length_ = 0;
};

bool take_hex(std::string_view& text, std::uint32_t& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, kHex);
  if (parsed.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return true;
}

bool take_generation(std::string_view& text, std::uint32_t& generation) {
  if (text.size() < kGenerationDigits) return false;
  generation = 0;
  for (std::size_t digit = 0; digit < kGenerationDigits; ++digit) {
    const std::size_t value = kDigits.find(text[digit]);
    if (value == std::string_view::npos) return false;
    generation = generation << kGenerationBits | static_cast<std::uint32_t>(value);
  }
  text.remove_prefix(kGenerationDigits);
  return true;
}

std::optional<BucketState> state_of(char mark) {
  for (const BucketState state :
       {BucketState::kLocked, BucketState::kFilling, BucketState::kHalved, BucketState::kJoined})
    if (static_cast<char>(state) == mark) return state;
  return std::nullopt;
}

/// The rest of a bucket's name: its number, its state, and whose doing that is.
bool take_bucket(std::string_view rest, TableSet& set) {
  set.kind = TableSet::Kind::kBucket;
  if (!take_hex(rest, set.bucket) || set.bucket == 0 || depth_of(set.bucket) > kMaxDepth)
    return false;
  if (rest.empty()) return true;
  const auto state = state_of(rest.front());
  if (!state || rest.size() != 1 + kPortDigits) return false;
  set.state = *state;
  rest.remove_prefix(1);
  return take_hex(rest, set.port_id) && rest.empty();
}

bool take_long_pair(std::string_view rest, TableSet& set) {
  set.kind = TableSet::Kind::kLongPair;
  std::string_view port = rest.substr(0, kPortDigits);
  std::string_view number = rest.substr(port.size());
  std::uint32_t ignored = 0;
  return port.size() == kPortDigits && take_hex(port, set.port_id) && port.empty() &&
         take_hex(number, ignored) && number.empty();
}

/// The first bits of a digest, as many as a bucket's number can have.
std::uint32_t front_of(const layout::Digest& digest) {
  std::uint32_t front = 0;
  for (std::size_t byte = 0; byte < sizeof front; ++byte)
    front = front << 8 | std::to_integer<std::uint32_t>(digest[byte]);
  return front;
}

}  // namespace

bool is_table_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxTableNameBytes &&
         std::all_of(name.begin(), name.end(), is_name_byte);
}

unsigned depth_of(BucketNumber bucket) { return static_cast<unsigned>(std::bit_width(bucket)) - 1; }

BucketNumber bucket_at(const layout::Digest& digest, unsigned depth) {
  constexpr unsigned kBits = 32;
  return depth == 0 ? kFirstBucket : 1U << depth | front_of(digest) >> (kBits - depth);
}

bool belongs_to(const layout::Digest& digest, BucketNumber bucket) {
  return bucket_at(digest, depth_of(bucket)) == bucket;
}

TableNames::TableNames(std::string_view table, std::uint32_t port_id)
    : table_(table), port_id_(port_id) {
  NameWriter writer;
  writer.put(kMark);
  writer.put(table);
  writer.put(kEndOfTable);
  head_ = writer.name();
  set_generation(0);
}

void TableNames::set_generation(std::uint32_t generation) {
  NameWriter writer(head_.view());
  writer.put_generation(generation % kGenerations);
  front_ = writer.name();
}

ipset::SetName TableNames::bucket(BucketNumber bucket) const {
  NameWriter writer(front_.view());
  writer.put_hex(bucket);
  return writer.name();
}

ipset::SetName TableNames::bucket(BucketNumber bucket, BucketState state) const {
  NameWriter writer(front_.view());
  writer.put_hex(bucket);
  writer.put(static_cast<char>(state));
  writer.put_hex(port_id_, kPortDigits);
  return writer.name();
}

ipset::SetName TableNames::long_pair(std::uint32_t number) const {
  NameWriter writer(front_.view());
  writer.put(kLongPair);
  writer.put_hex(port_id_, kPortDigits);
  writer.put_hex(number % kLongPairs);
  return writer.name();
}

std::optional<TableSet> parse_table_set(std::string_view set_name) {
  TableSet set;
  if (!set_name.starts_with(kMark)) return std::nullopt;
  set_name.remove_prefix(1);
  const std::size_t end = set_name.find(kEndOfTable);
  if (end == std::string_view::npos || !is_table_name(set_name.substr(0, end))) return std::nullopt;
  set.table = set_name.substr(0, end);
  set_name.remove_prefix(end + 1);
  if (set_name.empty()) return set;
  if (!take_generation(set_name, set.generation)) return std::nullopt;
  if (set_name.starts_with(kLongPair)) {
    set_name.remove_prefix(1);
    return take_long_pair(set_name, set) ? std::optional(set) : std::nullopt;
  }
  return take_bucket(set_name, set) ? std::optional(set) : std::nullopt;
}

}  // namespace ipsetkv::store
