// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ipset/connection.h"
#include "ipset/fixed_text.h"
#include "ipsetkv/error.h"
#include "store/drawer_reader.h"
#include "store/patience.h"
#include "store/recent_writes.h"
#include "store/spare_set.h"

namespace ipsetkv::store {

/// Replaces and removes drawers. How, and why nobody is ever shown half a value, stands at the top
/// of drawer_writer.cc.
class DrawerWriter {
 public:
  /// `timeout` limits how long to go on while readers keep a set from being exchanged.
  DrawerWriter(ipset::Connection& connection, DrawerReader& reader,
               std::chrono::milliseconds timeout);
  DrawerWriter(const DrawerWriter&) = delete;
  DrawerWriter& operator=(const DrawerWriter&) = delete;
  ~DrawerWriter();

  /// Makes `value` the value under `name`. Errors leave the old value: kNotAValue, kBusy,
  /// kTooManySets, kNoMemory, kNoSetType.
  [[nodiscard]] Result<void> write(const ipset::SetName& name, std::span<const std::byte> value);

  /// Removes the value under `name`; false if there is none. Errors: kNotAValue, kReferenced,
  /// kBusy.
  [[nodiscard]] Result<bool> remove(const ipset::SetName& name);

 private:
  /// How a step ended that others may have come between.
  enum class Outcome : std::uint8_t {
    kDone,
    kOvertaken,  ///< The key came or went, or the spare set did: look again and start over.
  };

  /// What the final send was made of, by the numbers of its commands.
  struct FinalSend {
    std::optional<std::size_t> add;
    std::size_t publish = 0;
    std::optional<std::size_t> check;
  };

  [[nodiscard]] Result<std::optional<Predecessor>> look(const ipset::SetName& name);
  [[nodiscard]] Result<Outcome> replace(const ipset::SetName& name,
                                        std::span<const std::byte> value,
                                        const std::optional<Predecessor>& predecessor,
                                        Patience& patience);
  [[nodiscard]] Result<void> fill(std::span<const std::byte> value, bool flush, FinalSend& send);
  void queue_publication(const ipset::SetName& name, const std::optional<Predecessor>& predecessor,
                         FinalSend& send);
  [[nodiscard]] Result<Outcome> judge_rename(const ipset::SetName& name, const FinalSend& send,
                                             Patience& patience);
  [[nodiscard]] Result<Outcome> judge_swap(const ipset::SetName& name, const FinalSend& send,
                                           const Predecessor& predecessor, Patience& patience);
  [[nodiscard]] Result<void> inspect_replaced(const ipset::SetName& name, Patience& patience);
  void take_back(const ipset::SetName& name, bool renamed, Patience& patience);
  /// After `destroy` was refused: the error if waiting does not help or the time is up.
  [[nodiscard]] Result<void> wait_after_refusal(const ipset::SetName& name, bool referenced,
                                                Patience& patience);
  [[nodiscard]] bool is_busy(std::size_t command) const;
  void remember(const ipset::SetName& name, std::span<const std::byte> value,
                std::uint32_t hashsize);

  ipset::Connection& connection_;
  DrawerReader& reader_;
  std::chrono::milliseconds timeout_;
  ipset::Batch batch_;
  ipset::Element element_;
  SpareSet spare_;
  RecentWrites recent_;
};

}  // namespace ipsetkv::store
