// SPDX-License-Identifier: MIT
#include "format/table_name.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace ipsetkv::format {
namespace {

constexpr char kMark = '~';
constexpr char kTableMark = ':';
constexpr char kLongPair = '!';
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
constexpr std::string_view kHexDigits = kDigits.substr(0, 16);
constexpr std::size_t kGenerationDigits = 3;
constexpr unsigned kGenerationBits = 5;
constexpr int kHex = 16;
constexpr std::size_t kPortDigits = 8;

bool is_name_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte == '.';
}

/// Builds a name in place, without allocating: every read and write needs one.
class NameWriter {
 public:
  explicit NameWriter(std::string_view begin = {}) { put(begin); }

  void put(std::string_view text) {
    length_ += text.copy(text_.data() + length_, text_.size() - length_);
  }
  void put(char byte) { put(std::string_view(&byte, 1)); }
  /// The last digit first: the sooner two names differ, the sooner the kernel's comparison ends.
  void put_number(std::uint32_t number) {
    do put(kHexDigits[number % kHex]);
    while ((number /= kHex) != 0);
  }
  void put_port(std::uint32_t port_id) {
    for (std::size_t digit = kPortDigits; digit-- > 0;)
      put(kHexDigits[port_id >> (digit * 4) & (kHexDigits.size() - 1)]);
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

/// Parses what put_number writes.
std::optional<std::uint32_t> number_in(std::string_view text) {
  constexpr std::size_t kMostDigits = 8;
  if (text.empty() || text.size() > kMostDigits) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t digit = text.size(); digit-- > 0;) {
    const std::size_t value = kHexDigits.find(text[digit]);
    if (value == std::string_view::npos) return std::nullopt;
    number = number * kHex + static_cast<std::uint32_t>(value);
  }
  if (text.size() > 1 && text.back() == '0') return std::nullopt;
  return number;
}

std::optional<std::uint32_t> port_in(std::string_view text) {
  std::uint32_t port = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port, kHex);
  if (text.size() != kPortDigits || parsed.ec != std::errc() || parsed.ptr != end)
    return std::nullopt;
  return port;
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
       {BucketState::kLocked, BucketState::kFilling, BucketState::kSplit, BucketState::kMerged})
    if (static_cast<char>(state) == mark) return state;
  return std::nullopt;
}

/// Parses the part of a bucket's name in front of the generation: number, state and port id.
bool take_bucket(std::string_view text, TableSet& set) {
  set.kind = TableSet::Kind::kBucket;
  const auto marked =
      std::ranges::find_if(text, [](char byte) { return state_of(byte).has_value(); });
  const auto digits = static_cast<std::size_t>(marked - text.begin());
  const auto number = number_in(text.substr(0, digits));
  if (!number || *number == 0 || depth_of(*number) > kMaxDepth) return false;
  set.bucket = *number;
  if (digits == text.size()) return true;
  set.state = *state_of(text[digits]);
  const auto port = port_in(text.substr(digits + 1));
  set.port_id = port.value_or(0);
  return port.has_value();
}

bool take_long_pair(std::string_view text, TableSet& set) {
  set.kind = text.empty() ? TableSet::Kind::kLongIndex : TableSet::Kind::kLongPair;
  if (text.empty()) return true;
  if (text.size() <= kPortDigits) return false;
  const std::size_t digits = text.size() - kPortDigits;
  const auto port = port_in(text.substr(digits));
  set.port_id = port.value_or(0);
  return port && number_in(text.substr(0, digits));
}

/// The first bits of a digest, as many as a bucket's number can have.
std::uint32_t front_of(const Digest& digest) {
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

BucketNumber bucket_at(const Digest& digest, unsigned depth) {
  constexpr unsigned kBits = 32;
  return depth == 0 ? kFirstBucket : 1U << depth | front_of(digest) >> (kBits - depth);
}

bool belongs_to(const Digest& digest, BucketNumber bucket) {
  return bucket_at(digest, depth_of(bucket)) == bucket;
}

TableNames::TableNames(std::string_view table, std::uint32_t port_id)
    : table_(table), port_id_(port_id) {
  NameWriter writer;
  writer.put(kMark);
  writer.put(kTableMark);
  writer.put(table);
  head_ = writer.name();
  set_generation(0);
}

void TableNames::set_generation(std::uint32_t generation) {
  generation_ = generation % kGenerations;
  NameWriter writer;
  writer.put(kTableMark);
  writer.put_generation(generation_);
  writer.put(table_.view());
  back_ = writer.name();
}

ipset::SetName TableNames::bucket(BucketNumber bucket) const {
  NameWriter writer;
  writer.put(kMark);
  writer.put_number(bucket);
  writer.put(back_.view());
  return writer.name();
}

ipset::SetName TableNames::bucket(BucketNumber bucket, BucketState state) const {
  NameWriter writer;
  writer.put(kMark);
  writer.put_number(bucket);
  writer.put(static_cast<char>(state));
  writer.put_port(port_id_);
  writer.put(back_.view());
  return writer.name();
}

ipset::SetName TableNames::long_index() const {
  NameWriter writer;
  writer.put(kMark);
  writer.put(kLongPair);
  writer.put(back_.view());
  return writer.name();
}

ipset::SetName TableNames::long_pair(std::uint32_t number) const {
  NameWriter writer;
  writer.put(kMark);
  writer.put(kLongPair);
  writer.put_number(number % kLongPairs);
  writer.put_port(port_id_);
  writer.put(back_.view());
  return writer.name();
}

std::optional<TableSet> parse_table_set(std::string_view set_name) {
  if (!set_name.starts_with(kMark)) return std::nullopt;
  const std::size_t end = set_name.find(kTableMark);
  if (end == std::string_view::npos) return std::nullopt;
  TableSet set;
  std::string_view what = set_name.substr(1, end - 1);
  set.table = set_name.substr(end + 1);
  if (!what.empty() && !take_generation(set.table, set.generation)) return std::nullopt;
  if (!is_table_name(set.table)) return std::nullopt;
  if (what.empty()) return set;
  const bool is_long = what.starts_with(kLongPair);
  if (is_long) what.remove_prefix(1);
  const bool taken = is_long ? take_long_pair(what, set) : take_bucket(what, set);
  return taken ? std::optional(set) : std::nullopt;
}

}  // namespace ipsetkv::format
