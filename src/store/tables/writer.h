// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/backend.h"
#include "store/change.h"
#include "store/tables/encoded_pair.h"
#include "store/tables/growth_schedule.h"
#include "store/tables/reader.h"
#include "store/tables/slot.h"

namespace ipsetkv::store {

/// Writes and removes single keys of a table: with one command if nothing has to be read before,
/// otherwise with the bucket locked. Each call means what Backend's of the same name says.
class TableWriter {
 public:
  TableWriter(OpenTable& table, SlotReader& slots, TableReader& reader, GrowthSchedule& schedule)
      : table_(table), slots_(slots), reader_(reader), schedule_(schedule) {}

  /// A deadline that has passed removes the key.
  [[nodiscard]] Result<void> write(std::string_view key, std::string_view value,
                                   std::optional<format::Moment> deadline, Backoff& backoff);
  [[nodiscard]] Result<bool> remove(std::string_view key, Backoff& backoff);
  [[nodiscard]] Result<bool> update(std::string_view key, std::string* value, const Decide& decide,
                                    Backoff& backoff);
  [[nodiscard]] Result<bool> transfer(std::string_view key, std::string_view new_key, Transfer how,
                                      Backoff& backoff);

 private:
  // writer.cc

  /// The same with a deadline: marks the table first. Removes the key if the time has come.
  [[nodiscard]] Result<bool> write_until(std::string_view key, std::string_view value,
                                         format::Moment deadline, Backoff& backoff);
  /// Writes to the loaded table; false if that is gone.
  [[nodiscard]] Result<bool> write_once(std::string_view key, std::string_view value,
                                        std::optional<format::Moment> deadline, Backoff& backoff);
  /// Whether the digest's element can be replaced or removed without being read: it is not that of
  /// a long pair.
  [[nodiscard]] Result<bool> is_plain(const format::Digest& digest);
  [[nodiscard]] Result<bool> write_plain(const EncodedPair& pair, const format::Digest& digest,
                                         std::string_view key, Backoff& backoff);
  [[nodiscard]] Result<bool> write_locked(EncodedPair& pair, const format::Digest& digest,
                                          std::string_view key, Backoff& backoff);
  [[nodiscard]] Result<std::optional<bool>> remove_plain(const format::Digest& digest,
                                                         std::string_view key, Backoff& backoff);

  // update.cc

  /// Decides about a key of a table that does not exist. Whether the table was made.
  [[nodiscard]] Result<bool> make_if_wanted(std::string* value, const Decide& decide,
                                            Backoff& backoff);
  [[nodiscard]] Result<bool> update_locked(BucketHold& hold, const format::Digest& digest,
                                           std::string_view key, std::string* value,
                                           const Decide& decide, Backoff& backoff);
  /// Executes what was decided and releases the bucket. Whether there was anything to do.
  [[nodiscard]] Result<bool> execute_change(const Change& change, BucketHold& hold,
                                            const format::Digest& digest, std::string_view key,
                                            const Slot& slot, Backoff& backoff);
  /// Puts the pair into the bucket that is held, or removes the slot's element, and releases it.
  [[nodiscard]] Result<void> put(EncodedPair& pair, BucketHold& hold, const format::Digest& digest,
                                 std::string_view key, const Slot& slot, Backoff& backoff);
  [[nodiscard]] Result<void> take_out(BucketHold& hold, const format::Digest& digest,
                                      std::string_view key, const Slot& slot, Backoff& backoff);
  /// Queues the pair in place of what the slot says; the slot's removal.
  void queue_put(const EncodedPair& pair, const BucketHold& hold, const format::Digest& digest,
                 const Slot& slot);
  void queue_removal(const BucketHold& hold, const format::Digest& digest, const Slot& slot);
  /// Executes the batch and releases the bucket with it.
  [[nodiscard]] Result<void> finish_locked(BucketHold& hold, std::string_view key);
  /// What is left to do when the slot's element is gone and the bucket released.
  void clean_up(format::BucketNumber bucket, const Slot& slot, Backoff& backoff);

  // transfer.cc

  [[nodiscard]] Result<bool> transfer_locked(const BucketPairHold& holds, std::string_view key,
                                             std::string_view new_key, Transfer how,
                                             Backoff& backoff);
  /// Removes the key that was copied, in the held bucket; tried again while sending fails.
  [[nodiscard]] Result<void> remove_source(const BucketHold& hold, const format::Digest& digest,
                                           const Slot& source, Backoff& backoff);
  [[nodiscard]] Result<void> put_copy(const BucketHold& hold, std::string_view new_key,
                                      const Slot& source, const Slot& target);

  OpenTable& table_;
  SlotReader& slots_;
  TableReader& reader_;
  GrowthSchedule& schedule_;
  std::string moved_;  ///< The value of a transfer; its memory is reused.
};

}  // namespace ipsetkv::store
