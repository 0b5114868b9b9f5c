// SPDX-License-Identifier: MIT
#include "format/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "netlink/attributes.h"

namespace ipsetkv::format::text {
namespace {

constexpr char kEscape = '\\';
/// After the escape: the empty piece. A comment cannot be empty.
constexpr char kNothing = '-';
/// The address of offset 0. Not 0.0.0.0, which the kernel refuses since Linux 6.3.
constexpr std::uint32_t kFirstAddress = 1;
constexpr int kPortBits = 16;

/// The letter that stands for `byte` after the escape; 0 for a byte that is not escaped.
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
/// A table instead of a switch: the next byte is unpredictable, and a mispredicted branch costs
/// more than the rest of an escape.
constexpr std::array<char, 256> kEscapes = make_escapes();

/// Bytes that are compared at once; GCC and Clang compile this to vector instructions.
using Vector [[gnu::vector_size(16)]] = unsigned char;

/// A mask: all ones in each byte that has to be escaped, zero in others.
Vector escaped(Vector bytes) {
  const auto mask = (bytes == '\0') | (bytes == '\n') | (bytes == '"') |
                    (bytes == static_cast<unsigned char>(kEscape));
  return reinterpret_cast<Vector>(mask);
}
/// The same for each byte that is the escape itself.
Vector escaping(Vector bytes) {
  return reinterpret_cast<Vector>(bytes == static_cast<unsigned char>(kEscape));
}

/// The index of the first byte that is not zero; empty if all are zero.
std::optional<std::size_t> first_set(Vector mask) {
  std::array<std::uint64_t, 2> halves;
  static_assert(sizeof halves == sizeof mask);
  std::memcpy(halves.data(), &mask, sizeof halves);
  if ((halves[0] | halves[1]) == 0) return std::nullopt;
  const std::size_t half = halves[0] != 0 ? 0 : 1;
  // Makes the first byte the lowest one.
  const std::uint64_t bits =
      std::endian::native == std::endian::big ? __builtin_bswap64(halves[half]) : halves[half];
  return half * sizeof bits + static_cast<std::size_t>(std::countr_zero(bits)) / 8;
}

std::size_t count_escapes(std::span<const std::byte> bytes) {
  // Each byte of `counts` counts up to 255.
  constexpr std::size_t kBlock = 255 * sizeof(Vector);
  std::size_t count = 0;
  while (bytes.size() >= sizeof(Vector)) {
    Vector counts{};
    const auto block =
        bytes.first(std::min(bytes.size() / sizeof(Vector) * sizeof(Vector), kBlock));
    for (std::size_t done = 0; done < block.size(); done += sizeof(Vector)) {
      Vector some;
      std::memcpy(&some, block.data() + done, sizeof some);
      counts -= escaped(some);
    }
    for (std::size_t place = 0; place < sizeof(Vector); ++place) count += counts[place];
    bytes = bytes.subspan(block.size());
  }
  for (const std::byte byte : bytes)
    if (escape_of(std::to_integer<unsigned char>(byte)) != 0) ++count;
  return count;
}

/// Copies bytes up to the first that `stops` marks, or all of them, and returns how many. The rest
/// of `to`, up to `length`, is left undefined.
template <Vector (*stops)(Vector)>
std::size_t copy_until(const char* from, std::size_t length, char* to) {
  std::size_t done = 0;
  for (; length - done >= sizeof(Vector); done += sizeof(Vector)) {
    Vector bytes;
    std::memcpy(&bytes, from + done, sizeof bytes);
    std::memcpy(to + done, &bytes, sizeof bytes);
    if (const auto stop = first_set(stops(bytes))) return done + *stop;
  }
  Vector rest{};
  std::memcpy(&rest, from + done, length - done);
  std::memcpy(to + done, &rest, length - done);
  const auto stop = first_set(stops(rest));
  return std::min(length, done + stop.value_or(length));
}

/// Copies bytes two vectors at a time up to the first pair with an escape, and returns how many.
/// Most text has few escapes, and one test for two vectors halves the work. After the first escape
/// more may follow, so the caller then continues with single vectors.
std::size_t copy_plain_pairs(const char* from, std::size_t length, char* to) {
  std::array<Vector, 2> pair;
  std::size_t done = 0;
  for (; length - done >= sizeof pair; done += sizeof pair) {
    std::memcpy(pair.data(), from + done, sizeof pair);
    if (first_set(escaping(pair[0]) | escaping(pair[1]))) break;
    std::memcpy(to + done, pair.data(), sizeof pair);
  }
  return done;
}

/// The byte that each letter stands for after the escape; kNoByte if none.
constexpr std::uint16_t kNoByte = 256;
constexpr std::array<std::uint16_t, 256> make_unescapes() {
  std::array<std::uint16_t, 256> bytes{};
  bytes.fill(kNoByte);
  for (std::uint16_t byte = 0; byte < kNoByte; ++byte)
    if (const char letter = escape_of(static_cast<unsigned char>(byte)); letter != 0)
      bytes[static_cast<unsigned char>(letter)] = byte;
  return bytes;
}
constexpr std::array<std::uint16_t, 256> kUnescapes = make_unescapes();

std::uint16_t byte_of(char letter) { return kUnescapes[static_cast<unsigned char>(letter)]; }

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
  element.comment.write([&](char* text) {
    std::size_t length = 0;
    for (;;) {
      const std::size_t room = std::min<std::size_t>(bytes.size() - offset, kTextBytes - length);
      const std::size_t run = copy_until<escaped>(
          reinterpret_cast<const char*>(bytes.data()) + offset, room, text + length);
      offset += run;
      length += run;
      if (offset == bytes.size() || length + 2 > kTextBytes) break;
      text[length++] = kEscape;
      text[length++] = kEscapes[std::to_integer<unsigned char>(bytes[offset++])];
    }
    if (length > 0) return length;
    text[length++] = kEscape;
    text[length++] = kNothing;
    return length;
  });
  return offset;
}

std::size_t count_pieces(std::span<const std::byte> bytes) {
  // An escape is not split over two pieces, so a piece may leave one byte unused.
  const std::size_t escapes = count_escapes(bytes);
  return (bytes.size() + escapes) / (escapes == 0 ? kTextBytes : kTextBytes - 1) + 1;
}

std::optional<std::uint64_t> offset_of(const ipset::ElementView& element) {
  const auto bytes = element.ip;
  if (bytes.empty() || !element.port) return std::nullopt;
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
  auto* to = reinterpret_cast<char*>(place);
  const std::size_t begin = copy_plain_pairs(comment.data(), comment.size(), to);
  const char* from = comment.data() + begin;
  std::size_t left = comment.size() - begin;
  to += begin;
  // Whole vectors may be written past a stop, because at least half a byte of output for every byte
  // of input is still to come and overwrites the excess. Near the end this no longer holds: another
  // piece's bytes may already be there.
  while (left >= 2 * sizeof(Vector)) {
    Vector bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    std::memcpy(to, &bytes, sizeof bytes);
    const auto stop = first_set(escaping(bytes));
    const std::size_t plain = stop.value_or(sizeof bytes);
    from += plain;
    to += plain;
    left -= plain;
    if (!stop) continue;
    const std::uint16_t byte = byte_of(from[1]);
    if (byte == kNoByte) return std::nullopt;
    *to++ = static_cast<char>(byte);
    from += 2;
    left -= 2;
  }
  while (left > 0) {
    const std::string_view rest(from, left);
    const std::size_t plain = std::min(rest.find(kEscape), left);
    std::memcpy(to, from, plain);
    from += plain;
    to += plain;
    left -= plain;
    if (left == 0) break;
    const std::uint16_t byte = left > 1 ? byte_of(from[1]) : kNoByte;
    if (byte == kNoByte) return std::nullopt;
    *to++ = static_cast<char>(byte);
    from += 2;
    left -= 2;
  }
  return static_cast<std::size_t>(to - reinterpret_cast<char*>(place));
}

std::optional<std::size_t> escape(std::string_view bytes, std::span<char> to) {
  std::size_t length = 0;
  for (const char byte : bytes) {
    const char letter = kEscapes[static_cast<unsigned char>(byte)];
    if (length + (letter == 0 ? 1 : 2) > to.size()) return std::nullopt;
    if (letter != 0) to[length++] = kEscape;
    to[length++] = letter != 0 ? letter : byte;
  }
  return length;
}

Unescaped unescape(std::string_view text, char* to) {
  Unescaped read;
  for (;;) {
    const std::size_t plain = std::min(text.find(kEscape), text.size());
    std::copy_n(text.begin(), plain, to + read.bytes);
    read.bytes += plain;
    text.remove_prefix(plain);
    if (text.size() < 2) break;
    const std::uint16_t byte = byte_of(text[1]);
    read.mark = text[1];
    text.remove_prefix(2);
    if (byte == kNoByte) break;
    read.mark = 0;
    to[read.bytes++] = static_cast<char>(byte);
  }
  read.rest = text;
  return read;
}

void Chain::take(std::uint64_t offset, std::uint64_t bytes) {
  sum_ += fingerprint(offset) - fingerprint(offset + bytes);
  end_ = std::max(end_, offset + bytes);
  ++pieces_;
  begun_ = begun_ || offset == 0;
}

std::optional<std::uint64_t> Chain::finish() const {
  if (!begun_) return std::nullopt;
  // Only the empty string has an empty piece, and it has no other.
  if (end_ == 0 && pieces_ > 1) return std::nullopt;
  if (sum_ != fingerprint(0) - fingerprint(end_)) return std::nullopt;
  return end_;
}

}  // namespace ipsetkv::format::text
