// SPDX-License-Identifier: MIT
#include "layout/drawer_decoder.h"

#include <algorithm>
#include <array>

namespace ipsetkv::layout {
namespace {

/// Kernels before 4.8 don't tell how many elements a set has.
constexpr std::size_t kUntold = 65'536;

constexpr std::size_t kMaxKeyBytes = 65'536;

}  // namespace

bool is_expiring(const ipset::CreateOptions& options) {
  return options.timeout && options.counters && options.maxelem == kExpiringMaxElements;
}

bool can_be_drawer(const ipset::SetHeader& header) {
  const ipset::CreateOptions& options = header.options;
  if (header.type != ipset::SetType::kHashIpPort || header.family != ipset::Family::kInet)
    return false;
  if (options.netmask || options.bitmask) return false;
  if (header.elements.value_or(0) > 0 || is_expiring(options)) return true;
  return !options.comment && !options.timeout && !options.counters && !options.skbinfo &&
         !options.forceadd;
}

void DrawerDecoder::begin(const ipset::SetHeader& header, std::string* value) {
  value_ = value;
  elements_ = header.elements.value_or(kUntold);
  text_.clear();
  key_chain_.clear();
  key_.clear();
  kind_.reset();
  deadline_.reset();
  commented_ = header.options.comment;
  expiring_ = is_expiring(header.options);
  beyond_ = false;
}

bool DrawerDecoder::take(const ipset::Element& element) {
  if (!element.ip || !element.port || !element.protocol) return false;
  if (element.protocol == kKeyText) return take_key(element);
  return element.comment.empty() ? take_chunk(element) : take_text(element);
}

bool DrawerDecoder::take_key(const ipset::Element& element) {
  std::array<std::byte, kTextBytes> piece{};
  const auto offset = text::offset_of(element);
  const auto length = text::decode(element.comment.view(), piece.data());
  if (!offset || !length || *offset + *length > kMaxKeyBytes) return false;
  if (key_.size() < *offset + *length) key_.resize(*offset + *length);
  std::copy_n(reinterpret_cast<const char*>(piece.data()), *length,
              key_.begin() + static_cast<std::ptrdiff_t>(*offset));
  key_chain_.take(*offset, *length);
  return true;
}

bool DrawerDecoder::choose(Kind kind) {
  if (kind_) return *kind_ == kind;
  kind_ = kind;
  if (kind == Kind::kIpv4) {
    const std::size_t chunks = std::min(elements_, ipv4::kMaxChunks);
    std::span<std::byte> bytes;
    if (value_ != nullptr) {
      value_->resize(chunks * ipv4::kChunkBytes);
      bytes = std::as_writable_bytes(std::span(*value_));
    }
    chunks_.begin(chunks, bytes);
  } else if (value_ != nullptr) {
    value_->resize(elements_ * kTextBytes);
  }
  return true;
}

/// Of a value that the kernel has ended, the beginning is gone and what is left lies behind.
bool DrawerDecoder::miss() {
  beyond_ = true;
  return expiring_;
}

bool DrawerDecoder::take_text(const ipset::Element& element) {
  if (element.protocol != kPlain || !choose(Kind::kComment)) return false;
  const auto offset = text::offset_of(element);
  // Pieces without a gap reach no further than so many full ones.
  if (!offset) return false;
  if (*offset + kTextBytes > elements_ * kTextBytes) return miss();
  std::array<std::byte, kTextBytes> nowhere;
  std::byte* const place =
      value_ == nullptr ? nowhere.data() : reinterpret_cast<std::byte*>(value_->data()) + *offset;
  const auto length = text::decode(element.comment.view(), place);
  if (!length) return false;
  text_.take(*offset, *length);
  if (*offset == 0) deadline_ = element.packets;
  return true;
}

bool DrawerDecoder::take_chunk(const ipset::Element& element) {
  if (!choose(Kind::kIpv4)) return false;
  const auto bytes = element.ip->bytes();
  if (bytes.size() != ipv4::kChunkBytes) return false;
  if (*element.port >= std::min(elements_, ipv4::kMaxChunks)) return miss();
  if (!chunks_.take(element)) return false;
  if (*element.port == 0) deadline_ = element.packets;
  return true;
}

std::optional<std::size_t> DrawerDecoder::value_length() {
  if (kind_ == Kind::kComment) return text_.finish();
  if (kind_ == Kind::kIpv4) return chunks_.finish();
  return 0;
}

std::optional<Decoded> DrawerDecoder::finish() {
  const bool has_key = !key_chain_.empty();
  const bool begun = (kind_ == Kind::kComment && text_.has_begun()) ||
                     (kind_ == Kind::kIpv4 && chunks_.has_begun());
  Decoded decoded{.value_bytes = 0, .kind = kind_.value_or(Kind::kIpv4), .deadline = {}};
  if (expiring_ && !begun) {
    decoded.ended = true;
    return decoded;
  }
  if (beyond_) return std::nullopt;
  if (has_key && key_chain_.finish() != key_.size()) return std::nullopt;
  // Bare addresses in a set with comments are somebody else's, unless they come with a key.
  if (commented_ && !has_key && kind_ != Kind::kComment) return std::nullopt;
  // Only a set without any element may lack a first chunk.
  if (!kind_ && has_key) return std::nullopt;
  const auto length = value_length();
  if (!length) return std::nullopt;
  decoded.value_bytes = *length;
  if (expiring_) decoded.deadline = deadline_;
  if (value_ != nullptr) value_->resize(*length);
  return decoded;
}

}  // namespace ipsetkv::layout
