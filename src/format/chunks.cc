// SPDX-License-Identifier: MIT
#include "format/chunks.h"

#include <algorithm>
#include <array>

namespace ipsetkv::format::chunks {
namespace {

/// Room for a chunk of either size.
using Chunk = std::array<std::byte, ipset::Address::kInet6Bytes>;

constexpr std::byte kZero{0};
constexpr std::size_t kBitsPerWord = 64;

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == kZero; });
}

/// Whether a chunk is the placeholder for zeros, 0.0.0.1 or ::1. The kernel refuses 0.0.0.0 and ::
/// since Linux 6.3.
bool is_placeholder(std::span<const std::byte> bytes) {
  return bytes.back() == std::byte{1} && all_zero(bytes.first(bytes.size() - 1));
}

/// The length of a chunk without its trailing zero bytes.
std::size_t length_without_zeros(std::span<const std::byte> bytes) {
  std::size_t length = bytes.size();
  while (length > 0 && bytes[length - 1] == kZero) --length;
  return length;
}

/// The number of the value's bytes in a chunk whose last byte counts the padding. Empty if no
/// encoder writes such a chunk: the value must end in a zero byte or be empty, and the padding must
/// be zero except for the count.
std::optional<std::size_t> exact_end_length(std::span<const std::byte> bytes) {
  const auto padding = std::to_integer<std::size_t>(bytes.back());
  if (padding > bytes.size() || all_zero(bytes)) return std::nullopt;
  const std::size_t length = bytes.size() - padding;
  if (length > 0 && bytes[length - 1] != kZero) return std::nullopt;
  if (padding > 0 && !all_zero(bytes.subspan(length, padding - 1))) return std::nullopt;
  return length;
}

void put_address(Shape shape, const Chunk& chunk, ipset::Element& element) {
  const auto bytes = std::span(chunk);
  element.ip = shape.bytes == ipset::Address::kInetBytes
                   ? ipset::Address::inet(bytes.first<ipset::Address::kInetBytes>())
                   : ipset::Address::inet6(bytes);
}

}  // namespace

void encode_chunk(Shape shape, std::span<const std::byte> value, std::size_t index,
                  ipset::Element& element) {
  const auto bytes = value.subspan(index * shape.bytes);
  const std::size_t length = std::min(bytes.size(), shape.bytes);
  const bool last = bytes.size() <= shape.bytes;

  Chunk chunk{};
  std::copy_n(bytes.begin(), length, chunk.begin());
  std::uint8_t kind = kPlain;
  if (length == shape.bytes && all_zero(bytes.first(length))) {
    kind = shape.zeros;
    chunk[shape.bytes - 1] = std::byte{1};
  } else if (last && chunk[length - 1] == kZero) {
    kind = kExactEnd;
    chunk[shape.bytes - 1] = static_cast<std::byte>(shape.bytes - length);
  }
  put_address(shape, chunk, element);
  element.port = static_cast<std::uint16_t>(index);
  element.protocol = kind;
}

void encode_empty(Shape shape, ipset::Element& element) {
  Chunk chunk{};
  chunk[shape.bytes - 1] = static_cast<std::byte>(shape.bytes);
  put_address(shape, chunk, element);
  element.port = std::uint16_t{0};
  element.protocol = kExactEnd;
}

void Decoder::begin(Shape shape, std::size_t chunks, std::span<std::byte> value) {
  shape_ = shape;
  value_ = value;
  chunks_ = std::min(chunks, kMaxChunks);
  taken_ = 0;
  end_ = 0;
  exact_end_.reset();
  last_index_.reset();
  seen_.assign((chunks_ + kBitsPerWord - 1) / kBitsPerWord, 0);
}

bool Decoder::take(const ipset::ElementView& element) {
  if (element.ip.size() != shape_.bytes || !element.port || !element.protocol) return false;
  return take_chunk(*element.port, *element.protocol, element.ip);
}

bool Decoder::mark_taken(std::size_t index) {
  // Chunks are numbered without gaps, so no index reaches their count.
  if (index >= chunks_) return false;
  std::uint64_t& word = seen_[index / kBitsPerWord];
  const std::uint64_t bit = std::uint64_t{1} << index % kBitsPerWord;
  if ((word & bit) != 0) return false;
  word |= bit;
  ++taken_;
  last_index_ = std::max(last_index_.value_or(0), index);
  return true;
}

bool Decoder::take_chunk(std::size_t index, std::uint8_t kind, std::span<const std::byte> bytes) {
  if (!mark_taken(index)) return false;
  const std::size_t start = index * shape_.bytes;
  std::size_t copied = 0;
  if (kind == kPlain) {
    copied = bytes.size();
    if (const std::size_t length = length_without_zeros(bytes); length > 0)
      end_ = std::max(end_, start + length);
  } else if (kind == shape_.zeros) {
    if (!is_placeholder(bytes)) return false;
    end_ = std::max(end_, start + bytes.size());
  } else if (kind == kExactEnd) {
    const auto length = exact_end_length(bytes);
    if (!length || exact_end_) return false;
    copied = *length;
    // Without padding, the last byte is both the count 0 and the value's own final zero byte.
    exact_end_ = start + *length;
  } else {
    return false;
  }
  if (value_.empty()) return true;
  const auto place = value_.begin() + static_cast<std::ptrdiff_t>(start);
  std::copy_n(bytes.begin(), copied, place);
  std::fill_n(place + static_cast<std::ptrdiff_t>(copied), bytes.size() - copied, kZero);
  return true;
}

std::optional<std::size_t> Decoder::finish() {
  if (taken_ == 0) return 0;
  // The indices are distinct, so a count equal to the highest index + 1 means that none is missing.
  if (taken_ != *last_index_ + 1) return std::nullopt;
  if (!exact_end_) return end_;
  // The empty value has one chunk, too.
  const bool is_last = std::max<std::size_t>(chunk_count(shape_, *exact_end_), 1) == taken_;
  return is_last ? exact_end_ : std::nullopt;
}

}  // namespace ipsetkv::format::chunks
