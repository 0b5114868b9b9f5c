// SPDX-License-Identifier: MIT

// What a call does with the kernel
//
//     read                 one dump of the bucket
//     write, remove        one `add` that replaces, one `del`
//     exists               one `test`
//     update               lock the bucket (see buckets.cc), dump it, `add` or `del` and unlock
//
// Each command takes effect at one instant, and none of them finds a bucket that is locked, so all
// calls are linearizable together. If a bucket was split or merged since it was last used, the call
// searches for it (Buckets::Search).
//
// Deadlines: the kernel removes elements by the second, and readers compare the millisecond. So if
// a table has deadlines (its head has a mark) `exists` and `remove` read as `read` and `update` do,
// to see whether the element has expired. The mark is set before the first pair with a deadline is
// written, and never removed.
//
// A Store that does not know of the mark asks for it. `exists` does so after its command, in the
// same send: without the mark there was no deadline when the command was executed. `remove` asks in
// a send before its command. If there was no mark then, any key that expires in the meantime got
// its deadline, which lay in the future, after the call began; so the answer "removed" is one that
// the call could have given before the key expired.
//
// If a reader is preempted, a deadline may pass that another process has extended meanwhile. So an
// element counts as expired only if its deadline passed before the dump was requested; otherwise
// the key is read again with the bucket locked. So is an element without a comment: in the later
// parts of a long dump the kernel shows an element that is just being replaced in this way
// (ip_set_init_comment in net/netfilter/ipset/ip_set_core.c removes the old comment before it sets
// the new one).
//
// Long pairs: a plain write over one, or its removal, leaves a set that no element names. So if a
// table has long pairs, a write first asks their index, and works as `update` does where it may
// meet one. If two writes over the same key meet all the same, a set is left for `sweep`.
//
// Time: all waits of one call share one Backoff, whose limit is Options::timeout. A call about many
// keys has one for each bucket or key. No wait depends on a number that is stored in the kernel.

#include "store/tables/table.h"

namespace ipsetkv::store {

Table::Table(ipset::Connection& connection, std::string_view name,
             std::chrono::milliseconds timeout)
    : table_(connection, name, timeout),
      slots_(table_),
      pages_(table_),
      schedule_(table_),
      reader_(table_, slots_, pages_),
      writer_(table_, slots_, reader_, schedule_),
      batch_reader_(table_, slots_, reader_),
      batch_writer_(table_, writer_, schedule_),
      lister_(table_, pages_),
      saver_(table_, reader_, pages_),
      sweeper_(table_, pages_) {}

Result<std::optional<Present>> Table::read(std::string_view key, std::string* value) {
  Backoff backoff = table_.new_backoff();
  return reader_.read(key, value, backoff);
}

Result<bool> Table::exists(std::string_view key) {
  Backoff backoff = table_.new_backoff();
  return reader_.exists(key, backoff);
}

Result<std::optional<KeyInfo>> Table::info(std::string_view key) {
  Backoff backoff = table_.new_backoff();
  return reader_.info(key, backoff);
}

Result<void> Table::write(std::string_view key, std::string_view value, Layout /*layout*/,
                          std::optional<format::Moment> deadline) {
  Backoff backoff = table_.new_backoff();
  return writer_.write(key, value, deadline, backoff);
}

Result<bool> Table::remove(std::string_view key) {
  Backoff backoff = table_.new_backoff();
  return writer_.remove(key, backoff);
}

Result<bool> Table::update(std::string_view key, std::string* value, const Decide& decide) {
  Backoff backoff = table_.new_backoff();
  return writer_.update(key, value, decide, backoff);
}

Result<bool> Table::transfer(std::string_view key, std::string_view new_key, Transfer how) {
  Backoff backoff = table_.new_backoff();
  return writer_.transfer(key, new_key, how, backoff);
}

Result<void> Table::read_all(std::span<const std::string_view> keys, const VisitValue& visit) {
  return batch_reader_.read_all(keys, visit);
}

Result<void> Table::write_all(std::span<const KeyValue> pairs, const VisitWritten& visit) {
  return batch_writer_.write_all(pairs, visit);
}

Result<void> Table::remove_all(std::span<const std::string_view> keys, const VisitRemoved& visit) {
  return batch_writer_.remove_all(keys, visit);
}

Result<void> Table::for_each(std::string_view pattern,
                             const std::function<void(const KeyInfo&)>& visit) {
  return lister_.for_each(pattern, visit);
}

Result<ScanPage> Table::scan(std::uint64_t cursor, std::string_view pattern, std::size_t count) {
  return lister_.scan(cursor, pattern, count);
}

Result<std::uint64_t> Table::save(const std::function<Result<void>(std::string_view text)>& write) {
  return saver_.save(write);
}

Result<std::optional<TableInfo>> Table::table_info() { return sweeper_.info(); }

Result<bool> Table::drop(const DropProgress& progress) { return sweeper_.drop(progress); }

Result<SweepResult> Table::sweep() { return sweeper_.sweep(); }

}  // namespace ipsetkv::store
