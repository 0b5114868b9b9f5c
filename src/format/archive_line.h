// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

#include "format/archive_word.h"
#include "ipset/element.h"
#include "ipset/set_header.h"

/// Saved text, line by line: what stock `ipset restore` reads, and what `ipset save` writes of sets
/// that can be values. Pure functions: bytes in, structs out. docs/format.md is the definition.
namespace ipsetkv::format {

/// The longest line that is read, in bytes. The longest that is written has some 450.
inline constexpr std::size_t kMaxLineBytes = 1024;

/// The comment that begins what `ipsetkv save` writes, the one behind each set's elements, and the
/// one that ends it all. A count follows the latter two: of elements, and of sets.
inline constexpr std::string_view kArchiveBegin = "# ipsetkv archive 1";
inline constexpr std::string_view kArchiveSet = "# ipsetkv elements ";
inline constexpr std::string_view kArchiveEnd = "# ipsetkv end ";

/// What a line is, before its options are looked at. Borrows from the line.
struct ArchiveLine {
  enum class Kind : std::uint8_t {
    kNothing,  ///< Empty, or a comment for people.
    kBegin,
    kSetEnd,
    kEnd,
    kCreate,
    kAdd,
  };
  Kind kind = Kind::kNothing;
  std::string_view set;     ///< The set's name; of `create` and `add`.
  std::string_view type;    ///< The set's type; of `create`.
  std::string_view rest;    ///< What follows these.
  std::uint64_t count = 0;  ///< Of kSetEnd and kEnd.
};

/// Takes a line without its newline apart.
[[nodiscard]] tl::expected<ArchiveLine, BadLine> parse_line(std::string_view line);

/// Reads the options behind the type in the `create` of a set of `header.type`, hash:ip,port or
/// bitmap:port, in any order.
[[nodiscard]] Parsed parse_create(std::string_view rest, ipset::SetHeader& header);

/// Reads the element behind the name in the `add` to the set of `header`, over what `element` held.
[[nodiscard]] Parsed parse_add(std::string_view rest, const ipset::SetHeader& header,
                               ipset::Element& element);

}  // namespace ipsetkv::format
