// SPDX-License-Identifier: MIT
#include "format/drawer_form.h"

#include <algorithm>
#include <bit>

#include "ipset/protocol.h"

namespace ipsetkv::format {
namespace {

// How many seconds the other elements outlive the first chunk, so that the value is complete until
// it expires.
constexpr std::uint32_t kLongerLife = 60;

// Longer than every option of ipset(8); the longest is `--resolve`.
constexpr std::size_t kOptionBytes = 16;

chunks::Shape chunk_shape(Kind kind) { return kind == Kind::kIpv6 ? chunks::kIpv6 : chunks::kIpv4; }

bool is_bare_empty(const DrawerContent& content) {
  return content.value.empty() && content.kind == Kind::kIpv4 && content.key.empty() &&
         !content.deadline;
}

counters::Source source_of(const DrawerContent& content) {
  return {.value = content.value,
          .key = content.key,
          .deadline = content.deadline ? milliseconds_of(*content.deadline) : 0};
}

counters::Plan plan_of(const DrawerContent& content) {
  return counters::make_plan(content.value.size(), content.key.size(),
                             content.deadline.has_value());
}

std::size_t count_elements(const DrawerContent& content) {
  const std::size_t pieces =
      content.key.empty() ? 0 : text::count_pieces(std::as_bytes(std::span(content.key)));
  if (content.kind == Kind::kComment) return pieces + text::count_pieces(content.value);
  return pieces + std::max<std::size_t>(
                      chunks::chunk_count(chunk_shape(content.kind), content.value.size()), 1);
}

/// The `hashsize` with which a hash holds `elements` elements without growing.
std::uint32_t hashsize_for(Kind kind, std::size_t elements) {
  // A bucket grows to twelve elements before the table does, and one with two costs little more
  // than one with one, so comments get the smallest table: with 2.25 elements a bucket, one bucket
  // in a million has more than twelve.
  const std::size_t buckets = std::bit_ceil(kind == Kind::kComment ? elements * 4 / 9 : elements);
  return std::max(ipset::kMinHashSize, static_cast<std::uint32_t>(buckets));
}

/// Writes a piece of text into `element` and returns the offset of the next one. `ipset restore`
/// takes a comment such as "-exist" for one of its options, so a minus that could begin an option
/// becomes a piece of its own.
std::uint64_t encode_piece(std::span<const std::byte> bytes, std::uint64_t offset,
                           ipset::Family family, std::uint8_t protocol, ipset::Element& element) {
  const std::uint64_t end = text::encode(bytes, offset, family, protocol, element);
  const std::string_view piece = element.comment.view();
  if (piece.front() != '-' || piece.size() == 1 || piece.size() > kOptionBytes) return end;
  return text::encode(bytes.first(offset + 1), offset, family, protocol, element);
}

ipset::CreateOptions options_for_counters(const DrawerContent& content) {
  const counters::Plan plan = plan_of(content);
  ipset::CreateOptions options;
  options.counters = true;
  options.port_from = static_cast<std::uint16_t>(plan.padding);
  options.port_to = static_cast<std::uint16_t>(plan.padding + plan.elements() - 1);
  const std::uint32_t mask =
      counters::choose_mask(source_of(content), content.deadline.has_value());
  if (content.deadline || mask > 0) options.timeout = mask;
  return options;
}

}  // namespace

SetShape shape_of(Kind kind) {
  switch (kind) {
    case Kind::kIpv6:
      return {.type = ipset::SetType::kHashIpPort, .family = ipset::Family::kInet6};
    case Kind::kCounters:
      return {.type = ipset::SetType::kBitmapPort, .family = ipset::Family::kUnspecified};
    default:
      return {};
  }
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kIpv4:
      return "ipv4";
    case Kind::kIpv6:
      return "ipv6";
    case Kind::kComment:
      return "comment";
    case Kind::kCounters:
      return "counters";
  }
  return {};
}

bool fits(const DrawerContent& content) {
  if (content.kind == Kind::kCounters) return plan_of(content).fits();
  return content.value.size() <= longest_value(content);
}

std::size_t longest_value(const DrawerContent& content) {
  if (content.kind == Kind::kComment) return std::size_t{1} << 29;
  if (content.kind != Kind::kCounters) return chunk_shape(content.kind).bytes * chunks::kMaxChunks;
  const counters::Plan rest =
      counters::make_plan(0, content.key.size(), content.deadline.has_value());
  const std::size_t chunks = counters::kMaxElements - rest.deadline - rest.key;
  // The padding is the first port. Without padding every port can be an element; with the maximum
  // of fifteen bytes, fifteen ports are lost.
  const std::size_t longest = chunks * counters::kChunkBytes;
  if (content.value.size() > longest || content.value.size() % counters::kChunkBytes == 0)
    return longest;
  return longest - (counters::kChunkBytes - 1) * counters::kChunkBytes;
}

ipset::CreateOptions options_for(const DrawerContent& content) {
  if (content.kind == Kind::kCounters) return options_for_counters(content);
  ipset::CreateOptions options;
  options.hashsize = hashsize_for(content.kind, count_elements(content));
  options.comment = content.kind == Kind::kComment || !content.key.empty();
  if (options.comment) options.maxelem = kCommentMaxElements;
  if (content.deadline) {
    options.timeout = 0;
    options.counters = true;
    options.maxelem = kExpiringMaxElements;
  }
  return options;
}

DrawerEncoder::DrawerEncoder(const DrawerContent& content)
    : content_(content), key_done_(content.key.empty()) {
  if (is_bare_empty(content)) {
    done_ = true;
  } else if (content.kind == Kind::kCounters) {
    plan_ = plan_of(content);
    plan_.mask = counters::choose_mask(source_of(content), content.deadline.has_value());
    offset_ = 1;
  } else if (content.kind == Kind::kComment) {
    ipset::Element first;
    offset_ = encode_piece(content.value, 0, ipset::Family::kInet, kPlain, first);
  } else {
    offset_ = chunk_shape(content.kind).bytes;
  }
}

bool DrawerEncoder::next(ipset::Element& element) {
  if (done_) return false;
  // What another kind of drawer left in the element.
  element.timeout.reset();
  element.packets.reset();
  element.bytes.reset();
  element.comment.clear();
  if (content_.kind == Kind::kCounters) {
    element.ip.reset();
    element.protocol.reset();
    next_of_counters(element);
    return true;
  }
  if (content_.deadline) {
    // The key never expires: `sweep` has to know whose leftovers it removes.
    element.timeout = content_.life == 0 || !key_done_ ? 0 : content_.life + kLongerLife;
    element.packets = 0;
  }
  if (!key_done_)
    next_of_key(element);
  else if (offset_ < content_.value.size())
    next_of_value(element);
  else
    first_of_value(element);
  return true;
}

void DrawerEncoder::next_of_counters(ipset::Element& element) {
  const std::size_t index = offset_ < plan_.elements() ? offset_ : 0;
  counters::encode(plan_, source_of(content_), index, element);
  if (plan_.mask > 0) element.timeout = 0;
  if (content_.deadline) {
    element.timeout = content_.life;
    if (counters::is_permanent(plan_, index))
      element.timeout = 0;
    else if (index > 0 && content_.life > 0)
      element.timeout = content_.life + kLongerLife;
  }
  ++offset_;
  done_ = index == 0;
}

void DrawerEncoder::next_of_key(ipset::Element& element) {
  const auto key = std::as_bytes(std::span(content_.key));
  key_offset_ = encode_piece(key, key_offset_, shape_of(content_.kind).family, kKeyText, element);
  key_done_ = key_offset_ == key.size();
}

void DrawerEncoder::next_of_value(ipset::Element& element) {
  if (content_.kind == Kind::kComment) {
    offset_ = encode_piece(content_.value, offset_, ipset::Family::kInet, kPlain, element);
    return;
  }
  const chunks::Shape shape = chunk_shape(content_.kind);
  chunks::encode_chunk(shape, content_.value, offset_ / shape.bytes, element);
  offset_ += shape.bytes;
}

void DrawerEncoder::first_of_value(ipset::Element& element) {
  (void)encode_first(content_, element);
  if (content_.deadline) {
    element.timeout = content_.life;
    element.packets = milliseconds_of(*content_.deadline);
  }
  done_ = true;
}

bool encode_first(const DrawerContent& content, ipset::Element& element) {
  if (is_bare_empty(content) || content.kind == Kind::kCounters) return false;
  const chunks::Shape shape = chunk_shape(content.kind);
  if (content.kind == Kind::kComment)
    (void)encode_piece(content.value, 0, ipset::Family::kInet, kPlain, element);
  else if (content.value.empty())
    chunks::encode_empty(shape, element);
  else
    chunks::encode_chunk(shape, content.value, 0, element);
  return true;
}

}  // namespace ipsetkv::format
