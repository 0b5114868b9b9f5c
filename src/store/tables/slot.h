// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "format/pair.h"
#include "store/tables/open_table.h"

namespace ipsetkv::store {

/// What a bucket holds under a digest.
struct Slot {
  bool there = false;    ///< There is an element of the key.
  bool expired = false;  ///< There is, but its deadline has passed.
  /// The kernel was replacing the element while it was listed, so it could not be read.
  bool torn = false;
  bool dangling = false;  ///< The set that it names is gone.
  std::optional<format::Moment> deadline;
  std::size_t value_bytes = 0;
  ipset::SetName long_set;  ///< Of a long pair.
  BucketGrowth::Fill fill;
  format::Moment asked_at{};  ///< Before the bucket was listed.

  /// Whether only a listing of the locked bucket tells if the key is there. An element whose
  /// deadline passed after the request was sent may have got another one in the meantime.
  [[nodiscard]] bool needs_lock() const {
    return torn || (expired && !(deadline && *deadline <= asked_at));
  }
  [[nodiscard]] bool is_present() const { return there && !expired && !dangling; }
  [[nodiscard]] bool is_long() const { return !long_set.empty(); }
};

/// The set that a listing by name is of; null if there is none.
[[nodiscard]] Result<const ipset::SetHeader*> bucket_in(ipset::Listing& listing);

/// Reads slots. What a slot says of the table's marks is noted in its head.
class SlotReader {
 public:
  explicit SlotReader(OpenTable& table) : table_(table) {}

  /// Reads the slot of a key in the set of a bucket, and its value into `value` unless that is
  /// null; nothing if there is no such set. The value of a long pair is left to `complete`.
  [[nodiscard]] Result<std::optional<Slot>> read(const ipset::SetName& bucket,
                                                 const format::Digest& digest, std::string_view key,
                                                 std::string* value);
  /// Reads the set of a long pair. False if that is gone.
  [[nodiscard]] Result<bool> complete(Slot& slot, std::string_view key, std::string* value);
  /// Reads the slot in a bucket that is held. kNoSuchSet if another program has removed its set.
  [[nodiscard]] Result<Slot> read_held(const BucketHold& hold, const format::Digest& digest,
                                       std::string_view key, std::string* value);
  /// The same, with the value of a long pair. `value` is empty if the key is not there.
  [[nodiscard]] Result<Slot> read_under_lock(const BucketHold& hold, const format::Digest& digest,
                                             std::string_view key, std::string* value);
  /// Takes into the slot what an element says of the key; nothing if it is another key's.
  void take(const ipset::ElementView& element, std::string_view key, std::string* value,
            Slot& slot);

 private:
  OpenTable& table_;
  format::PairDecoder decoder_;
};

}  // namespace ipsetkv::store
