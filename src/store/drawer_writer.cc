// SPDX-License-Identifier: MIT

// How a value is replaced
//
// A writer puts the new value together in a spare set of its own, `~<port id>`, and then asks the
// kernel to exchange names: `swap` where the key exists, `rename` where it does not. Both take
// effect at one instant, under the mutex that all of ipset's commands share. Readers name the key,
// so each finds the old set or the new one, whole. What comes out of the swap is the next spare
// set.
//
//     key absent:   [add spare ...] [rename spare key]
//     key present:  [flush spare] [add spare ...] [swap spare key] [test spare chunk-0]
//
// Who decides a race: the kernel. `rename` fails when the key has appeared, `swap` when it has
// vanished; the writer looks again and takes the other way. A reader in the middle of a long dump
// keeps its set from being exchanged (EBUSY); the writer waits, and gives up after
// Options::timeout.
//
// What is sent: a value of up to 2,000 chunks goes in one send, and nothing is acknowledged. By the
// time `send` returns the kernel has carried everything out, and a queue without an error says that
// all of it succeeded.
//
// What others own: a set that is no value must not be touched. So the first write of a key reads
// it. Within a second of that the writer goes by what it left there itself, and `test`, sent along
// behind the swap, asks whether that is what came out. If it is not, somebody was there in the
// meantime: the writer reads what came out, and if it is no value, puts it back at once and fails.
//
// An `add` that fails in the final send (the kernel had no memory for an element) does not keep the
// swap behind it from happening. Chunks are added from the last to the first and the kernel stops
// at the first that fails, so chunk 0 is missing in such a set and no reader takes it for a value;
// the writer swaps it out again at once and reports the failure. Readers read a second time when a
// set does not make sense.
//
// What a crash leaves: before the exchange, the spare set; after it, the spare set with the old
// value. Its name says whose it was, and nobody takes it for a key: '~' begins no key's name. A
// later socket with the same port id destroys it before use.

#include "store/drawer_writer.h"

#include <algorithm>
#include <cerrno>

#include "layout/ipv4.h"

namespace ipsetkv::store {
namespace {

// One command's elements (64 KiB at most) and a few commands without.
constexpr std::size_t kBatchBytes = std::size_t{72} * 1024;

// A rule that was just removed lets go of its set a moment late.
constexpr std::chrono::milliseconds kLateRelease{100};

Error not_a_value(const ipset::SetName& name) {
  return Error{.code = ErrorCode::kNotAValue}.about(name.view());
}

Error busy(const ipset::SetName& name) {
  return Error{.code = ErrorCode::kBusy, .step = Step::kSwap}.about(name.view());
}

/// The failure of an `add` to a set that is ours, with the key's name instead of the spare set's.
Error add_error(const ipset::Batch& batch, std::size_t command, std::string_view key) {
  Error error = batch.error(command);
  // All types share the number; for a hash type it is IPSET_ERR_HASH_FULL.
  if (error.kernel_code == IPSET_ERR_TYPE_SPECIFIC) error.code = ErrorCode::kSetFull;
  return error.about(key);
}

Predecessor predecessor_of(const Drawer& drawer) {
  return {.first_address = drawer.first_address,
          .first_protocol = drawer.first_protocol,
          .hashsize = drawer.hashsize,
          .plain = drawer.plain};
}

}  // namespace

DrawerWriter::DrawerWriter(ipset::Connection& connection, DrawerReader& reader,
                           std::chrono::milliseconds timeout)
    : connection_(connection),
      reader_(reader),
      timeout_(timeout),
      batch_(connection.new_batch(kBatchBytes)),
      spare_(connection) {}

DrawerWriter::~DrawerWriter() { spare_.discard(); }

Result<void> DrawerWriter::write(const ipset::SetName& name, std::span<const std::byte> value) {
  Patience patience(timeout_);
  std::optional<Predecessor> predecessor = recent_.find(name);
  for (;;) {
    if (!predecessor) {
      const auto found = look(name);
      if (!found) return tl::unexpected(found.error());
      predecessor = *found;
    }
    const auto outcome = replace(name, value, predecessor, patience);
    if (outcome && *outcome == Outcome::kDone) return {};
    recent_.forget(name);
    if (!outcome) return tl::unexpected(outcome.error());
    if (!patience.wait()) return tl::unexpected(busy(name));
    predecessor.reset();
  }
}

Result<std::optional<Predecessor>> DrawerWriter::look(const ipset::SetName& name) {
  Drawer drawer;
  const auto content = reader_.read(name, nullptr, drawer);
  if (!content) return tl::unexpected(content.error());
  if (*content == Content::kForeign) return tl::unexpected(not_a_value(name));
  if (*content == Content::kNothing) return std::nullopt;
  return predecessor_of(drawer);
}

Result<DrawerWriter::Outcome> DrawerWriter::replace(const ipset::SetName& name,
                                                    std::span<const std::byte> value,
                                                    const std::optional<Predecessor>& predecessor,
                                                    Patience& patience) {
  const auto flush = spare_.prepare(layout::ipv4::chunk_count(value.size()), patience);
  if (!flush) return tl::unexpected(flush.error().about(name.view()));
  const std::uint32_t hashsize = spare_.hashsize();

  FinalSend send;
  if (auto filled = fill(value, *flush, send); !filled) {
    // Somebody has destroyed the spare set, as `ipset destroy` without a name does.
    if (filled.error().code == ErrorCode::kNoSuchSet) return Outcome::kOvertaken;
    return tl::unexpected(filled.error().about(name.view()));
  }
  queue_publication(name, predecessor, send);
  if (auto executed = connection_.execute(batch_); !executed) {
    spare_.lose_track();
    return tl::unexpected(executed.error());
  }
  while (is_busy(send.publish)) {
    if (send.add && batch_.code(*send.add) != 0) break;
    if (!patience.wait()) return tl::unexpected(busy(name));
    batch_.clear();
    send = {};
    queue_publication(name, predecessor, send);
    if (auto executed = connection_.execute(batch_); !executed) {
      spare_.lose_track();
      return tl::unexpected(executed.error());
    }
  }
  if (send.add && batch_.code(*send.add) == ENOENT) {
    spare_.lose_track();
    return Outcome::kOvertaken;
  }
  const auto outcome = predecessor ? judge_swap(name, send, *predecessor, patience)
                                   : judge_rename(name, send, patience);
  if (outcome && *outcome == Outcome::kDone) remember(name, value, hashsize);
  return outcome;
}

Result<void> DrawerWriter::fill(std::span<const std::byte> value, bool flush, FinalSend& send) {
  batch_.clear();
  if (flush) batch_.flush(spare_.name().view());
  std::size_t chunk = layout::ipv4::chunk_count(value.size());
  while (chunk > 0) {
    send.add = batch_.size();
    batch_.begin_add(spare_.name().view());
    while (chunk > 0) {
      layout::ipv4::encode_chunk(value, chunk - 1, element_);
      if (!batch_.append(element_)) break;
      --chunk;
    }
    batch_.end_elements();
    if (chunk == 0) break;
    if (auto executed = connection_.execute(batch_); !executed) {
      spare_.lose_track();
      return executed;
    }
    if (batch_.code(*send.add) != 0) {
      spare_.lose_track();
      return tl::unexpected(add_error(batch_, *send.add, {}));
    }
    batch_.clear();
  }
  return {};
}

void DrawerWriter::queue_publication(const ipset::SetName& name,
                                     const std::optional<Predecessor>& predecessor,
                                     FinalSend& send) {
  send.publish = batch_.size();
  if (!predecessor) {
    batch_.rename(spare_.name().view(), name.view());
    return;
  }
  batch_.swap(spare_.name().view(), name.view());
  if (!predecessor->first_address) return;
  send.check = batch_.size();
  element_.ip = predecessor->first_address;
  element_.port = std::uint16_t{0};
  element_.protocol = predecessor->first_protocol;
  batch_.test(spare_.name().view(), element_);
}

bool DrawerWriter::is_busy(std::size_t command) const {
  const std::int32_t code = batch_.code(command);
  return code == EBUSY || code == IPSET_ERR_REFERENCED;
}

Result<DrawerWriter::Outcome> DrawerWriter::judge_rename(const ipset::SetName& name,
                                                         const FinalSend& send,
                                                         Patience& patience) {
  const bool filled = !send.add || batch_.code(*send.add) == 0;
  const bool published = batch_.code(send.publish) == 0;
  if (filled && published) {
    spare_.given_away();
    return Outcome::kDone;
  }
  if (filled) {
    // The key has appeared, or the spare set has gone.
    const std::int32_t code = batch_.code(send.publish);
    if (code == IPSET_ERR_EXIST_SETNAME2) return Outcome::kOvertaken;
    spare_.lose_track();
    if (code == ENOENT) return Outcome::kOvertaken;
    return tl::unexpected(batch_.error(send.publish).about(name.view()));
  }
  const Error error = add_error(batch_, *send.add, name.view());
  if (published) take_back(name, true, patience);
  spare_.lose_track();
  return tl::unexpected(error);
}

Result<DrawerWriter::Outcome> DrawerWriter::judge_swap(const ipset::SetName& name,
                                                       const FinalSend& send,
                                                       const Predecessor& predecessor,
                                                       Patience& patience) {
  const bool filled = !send.add || batch_.code(*send.add) == 0;
  const std::int32_t code = batch_.code(send.publish);
  const bool checked = !send.check || batch_.code(*send.check) == 0;
  if (!filled) {
    const Error error = add_error(batch_, *send.add, name.view());
    if (code == 0) take_back(name, false, patience);
    spare_.lose_track();
    return tl::unexpected(error);
  }
  if (code == 0 && send.check && checked) {
    spare_.replaced_by(predecessor.hashsize, predecessor.plain);
    return Outcome::kDone;
  }
  if (code == 0) {
    if (auto inspected = inspect_replaced(name, patience); !inspected)
      return tl::unexpected(inspected.error());
    return Outcome::kDone;
  }
  if (code == IPSET_ERR_EXIST_SETNAME2) return Outcome::kOvertaken;
  if (code == ENOENT) {
    spare_.lose_track();
    return Outcome::kOvertaken;
  }
  return tl::unexpected(batch_.error(send.publish).about(name.view()));
}

Result<void> DrawerWriter::inspect_replaced(const ipset::SetName& name, Patience& patience) {
  Drawer drawer;
  const auto content = reader_.read(spare_.name(), nullptr, drawer);
  if (content && *content == Content::kForeign) {
    take_back(name, false, patience);
    return tl::unexpected(not_a_value(name));
  }
  if (content && *content == Content::kValue)
    spare_.replaced_by(drawer.hashsize, drawer.plain);
  else
    spare_.lose_track();
  return {};
}

void DrawerWriter::take_back(const ipset::SetName& name, bool renamed, Patience& patience) {
  do {
    batch_.clear();
    if (renamed)
      batch_.rename(name.view(), spare_.name().view());
    else
      batch_.swap(spare_.name().view(), name.view());
    if (!connection_.execute(batch_)) return;
  } while (is_busy(0) && patience.wait());
  spare_.lose_track();
}

void DrawerWriter::remember(const ipset::SetName& name, std::span<const std::byte> value,
                            std::uint32_t hashsize) {
  if (value.empty()) {
    recent_.forget(name);
    return;
  }
  layout::ipv4::encode_chunk(value, 0, element_);
  recent_.remember(name, {.first_address = element_.ip,
                          .first_protocol = *element_.protocol,
                          .hashsize = hashsize,
                          .plain = true});
}

Result<bool> DrawerWriter::remove(const ipset::SetName& name) {
  Patience readers(timeout_);
  Patience rules(std::min(timeout_, kLateRelease));
  recent_.forget(name);
  for (;;) {
    Drawer drawer;
    const auto content = reader_.read(name, nullptr, drawer);
    if (!content) return tl::unexpected(content.error());
    if (*content == Content::kNothing) return false;
    if (*content == Content::kForeign) return tl::unexpected(not_a_value(name));
    batch_.clear();
    batch_.destroy(name.view());
    if (auto executed = connection_.execute(batch_); !executed)
      return tl::unexpected(executed.error());
    if (batch_.code(0) == 0) return true;
    // The kernel has one word for a set that rules refer to and for one that is being read.
    const bool referenced = drawer.references > 0;
    if (auto waited = wait_after_refusal(name, referenced, referenced ? rules : readers); !waited)
      return tl::unexpected(waited.error());
  }
}

Result<void> DrawerWriter::wait_after_refusal(const ipset::SetName& name, bool referenced,
                                              Patience& patience) {
  const bool in_use = batch_.code(0) == IPSET_ERR_BUSY;
  if (!in_use && batch_.code(0) != ENOENT) return tl::unexpected(batch_.error(0));
  if (patience.wait()) return {};
  return tl::unexpected(referenced ? batch_.error(0) : busy(name));
}

}  // namespace ipsetkv::store
