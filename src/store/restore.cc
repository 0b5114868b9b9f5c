// SPDX-License-Identifier: MIT

// Restoring: keys from the text that a backend's `save` has written. ArchiveReader knows what the
// text looks like.

#include "format/archive_reader.h"
#include "format/drawer_content.h"
#include "format/moment.h"
#include "store/implementation.h"

namespace ipsetkv {
namespace {

using format::ArchivedKey;

/// Writes a key that was saved, unless there is one already; whether it did.
Result<bool> write_absent(store::Backend& backend, const ArchivedKey& archived, bool keep) {
  return backend.update(
      archived.key, nullptr, [&](const store::Present* present) -> Result<store::Change> {
        if (present == nullptr)
          return store::Change{.action = store::Change::Action::kWrite,
                               .value = archived.value,
                               .layout = format::layout_of(archived.kind),
                               .deadline = archived.deadline};
        if (!keep) return tl::unexpected(Error{.code = ErrorCode::kKeyExists}.about(archived.key));
        return store::Change{};
      });
}

Result<void> write_archived(store::Backend& backend, const ArchivedKey& archived,
                            format::Moment now, IfExists if_exists, RestoreResult& result) {
  if (archived.deadline && *archived.deadline <= now) {
    ++result.expired;
    return {};
  }
  if (if_exists == IfExists::kReplace) {
    auto written = backend.write(archived.key, archived.value, format::layout_of(archived.kind),
                                 archived.deadline);
    if (!written) return written;
    ++result.restored;
    return {};
  }
  const auto written = write_absent(backend, archived, if_exists == IfExists::kKeep);
  if (!written) return tl::unexpected(written.error());
  ++(*written ? result.restored : result.kept);
  return {};
}

}  // namespace

Result<void> Store::restore(const std::function<Result<std::string_view>()>& read,
                            IfExists if_exists, RestoreResult& result) {
  result = {};
  std::uint64_t expired = 0;
  const format::ArchiveReader::Take take = [&](const ArchivedKey& archived) {
    return write_archived(implementation_->backend(), archived, implementation_->now(), if_exists,
                          result);
  };
  format::ArchiveReader archive(implementation_->backend().table(), take);
  for (;;) {
    const auto text = read();
    if (!text) return tl::unexpected(text.error());
    auto taken = text->empty() ? archive.finish() : archive.feed(*text);
    result.foreign = archive.foreign();
    result.expired += archive.ended() - expired;
    expired = archive.ended();
    if (!taken || text->empty()) return taken;
  }
}

}  // namespace ipsetkv
