// SPDX-License-Identifier: MIT
#include "ipset/kernel_error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace ipsetkv::ipset {
namespace {

TEST(KernelError, TranslatesTheKernelsCode) {
  struct Case {
    ipset_cmd command;
    std::int32_t kernel;
    ErrorCode code;
  };
  for (const Case& test : {
           Case{IPSET_CMD_ADD, EPERM, ErrorCode::kNotPermitted},
           Case{IPSET_CMD_ADD, EACCES, ErrorCode::kNotPermitted},
           Case{IPSET_CMD_PROTOCOL, EINVAL, ErrorCode::kNoIpset},
           Case{IPSET_CMD_ADD, EINVAL, ErrorCode::kKernelRefused},
           Case{IPSET_CMD_PROTOCOL, EOPNOTSUPP, ErrorCode::kNoIpset},
           Case{IPSET_CMD_PROTOCOL, EPROTONOSUPPORT, ErrorCode::kNoIpset},
           Case{IPSET_CMD_LIST, ENOENT, ErrorCode::kNoSuchSet},
           Case{IPSET_CMD_CREATE, EEXIST, ErrorCode::kSetExists},
           Case{IPSET_CMD_SWAP, EBUSY, ErrorCode::kBusy},
           Case{IPSET_CMD_CREATE, ENOMEM, ErrorCode::kNoMemory},
           Case{IPSET_CMD_LIST, ENOBUFS, ErrorCode::kNoMemory},
           Case{IPSET_CMD_CREATE, IPSET_ERR_FIND_TYPE, ErrorCode::kNoSetType},
           Case{IPSET_CMD_CREATE, IPSET_ERR_MAX_SETS, ErrorCode::kTooManySets},
           Case{IPSET_CMD_DESTROY, IPSET_ERR_BUSY, ErrorCode::kReferenced},
           Case{IPSET_CMD_RENAME, IPSET_ERR_REFERENCED, ErrorCode::kReferenced},
           Case{IPSET_CMD_RENAME, IPSET_ERR_EXIST_SETNAME2, ErrorCode::kSetExists},
           Case{IPSET_CMD_SWAP, IPSET_ERR_EXIST_SETNAME2, ErrorCode::kNoSuchSet},
           Case{IPSET_CMD_SWAP, IPSET_ERR_TYPE_MISMATCH, ErrorCode::kNotAValue},
           Case{IPSET_CMD_ADD, IPSET_ERR_EXIST, ErrorCode::kKernelRefused},
           Case{IPSET_CMD_ADD, IPSET_ERR_TYPE_SPECIFIC, ErrorCode::kKernelRefused},
           Case{IPSET_CMD_ADD, ERANGE, ErrorCode::kKernelRefused},
       }) {
    SCOPED_TRACE(testing::Message() << "command " << test.command << " code " << test.kernel);
    const Error error = kernel_error(test.command, test.kernel, "a-set");
    EXPECT_EQ(error.code, test.code);
    EXPECT_EQ(error.kernel_code, test.kernel);
    EXPECT_EQ(error.step, step_of(test.command));
    EXPECT_STREQ(error.subject.data(),
                 test.code == ErrorCode::kNoSetType ? "ip_set_a-set" : "a-set");
  }
}

TEST(KernelError, NamesTheModuleOfAMissingType) {
  const Error error = kernel_error(IPSET_CMD_TYPE, IPSET_ERR_FIND_TYPE, "hash:net,port,net");
  EXPECT_EQ(error.code, ErrorCode::kNoSetType);
  EXPECT_STREQ(error.subject.data(), "ip_set_hash_netportnet");
}

TEST(KernelError, NamesTheStepOfTheCommand) {
  struct Case {
    ipset_cmd command;
    Step step;
  };
  for (const Case& test : {
           Case{IPSET_CMD_PROTOCOL, Step::kProtocol},
           Case{IPSET_CMD_CREATE, Step::kCreate},
           Case{IPSET_CMD_DESTROY, Step::kDestroy},
           Case{IPSET_CMD_FLUSH, Step::kFlush},
           Case{IPSET_CMD_RENAME, Step::kRename},
           Case{IPSET_CMD_SWAP, Step::kSwap},
           Case{IPSET_CMD_LIST, Step::kList},
           Case{IPSET_CMD_ADD, Step::kAdd},
           Case{IPSET_CMD_DEL, Step::kDel},
           Case{IPSET_CMD_TEST, Step::kTest},
           Case{IPSET_CMD_HEADER, Step::kHeader},
           Case{IPSET_CMD_TYPE, Step::kType},
           Case{IPSET_CMD_NONE, Step::kNone},
       })
    EXPECT_EQ(step_of(test.command), test.step) << test.command;
}

}  // namespace
}  // namespace ipsetkv::ipset
