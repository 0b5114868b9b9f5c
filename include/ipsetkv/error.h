// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "ipsetkv/export.h"

namespace ipsetkv {

/// What went wrong. "No such key" is not among them: that is an ordinary answer, not an error.
enum class ErrorCode : std::uint8_t {
  // The caller asked for something that cannot be (ErrorCategory::kUsage).
  kKeyEmpty,
  kKeyTooLong,        ///< `actual` and `limit` in bytes.
  kValueTooLong,      ///< `actual` and `limit` in bytes.
  kNotANumber,        ///< The value is no decimal number of 64 bits, or the sum would be none.
  kKeyExists,         ///< `restore` was not told to replace keys, or to keep them.
  kBadLine,           ///< `actual` is the line's number, `line_fault` what is wrong with it.
  kTableName,         ///< A table's name is 1 to 12 letters, digits, '_' and '.'.
  kNoTable,           ///< The Store keeps drawers, and only a table can be dropped.
  kPasswordFile,      ///< It is empty, too long, or others may read it.
  kNamespaceMissing,  ///< No network namespace of that name.

  // The kernel or its permissions said no (ErrorCategory::kKernel).
  kNotPermitted,     ///< CAP_NET_ADMIN is missing in the network namespace.
  kNamespaceDenied,  ///< CAP_SYS_ADMIN is missing to enter the network namespace.
  kNoIpset,          ///< The kernel has no IP sets: module ip_set.
  kNoSetType,        ///< The kernel lacks the set type; `subject` is its module.
  kNoRevision,       ///< The kernel's revisions of the set type don't include the one needed.
  kProtocolVersion,  ///< The kernel speaks no ipset protocol that we speak.
  kNoSuchSet,        ///< A set vanished between two steps, or never was.
  kSetExists,        ///< The name is taken.
  kReferenced,       ///< A firewall rule or a list:set refers to the set.
  kBusy,             ///< Somebody was still reading the set when the time was up.
  kLocked,           ///< Another writer held the key's lock until the time was up.
  kTooManySets,      ///< The kernel takes no more: 65,534 at most, on Linux 6.18 65,472.
  kSetFull,          ///< The set has reached its `maxelem`.
  kNoMemory,         ///< The kernel could not allocate.
  kTimeout,          ///< An answer did not come in time.
  kInterrupted,      ///< The sets changed under a dump; it has to be read again.
  kMalformed,        ///< An answer that does not parse; `actual` is the attribute's number.
  kTooLarge,         ///< A message would not fit the wire format.
  kSystemCall,       ///< A system call failed; `kernel_code` is its errno.
  kKernelRefused,    ///< Any other refusal; `kernel_code` says which.

  // The set is there but is no value of ours (ErrorCategory::kForeign).
  kNotAValue,
};

/// Who has to act: the caller, the administrator, or the owner of somebody else's set.
enum class ErrorCategory : std::uint8_t { kUsage, kKernel, kForeign };

/// The step that failed. The ipset commands carry the names of the kernel's own.
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
  kTooLong,     ///< More bytes than any line has.
  kCutShort,    ///< The text ends within the line.
  kCommand,     ///< It is no `create`, `add` or comment.
  kName,        ///< No set has this name.
  kType,        ///< The set's type is missing.
  kOption,      ///< An option that nobody knows, or that comes twice.
  kNumber,      ///< An option's number is missing, none, or beyond its range.
  kElement,     ///< The element is no ADDRESS,PROTOCOL:PORT, or no PORT in a bitmap:port set.
  kProtocol,    ///< No value has this protocol or ICMP type.
  kComment,     ///< A comment without its double quotes, too long, or with a zero byte.
  kExtension,   ///< The set was created without what the option needs.
  kOtherSet,    ///< An `add` to another set than the last `create` made.
  kNotInValue,  ///< The element does not belong into a value.
  kNotAValue,   ///< The elements of the set that this line creates make no value.
  kNotTheKey,   ///< The key that is stored in the set does not go with the set's name.
  kDeadline,    ///< The value's deadline is missing.
  kFormat,      ///< A newer version saved this.
  kCount,       ///< Lines are missing before this one, or are too many.
  kOtherStore,  ///< The set is of a table, or a drawer, and another store was asked for.
  kEndMissing,  ///< The text ends before it says that it does.
};

/// An error as a value: trivially copyable, so that failing allocates nothing. The sentence is made
/// when somebody asks for it.
struct IPSETKV_EXPORT Error {
  ErrorCode code = ErrorCode::kKernelRefused;
  Step step = Step::kNone;
  LineFault line_fault = LineFault::kNone;  ///< With kBadLine.
  /// The errno of the system call or of the kernel's reply; ipset's own codes start at 4096
  /// (linux/netfilter/ipset/ip_set.h, enum ipset_errno). 0 where the kernel was not asked.
  std::int32_t kernel_code = 0;
  std::uint64_t actual = 0;
  std::uint64_t limit = 0;
  /// The key, set, type, module or word concerned, NUL-terminated and cut where it is longer.
  std::array<char, 40> subject{};

  /// With `name` as its subject, unless that is already the module or type that the kernel lacks.
  [[nodiscard]] Error about(std::string_view name) const;
  [[nodiscard]] ErrorCategory category() const;
  /// One line without a full stop or newline: what happened, to what, and what to do about it.
  [[nodiscard]] std::string message() const;
};

/// A value, or the error that kept it from coming about.
template <class T>
using Result = tl::expected<T, Error>;

}  // namespace ipsetkv
