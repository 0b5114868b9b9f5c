// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "ipsetkv/export.h"

namespace ipsetkv {

/// What went wrong. A missing key is not an error: it has a return value of its own.
enum class ErrorCode : std::uint8_t {
  // The request is invalid (ErrorCategory::kUsage).
  kKeyEmpty,          ///< A key has at least one byte; `limit` is the most it may have.
  kKeyTooLong,        ///< `actual` and `limit` in bytes.
  kValueTooLong,      ///< `actual` and `limit` in bytes.
  kNotANumber,        ///< The value is not a decimal 64-bit integer, or the sum would not be one.
  kKeyExists,         ///< `restore` met an existing key under IfExists::kFail.
  kBadLine,           ///< `actual` is the line's number, `line_fault` what is wrong with it.
  kTableName,         ///< A table's name is 1 to 12 letters, digits, '_' and '.'.
  kNoTable,           ///< The Store keeps drawers; only a table can be dropped.
  kPasswordFile,      ///< The password file is empty, too long, or readable by others.
  kNamespaceMissing,  ///< No network namespace has that name.

  // The kernel refused or failed (ErrorCategory::kKernel).
  kNotPermitted,     ///< CAP_NET_ADMIN is missing in the network namespace.
  kNamespaceDenied,  ///< CAP_SYS_ADMIN is missing to enter the network namespace.
  kNoIpset,          ///< The kernel has no IP sets: module ip_set is missing.
  kNoSetType,        ///< The kernel lacks the set type; `subject` is its module.
  kNoRevision,       ///< The kernel lacks the needed revision of the set type.
  kProtocolVersion,  ///< The kernel's ipset protocol version is not supported.
  kNoSuchSet,        ///< The set does not exist, or was destroyed between two steps.
  kSetExists,        ///< A set of that name exists.
  kReferenced,       ///< A firewall rule or a list:set refers to the set.
  kBusy,             ///< Other processes were still reading the set when the timeout expired.
  kLocked,           ///< Another writer held the key's lock until the timeout expired.
  kTooManySets,      ///< The kernel's limit on sets is reached: 65,534, on Linux 6.18 65,472.
  kSetFull,          ///< The set has reached its `maxelem`.
  kNoMemory,         ///< The kernel could not allocate memory.
  kTimeout,          ///< No reply came in time. A write may have been executed or not.
  kInterrupted,      ///< The sets changed during a dump; the dump must be repeated.
  kMalformed,        ///< The kernel's reply does not parse; `actual` is the attribute's number.
  kTooLarge,         ///< The message does not fit into the wire format.
  kSystemCall,       ///< A system call failed; `kernel_code` is its errno.
  kKernelRefused,    ///< Any other refusal; `kernel_code` says which.

  // A set of that name exists, but is not a value of ipsetkv (ErrorCategory::kForeign).
  kNotAValue,

  // Appended, so that the numbers of the others stay (ErrorCategory::kKernel).
  /// The kernel's reply was lost, or could not be received; `kernel_code` is the errno. A write may
  /// have been executed or not: read the key again. The same goes for kTimeout.
  kOutcomeUnknown,
};

/// Who has to act: the caller, the administrator, or the owner of a foreign set.
enum class ErrorCategory : std::uint8_t { kUsage, kKernel, kForeign };

/// The step that failed. Steps that are ipset commands have the kernel's names for them.
enum class Step : std::uint8_t {
  kNone,
  kOpen,
  kEnterNamespace,
  kSend,
  kReceive,
  kRead,
  kWrite,
  kProtocol,
  kCreate,
  kDestroy,
  kFlush,
  kRename,
  kSwap,
  kList,
  kAdd,
  kDel,
  kTest,
  kHeader,
  kType,
  kListen,
  kDropPrivileges,
};

/// What is wrong with a line of saved text.
enum class LineFault : std::uint8_t {
  kNone,
  kTooLong,     ///< The line is longer than any that `save` writes.
  kCutShort,    ///< The text ends within the line.
  kCommand,     ///< The line is not `create`, `add` or a comment.
  kName,        ///< The word is not a valid set name.
  kType,        ///< The set's type is missing.
  kOption,      ///< The option is unknown or given twice.
  kNumber,      ///< The option's number is missing, malformed or out of range.
  kElement,     ///< The element is not ADDRESS,PROTOCOL:PORT, or PORT in a bitmap:port set.
  kProtocol,    ///< No value uses this protocol or ICMP type.
  kComment,     ///< The comment lacks its double quotes, is too long, or holds a zero byte.
  kExtension,   ///< The set was created without the extension that the option needs.
  kOtherSet,    ///< The `add` names a set other than the last `create` did.
  kNotInValue,  ///< The element cannot be part of a value.
  kNotAValue,   ///< The elements of the set that this line creates are not a value.
  kNotTheKey,   ///< The key stored in the set does not match the set's name.
  kDeadline,    ///< The value's deadline is missing.
  kFormat,      ///< A newer version of ipsetkv saved this text.
  kCount,       ///< Lines before this one are missing or too many.
  kOtherStore,  ///< The set belongs to a store other than the one being restored.
  kEndMissing,  ///< The text ends without the line that marks its end.
};

/// An error as a value. It is trivially copyable, so failing allocates nothing; `message` builds
/// the sentence on demand.
struct IPSETKV_EXPORT Error {
  ErrorCode code = ErrorCode::kKernelRefused;
  Step step = Step::kNone;
  LineFault line_fault = LineFault::kNone;  ///< With kBadLine.
  /// The errno of the system call or of the kernel's reply; ipset's own codes start at 4096
  /// (linux/netfilter/ipset/ip_set.h, enum ipset_errno). 0 if the kernel was not involved.
  std::int32_t kernel_code = 0;
  /// What was found and what is allowed; the unit depends on `code`.
  std::uint64_t actual = 0;
  std::uint64_t limit = 0;
  /// The key, set, type, module or word concerned, NUL-terminated, cut to 39 bytes.
  std::array<char, 40> subject{};

  /// This error with `name` as its subject. A module or type that the kernel lacks stays the
  /// subject.
  [[nodiscard]] Error about(std::string_view name) const;
  [[nodiscard]] ErrorCategory category() const;
  /// One line without a full stop or newline: what happened, to which key or set, and what to do.
  /// Bytes of the subject that are not printable ASCII are shown as '?'.
  [[nodiscard]] std::string message() const;
};

/// A value, or the error that prevented it.
template <class T>
using Result = tl::expected<T, Error>;

}  // namespace ipsetkv
