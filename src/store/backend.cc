// SPDX-License-Identifier: MIT
#include "store/backend.h"

namespace ipsetkv::store {

Result<void> Backend::read_all(std::span<const std::string_view> keys, const VisitValue& visit) {
  std::string value;
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const auto present = read(keys[index], &value);
    if (!present) return tl::unexpected(present.error());
    visit(index, *present ? std::optional<std::string_view>(value) : std::nullopt);
  }
  return {};
}

Result<void> Backend::write_all(std::span<const KeyValue> pairs) {
  for (const KeyValue& pair : pairs)
    if (auto written = write(pair.key, pair.value, Layout::kAuto, {}); !written) return written;
  return {};
}

Result<void> Backend::remove_all(std::span<const std::string_view> keys,
                                 const VisitRemoved& visit) {
  for (std::size_t index = 0; index < keys.size(); ++index) {
    const auto removed = remove(keys[index]);
    if (!removed) return tl::unexpected(removed.error());
    visit(index, *removed);
  }
  return {};
}

Result<bool> Backend::drop(const DropProgress& /*progress*/) {
  return tl::unexpected(Error{.code = ErrorCode::kNoTable});
}

}  // namespace ipsetkv::store
