// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ipset/create_options.h"
#include "ipset/element.h"
#include "ipset/protocol.h"
#include "ipset/set_type.h"
#include "ipsetkv/error.h"
#include "netlink/batch.h"
#include "netlink/message.h"

namespace ipsetkv::ipset {

/// What `create` and `add` do if the set or element exists, and `del` if it does not.
enum class Existing : std::uint8_t {
  kFail,    ///< The command fails.
  kAccept,  ///< It succeeds; `add` replaces the element's timeout, counters and comment.
};

/// Which part of a set `list` returns.
enum class ListMode : std::uint8_t { kNames, kHeaders, kElements };

/// A command of a batch: the key by which BatchResult returns its outcome.
class Command {
 public:
  explicit constexpr Command(std::size_t index) : index_(index) {}
  /// Its place in the batch, from 0.
  [[nodiscard]] constexpr std::size_t index() const { return index_; }

 private:
  std::size_t index_;
};

/// ipset commands, one function each, queued to be sent in one system call by Connection::send.
/// The kernel executes them in order, takes its mutex for each one separately, and continues after
/// one that fails. ipset(8) describes the commands; the rules are in the kernel's
/// net/netfilter/ipset/ip_set_core.c.
///
/// Names must be 1 to 31 bytes without NUL. A batch that outgrows its buffer ignores all further
/// commands, and executing it fails with kTooLarge: none of it is sent.
class Batch {
 public:
  static constexpr std::size_t kMaxCommands = netlink::Batch::kMaxMessages;
  /// Below the default send buffer of a socket (net.core.wmem_default, 212,992 bytes), which the
  /// kernel charges with the memory that a message occupies.
  static constexpr std::size_t kDefaultBytes = std::size_t{144} * 1024;

  explicit Batch(std::uint8_t protocol, std::size_t bytes = kDefaultBytes)
      : messages_(bytes), protocol_(protocol) {}

  /// Removes all commands and their results.
  void clear();

  Command create(std::string_view name, SetType type, Family family, std::uint8_t revision,
                 const CreateOptions& options, Existing existing = Existing::kFail);
  Command destroy(std::string_view name);
  Command destroy_all();
  Command flush(std::string_view name);
  Command flush_all();
  /// Fails with kSetExists if `to` exists, so it serves as an atomic "create if absent".
  Command rename(std::string_view from, std::string_view to);
  /// Exchanges two sets of one type and family; rules and lists follow the name. It serves as an
  /// atomic "replace if present".
  Command swap(std::string_view one, std::string_view other);

  Command add(std::string_view name, const Element& element, Existing existing = Existing::kFail);
  Command del(std::string_view name, const Element& element, Existing existing = Existing::kFail);
  /// Fails with IPSET_ERR_EXIST if the set does not have the element.
  Command test(std::string_view name, const Element& element);

  /// Many elements in one `add` or `del`, which the kernel executes under one lock of its mutex
  /// unless the set has to grow. It stops at the first element that fails. `append` returns false
  /// if the command has no room for the element: end it, execute the batch, and continue with
  /// another one.
  Command begin_add(std::string_view name, Existing existing = Existing::kFail);
  Command begin_del(std::string_view name, Existing existing = Existing::kFail);
  [[nodiscard]] bool append(const Element& element);
  void end_elements();

  Command list(std::string_view name, ListMode mode);
  Command list_all(ListMode mode);
  Command header(std::string_view name);
  Command type(std::string_view type_name, Family family);
  Command protocol();

  [[nodiscard]] std::size_t size() const { return messages_.size(); }
  /// How many bytes of commands can still be queued.
  [[nodiscard]] std::size_t room() const { return messages_.room(); }

  /// The result of a command after Connection::execute: 0, or the kernel's code (an errno, or one
  /// of ipset's own from 4096).
  [[nodiscard]] std::int32_t code(std::size_t command) const {
    assert(command < size());
    return codes_[command];
  }
  [[nodiscard]] std::optional<std::size_t> first_failure() const;
  /// The failure of a command as an error that names the set.
  [[nodiscard]] Error error(std::size_t command) const;
  /// The `line` of the element at which an `add` or `del` of many stopped.
  [[nodiscard]] std::optional<std::uint32_t> failed_line(std::size_t command) const;

  // For Connection.
  [[nodiscard]] Result<std::span<const std::byte>> finish(std::uint32_t first_sequence);
  void clear_codes();
  void record(std::size_t command, const netlink::Message& reply);

  // For BatchResult.
  [[nodiscard]] ipset_cmd kind(Command command) const;
  /// What an error with this code is about: the set's name, or that of the type that is missing.
  [[nodiscard]] std::string_view subject(Command command, std::int32_t code) const;

 private:
  Command begin(ipset_cmd command, std::uint16_t flags, std::string_view name);
  Command begin_elements(ipset_cmd command, std::string_view name, Existing existing);

  netlink::Batch messages_;
  std::size_t elements_ = 0;  ///< The open list of `begin_add` or `begin_del`.
  std::array<std::int32_t, kMaxCommands> codes_{};
  std::array<std::uint32_t, kMaxCommands> lines_{};
  std::uint8_t protocol_;
};

}  // namespace ipsetkv::ipset
