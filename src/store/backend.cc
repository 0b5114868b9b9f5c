// SPDX-License-Identifier: MIT
#include "store/backend.h"

namespace ipsetkv::store {
namespace {

/// Writes the pair, or removes its key if the deadline has passed.
Result<void> write_pair(Backend& backend, const KeyValue& pair) {
  if (!pair.deadline) return backend.write(pair.key, pair.value, Layout::kAuto, {});
  const Change change{.action = Change::Action::kWrite,
                      .value = pair.value,
                      .deadline = format::moment_of(*pair.deadline)};
  const auto done =
      backend.update(pair.key, nullptr, [&](const Present*) { return Result<Change>(change); });
  return done ? Result<void>() : tl::unexpected(done.error());
}

}  // namespace

Result<void> Backend::read_all(std::span<const std::string_view> keys, const VisitValue& visit) {
  std::string value;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const auto present = read(keys[index], &value);
    if (!present) return tl::unexpected(present.error());
    visit(index, *present ? std::optional<std::string_view>(value) : std::nullopt);
  }
  return {};
}

Result<void> Backend::write_all(std::span<const KeyValue> pairs, const VisitWritten& visit) {
  for (std::size_t index = 0; index < pairs.size(); ++index) {
    if (auto reported = report(visit, index, write_pair(*this, pairs[index])); !reported)
      return reported;
  }
  return {};
}

Result<void> Backend::remove_all(std::span<const std::string_view> keys,
                                 const VisitRemoved& visit) {
  Result<void> first;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const auto removed = remove(keys[index]);
    if (removed) {
      visit(index, *removed);
      continue;
    }
    const bool is_of_this_key = removed.error().code == ErrorCode::kNotAValue ||
                                removed.error().code == ErrorCode::kReferenced;
    if (first) first = tl::unexpected(removed.error());
    if (!is_of_this_key) return first;
  }
  return first;
}

Result<bool> Backend::drop(const DropProgress& /*progress*/) {
  return tl::unexpected(Error{.code = ErrorCode::kNoTable});
}

}  // namespace ipsetkv::store
