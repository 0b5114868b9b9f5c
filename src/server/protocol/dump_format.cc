// SPDX-License-Identifier: MIT
#include "server/protocol/dump_format.h"

#include <array>
#include <cstddef>
#include <utility>

#include "server/protocol/lzf.h"

namespace ipsetkv::server {
namespace {

constexpr std::uint16_t kVersion = 10;        // Of Redis 7.0.
constexpr std::uint16_t kLatestVersion = 11;  // Of Redis 7.2; strings are the same.
constexpr std::size_t kFooterBytes = 2 + 8;
constexpr char kStringType = 0;
constexpr std::uint64_t kLongest = std::uint64_t{512} * 1024 * 1024;

// The two highest bits of a length give its form.
constexpr std::uint8_t kSixBits = 0;
constexpr std::uint8_t kFourteenBits = 1;
constexpr std::uint8_t kEncoded = 3;
constexpr std::uint8_t k32Bits = 0x80;
constexpr std::uint8_t k64Bits = 0x81;

constexpr std::array<std::uint64_t, 256> crc_table() {
  constexpr std::uint64_t kPolynomial = 0x95ac9329ac4bc9b5;  // 0xad93d23594c935a9, bits reversed.
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t byte = 0; byte < table.size(); ++byte) {
    std::uint64_t rest = byte;
    for (int bit = 0; bit < 8; ++bit)
      rest = (rest & 1U) != 0 ? rest >> 1U ^ kPolynomial : rest >> 1U;
    table[byte] = rest;
  }
  return table;
}
constexpr auto kCrcTable = crc_table();

template <class Number>
void append_little(std::string& text, Number number) {
  for (std::size_t byte = 0; byte < sizeof number; ++byte)
    text += static_cast<char>(number >> (8 * byte) & 0xffU);
}

void append_length(std::string& text, std::uint64_t length) {
  constexpr std::uint64_t kMostInSixBits = 63;
  constexpr std::uint64_t kMostInFourteenBits = 16'383;
  if (length <= kMostInSixBits) {
    text += static_cast<char>(length);
  } else if (length <= kMostInFourteenBits) {
    text += static_cast<char>(kFourteenBits << 6U | length >> 8U);
    text += static_cast<char>(length & 0xffU);
  } else {
    text += static_cast<char>(k32Bits);
    for (int shift = 24; shift >= 0; shift -= 8)
      text += static_cast<char>(length >> static_cast<unsigned>(shift) & 0xffU);
  }
}

/// Takes parts from the front of a dump.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::optional<std::string> string() {
    const auto head = byte();
    if (!head) return std::nullopt;
    if (*head >> 6U == kEncoded) return encoded(*head & 0x3fU);
    const auto count = length(*head);
    if (!count || *count > rest_.size()) return std::nullopt;
    return std::string(take(*count));
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::optional<std::uint8_t> byte() {
    if (rest_.empty()) return std::nullopt;
    return static_cast<std::uint8_t>(take(1).front());
  }

  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::optional<std::uint64_t> big_endian(std::size_t bytes) {
    if (rest_.size() < bytes) return std::nullopt;
    std::uint64_t number = 0;
    for (const char each : take(bytes)) number = number << 8U | static_cast<unsigned char>(each);
    return number;
  }

  std::optional<std::uint64_t> length(std::uint8_t head) {
    if (head >> 6U == kSixBits) return head & 0x3fU;
    if (head >> 6U == kFourteenBits) {
      const auto low = byte();
      if (!low) return std::nullopt;
      return static_cast<std::uint64_t>(head & 0x3fU) << 8U | *low;
    }
    if (head == k32Bits) return big_endian(4);
    if (head == k64Bits) return big_endian(8);
    return std::nullopt;
  }

  std::optional<std::string> encoded(std::uint8_t kind) {
    constexpr std::uint8_t kCompressed = 3;
    if (kind == kCompressed) return compressed();
    switch (kind) {
      case 0:
        return number<std::int8_t>();
      case 1:
        return number<std::int16_t>();
      case 2:
        return number<std::int32_t>();
      default:
        return std::nullopt;
    }
  }

  template <class Number>
  std::optional<std::string> number() {
    if (rest_.size() < sizeof(Number)) return std::nullopt;
    std::uint32_t bits = 0;
    unsigned shift = 0;
    for (const char each : take(sizeof(Number))) {
      bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(each)) << shift;
      shift += 8;
    }
    return std::to_string(static_cast<Number>(bits));
  }

  std::optional<std::string> compressed() {
    std::array<std::uint64_t, 2> sizes{};
    for (std::uint64_t& size : sizes) {
      const auto head = byte();
      const auto found = head ? length(*head) : std::nullopt;
      if (!found) return std::nullopt;
      size = *found;
    }
    const auto [packed, whole] = sizes;
    if (packed > rest_.size() || whole > kLongest || whole == 0) return std::nullopt;
    return unpack_lzf(take(packed), whole);
  }

  std::string_view rest_;
};

}  // namespace

std::uint64_t crc64(std::string_view bytes) {
  std::uint64_t crc = 0;
  for (const char each : bytes)
    crc = kCrcTable[(crc ^ static_cast<unsigned char>(each)) & 0xffU] ^ crc >> 8U;
  return crc;
}

std::string dump_value(std::string_view value) {
  std::string dump(1, kStringType);
  append_length(dump, value.size());
  dump += value;
  append_little(dump, kVersion);
  append_little(dump, crc64(dump));
  return dump;
}

Undumped undump_value(std::string_view dump) {
  constexpr std::string_view kWrongFooter = "ERR DUMP payload version or checksum are wrong";
  constexpr std::string_view kBadFormat = "ERR Bad data format";
  if (dump.size() < kFooterBytes) return {{}, kWrongFooter};
  const std::string_view body = dump.substr(0, dump.size() - kFooterBytes);
  const std::string_view footer = dump.substr(body.size());
  const auto version = static_cast<std::uint16_t>(static_cast<unsigned char>(footer[0]) |
                                                  static_cast<unsigned char>(footer[1]) << 8U);
  std::string expected;
  append_little(expected, crc64(dump.substr(0, body.size() + 2)));
  if (version > kLatestVersion || expected != footer.substr(2)) return {{}, kWrongFooter};
  if (body.empty() || body.front() != kStringType) return {{}, kBadFormat};
  Reader reader(body.substr(1));
  auto value = reader.string();
  if (!value || !reader.at_end()) return {{}, kBadFormat};
  return {std::move(value), {}};
}

}  // namespace ipsetkv::server
