// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "ipsetkv/store.h"
#include "layout/ipv4.h"

namespace ipsetkv::store {

/// What lies under a set's name.
enum class Content : std::uint8_t {
  kNothing,  ///< There is no such set.
  kValue,
  kForeign,  ///< A set, but no value of ours.
};

/// What a reader found out about a set that holds a value.
struct Drawer {
  std::size_t value_bytes = 0;
  std::size_t elements = 0;
  std::uint32_t hashsize = 0;
  std::uint32_t references = 0;
  std::uint32_t memory_bytes = 0;
  bool plain = false;  ///< No timeout, forceadd or maxelem that a new value must not inherit.
  std::optional<ipset::Address> first_address;  ///< The element of chunk 0, if there is one.
  std::uint8_t first_protocol = 0;
};

/// Reads drawers: sets that hold one value each. What it allocates, it keeps for the next.
class DrawerReader {
 public:
  explicit DrawerReader(ipset::Connection& connection) : connection_(connection) {}

  /// Reads the set `name`, its value into `value` unless that is null. What `drawer` says holds for
  /// Content::kValue.
  [[nodiscard]] Result<Content> read(const ipset::SetName& name, std::string* value,
                                     Drawer& drawer);

  /// Calls `visit` for each set that holds a value and whose name `wanted` accepts.
  [[nodiscard]] Result<void> read_all(
      const std::function<bool(std::string_view)>& wanted,
      const std::function<void(std::string_view name, const Drawer&)>& visit);

 private:
  [[nodiscard]] Result<Content> read_once(const ipset::SetName& name, std::string* value,
                                          Drawer& drawer);
  /// Reads the elements of the set that `listing` is at.
  [[nodiscard]] Result<Content> read_elements(ipset::Listing& listing,
                                              const ipset::SetHeader& header, std::string* value,
                                              Drawer& drawer);

  ipset::Connection& connection_;
  layout::ipv4::Decoder decoder_;
};

}  // namespace ipsetkv::store
