// SPDX-License-Identifier: MIT
#include "format/drawer_decoder.h"

#include <algorithm>
#include <array>

namespace ipsetkv::format {
namespace {

/// The most elements of a set whose header does not state their number: kernels before 4.8.
constexpr std::size_t kUnknownElements = 65'536;

constexpr std::size_t kMaxKeyBytes = 65'536;

}  // namespace

bool is_expiring(const ipset::CreateOptions& options) {
  return options.timeout && options.counters && options.maxelem == kExpiringMaxElements;
}

bool can_be_drawer(const ipset::SetHeader& header) {
  const ipset::CreateOptions& options = header.options;
  if (header.type == ipset::SetType::kBitmapPort)
    return options.counters && !options.comment && !options.skbinfo;
  if (header.type != ipset::SetType::kHashIpPort || options.netmask || options.bitmask)
    return false;
  if (header.elements.value_or(0) > 0 || is_expiring(options)) return true;
  return header.family == ipset::Family::kInet && !options.comment && !options.timeout &&
         !options.counters && !options.skbinfo && !options.forceadd;
}

void DrawerDecoder::begin(const ipset::SetHeader& header, bool has_key, std::string* value) {
  counting_ = header.type == ipset::SetType::kBitmapPort;
  if (counting_) return counters_.begin(header, has_key, value);
  chunk_kind_ = header.family == ipset::Family::kInet6 ? Kind::kIpv6 : Kind::kIpv4;
  value_ = value;
  elements_ = header.elements.value_or(kUnknownElements);
  text_.clear();
  key_chain_.clear();
  key_.clear();
  kind_.reset();
  broken_ = false;
  deadline_.reset();
  first_.reset();
  expiring_ = is_expiring(header.options);
  foreign_comments_ =
      header.options.comment && !expiring_ && header.options.maxelem != kCommentMaxElements;
}

bool DrawerDecoder::take(const ipset::ElementView& element) {
  if (counting_) return counters_.take(element);
  if (element.ip.empty() || !element.port || !element.protocol) return false;
  if (element.protocol == kKeyText) return take_key(element);
  if (element.comment.empty() ? take_chunk(element) : take_text(element)) return true;
  // What is left of an expired value may be inconsistent.
  broken_ = true;
  return expiring_;
}

bool DrawerDecoder::take_key(const ipset::ElementView& element) {
  std::array<std::byte, kTextBytes> piece{};
  const auto offset = text::offset_of(element);
  const auto length = text::decode(element.comment, piece.data());
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
  if (kind != Kind::kComment) {
    const chunks::Shape shape = kind == Kind::kIpv6 ? chunks::kIpv6 : chunks::kIpv4;
    const std::size_t count = std::min(elements_, chunks::kMaxChunks);
    std::span<std::byte> bytes;
    if (value_ != nullptr) {
      value_->resize(count * shape.bytes);
      bytes = std::as_writable_bytes(std::span(*value_));
    }
    chunks_.begin(shape, count, bytes);
  } else if (value_ != nullptr) {
    value_->resize(elements_ * kTextBytes);
  }
  return true;
}

bool DrawerDecoder::take_text(const ipset::ElementView& element) {
  const auto offset = text::offset_of(element);
  // Pieces without a gap do not reach beyond as many full ones. Checked first, so that the comments
  // of a firewall's set make us allocate nothing.
  if (!offset || *offset + kTextBytes > elements_ * kTextBytes) return false;
  if (element.protocol != kPlain || chunk_kind_ != Kind::kIpv4 || !choose(Kind::kComment))
    return false;
  std::array<std::byte, kTextBytes> nowhere;
  std::byte* const place =
      value_ == nullptr ? nowhere.data() : reinterpret_cast<std::byte*>(value_->data()) + *offset;
  const auto length = text::decode(element.comment, place);
  if (!length) return false;
  text_.take(*offset, *length);
  if (*offset == 0) take_first(element);
  return true;
}

bool DrawerDecoder::take_chunk(const ipset::ElementView& element) {
  if (!choose(chunk_kind_) || !chunks_.take(element)) return false;
  if (*element.port == 0) take_first(element);
  return true;
}

void DrawerDecoder::take_first(const ipset::ElementView& element) {
  deadline_ = element.packets;
  if (const auto address = ipset::Address::from_bytes(element.ip))
    first_ = {.address = *address, .protocol = *element.protocol};
}

std::optional<std::size_t> DrawerDecoder::value_length() {
  if (!kind_) return 0;
  return *kind_ == Kind::kComment ? text_.finish() : chunks_.finish();
}

std::optional<Decoded> DrawerDecoder::finish_counters() {
  Decoded decoded{.value_bytes = 0, .kind = Kind::kCounters, .deadline = {}};
  if (counters_.deadline()) decoded.deadline = moment_at(*counters_.deadline());
  decoded.ended = counters_.has_ended();
  if (decoded.ended) return decoded;
  const auto length = counters_.finish();
  if (!length) return std::nullopt;
  decoded.value_bytes = *length;
  return decoded;
}

std::optional<Decoded> DrawerDecoder::finish() {
  if (counting_) return finish_counters();
  const bool has_key = !key_chain_.empty();
  const bool begun = kind_ && (*kind_ == Kind::kComment ? text_.has_begun() : chunks_.has_begun());
  Decoded decoded{.value_bytes = 0, .kind = kind_.value_or(chunk_kind_), .deadline = {}};
  if (expiring_ && !begun) {
    decoded.ended = true;
    return decoded;
  }
  if (broken_) return std::nullopt;
  if (has_key && key_chain_.finish() != key_.size()) return std::nullopt;
  // Addresses without comments in a foreign set with comments are not a value, unless a key is
  // stored with them.
  if (foreign_comments_ && !has_key && kind_ != Kind::kComment) return std::nullopt;
  // A stored key requires a value; only a set without any element may lack a first chunk.
  if (!kind_ && has_key) return std::nullopt;
  const auto length = value_length();
  if (!length) return std::nullopt;
  decoded.value_bytes = *length;
  decoded.first = first_;
  // A count of 0 is no deadline: the essay's writer stores none, nor does a writer of ours that did
  // not know that the set has a timeout.
  if (expiring_ && deadline_.value_or(0) != 0) decoded.deadline = moment_at(*deadline_);
  return decoded;
}

}  // namespace ipsetkv::format
