// SPDX-License-Identifier: MIT
#include "ipset/kernel_error.h"

#include <cerrno>

#include "ipset/set_type.h"

namespace ipsetkv::ipset {
namespace {

ErrorCode code_of(ipset_cmd command, std::int32_t code) {
  switch (code) {
    case EPERM:
    case EACCES:
      return ErrorCode::kNotPermitted;
    // A kernel without ipset has no subsystem 6 (net/netfilter/nfnetlink.c, nfnetlink_rcv_msg).
    case EINVAL:
      return command == IPSET_CMD_PROTOCOL ? ErrorCode::kNoIpset : ErrorCode::kKernelRefused;
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
      return ErrorCode::kNoIpset;
    case ENOENT:
      return ErrorCode::kNoSuchSet;
    case EEXIST:
      return ErrorCode::kSetExists;
    case EBUSY:
      return ErrorCode::kBusy;
    case ENOMEM:
    case ENOBUFS:
      return ErrorCode::kNoMemory;
    case IPSET_ERR_FIND_TYPE:
      return ErrorCode::kNoSetType;
    case IPSET_ERR_MAX_SETS:
      return ErrorCode::kTooManySets;
    // The kernel's code if a set to be destroyed is being listed or referred to; REFERENCED is the
    // same for `rename`. Only the header's count of references tells the two apart.
    case IPSET_ERR_BUSY:
    case IPSET_ERR_REFERENCED:
      return ErrorCode::kReferenced;
    // From `rename` if the new name is taken, from `swap` if the second set does not exist.
    case IPSET_ERR_EXIST_SETNAME2:
      return command == IPSET_CMD_SWAP ? ErrorCode::kNoSuchSet : ErrorCode::kSetExists;
    case IPSET_ERR_TYPE_MISMATCH:
      return ErrorCode::kNotAValue;
    default:
      return ErrorCode::kKernelRefused;
  }
}

}  // namespace

Step step_of(ipset_cmd command) {
  switch (command) {
    case IPSET_CMD_PROTOCOL:
      return Step::kProtocol;
    case IPSET_CMD_CREATE:
      return Step::kCreate;
    case IPSET_CMD_DESTROY:
      return Step::kDestroy;
    case IPSET_CMD_FLUSH:
      return Step::kFlush;
    case IPSET_CMD_RENAME:
      return Step::kRename;
    case IPSET_CMD_SWAP:
      return Step::kSwap;
    case IPSET_CMD_LIST:
      return Step::kList;
    case IPSET_CMD_ADD:
      return Step::kAdd;
    case IPSET_CMD_DEL:
      return Step::kDel;
    case IPSET_CMD_TEST:
      return Step::kTest;
    case IPSET_CMD_HEADER:
      return Step::kHeader;
    case IPSET_CMD_TYPE:
      return Step::kType;
    default:
      return Step::kNone;
  }
}

Error kernel_error(ipset_cmd command, std::int32_t code, std::string_view subject) {
  const Error error{.code = code_of(command, code), .step = step_of(command), .kernel_code = code};
  return error.code == ErrorCode::kNoSetType ? error.about(type_module(subject))
                                             : error.about(subject);
}

}  // namespace ipsetkv::ipset
