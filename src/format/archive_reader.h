// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/archive_line.h"
#include "format/archive_table.h"
#include "format/archived_key.h"
#include "format/drawer_decoder.h"
#include "ipset/element.h"
#include "ipset/set_header.h"
#include "ipsetkv/error.h"

namespace ipsetkv::format {

/// Puts keys and values together from saved text, in pieces cut anywhere. No I/O of its own.
///
/// Text of ArchiveWriter holds values and nothing else, and counts them, so everything in it that
/// is no value is an error, and so is a line that is missing. Text of `ipset save` holds whatever
/// sets there were: a set that can be somebody else's is passed over, unless it is marked as ours,
/// by a name that is a digest or by its `maxelem`.
///
/// A set's elements come in any order, and how many there are is known at its end. Until then they
/// are kept, each in 40 bytes and its comment, and then put together. Of a value in comments that
/// is twice its length and a sixth; twice as much again where every byte is escaped.
class ArchiveReader {
 public:
  /// Gets each key once its last line was read; an error of it ends the reading.
  using Take = std::function<Result<void>(const ArchivedKey&)>;
  /// Takes the keys of that table, or where it is empty, those of drawers.
  ArchiveReader(std::string_view table, const Take& take) : take_(take) {
    if (!table.empty()) table_.emplace(table, take_);
  }

  /// Reads on. After an error it is of no more use.
  [[nodiscard]] Result<void> feed(std::string_view text);
  /// There is no more: the last key is handed over.
  [[nodiscard]] Result<void> finish();

  /// Sets that are no values, but for the store's own locks and spare sets; keys of which only
  /// remains were left.
  [[nodiscard]] std::uint64_t foreign() const { return foreign_; }
  [[nodiscard]] std::uint64_t ended() const { return ended_; }

 private:
  enum class State : std::uint8_t {
    kNone,     ///< No set was created yet, or its value was handed over.
    kPending,  ///< Its elements are being gathered.
    kTable,    ///< It is of the table that is asked for, and no long pair.
    kForeign,  ///< It is no value, or not for us to judge.
  };

  [[nodiscard]] Result<void> take_line(std::string_view line);
  [[nodiscard]] Result<void> begin_archive();
  [[nodiscard]] Result<void> end_archived_set(const ArchiveLine& line);
  [[nodiscard]] Result<void> end_archive(const ArchiveLine& line);
  [[nodiscard]] Result<void> begin_set(const ArchiveLine& line);
  /// Whether the set is passed over, or an error, because it is of another store.
  [[nodiscard]] bool is_of_other_store(std::string_view set_name);
  [[nodiscard]] Result<void> gather(const ArchiveLine& line);
  [[nodiscard]] Result<void> take_table_element(std::string_view set_name);
  [[nodiscard]] Result<void> finish_set();
  [[nodiscard]] Result<void> decode();
  [[nodiscard]] Result<void> hand_over(const Decoded& decoded);
  [[nodiscard]] Result<void> hand_over_long_pair(const Decoded& decoded);
  [[nodiscard]] Result<void> pass_over(std::string_view set_name);
  /// Passes the set over; an error if it is one of ours.
  [[nodiscard]] Result<void> reject(std::uint64_t line, LineFault fault, std::string_view word);
  [[nodiscard]] bool is_marked() const;
  void drop();

  /// An element while its set is gathered; its comment is among `comments_`.
  struct Kept {
    std::uint64_t packets;
    std::uint64_t bytes;
    std::array<std::byte, ipset::Address::kInet6Bytes> address;
    std::uint32_t lines;  ///< Behind the line that created the set.
    std::uint16_t port;
    std::uint8_t protocol;
    std::uint8_t comment_bytes;
  };
  static_assert(ipset::kMaxCommentBytes <= std::numeric_limits<std::uint8_t>::max());

  /// Whether the set can have another element, and whether this one has all that its type asks for.
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool has_its_counters() const;
  void keep(const ipset::Element& element);
  /// Sorts the elements by their ports, as the kernel lists those of a bitmap; returns one whose
  /// port another has too.
  [[nodiscard]] const Kept* put_in_order();
  /// Makes it the present element; its comment is the first of `comments`, and taken from them.
  void restore(const Kept& kept, std::string_view& comments);

  const Take& take_;
  std::optional<ArchivedTable> table_;
  std::optional<TableSet::Kind> table_set_;  ///< What the present set is in it.
  std::uint64_t table_elements_ = 0;         ///< Of the present set, unless it is a long pair.
  std::string partial_;  ///< The beginning of a line whose end has not come yet.
  std::uint64_t line_ = 0;
  bool in_archive_ = false;
  std::uint64_t archived_sets_ = 0;

  State state_ = State::kNone;
  ipset::SetHeader header_;
  std::uint64_t created_at_ = 0;  ///< The line.
  std::vector<Kept> kept_;
  std::string comments_;       ///< Of all of them, one behind the other.
  bool has_timeouts_ = false;  ///< An element of the set is to end.
  ipset::Element element_;
  DrawerDecoder decoder_;
  std::string value_;

  std::uint64_t foreign_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace ipsetkv::format
