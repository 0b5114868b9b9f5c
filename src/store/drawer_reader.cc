// SPDX-License-Identifier: MIT
#include "store/drawer_reader.h"

#include <algorithm>
#include <span>
#include <thread>

namespace ipsetkv::store {
namespace {

// A set of the right kind whose elements make no value is read again: a writer whose `add` failed
// for want of memory takes an unfinished set out again within microseconds (see drawer_writer.cc).
constexpr int kReadings = 3;

/// Whether a set could serve as a spare set for any value, apart from its size.
bool is_plain(const ipset::CreateOptions& options) {
  return !options.timeout && !options.forceadd && !options.counters && !options.skbinfo &&
         options.maxelem == ipset::kDefaultMaxElements;
}

Drawer describe(const ipset::SetHeader& header) {
  return {.elements = 0,
          .hashsize = header.options.hashsize.value_or(0),
          .references = header.references,
          .memory_bytes = header.memory_bytes,
          .plain = is_plain(header.options),
          .first_address = std::nullopt};
}

}  // namespace

Result<Content> DrawerReader::read(const ipset::SetName& name, std::string* value, Drawer& drawer) {
  for (int reading = 1;; ++reading) {
    auto content = read_once(name, value, drawer);
    if (!content || *content != Content::kForeign || reading == kReadings) return content;
    std::this_thread::yield();
  }
}

Result<Content> DrawerReader::read_once(const ipset::SetName& name, std::string* value,
                                        Drawer& drawer) {
  if (value != nullptr) value->clear();
  auto listing = connection_.list(name.view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = listing->next_set();
  if (!header) {
    if (header.error().code == ErrorCode::kNoSuchSet) return Content::kNothing;
    return tl::unexpected(header.error());
  }
  if (*header == nullptr) return Content::kNothing;
  auto content = read_elements(*listing, **header, value, drawer);
  if (value != nullptr && (!content || *content != Content::kValue)) value->clear();
  return content;
}

Result<Content> DrawerReader::read_elements(ipset::Listing& listing, const ipset::SetHeader& header,
                                            std::string* value, Drawer& drawer) {
  if (!layout::ipv4::matches(header)) return Content::kForeign;
  drawer = describe(header);
  const std::size_t chunks = std::min<std::size_t>(
      header.elements.value_or(layout::ipv4::kMaxChunks), layout::ipv4::kMaxChunks);
  std::span<std::byte> bytes;
  if (value != nullptr) {
    value->resize(chunks * layout::ipv4::kChunkBytes);
    bytes = std::as_writable_bytes(std::span(*value));
  }
  decoder_.begin(chunks, bytes);
  for (;;) {
    const auto element = listing.next_element();
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) break;
    if (!decoder_.take(**element)) return Content::kForeign;
    ++drawer.elements;
    if ((*element)->port == 0) {
      drawer.first_address = (*element)->ip;
      drawer.first_protocol = *(*element)->protocol;
    }
  }
  const auto length = decoder_.finish();
  if (!length) return Content::kForeign;
  drawer.value_bytes = *length;
  if (value != nullptr) value->resize(*length);
  return Content::kValue;
}

Result<void> DrawerReader::read_all(
    const std::function<bool(std::string_view)>& wanted,
    const std::function<void(std::string_view name, const Drawer&)>& visit) {
  auto listing = connection_.list({}, ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  for (;;) {
    const auto header = listing->next_set();
    if (!header) return tl::unexpected(header.error());
    if (*header == nullptr) return {};
    const std::string_view name = (*header)->name.view();
    if (!wanted(name)) continue;
    Drawer drawer;
    const auto content = read_elements(*listing, **header, nullptr, drawer);
    if (!content) return tl::unexpected(content.error());
    if (*content == Content::kValue) visit(name, drawer);
  }
}

}  // namespace ipsetkv::store
