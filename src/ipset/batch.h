// SPDX-License-Identifier: MIT
#pragma once

#include <array>
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

/// What `create` and `add` do when the set or element is there already, and `del` when it is not.
enum class Existing : std::uint8_t {
  kFail,    ///< The command fails.
  kAccept,  ///< It is fine; `add` gives the element the new timeout, counters and comment.
};

/// Which part of a set `list` shows.
enum class ListMode : std::uint8_t { kNames, kHeaders, kElements };

/// ipset commands, one function each, queued to be sent in one system call by Connection::execute.
/// The kernel carries them out in order, each under its own hold of the mutex, and does not stop at
/// one that fails. What each does is said in ipset(8); the rules are in the kernel's
/// net/netfilter/ipset/ip_set_core.c.
///
/// Names must be 1 to 31 bytes without NUL. A batch that outgrows its buffer refuses everything
/// from then on, and executing it fails with kTooLarge: nothing of it is sent.
class Batch {
 public:
  static constexpr std::size_t kMaxCommands = netlink::Batch::kMaxMessages;
  /// Stays below the usual send buffer of a socket (net.core.wmem_default, 212,992 bytes), which
  /// the kernel charges with what the message occupies.
  static constexpr std::size_t kDefaultBytes = std::size_t{144} * 1024;

  explicit Batch(std::uint8_t protocol, std::size_t bytes = kDefaultBytes)
      : messages_(bytes), protocol_(protocol) {}

  /// Forgets all commands and what became of them.
  void clear();

  void create(std::string_view name, SetType type, Family family, std::uint8_t revision,
              const CreateOptions& options, Existing existing = Existing::kFail);
  void destroy(std::string_view name);
  void destroy_all();
  void flush(std::string_view name);
  void flush_all();
  /// Fails with kSetExists if `to` exists: an atomic "create if absent".
  void rename(std::string_view from, std::string_view to);
  /// Exchanges two sets of one type and family, with all that refers to them: an atomic "replace if
  /// present".
  void swap(std::string_view one, std::string_view other);

  void add(std::string_view name, const Element& element, Existing existing = Existing::kFail);
  void del(std::string_view name, const Element& element, Existing existing = Existing::kFail);
  /// Not finding the element counts as the command's failure, with the code IPSET_ERR_EXIST.
  void test(std::string_view name, const Element& element);

  /// Many elements in one `add` or `del`, carried out under one hold of the mutex unless the set
  /// has to grow. It stops at the first element that fails. `append` answers false when the command
  /// cannot take the element any more: end it, execute the batch, and go on with another.
  void begin_add(std::string_view name, Existing existing = Existing::kFail);
  void begin_del(std::string_view name, Existing existing = Existing::kFail);
  [[nodiscard]] bool append(const Element& element);
  void end_elements();

  void list(std::string_view name, ListMode mode);
  void list_all(ListMode mode);
  void header(std::string_view name);
  void type(std::string_view type_name, Family family);
  void protocol();

  [[nodiscard]] std::size_t size() const { return messages_.size(); }
  /// How many bytes of commands can still be queued.
  [[nodiscard]] std::size_t room() const { return messages_.room(); }

  /// What became of a command, after Connection::execute: 0, or the kernel's code (an errno, or one
  /// of ipset's own from 4096).
  [[nodiscard]] std::int32_t code(std::size_t command) const { return codes_[command]; }
  [[nodiscard]] std::optional<std::size_t> first_failure() const;
  /// The failure of a command as an error that names the set.
  [[nodiscard]] Error error(std::size_t command) const;
  /// The `line` of the element at which an `add` or `del` of many stopped.
  [[nodiscard]] std::optional<std::uint32_t> failed_line(std::size_t command) const;

  // For Connection.
  [[nodiscard]] Result<std::span<const std::byte>> finish(std::uint32_t first_sequence);
  void record(std::size_t command, const netlink::Message& reply);

 private:
  void begin(ipset_cmd command, std::uint16_t flags, std::string_view name);
  void begin_elements(ipset_cmd command, std::string_view name, Existing existing);

  netlink::Batch messages_;
  std::size_t elements_ = 0;  ///< The open list of `begin_add` or `begin_del`.
  std::array<std::int32_t, kMaxCommands> codes_{};
  std::array<std::uint32_t, kMaxCommands> lines_{};
  std::uint8_t protocol_;
};

}  // namespace ipsetkv::ipset
