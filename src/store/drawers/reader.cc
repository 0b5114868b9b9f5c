// SPDX-License-Identifier: MIT
#include "store/drawers/reader.h"

#include <cassert>
#include <thread>

#include "format/moment.h"
#include "format/own_names.h"
#include "store/drawers/wait_marker.h"

namespace ipsetkv::store {
namespace {

// A set of the right type whose elements make no value is read again: a writer whose `add` failed
// for lack of memory takes an unfinished set out again within microseconds (see exchange.cc).
constexpr int kReadings = 3;

// A set that fits into one part comes with a second one, the end.
constexpr std::size_t kShortParts = 2;

Drawer describe(const ipset::SetHeader& header) {
  Drawer drawer;
  drawer.references = header.references;
  drawer.memory_bytes = header.memory_bytes;
  drawer.shape = {.type = *header.type, .family = header.family};
  drawer.options = header.options;
  return drawer;
}

}  // namespace

Result<Content> DrawerReader::read(const format::Place& place, std::string* value, Drawer& drawer,
                                   Backoff& backoff) {
  assert(place.stripe < format::kStripes);
  if ((long_stripes_ >> place.stripe & 1) != 0) {
    auto waited = wait_for_writers(connection_, place.stripe, long_reading_, backoff);
    if (!waited) return tl::unexpected(waited.error());
  }
  auto content = read_raw(place, value, drawer);
  if (!content || *content != Content::kNothing) return content;
  // There may be no set because a writer is replacing it by one of another type. Before that it has
  // created a marker, which stays.
  const auto marker = connection_.header(format::mixed_marker_name(place.stripe).view());
  if (!marker) return tl::unexpected(marker.error());
  if (*marker) return Content::kUnsure;
  // Unless `sweep` has just destroyed it.
  return read_raw(place, value, drawer);
}

Result<Content> DrawerReader::read_raw(const format::Place& place, std::string* value,
                                       Drawer& drawer) {
  for (int reading = 1;; ++reading) {
    auto content = read_once(place, value, drawer);
    if (content && *content == Content::kForeign && reading < kReadings) {
      std::this_thread::yield();
      continue;
    }
    if (value != nullptr && (!content || *content != Content::kValue)) value->clear();
    return content;
  }
}

Result<Content> DrawerReader::read_once(const format::Place& place, std::string* value,
                                        Drawer& drawer) {
  Environment& environment = connection_.environment();
  const auto start = environment.now(Environment::Clock::kSteady);
  auto listing = connection_.list(place.name.view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = listing->next_set();
  if (!header) {
    if (header.error().code == ErrorCode::kNoSuchSet) return Content::kNothing;
    return tl::unexpected(header.error());
  }
  if (*header == nullptr) return Content::kNothing;
  const auto content = read_elements(*listing, **header, value, drawer);
  if (listing->parts() > kShortParts) {
    long_stripes_ |= 1U << place.stripe;
    long_reading_ = std::chrono::ceil<std::chrono::milliseconds>(
        environment.now(Environment::Clock::kSteady) - start);
  }
  if (content && *content == Content::kValue && decoder_.key() != place.key_inside)
    return Content::kForeign;
  return content;
}

Result<Content> DrawerReader::read_elements(ipset::Listing& listing, const ipset::SetHeader& header,
                                            std::string* value, Drawer& drawer) {
  if (!format::can_be_drawer(header)) return Content::kForeign;
  drawer = describe(header);
  decoder_.begin(header, format::keeps_key_inside(header.name.view()), value);
  for (;;) {
    const auto element = listing.next_element_view();
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) break;
    if (!decoder_.take(**element)) return Content::kForeign;
    ++drawer.elements;
  }
  const auto decoded = decoder_.finish();
  if (!decoded) return Content::kForeign;
  drawer.value_bytes = decoded->value_bytes;
  drawer.kind = decoded->kind;
  drawer.deadline = decoded->deadline;
  drawer.first = decoded->first;
  if (decoded->ended ||
      (decoded->deadline && *decoded->deadline <= format::now(connection_.environment())))
    return Content::kExpired;
  // Without any element nothing was put into the string.
  if (value != nullptr) value->resize(decoded->value_bytes);
  return Content::kValue;
}

Result<std::optional<std::string>> DrawerReader::key_of(const ipset::SetName& name,
                                                        Drawer& drawer) {
  auto listing = connection_.list(name.view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = listing->next_set();
  if (!header && header.error().code != ErrorCode::kNoSuchSet)
    return tl::unexpected(header.error());
  if (!header || *header == nullptr) return std::nullopt;
  const auto content = read_elements(*listing, **header, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content != Content::kValue) return std::nullopt;
  if (!format::keeps_key_inside(name.view())) return std::string(name.view());
  if (decoder_.key().empty()) return std::nullopt;
  return decoder_.key();
}

Result<void> DrawerReader::read_all(const std::function<bool(std::string_view)>& wanted,
                                    const Visit& visit) {
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
    if (*content != Content::kValue && *content != Content::kExpired) continue;
    if (*content == Content::kValue && format::is_digest(name) == decoder_.key().empty()) continue;
    visit(name, format::is_digest(name) ? std::string_view(decoder_.key()) : name, *content,
          drawer);
  }
}

}  // namespace ipsetkv::store
