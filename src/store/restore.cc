// SPDX-License-Identifier: MIT

// Saving and restoring: sets to text and back. What the text looks like is ArchiveWriter's and
// ArchiveReader's; here it meets the kernel.

#include <algorithm>
#include <string>
#include <vector>

#include "format/archive_reader.h"
#include "format/archive_writer.h"
#include "format/moment.h"
#include "ipset/names.h"
#include "store/drawers/drawers.h"
#include "store/implementation.h"

namespace ipsetkv {
namespace {

using format::ArchivedKey;

/// The sets that may be keys, sorted, so that the same values make the same text.
Result<std::vector<std::string>> candidate_names(ipset::Connection& connection) {
  std::vector<std::string> names;
  const auto listed = ipset::for_each_name(connection, [&](const ipset::SetName& name) {
    if (format::can_be_key(name.view())) names.emplace_back(name.view());
  });
  if (!listed) return tl::unexpected(listed.error());
  std::sort(names.begin(), names.end());
  return names;
}

/// The key that the set `name` may be of; only its elements tell where the name is a digest.
Result<std::optional<std::string>> key_behind(store::DrawerReader& reader,
                                              const std::string& name) {
  store::Drawer drawer;
  if (format::is_digest(name)) return reader.key_of(ipset::SetName(name), drawer);
  return name;
}

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

Result<std::uint64_t> store::Drawers::save(
    const std::function<Result<void>(std::string_view text)>& write) {
  const auto names = candidate_names(connection_);
  if (!names) return tl::unexpected(names.error());
  format::ArchiveWriter archive(write);
  std::string value;
  for (const std::string& name : *names) {
    const auto key = key_behind(reader_, name);
    if (!key) return tl::unexpected(key.error());
    if (!*key) continue;
    const auto place = format::place_of(**key);
    if (!place || place->name.view() != name) continue;
    store::Drawer drawer;
    const auto content = settled(*place, &value, drawer);
    if (!content) return tl::unexpected(content.error());
    if (*content != store::Content::kValue) continue;
    const auto saved = format::content_of(*place, value, format::layout_of(drawer.kind),
                                          drawer.deadline, this->now());
    if (!saved) return tl::unexpected(saved.error());
    if (auto added = archive.add(name, *saved); !added) return tl::unexpected(added.error());
  }
  return archive.finish();
}

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
