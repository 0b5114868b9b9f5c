// SPDX-License-Identifier: MIT
#include "ipsetkv/error.h"

#include <algorithm>
#include <system_error>

namespace ipsetkv {
namespace {

std::string_view step_name(Step step) {
  switch (step) {
    case Step::kNone:
      return "the request";
    case Step::kOpen:
      return "opening a netlink socket";
    case Step::kEnterNamespace:
      return "entering the network namespace";
    case Step::kSend:
      return "sending to the kernel";
    case Step::kReceive:
      return "receiving from the kernel";
    case Step::kRead:
      return "reading";
    case Step::kWrite:
      return "writing";
    case Step::kProtocol:
      return "protocol";
    case Step::kCreate:
      return "create";
    case Step::kDestroy:
      return "destroy";
    case Step::kFlush:
      return "flush";
    case Step::kRename:
      return "rename";
    case Step::kSwap:
      return "swap";
    case Step::kList:
      return "list";
    case Step::kAdd:
      return "add";
    case Step::kDel:
      return "del";
    case Step::kTest:
      return "test";
    case Step::kHeader:
      return "header";
    case Step::kType:
      return "type";
    case Step::kListen:
      return "listening";
    case Step::kDropPrivileges:
      return "giving up privileges";
  }
  return "the request";
}

std::string_view fault_name(LineFault fault) {
  switch (fault) {
    case LineFault::kNone:
      break;
    case LineFault::kTooLong:
      return "the line is longer than any that `save` writes";
    case LineFault::kCutShort:
      return "the text ends within this line";
    case LineFault::kCommand:
      return "the line is not `create`, `add` or a comment";
    case LineFault::kName:
      return "this is not a valid name of a set";
    case LineFault::kType:
      return "the set's type is missing";
    case LineFault::kOption:
      return "the option is unknown or given twice";
    case LineFault::kNumber:
      return "the option's number is missing, malformed or out of range";
    case LineFault::kElement:
      return "the element is not ADDRESS,PROTOCOL:PORT, or PORT in a bitmap:port set";
    case LineFault::kProtocol:
      return "no value uses this protocol or ICMP type";
    case LineFault::kComment:
      return "the comment lacks its double quotes, is too long, or holds a zero byte";
    case LineFault::kExtension:
      return "the set was created without the extension that this option needs";
    case LineFault::kOtherSet:
      return "the set is not the one that the last `create` made";
    case LineFault::kNotInValue:
      return "the element cannot be part of a value";
    case LineFault::kNotAValue:
      return "the elements of the set created here are not a value; one is missing or surplus";
    case LineFault::kNotTheKey:
      return "the key stored in the set created here does not match the set's name";
    case LineFault::kDeadline:
      return "the value of the set created here lacks its deadline";
    case LineFault::kFormat:
      return "a newer version of ipsetkv saved this; restore it with that version";
    case LineFault::kCount:
      return "lines are missing before this one, or there are too many";
    case LineFault::kOtherStore:
      return "the set belongs to another store; restore it with the --store that it was saved with";
    case LineFault::kEndMissing:
      return "the text is incomplete: the line that marks its end is missing";
  }
  return "the line is wrong";
}

std::string errno_text(std::int32_t code) { return std::system_category().message(code); }

/// The sentence of a code whose sentence has no variable part; empty for other codes.
std::string_view plain_sentence(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotANumber:
      return "the value is not a decimal number of 64 bits, or the sum would not be; it is "
             "unchanged";
    case ErrorCode::kKeyExists:
      return "the key exists; it is unchanged, use --replace to replace such keys or --keep to "
             "leave them";
    case ErrorCode::kTableName:
      return "a table's name is 1 to 12 letters, digits, '_' and '.'";
    case ErrorCode::kNoTable:
      return "the store keeps drawers, not a table; delete the keys, or name a table";
    case ErrorCode::kLocked:
      return "another writer held the key's lock until the timeout; the old value is unchanged, "
             "check whether that process is stopped, and try again";
    case ErrorCode::kPasswordFile:
      return "the password is the first line, 1 to 512 bytes, of a file that only its owner and "
             "group may read";
    case ErrorCode::kNamespaceMissing:
      return "no such network namespace; `ip netns list` shows those that exist";
    case ErrorCode::kNamespaceDenied:
      return "entering another network namespace needs CAP_SYS_ADMIN; run as root, or use "
             "`ip netns exec`";
    case ErrorCode::kNotPermitted:
      return "CAP_NET_ADMIN is missing in this network namespace; run as root, or give the program "
             "the capability (setcap cap_net_admin+ep, or AmbientCapabilities=CAP_NET_ADMIN in its "
             "service), or run it in a namespace of its own (unshare -Urn)";
    case ErrorCode::kNoIpset:
      return "the kernel has no IP sets; load the module with `modprobe ip_set`, or use a kernel "
             "with CONFIG_IP_SET";
    case ErrorCode::kReferenced:
      return "the set is in use by a firewall rule or by a list:set; remove that first (a value in "
             "use can be replaced with `set`)";
    case ErrorCode::kBusy:
      return "other processes kept reading the set until the timeout; the old value is unchanged, "
             "try again";
    case ErrorCode::kTooManySets:
      return "the kernel takes no more sets (65,534 at most); delete some keys";
    case ErrorCode::kTimeout:
      return "the kernel did not answer in time; whether a write was executed is unknown, read the "
             "key again";
    case ErrorCode::kInterrupted:
      return "the sets changed while they were read; try again";
    case ErrorCode::kNotAValue:
      return "there is a set of that name, but it is not a value of ipsetkv; it is left as it is, "
             "`ipset list` shows it, choose another key";
    default:
      return {};
  }
}

std::string refusal(const Error& error) {
  const std::string step(step_name(error.step));
  // From 4096 on the codes are ipset's own (enum ipset_errno); strerror(3) does not know them.
  if (error.kernel_code >= 4096)
    return "the kernel refused " + step + " with ipset code " + std::to_string(error.kernel_code);
  return "the kernel refused " + step + ": " + errno_text(error.kernel_code);
}

std::string system_call_sentence(const Error& error) {
  const std::string step(step_name(error.step));
  const std::string failure = step + " failed: " + errno_text(error.kernel_code);
  return error.step == Step::kSend ? failure + "; nothing was changed" : failure;
}

/// The sentence without its subject.
std::string explain(const Error& error) {
  const auto actual = std::to_string(error.actual);
  const auto limit = std::to_string(error.limit);
  const std::string step(step_name(error.step));
  switch (error.code) {
    case ErrorCode::kKeyEmpty:
      return "the key is empty; a key has 1 to " + limit + " bytes";
    case ErrorCode::kKeyTooLong:
      return "the key has " + actual + " bytes; the limit is " + limit;
    case ErrorCode::kValueTooLong:
      return "the value has " + actual + " bytes; the limit is " + limit +
             "; the old value, if any, is unchanged";
    case ErrorCode::kNoSetType:
      return "the kernel lacks this set type; load its module with `modprobe " +
             std::string(error.subject.data()) + "`";
    case ErrorCode::kNoRevision:
      return "the kernel offers revisions up to " + limit + " of this set type, and " + actual +
             " is needed; use a newer kernel";
    case ErrorCode::kProtocolVersion:
      return "the kernel speaks ipset protocol " + actual +
             ", and 6 or 7 is needed; use Linux 2.6.39 or newer";
    case ErrorCode::kNoSuchSet:
      return step + ": the set does not exist, or no longer; try again";
    case ErrorCode::kSetExists:
      return step + ": a set of that name exists already; try again";
    case ErrorCode::kSetFull:
      return step + ": the set is full; the old value is unchanged";
    case ErrorCode::kNoMemory:
      return step +
             ": the kernel is out of memory; the old value is unchanged, free some and try again";
    case ErrorCode::kOutcomeUnknown:
      return "the kernel's reply was lost (" + errno_text(error.kernel_code) +
             "); whether a write was executed is unknown, read the key again";
    case ErrorCode::kMalformed:
      return "the kernel's answer cannot be understood (attribute " + actual +
             "); please report it with the output of IPSETKV_TRACE=1";
    case ErrorCode::kTooLarge:
      return step + ": the message is too large for netlink; please report it";
    case ErrorCode::kBadLine:
      return std::string(fault_name(error.line_fault));
    case ErrorCode::kSystemCall:
      return system_call_sentence(error);
    case ErrorCode::kKernelRefused:
      return refusal(error);
    default:
      return std::string(plain_sentence(error.code));
  }
}

}  // namespace

Error Error::about(std::string_view name) const {
  // The name of the missing module or type helps more than the key.
  const bool lacks = code == ErrorCode::kNoSetType || code == ErrorCode::kNoRevision;
  if (lacks && subject.front() != '\0') return *this;
  Error result = *this;
  result.subject.fill('\0');
  const std::size_t length = std::min(name.size(), result.subject.size() - 1);
  std::copy_n(name.begin(), length, result.subject.begin());
  return result;
}

ErrorCategory Error::category() const {
  switch (code) {
    case ErrorCode::kKeyEmpty:
    case ErrorCode::kKeyTooLong:
    case ErrorCode::kNotANumber:
    case ErrorCode::kKeyExists:
    case ErrorCode::kBadLine:
    case ErrorCode::kValueTooLong:
    case ErrorCode::kTableName:
    case ErrorCode::kNoTable:
    case ErrorCode::kPasswordFile:
    case ErrorCode::kNamespaceMissing:
      return ErrorCategory::kUsage;
    case ErrorCode::kNotAValue:
      return ErrorCategory::kForeign;
    default:
      return ErrorCategory::kKernel;
  }
}

std::string Error::message() const {
  std::string sentence = explain(*this);
  std::string result;
  if (code == ErrorCode::kBadLine) result = "line " + std::to_string(actual) + ": ";
  if (subject.front() == '\0') return result + sentence;
  for (const char byte : std::string_view(subject.data()))
    result += byte >= ' ' && byte <= '~' ? byte : '?';
  return result + ": " + sentence;
}

}  // namespace ipsetkv
