// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "format/drawer_decoder.h"
#include "format/key.h"
#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"

namespace ipsetkv::store {

/// What lies under a set's name.
enum class Content : std::uint8_t {
  kNothing,  ///< There is no such set.
  kUnsure,   ///< There was none, but one of another type may have been about to take its place.
  kEnded,    ///< A value was there until its deadline; for readers the key is not there.
  kValue,
  kForeign,  ///< A set, but no value of ours.
};

/// What a reader found out about a set that holds a value, or held one until its deadline.
struct Drawer {
  std::size_t value_bytes = 0;
  format::Kind kind = format::Kind::kIpv4;
  std::optional<format::Moment> deadline;  ///< By the wall clock.
  std::size_t elements = 0;
  std::uint32_t references = 0;
  std::uint32_t memory_bytes = 0;
  format::SetShape shape;
  ipset::CreateOptions options;
  std::optional<format::FirstElement> first;
};

/// Reads drawers: sets that hold one value each. What it allocates, it keeps for the next.
///
/// While a value of more than a page is read, its set cannot be exchanged. So that readers in a
/// loop don't keep a writer out for ever, a writer that waits puts up a sign (the set
/// `~wait-<stripe>`), and a reader that has read a long value of that stripe before looks for it
/// first, and lets the writer through.
class DrawerReader {
 public:
  explicit DrawerReader(ipset::Connection& connection) : connection_(connection) {}

  /// Reads the set at `place`, its value into `value` unless that is null. What `drawer` says holds
  /// for Content::kValue. Content::kEnded and kUnsure have to be settled under the lock: a writer
  /// may be about to let the value live longer, or to put another set there.
  [[nodiscard]] Result<Content> read(const format::Place& place, std::string* value,
                                     Drawer& drawer);

  /// The same for somebody who holds the lock of the stripe, and need not wait for writers, or
  /// where there are none. Content::kEnded is final then.
  [[nodiscard]] Result<Content> read_locked(const format::Place& place, std::string* value,
                                            Drawer& drawer);

  /// The key whose value the set `name` holds; nothing if it holds none, or one that has expired.
  [[nodiscard]] Result<std::optional<std::string>> key_of(const ipset::SetName& name,
                                                          Drawer& drawer);

  /// Calls `visit` for each set that holds a value, or held one, and whose name `wanted` accepts,
  /// with its key.
  using Visit =
      std::function<void(std::string_view name, std::string_view key, Content, const Drawer&)>;
  [[nodiscard]] Result<void> read_all(const std::function<bool(std::string_view)>& wanted,
                                      const Visit& visit);

 private:
  [[nodiscard]] Result<void> let_writers_through(std::uint32_t stripe);
  [[nodiscard]] Result<Content> read_once(const format::Place& place, std::string* value,
                                          Drawer& drawer);
  /// Reads the elements of the set that `listing` is at.
  [[nodiscard]] Result<Content> read_elements(ipset::Listing& listing,
                                              const ipset::SetHeader& header, std::string* value,
                                              Drawer& drawer);

  ipset::Connection& connection_;
  format::DrawerDecoder decoder_;
  std::uint32_t long_stripes_ = 0;  ///< A bit for each stripe of which a long value was read.
  std::chrono::milliseconds long_reading_{0};  ///< How long the last one of those took.
};

}  // namespace ipsetkv::store
