// SPDX-License-Identifier: MIT

// The calls that read, change and write in one step. Each is a decision over what is there, taken
// while the key's lock keeps all other writers out; DrawerWriter::update does the rest.

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "format/moment.h"
#include "store/implementation.h"

namespace ipsetkv {
namespace {

using store::Change;
using store::Present;

const Change kLeave{.action = Change::Action::kLeave};
const Change kRemove{.action = Change::Action::kRemove};

Change write_change(std::string_view value, Layout layout, std::optional<format::Moment> deadline) {
  return {.action = Change::Action::kWrite, .value = value, .layout = layout, .deadline = deadline};
}

/// The same in `layout` only if there is room for the value, and its deadline, in that.
Change write_where_it_fits(std::string_view value, Layout layout,
                           std::optional<format::Moment> deadline) {
  Change change = write_change(value, layout, deadline);
  change.or_auto = true;
  return change;
}

/// The new value of a key that keeps its deadline, and its layout if somebody has chosen that.
Change rewrite(const Present* present, std::string_view value) {
  if (present == nullptr) return write_change(value, Layout::kAuto, {});
  return write_where_it_fits(value, present->chosen, present->deadline);
}

bool holds(SetOptions::If condition, bool present) {
  return condition == SetOptions::If::kAlways || (condition == SetOptions::If::kPresent) == present;
}

bool holds(ExpireIf condition, std::optional<format::Moment> present, format::Moment wanted) {
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
  store::Backend& backend = implementation_->backend();
  std::optional<format::Moment> deadline;
  if (options.expire_at) deadline = format::moment_of(*options.expire_at);
  const bool plain = options.condition == SetOptions::If::kAlways && !options.keep_deadline &&
                     !options.return_old && (!deadline || *deadline > implementation_->now());
  if (plain) {
    auto done = backend.write(key, value, options.layout, deadline);
    if (!done) return tl::unexpected(done.error());
    return SetResult{.written = true, .old = {}};
  }
  SetResult result;
  std::string* const old = options.return_old ? &implementation_->value : nullptr;
  const auto done = backend.update(key, old, [&](const Present* present) -> Result<Change> {
    result = {.written = holds(options.condition, present != nullptr), .old = {}};
    if (present != nullptr && old != nullptr) result.old = *old;
    if (!result.written) return kLeave;
    const bool keep = options.keep_deadline && present != nullptr;
    return write_change(value, options.layout, keep ? present->deadline : deadline);
  });
  if (!done) return tl::unexpected(done.error());
  return result;
}

Result<bool> Store::update(std::string_view key, std::string& value,
                           const std::function<Result<Update>(const Found*)>& decide) {
  return implementation_->backend().update(
      key, &value, [&](const Present* present) -> Result<Change> {
        std::optional<Found> found;
        if (present != nullptr)
          found = store::found_of(*present);
        else
          value.clear();
        const auto update = decide(found ? &*found : nullptr);
        if (!update) return tl::unexpected(update.error());
        if (update->action == Update::Action::kLeave) return kLeave;
        if (update->action == Update::Action::kRemove) return present == nullptr ? kLeave : kRemove;
        std::optional<format::Moment> deadline;
        if (update->deadline) deadline = format::moment_of(*update->deadline);
        return write_where_it_fits(update->value,
                                   present == nullptr ? Layout::kAuto : present->chosen, deadline);
      });
}

Result<bool> Store::expire(std::string_view key, Deadline deadline, ExpireIf condition) {
  const format::Moment wanted = format::moment_of(deadline);
  std::string& value = implementation_->value;
  return implementation_->backend().update(
      key, &value, [&](const Present* present) -> Result<Change> {
        if (present == nullptr || !holds(condition, present->deadline, wanted)) return kLeave;
        return write_where_it_fits(value, present->layout, wanted);
      });
}

Result<bool> Store::persist(std::string_view key) {
  std::string& value = implementation_->value;
  return implementation_->backend().update(key, &value,
                                           [&](const Present* present) -> Result<Change> {
                                             if (present == nullptr || !present->deadline)
                                               return kLeave;
                                             return write_change(value, present->layout, {});
                                           });
}

Result<bool> Store::compare_and_set(std::string_view key, std::string_view expected,
                                    std::string_view desired) {
  std::string& value = implementation_->value;
  return implementation_->backend().update(key, &value,
                                           [&](const Present* present) -> Result<Change> {
                                             if (present == nullptr || value != expected)
                                               return kLeave;
                                             return rewrite(present, desired);
                                           });
}

Result<std::int64_t> Store::increment(std::string_view key, std::int64_t amount) {
  std::string& value = implementation_->value;
  std::int64_t sum = 0;
  std::array<char, std::numeric_limits<std::int64_t>::digits10 + 3> text{};
  const auto done =
      implementation_->backend().update(key, &value, [&](const Present* present) -> Result<Change> {
        const auto number = present == nullptr ? 0 : number_of(value);
        if (!number || __builtin_add_overflow(*number, amount, &sum))
          return tl::unexpected(Error{.code = ErrorCode::kNotANumber}.about(key));
        const auto end = std::to_chars(text.data(), text.data() + text.size(), sum).ptr;
        return rewrite(present, {text.data(), end});
      });
  if (!done) return tl::unexpected(done.error());
  return sum;
}

Result<std::uint64_t> Store::append(std::string_view key, std::string_view tail) {
  std::string& value = implementation_->value;
  const auto done =
      implementation_->backend().update(key, &value, [&](const Present* present) -> Result<Change> {
        if (present == nullptr) value.clear();
        value.append(tail);
        return rewrite(present, value);
      });
  if (!done) return tl::unexpected(done.error());
  return value.size();
}

Result<std::uint64_t> Store::set_range(std::string_view key, std::uint64_t offset,
                                       std::string_view part) {
  if (offset > kMaxValueBytes || part.size() > kMaxValueBytes - offset) {
    const Error error{
        .code = ErrorCode::kValueTooLong, .actual = offset + part.size(), .limit = kMaxValueBytes};
    return tl::unexpected(error.about(key));
  }
  std::string& value = implementation_->value;
  const auto done =
      implementation_->backend().update(key, &value, [&](const Present* present) -> Result<Change> {
        if (present == nullptr) value.clear();
        if (part.empty()) return kLeave;
        value.resize(std::max<std::size_t>(value.size(), offset + part.size()));
        value.replace(offset, part.size(), part);
        return rewrite(present, value);
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
