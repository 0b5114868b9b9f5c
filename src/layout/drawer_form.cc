// SPDX-License-Identifier: MIT
#include "layout/drawer_form.h"

#include <algorithm>
#include <bit>

#include "ipset/protocol.h"

namespace ipsetkv::layout {
namespace {

// The others outlive the first chunk, so that the value is there as a whole until it is gone.
constexpr std::uint32_t kLongerLife = 60;

bool is_bare_empty(const DrawerContent& content) {
  return content.value.empty() && content.kind == Kind::kIpv4 && content.key.empty() &&
         !content.deadline;
}

}  // namespace

ipset::CreateOptions options_for(const DrawerContent& content) {
  ipset::CreateOptions options;
  options.comment = content.kind == Kind::kComment || !content.key.empty();
  if (options.comment) options.maxelem = kCommentMaxElements;
  if (content.deadline) {
    options.timeout = 0;
    options.counters = true;
    options.maxelem = kExpiringMaxElements;
  }
  return options;
}

std::size_t count_elements(const DrawerContent& content) {
  const std::size_t pieces =
      content.key.empty() ? 0 : text::count_pieces(std::as_bytes(std::span(content.key)));
  if (content.kind == Kind::kComment) return pieces + text::count_pieces(content.value);
  return pieces + std::max<std::size_t>(ipv4::chunk_count(content.value.size()), 1);
}

std::uint32_t hashsize_for(const DrawerContent& content, std::size_t elements) {
  // A bucket grows to a dozen elements before the table does, so a comment's table may be the
  // smaller power of two: its pointers would be a good part of the memory.
  const std::size_t buckets =
      content.kind == Kind::kComment ? std::bit_floor(elements) : std::bit_ceil(elements);
  return std::max(ipset::kMinHashSize, static_cast<std::uint32_t>(buckets));
}

DrawerEncoder::DrawerEncoder(const DrawerContent& content)
    : content_(content), key_done_(content.key.empty()) {
  if (is_bare_empty(content)) {
    done_ = true;
  } else if (content.kind == Kind::kComment) {
    ipset::Element first;
    offset_ = text::encode(content.value, 0, kPlain, first);
  } else {
    offset_ = ipv4::kChunkBytes;
  }
}

bool DrawerEncoder::next(ipset::Element& element) {
  if (done_) return false;
  element.comment.clear();
  element.timeout.reset();
  element.packets.reset();
  if (content_.deadline) {
    // The key stays, so that whoever clears away what is left can tell whose it was.
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

void DrawerEncoder::next_of_key(ipset::Element& element) {
  const auto key = std::as_bytes(std::span(content_.key));
  key_offset_ = text::encode(key, key_offset_, kKeyText, element);
  key_done_ = key_offset_ == key.size();
}

void DrawerEncoder::next_of_value(ipset::Element& element) {
  if (content_.kind == Kind::kComment) {
    offset_ = text::encode(content_.value, offset_, kPlain, element);
    return;
  }
  ipv4::encode_chunk(content_.value, offset_ / ipv4::kChunkBytes, element);
  offset_ += ipv4::kChunkBytes;
}

void DrawerEncoder::first_of_value(ipset::Element& element) {
  (void)encode_first(content_, element);
  if (content_.deadline) {
    element.timeout = content_.life;
    element.packets = *content_.deadline;
  }
  done_ = true;
}

bool encode_first(const DrawerContent& content, ipset::Element& element) {
  if (is_bare_empty(content)) return false;
  if (content.kind == Kind::kComment)
    (void)text::encode(content.value, 0, kPlain, element);
  else if (content.value.empty())
    ipv4::encode_empty(element);
  else
    ipv4::encode_chunk(content.value, 0, element);
  return true;
}

}  // namespace ipsetkv::layout
