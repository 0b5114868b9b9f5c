// SPDX-License-Identifier: MIT

// GETBIT, SETBIT, BITCOUNT, BITPOS and LCS.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/commands/groups.h"
#include "server/commands/longest_common.h"
#include "server/exec/call.h"
#include "server/protocol/number.h"

namespace ipsetkv::server {
namespace {

constexpr std::uint64_t kBits = 8;
// Redis' largest offset: 512 MiB of bits.
constexpr std::int64_t kLargestOffset = std::int64_t{512} * 1024 * 1024 * 8 - 1;

std::optional<std::uint64_t> bit_offset(Call& call) {
  const auto offset = integer_in(call.word(2));
  if (offset && *offset >= 0 && *offset <= kLargestOffset)
    return static_cast<std::uint64_t>(*offset);
  call.error("ERR bit offset is not an integer or out of range");
  return std::nullopt;
}

/// The highest bit of a byte is its first.
bool bit_at(std::string_view bytes, std::uint64_t offset) {
  const std::uint64_t byte = offset / kBits;
  if (byte >= bytes.size()) return false;
  const auto value = static_cast<unsigned char>(bytes[byte]);
  return (value >> (kBits - 1 - offset % kBits) & 1U) != 0;
}

void put_bit(std::string& bytes, std::uint64_t offset, bool on) {
  const std::uint64_t byte = offset / kBits;
  if (byte >= bytes.size()) bytes.resize(byte + 1);
  const auto mask = static_cast<unsigned char>(1U << (kBits - 1 - offset % kBits));
  const auto value = static_cast<unsigned char>(bytes[byte]);
  bytes[byte] = static_cast<char>(on ? value | mask : value & ~mask);
}

void getbit(Call& call) {
  const auto offset = bit_offset(call);
  if (!offset) return;
  if (const auto there = call.read(call.key()))
    call.reply.integer(*there && bit_at(call.value, *offset) ? 1 : 0);
}

void setbit(Call& call) {
  const auto offset = bit_offset(call);
  if (!offset) return;
  const auto bit = integer_in(call.word(3));
  if (!bit || (*bit != 0 && *bit != 1))
    return call.error("ERR bit is not an integer or out of range");
  bool old = false;
  const auto done =
      call.database.update(call.key(), call.value, [&](const Found* found) -> Result<Update> {
        old = bit_at(call.value, *offset);
        put_bit(call.value, *offset, *bit == 1);
        return Update{.action = Update::Action::kWrite,
                      .value = call.value,
                      .deadline = found == nullptr ? std::nullopt : found->deadline};
      });
  if (!done) return call.fail(done.error());
  call.touch(call.key());
  call.reply.integer(old ? 1 : 0);
}

/// From the first to behind the last bit of a range of bytes or bits.
struct BitRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] bool empty() const { return begin >= end; }
};

/// Of `length` bytes or bits; negative ones count from the end.
BitRange range_of(std::int64_t first, std::int64_t last, std::int64_t length) {
  if (first < 0) first = std::max<std::int64_t>(first + length, 0);
  if (last < 0) last = std::max<std::int64_t>(last + length, 0);
  last = std::min(last, length - 1);
  if (first > last) return {};
  return {static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last) + 1};
}

/// Whether the word at `index` is BIT and not BYTE; nothing, and the error reply, if it is neither.
std::optional<bool> counts_bits(Call& call, std::size_t index) {
  if (index >= call.count() || call.is(index, "byte")) return false;
  if (call.is(index, "bit")) return true;
  call.syntax_error();
  return std::nullopt;
}

BitRange scaled(BitRange bytes) { return {bytes.begin * kBits, bytes.end * kBits}; }

std::int64_t count_bits(std::string_view bytes, BitRange range) {
  std::int64_t count = 0;
  while (range.begin < range.end && range.begin % kBits != 0)
    count += bit_at(bytes, range.begin++) ? 1 : 0;
  for (; range.begin + kBits <= range.end; range.begin += kBits)
    count += std::popcount(static_cast<unsigned char>(bytes[range.begin / kBits]));
  while (range.begin < range.end) count += bit_at(bytes, range.begin++) ? 1 : 0;
  return count;
}

void bitcount(Call& call) {
  std::int64_t first = 0;
  std::int64_t last = -1;
  if (call.count() != 2 && call.count() != 4 && call.count() != 5) return call.syntax_error();
  if (call.count() > 2) {
    const auto given_first = call.integer(2);
    if (!given_first) return;
    const auto given_last = call.integer(3);
    if (!given_last) return;
    first = *given_first;
    last = *given_last;
  }
  const auto by_bit = counts_bits(call, 4);
  if (!by_bit) return;
  const auto there = call.read(call.key());
  if (!there) return;
  if (!*there) return call.reply.integer(0);
  const auto length = static_cast<std::int64_t>(call.value.size() * (*by_bit ? kBits : 1));
  // BITPOS has no such rule.
  const bool is_backwards = first < 0 && last < 0 && first > last;
  const BitRange range = is_backwards ? BitRange() : range_of(first, last, length);
  call.reply.integer(range.empty() ? 0 : count_bits(call.value, *by_bit ? range : scaled(range)));
}

std::optional<std::uint64_t> find_bit(std::string_view bytes, BitRange range, bool on) {
  const char none = on ? '\0' : '\xff';
  while (range.begin < range.end) {
    if (range.begin % kBits == 0 && range.begin + kBits <= range.end &&
        bytes[range.begin / kBits] == none) {
      range.begin += kBits;
    } else if (bit_at(bytes, range.begin) == on) {
      return range.begin;
    } else {
      ++range.begin;
    }
  }
  return std::nullopt;
}

/// The range of BITPOS: the words at 3 and 4, if they are given.
struct Bounds {
  std::int64_t first = 0;
  std::int64_t last = -1;
  bool has_end = false;
};

std::optional<Bounds> bounds_of(Call& call) {
  Bounds bounds{.has_end = call.count() > 4};
  if (call.count() > 3) {
    const auto first = call.integer(3);
    if (!first) return std::nullopt;
    bounds.first = *first;
  }
  if (bounds.has_end) {
    const auto last = call.integer(4);
    if (!last) return std::nullopt;
    bounds.last = *last;
  }
  return bounds;
}

void bitpos(Call& call) {
  const auto bit = integer_in(call.word(2));
  if (!bit) return call.not_an_integer();
  if (*bit != 0 && *bit != 1) return call.error("ERR The bit argument must be 1 or 0.");
  if (call.count() > 6) return call.syntax_error();
  const auto bounds = bounds_of(call);
  if (!bounds) return;
  const auto by_bit = counts_bits(call, 5);
  if (!by_bit) return;
  const auto there = call.read(call.key());
  if (!there) return;
  if (!*there) return call.reply.integer(*bit == 1 ? -1 : 0);
  const auto length = static_cast<std::int64_t>(call.value.size() * (*by_bit ? kBits : 1));
  const BitRange range = range_of(bounds->first, bounds->last, length);
  if (range.empty()) return call.reply.integer(-1);
  const auto found = find_bit(call.value, *by_bit ? range : scaled(range), *bit == 1);
  if (found) return call.reply.integer(static_cast<std::int64_t>(*found));
  // Without an end in the request, a value counts as followed by zeros.
  const auto behind = static_cast<std::int64_t>(call.value.size() * kBits);
  call.reply.integer(*bit == 0 && !bounds->has_end ? behind : -1);
}

/// LCS's options.
struct CommonOptions {
  bool length_only = false;
  bool with_places = false;
  bool with_lengths = false;
  std::int64_t shortest = 0;
};

std::optional<CommonOptions> common_options(Call& call) {
  CommonOptions options;
  for (std::size_t at = 3; at < call.count(); ++at) {
    if (call.is(at, "len")) {
      options.length_only = true;
    } else if (call.is(at, "idx")) {
      options.with_places = true;
    } else if (call.is(at, "withmatchlen")) {
      options.with_lengths = true;
    } else if (call.is(at, "minmatchlen") && at + 1 < call.count()) {
      const auto shortest = call.integer(++at);
      if (!shortest) return std::nullopt;
      options.shortest = std::max<std::int64_t>(*shortest, 0);
    } else {
      call.syntax_error();
      return std::nullopt;
    }
  }
  if (options.length_only && options.with_places) {
    call.error("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return options;
}

void reply_places(Call& call, const LongestCommon& common, const CommonOptions& options) {
  const auto number = [&](std::size_t value) {
    call.reply.integer(static_cast<std::int64_t>(value));
  };
  const auto is_shown = [&](const CommonRun& run) {
    return static_cast<std::int64_t>(run.length) >= options.shortest;
  };
  call.reply.map(2);
  call.reply.bulk("matches");
  call.reply.array(static_cast<std::size_t>(std::ranges::count_if(common.runs, is_shown)));
  for (const CommonRun& run : common.runs) {
    if (!is_shown(run)) continue;
    call.reply.array(options.with_lengths ? 3 : 2);
    for (const std::size_t place : {run.in_first, run.in_second}) {
      call.reply.array(2);
      number(place);
      number(place + run.length - 1);
    }
    if (options.with_lengths) number(run.length);
  }
  call.reply.bulk("len");
  number(common.text.size());
}

void lcs(Call& call) {
  const auto options = common_options(call);
  if (!options) return;
  const auto there = call.read(call.key());
  if (!there) return;
  const std::string first = call.value;
  if (!call.read(call.word(2))) return;
  const std::string& second = call.value;
  // Both are read at one instant. Finding what they have in common takes long.
  call.let_others_in();
  const auto common = longest_common(first, second);
  if (!common)
    return call.error(
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  if (options->length_only)
    return call.reply.integer(static_cast<std::int64_t>(common->text.size()));
  if (options->with_places) return reply_places(call, *common, *options);
  call.reply.bulk(common->text);
}

}  // namespace

std::vector<Command> bit_commands() {
  return in_group(
      "bitmap",
      {
          {"bitcount", -2, kReadOnly, kOneKey, bitcount, "2.6.0", "How many bits are set"},
          {"bitpos", -3, kReadOnly, kOneKey, bitpos, "2.8.7", "The first bit of a kind"},
          {"getbit", 3, kReadOnly | kFast, kOneKey, getbit, "2.2.0", "A bit of a value"},
          {"setbit", 4, kWrite | kDenyOom, kOneKey, setbit, "2.2.0", "Changes a bit of a value"},
          {"lcs", -3, kReadOnly, kTwoKeys, lcs, "7.0.0",
           "What two values have in common, in its order", "string"},
      });
}

}  // namespace ipsetkv::server
