// SPDX-License-Identifier: MIT

// Keys a page at a time. The kernel shows sets in the order of its table, in which a set that goes
// moves nobody, but which a cursor cannot enter in the middle. So a page goes through all names, in
// the order of their hashes: a key that stays has its hash, and is met once whatever comes and
// goes.

#include <sodium/crypto_shorthash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/glob.h"
#include "ipset/names.h"
#include "store/drawers/drawers.h"

namespace ipsetkv::store {
namespace {

struct Entry {
  std::uint64_t hash;
  ipset::SetName name;
};

/// Never 0, which ends a scan.
std::uint64_t hash_of(std::string_view name) {
  constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> kNoSecret{};
  std::array<unsigned char, crypto_shorthash_BYTES> bytes{};
  crypto_shorthash(bytes.data(), reinterpret_cast<const unsigned char*>(name.data()), name.size(),
                   kNoSecret.data());
  std::uint64_t hash = 0;
  std::memcpy(&hash, bytes.data(), sizeof hash);
  return std::max<std::uint64_t>(hash, 1);
}

/// The sets that may be keys from `cursor` on, in the order of their hashes.
Result<std::vector<Entry>> entries_from(ipset::Connection& connection, std::uint64_t cursor) {
  std::vector<Entry> entries;
  const auto listed = ipset::for_each_name(connection, [&](const ipset::SetName& name) {
    if (!format::can_be_key(name.view())) return;
    const std::uint64_t hash = hash_of(name.view());
    if (hash >= cursor) entries.push_back({hash, name});
  });
  if (!listed) return tl::unexpected(listed.error());
  std::sort(entries.begin(), entries.end(), [](const Entry& one, const Entry& other) {
    return std::pair(one.hash, one.name.view()) < std::pair(other.hash, other.name.view());
  });
  // A key that goes and comes back while the names are listed may be at two places.
  const auto same = [](const Entry& one, const Entry& other) { return one.name == other.name; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return entries;
}

}  // namespace

Result<ScanPage> Drawers::scan(std::uint64_t cursor, std::string_view pattern, std::size_t count) {
  auto entries = entries_from(connection_, cursor);
  if (!entries) return tl::unexpected(entries.error());
  // Two names of one hash go on one page, since the cursor cannot tell them apart.
  std::size_t end = std::min(std::max<std::size_t>(count, 1), entries->size());
  while (end < entries->size() && (*entries)[end].hash == (*entries)[end - 1].hash) ++end;

  ScanPage page;
  if (end < entries->size()) page.next_cursor = (*entries)[end].hash;
  for (std::size_t index = 0; index < end; ++index) {
    const ipset::SetName& name = (*entries)[index].name;
    Drawer drawer;
    const auto key = reader_.key_of(name, drawer);
    if (!key) return tl::unexpected(key.error());
    if (*key && glob_matches(pattern, **key)) page.keys.push_back(**key);
  }
  return page;
}

}  // namespace ipsetkv::store
