// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "format/moment.h"
#include "format/pair.h"
#include "ipset/connection.h"
#include "ipsetkv/error.h"
#include "store/backoff.h"
#include "store/tables/bucket_growth.h"
#include "store/tables/buckets.h"
#include "store/tables/head.h"
#include "store/tables/long_pairs.h"

namespace ipsetkv::store {

/// The element of a digest, without a comment.
[[nodiscard]] ipset::Element element_of(const format::Digest& digest);

/// What the parts of a Table share: the connection, the buckets, the head as it was loaded, and a
/// batch for the commands of one call.
///
/// A call may find that the table which it has loaded is gone. It calls `forget` then, and starts
/// again with `load_head`: another table may be in its place.
class OpenTable {
 public:
  OpenTable(ipset::Connection& connection, std::string_view name,
            std::chrono::milliseconds timeout);
  OpenTable(const OpenTable&) = delete;
  OpenTable& operator=(const OpenTable&) = delete;

  [[nodiscard]] ipset::Connection& connection() { return connection_; }
  [[nodiscard]] Buckets& buckets() { return buckets_; }
  [[nodiscard]] BucketGrowth& growth() { return growth_; }
  [[nodiscard]] LongPairs& long_pairs() { return long_pairs_; }
  [[nodiscard]] ipset::Batch& batch() { return batch_; }
  [[nodiscard]] const format::TableNames& names() const { return buckets_.names(); }
  [[nodiscard]] std::string_view name() const { return names().table(); }
  [[nodiscard]] format::Moment now() const { return format::now(connection_.environment()); }
  /// The waits of one call, or of one bucket where a call is about many: at most Options::timeout.
  [[nodiscard]] Backoff new_backoff() const { return {connection_.environment(), timeout_}; }

  /// Loads the head unless it is loaded; false if there is no table.
  [[nodiscard]] Result<bool> load_head(Backoff& backoff) {
    if (head_ && !buckets_.has_unfinished()) return true;
    return load(backoff, /*make=*/false);
  }
  /// The same, making the table if there is none.
  [[nodiscard]] Result<void> load_or_make_head(Backoff& backoff);
  [[nodiscard]] bool is_loaded() const { return head_.has_value(); }
  void forget() { head_.reset(); }

  /// Requires: the head is loaded.
  [[nodiscard]] TableHead& head() {
    assert(head_);
    return *head_;
  }
  [[nodiscard]] format::Digest digest_of(std::string_view key) const {
    assert(head_);
    return head_->secret.digest(key);
  }
  /// The error of a call that finds the set of a bucket it holds gone.
  [[nodiscard]] Error gone() const;

  /// Asks the kernel whether the table has the mark for deadlines, unless it is known to have it.
  [[nodiscard]] Result<void> check_for_deadlines();
  /// Sets a mark unless it is known to be set.
  [[nodiscard]] Result<void> mark_deadlines();
  [[nodiscard]] Result<void> mark_long_pairs();
  /// Queues a test whether the head has the element of a mark, or the secret. Command `command` of
  /// the batch was such a test: whether it has.
  void queue_head_test(const ipset::Address& address);
  [[nodiscard]] bool head_has(std::size_t command) const;

  /// Executes the commands that `queue` puts into the batch, the first of them on the bucket of the
  /// digest, and again where that bucket is found. Returns the first command's code; nothing if the
  /// table is gone.
  template <class Queue>
  [[nodiscard]] Result<std::optional<std::int32_t>> execute(const format::Digest& digest,
                                                            const Queue& queue, Backoff& backoff) {
    Buckets::Search search(buckets_, digest);
    for (;;) {
      batch_.clear();
      queue(buckets_.names().bucket(search.bucket()).view());
      if (auto executed = connection_.execute(batch_); !executed)
        return tl::unexpected(executed.error());
      if (batch_.code(0) != ENOENT) {
        search.found();
        return batch_.code(0);
      }
      const auto more = search.next(backoff);
      if (!more) return tl::unexpected(more.error());
      if (!*more) return std::nullopt;
    }
  }

 private:
  [[nodiscard]] Result<bool> load(Backoff& backoff, bool make);

  ipset::Connection& connection_;
  std::chrono::milliseconds timeout_;
  Buckets buckets_;
  BucketGrowth growth_;
  LongPairs long_pairs_;
  ipset::Batch batch_;
  std::optional<TableHead> head_;
};

}  // namespace ipsetkv::store
