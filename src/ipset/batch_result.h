// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ipset/batch.h"
#include "ipset/protocol.h"
#include "ipsetkv/error.h"
#include "netlink/message.h"

namespace ipsetkv::ipset {

/// What became of the commands of a batch that was sent. Independent of the batch, which may be
/// cleared and used again: a result says the same for as long as it lives.
class BatchResult {
 public:
  /// Of a batch of `commands` commands that have all succeeded so far.
  explicit BatchResult(std::size_t commands) : commands_(commands) {}
  BatchResult(BatchResult&& other) noexcept;
  BatchResult& operator=(BatchResult&&) = delete;
  BatchResult(const BatchResult&) = delete;
  BatchResult& operator=(const BatchResult&) = delete;
  ~BatchResult() = default;

  /// 0, or the kernel's code: an errno, or one of ipset's own from 4096.
  [[nodiscard]] std::int32_t operator[](Command command) const {
    assert(command.index() < commands_);
    return count_ == 0 ? 0 : code_of(command);
  }
  /// The first command in the batch's order that failed.
  [[nodiscard]] std::optional<Command> first_failure() const {
    // The kernel executes and replies in order.
    if (count_ == 0) return std::nullopt;
    return Command(failures_.front().command);
  }
  /// The failure of a command as an error that names the set, or the type that the kernel lacks.
  [[nodiscard]] Error error(Command command) const;

  /// For Connection: takes the kernel's reply to a command of `batch`.
  void record(const Batch& batch, Command command, const netlink::Message& reply);

 private:
  /// Without initialisers, so that a result costs nothing where nothing fails.
  struct Failure {
    std::size_t command;
    std::int32_t code;
    ipset_cmd kind;
    std::array<char, IPSET_MAXNAMELEN> subject;  ///< Ends with a NUL.
  };

  [[nodiscard]] std::int32_t code_of(Command command) const;
  [[nodiscard]] const Failure* find(Command command) const;

  std::size_t commands_;
  std::size_t count_ = 0;
  std::array<Failure, Batch::kMaxCommands> failures_;  ///< The first `count_` of them.
};

}  // namespace ipsetkv::ipset
