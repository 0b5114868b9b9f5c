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
#include "store/backoff.h"

namespace ipsetkv::store {

/// What lies under a set's name.
enum class Content : std::uint8_t {
  kNothing,  ///< There is no such set.
  kUnsure,   ///< There was none, but one of another type may be about to take its place.
  kExpired,  ///< A value was there until its deadline; for readers the key is not there.
  kValue,
  kForeign,  ///< A set, but no value of ours.
};

/// What a reader found of a set that holds a value, or held one until its deadline.
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

/// Reads drawers: sets that hold one value each. It keeps what it allocates for the next call.
///
/// While a value of more than a page is read, its set cannot be replaced. So a reader that has read
/// a long value of a stripe before waits there for writers first (see WaitMarker).
class DrawerReader {
 public:
  explicit DrawerReader(ipset::Connection& connection) : connection_(connection) {}

  /// Reads the set at `place`, its value into `value` unless that is null. `drawer` is valid with
  /// Content::kValue. Content::kExpired and kUnsure have to be read again under the lock: a writer
  /// may be about to extend the value's life, or to put another set there. Waits for writers at
  /// most until the limit of `backoff`.
  [[nodiscard]] Result<Content> read(const format::Place& place, std::string* value, Drawer& drawer,
                                     Backoff& backoff);

  /// Reads the set as it is at this moment: for a caller that holds the stripe's lock, so that the
  /// result is final, or that allows for writers itself. Never returns kUnsure.
  [[nodiscard]] Result<Content> read_raw(const format::Place& place, std::string* value,
                                         Drawer& drawer);

  /// The key whose value the set `name` holds; nothing if it holds none, or one that has expired.
  [[nodiscard]] Result<std::optional<std::string>> key_of(const ipset::SetName& name,
                                                          Drawer& drawer);

  /// Calls `visit` for each set whose name `wanted` accepts and that holds a value, or held one,
  /// with its key.
  using Visit =
      std::function<void(std::string_view name, std::string_view key, Content, const Drawer&)>;
  [[nodiscard]] Result<void> read_all(const std::function<bool(std::string_view)>& wanted,
                                      const Visit& visit);

 private:
  [[nodiscard]] Result<Content> read_once(const format::Place& place, std::string* value,
                                          Drawer& drawer);
  /// Reads the elements of the present set of `listing`.
  [[nodiscard]] Result<Content> read_elements(ipset::Listing& listing,
                                              const ipset::SetHeader& header, std::string* value,
                                              Drawer& drawer);

  ipset::Connection& connection_;
  format::DrawerDecoder decoder_;
  std::uint32_t long_stripes_ = 0;  ///< A bit for each stripe of which a long value was read.
  std::chrono::milliseconds long_reading_{0};  ///< How long the last of those readings took.
};

}  // namespace ipsetkv::store
