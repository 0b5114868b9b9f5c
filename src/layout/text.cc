// SPDX-License-Identifier: MIT
#include "layout/text.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "netlink/attributes.h"

namespace ipsetkv::layout::text {
namespace {

constexpr char kEscape = '\\';
/// Stands for no byte at all, because a comment cannot be empty.
constexpr char kNothing = '-';
/// Offsets begin at 0.0.0.1: the kernel refuses 0.0.0.0 since Linux 6.3.
constexpr std::uint32_t kFirstAddress = 1;
constexpr int kPortBits = 16;

/// What stands behind the escape for a byte; 0 for a byte that stands for itself.
constexpr char escape_of(unsigned char byte) {
  switch (byte) {
    case '\0':
      return '0';
    case '\n':
      return 'n';
    case '"':
      return 'q';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  for (std::size_t byte = 0; byte < escapes.size(); ++byte)
    escapes[byte] = escape_of(static_cast<unsigned char>(byte));
  return escapes;
}
constexpr std::array<char, 256> kEscapes = make_escapes();

/// Without a table and branches, so that the compiler can look at many bytes at once.
std::size_t count_escapes(std::span<const std::byte> bytes) {
  std::size_t count = 0;
  for (const std::byte byte : bytes)
    count += static_cast<std::size_t>((byte == std::byte{0}) | (byte == std::byte{'\n'}) |
                                      (byte == std::byte{'"'}) | (byte == std::byte{'\\'}));
  return count;
}

std::optional<std::byte> unescape(char letter) {
  switch (letter) {
    case '0':
      return std::byte{0};
    case 'n':
      return std::byte{'\n'};
    case 'q':
      return std::byte{'"'};
    case '\\':
      return std::byte{'\\'};
    default:
      return std::nullopt;
  }
}

void put_offset(std::uint64_t offset, ipset::Family family, ipset::Element& element) {
  const std::uint32_t address =
      netlink::big_endian(static_cast<std::uint32_t>(offset >> kPortBits) + kFirstAddress);
  std::array<std::byte, ipset::Address::kInet6Bytes> bytes{};
  std::memcpy(bytes.data() + bytes.size() - sizeof address, &address, sizeof address);
  element.ip = family == ipset::Family::kInet6
                   ? ipset::Address::inet6(bytes)
                   : ipset::Address::inet(std::span(bytes).last<ipset::Address::kInetBytes>());
  element.port = static_cast<std::uint16_t>(offset);
}

/// Mixes all bits of an offset (the finaliser of MurmurHash3).
std::uint64_t fingerprint(std::uint64_t offset) {
  offset ^= offset >> 33;
  offset *= 0xFF51AFD7ED558CCD;
  offset ^= offset >> 33;
  offset *= 0xC4CEB9FE1A85EC53;
  return offset ^ offset >> 33;
}

}  // namespace

std::uint64_t encode(std::span<const std::byte> bytes, std::uint64_t offset, ipset::Family family,
                     std::uint8_t protocol, ipset::Element& element) {
  put_offset(offset, family, element);
  element.protocol = protocol;
  const std::size_t ahead = std::min<std::size_t>(bytes.size() - offset, kTextBytes);
  const auto plain = bytes.subspan(offset, ahead);
  if (ahead > 0 && count_escapes(plain) == 0) {
    element.comment.assign({reinterpret_cast<const char*>(plain.data()), ahead});
    return offset + ahead;
  }
  std::array<char, kTextBytes> text;
  std::size_t length = 0;
  for (; offset < bytes.size(); ++offset) {
    const auto byte = std::to_integer<unsigned char>(bytes[offset]);
    const char escape = kEscapes[byte];
    if (length + (escape != 0 ? 2 : 1) > kTextBytes) break;
    if (escape != 0) text[length++] = kEscape;
    text[length++] = escape != 0 ? escape : static_cast<char>(byte);
  }
  if (length == 0) {
    text[length++] = kEscape;
    text[length++] = kNothing;
  }
  element.comment.assign({text.data(), length});
  return offset;
}

std::size_t count_pieces(std::span<const std::byte> bytes) {
  // An escape that does not fit whole leaves a byte of its piece unused.
  const std::size_t escapes = count_escapes(bytes);
  return (bytes.size() + escapes) / (escapes == 0 ? kTextBytes : kTextBytes - 1) + 1;
}

std::optional<std::uint64_t> offset_of(const ipset::Element& element) {
  if (!element.ip || !element.port) return std::nullopt;
  const auto bytes = element.ip->bytes();
  std::uint32_t address = 0;
  const auto front = bytes.first(bytes.size() - sizeof address);
  if (std::any_of(front.begin(), front.end(), [](std::byte byte) { return byte != std::byte{0}; }))
    return std::nullopt;
  std::memcpy(&address, bytes.data() + front.size(), sizeof address);
  address = netlink::big_endian(address);
  const std::uint64_t offset = std::uint64_t{address - kFirstAddress} << kPortBits | *element.port;
  if (address < kFirstAddress || offset >= kMaxBytes) return std::nullopt;
  return offset;
}

std::optional<std::size_t> decode(std::string_view comment, std::byte* place) {
  if (comment.empty() || comment.size() > kTextBytes) return std::nullopt;
  if (comment == std::string_view{"\\-"}) return 0;
  std::size_t length = 0;
  while (!comment.empty()) {
    const std::size_t plain = std::min(comment.find(kEscape), comment.size());
    std::memcpy(place + length, comment.data(), plain);
    length += plain;
    comment.remove_prefix(plain);
    if (comment.empty()) break;
    if (comment.size() < 2) return std::nullopt;
    const auto byte = unescape(comment[1]);
    if (!byte) return std::nullopt;
    place[length++] = *byte;
    comment.remove_prefix(2);
  }
  return length;
}

void Chain::take(std::uint64_t offset, std::uint64_t bytes) {
  sum_ += fingerprint(offset) - fingerprint(offset + bytes);
  end_ = std::max(end_, offset + bytes);
  ++pieces_;
  begun_ = begun_ || offset == 0;
}

std::optional<std::uint64_t> Chain::finish() const {
  if (!begun_) return std::nullopt;
  // Only the empty string has an empty piece, and then no other.
  if (end_ == 0 && pieces_ > 1) return std::nullopt;
  if (sum_ != fingerprint(0) - fingerprint(end_)) return std::nullopt;
  return end_;
}

}  // namespace ipsetkv::layout::text
