// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "store/patience.h"

namespace ipsetkv::store {

/// The set in which a writer puts a value together, out of the readers' sight, before it takes the
/// key's place. What comes out of that place is the next spare set, so that replacing a value again
/// and again creates nothing. Its name carries the netlink port id of the writer's socket: it
/// belongs to that socket for as long as the socket lives.
class SpareSet {
 public:
  explicit SpareSet(ipset::Connection& connection);

  [[nodiscard]] const ipset::SetName& name() const { return name_; }
  /// In buckets, as it was created.
  [[nodiscard]] std::uint32_t hashsize() const { return hashsize_; }

  /// Sees to it that there is a set with room for so many elements without growing, a growing set
  /// being many times slower to fill, and not needlessly large, since flushing one walks its table.
  /// True if it has to be flushed before use. kBusy if others kept reading a left-over of that
  /// name.
  [[nodiscard]] Result<bool> prepare(std::size_t elements, Patience& patience);

  /// After a swap: the set now is what was in the key's place. One that is not `plain` is not used
  /// again.
  void replaced_by(std::uint32_t hashsize, bool plain);
  /// After a rename: there is no set of that name any more.
  void given_away() { state_ = State::kAbsent; }
  /// Something did not go as expected: the next `prepare` makes a new set.
  void lose_track() { replaced_by(0, false); }

  /// Destroys the set, if there is one. A failure leaves it to be found by its name.
  void discard();

 private:
  enum class State : std::uint8_t {
    kNotOurs,  ///< Nothing was done yet; a set of that name is a left-over of somebody gone.
    kAbsent,
    kPresent,
  };

  [[nodiscard]] Result<void> create(std::uint32_t hashsize, Patience& patience);
  [[nodiscard]] Result<std::uint8_t> revision();

  ipset::Connection& connection_;
  ipset::Batch batch_;
  ipset::SetName name_;
  std::optional<std::uint8_t> revision_;
  std::uint32_t hashsize_ = 0;
  State state_ = State::kNotOurs;
};

}  // namespace ipsetkv::store
