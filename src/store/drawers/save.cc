// SPDX-License-Identifier: MIT

// Saving: all drawers as text, from which Store::restore makes them again. ArchiveWriter knows what
// the text looks like.

#include <algorithm>
#include <string>
#include <vector>

#include "format/archive_writer.h"
#include "ipset/names.h"
#include "store/drawers/drawers.h"

namespace ipsetkv::store {
namespace {

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
Result<std::optional<std::string>> key_behind(DrawerReader& reader, const std::string& name) {
  Drawer drawer;
  if (format::is_digest(name)) return reader.key_of(ipset::SetName(name), drawer);
  return name;
}

}  // namespace

Result<std::uint64_t> Drawers::save(
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
    Drawer drawer;
    const auto content = read_confirmed(*place, &value, drawer);
    if (!content) return tl::unexpected(content.error());
    if (*content != Content::kValue) continue;
    const auto saved =
        format::content_of(*place, value, format::layout_of(drawer.kind), drawer.deadline, now());
    if (!saved) return tl::unexpected(saved.error());
    if (auto added = archive.add(name, *saved); !added) return tl::unexpected(added.error());
  }
  return archive.finish();
}

}  // namespace ipsetkv::store
