// SPDX-License-Identifier: MIT

// The calls that read, change and write in one step. Each is a decision over what is there, taken
// while the key's lock keeps all other writers out; DrawerWriter::update does the rest.

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "store/clock.h"
#include "store/drawers.h"

namespace ipsetkv {
namespace {

using store::Change;
using store::Drawer;

const Change kLeave{Change::Action::kLeave, {}};
const Change kRemove{Change::Action::kRemove, {}};

/// Replaces the value; a moment that has passed removes the key.
Result<Change> write_change(const store::Place& place, std::string_view value, Layout layout,
                            std::optional<std::uint64_t> deadline) {
  if (deadline && *deadline <= store::now_ms()) return kRemove;
  const auto content = store::content_of(place, value, layout, deadline);
  if (!content) return tl::unexpected(content.error());
  return Change{Change::Action::kWrite, *content};
}

/// The same in `layout` only if there is room for the value, and its deadline, in that.
Result<Change> write_where_it_fits(const store::Place& place, std::string_view value, Layout layout,
                                   std::optional<std::uint64_t> deadline) {
  auto change = write_change(place, value, layout, deadline);
  if (change || change.error().code != ErrorCode::kValueTooLong) return change;
  return write_change(place, value, Layout::kAuto, deadline);
}

/// The new value of a key that keeps its deadline, and its layout if somebody has chosen that.
Result<Change> rewrite(const store::Place& place, const Drawer* drawer, std::string_view value) {
  if (drawer == nullptr) return write_change(place, value, Layout::kAuto, {});
  return write_where_it_fits(place, value, store::chosen_layout(*drawer), drawer->deadline);
}

bool holds(SetOptions::If condition, bool present) {
  return condition == SetOptions::If::kAlways || (condition == SetOptions::If::kPresent) == present;
}

bool holds(ExpireIf condition, std::optional<std::uint64_t> present, std::uint64_t wanted) {
  switch (condition) {
    case ExpireIf::kAlways:
      return true;
    case ExpireIf::kHasNone:
      return !present;
    case ExpireIf::kHasOne:
      return present.has_value();
    case ExpireIf::kLater:
      return present && wanted > *present;
    case ExpireIf::kEarlier:
      return !present || wanted < *present;
  }
  return false;
}

/// What Redis takes for a number: decimal, without spaces, plus sign or leading zeros.
std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  if (text != "0" && (text.front() == '0' || text.starts_with("-0"))) return std::nullopt;
  return number;
}

}  // namespace

Result<SetResult> Store::set(std::string_view key, std::string_view value,
                             const SetOptions& options) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  std::optional<std::uint64_t> deadline;
  if (options.expire_at) deadline = store::to_ms(*options.expire_at);
  const bool plain = options.condition == SetOptions::If::kAlways && !options.keep_deadline &&
                     !options.return_old && (!deadline || *deadline > store::now_ms());
  if (plain) {
    const auto content = store::content_of(*place, value, options.layout, deadline);
    if (!content) return tl::unexpected(content.error());
    if (auto done = drawers_->writer.write(*place, *content); !done)
      return tl::unexpected(done.error());
    return SetResult{.written = true, .old = {}};
  }
  SetResult result;
  std::string* const old = options.return_old ? &drawers_->value : nullptr;
  const auto done = drawers_->writer.update(*place, old, [&](const Drawer* drawer) {
    result = {.written = holds(options.condition, drawer != nullptr), .old = {}};
    if (drawer != nullptr && old != nullptr) result.old = *old;
    if (!result.written) return Result<Change>(kLeave);
    const bool keep = options.keep_deadline && drawer != nullptr;
    return write_change(*place, value, options.layout, keep ? drawer->deadline : deadline);
  });
  if (!done) return tl::unexpected(done.error());
  return result;
}

Result<bool> Store::expire(std::string_view key, Deadline deadline, ExpireIf condition) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  const std::uint64_t wanted = store::to_ms(deadline);
  return drawers_->writer.update(*place, &drawers_->value, [&](const Drawer* drawer) {
    if (drawer == nullptr || !holds(condition, drawer->deadline, wanted))
      return Result<Change>(kLeave);
    return write_where_it_fits(*place, drawers_->value, store::layout_of(drawer->kind), wanted);
  });
}

Result<bool> Store::persist(std::string_view key) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  return drawers_->writer.update(*place, &drawers_->value, [&](const Drawer* drawer) {
    if (drawer == nullptr || !drawer->deadline) return Result<Change>(kLeave);
    return write_change(*place, drawers_->value, store::layout_of(drawer->kind), {});
  });
}

Result<bool> Store::compare_and_set(std::string_view key, std::string_view expected,
                                    std::string_view desired) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  return drawers_->writer.update(*place, &drawers_->value, [&](const Drawer* drawer) {
    if (drawer == nullptr || drawers_->value != expected) return Result<Change>(kLeave);
    return rewrite(*place, drawer, desired);
  });
}

Result<std::int64_t> Store::increment(std::string_view key, std::int64_t amount) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  std::int64_t sum = 0;
  std::array<char, std::numeric_limits<std::int64_t>::digits10 + 3> text{};
  const auto done = drawers_->writer.update(
      *place, &drawers_->value, [&](const Drawer* drawer) -> Result<Change> {
        const auto number = drawer == nullptr ? 0 : number_of(drawers_->value);
        if (!number || __builtin_add_overflow(*number, amount, &sum))
          return tl::unexpected(Error{.code = ErrorCode::kNotANumber}.about(key));
        const auto end = std::to_chars(text.data(), text.data() + text.size(), sum).ptr;
        return rewrite(*place, drawer, {text.data(), end});
      });
  if (!done) return tl::unexpected(done.error());
  return sum;
}

Result<std::uint64_t> Store::append(std::string_view key, std::string_view tail) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  std::string& value = drawers_->value;
  const auto done = drawers_->writer.update(*place, &value, [&](const Drawer* drawer) {
    if (drawer == nullptr) value.clear();
    value.append(tail);
    return rewrite(*place, drawer, value);
  });
  if (!done) return tl::unexpected(done.error());
  return value.size();
}

Result<std::uint64_t> Store::set_range(std::string_view key, std::uint64_t offset,
                                       std::string_view part) {
  const auto place = store::place_of(key);
  if (!place) return tl::unexpected(place.error());
  if (offset > kMaxValueBytes || part.size() > kMaxValueBytes - offset) {
    const Error error{
        .code = ErrorCode::kValueTooLong, .actual = offset + part.size(), .limit = kMaxValueBytes};
    return tl::unexpected(error.about(key));
  }
  std::string& value = drawers_->value;
  const auto done = drawers_->writer.update(*place, &value, [&](const Drawer* drawer) {
    if (drawer == nullptr) value.clear();
    if (part.empty()) return Result<Change>(kLeave);
    value.resize(std::max<std::size_t>(value.size(), offset + part.size()));
    value.replace(offset, part.size(), part);
    return rewrite(*place, drawer, value);
  });
  if (!done) return tl::unexpected(done.error());
  return value.size();
}

Result<std::string> Store::get_range(std::string_view key, std::int64_t first, std::int64_t last) {
  std::string value;
  const auto found = get(key, value);
  if (!found) return tl::unexpected(found.error());
  if (first < 0 && last < first) return std::string();
  const auto size = static_cast<std::int64_t>(value.size());
  if (first < 0) first = std::max<std::int64_t>(first + size, 0);
  if (last < 0) last = std::max<std::int64_t>(last + size, 0);
  last = std::min(last, size - 1);
  if (first > last) return std::string();
  return value.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1));
}

}  // namespace ipsetkv
