// SPDX-License-Identifier: MIT

// Bytes in comments. Checks the round trip of any bytes through pieces, which the kernel and
// `ipset` can hold, and compares the decoder with a simple one, byte by byte, on any comment.

#include "format/text.h"

#include <memory>
#include <optional>
#include <string>

#include "fuzz/input.h"

namespace ipsetkv::fuzz {
namespace {

namespace text = format::text;

/// Decodes a comment by docs/format.md, byte by byte.
std::optional<std::string> decode_simply(std::string_view comment) {
  if (comment.empty() || comment.size() > format::kTextBytes) return std::nullopt;
  if (comment == "\\-") return "";
  std::string bytes;
  for (std::size_t place = 0; place < comment.size(); ++place) {
    if (comment[place] != '\\') {
      bytes += comment[place];
      continue;
    }
    if (++place == comment.size()) return std::nullopt;
    switch (comment[place]) {
      case '0':
        bytes += '\0';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 'q':
        bytes += '"';
        break;
      case '\\':
        bytes += '\\';
        break;
      default:
        return std::nullopt;
    }
  }
  return bytes;
}

std::optional<std::string> decode(std::string_view comment) {
  // Exactly sized buffers, so that AddressSanitizer detects a read or write past the end.
  const auto place = std::make_unique<std::byte[]>(format::kTextBytes);
  const auto length = text::decode(comment, place.get());
  if (!length) return std::nullopt;
  require(*length <= format::kTextBytes, "a piece decodes to at most kTextBytes bytes");
  return std::string(reinterpret_cast<const char*>(place.get()), *length);
}

void check_pieces(std::string_view whole, ipset::Family family) {
  const auto bytes = as_bytes(whole);
  text::Chain chain;
  std::string joined;
  std::size_t pieces = 0;
  std::uint64_t offset = 0;
  do {
    const auto element = std::make_unique<ipset::Element>();
    const std::uint64_t next = text::encode(bytes, offset, family, format::kPlain, *element);
    const std::string_view comment = element->comment.view();
    require(comment.size() <= format::kTextBytes, "a piece fits into the kernel's allocation");
    require(comment.find_first_of(std::string_view("\0\n\"", 3)) == std::string_view::npos,
            "a comment has no byte that `ipset restore` cannot read");
    require(text::offset_of(*element) == offset, "address and port decode to the same offset");
    const auto piece = decode(comment);
    require(piece && piece->size() == next - offset, "a piece decodes to the bytes up to the next");
    chain.take(offset, piece->size());
    joined += *piece;
    offset = next;
    require(++pieces <= text::count_pieces(bytes), "there are at most count_pieces pieces");
  } while (offset < bytes.size());
  require(joined == whole, "the pieces decode to the same bytes");
  require(chain.finish() == whole.size(), "Chain accepts the pieces");
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ipsetkv::ipset::Family;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ipsetkv::fuzz::require(ipsetkv::fuzz::decode(bytes) == ipsetkv::fuzz::decode_simply(bytes),
                         "a comment decodes as it does byte by byte");
  ipsetkv::fuzz::check_pieces(bytes, Family::kInet);
  ipsetkv::fuzz::check_pieces(bytes, Family::kInet6);
  return 0;
}
