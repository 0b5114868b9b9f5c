// SPDX-License-Identifier: MIT
#include "server/protocol/error_reply.h"

namespace ipsetkv::server {

std::string reply_text(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotAValue:
      return "WRONGTYPE Operation against a key holding the wrong kind of value";
    case ErrorCode::kValueTooLong:
      return "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    case ErrorCode::kNotANumber:
      return "ERR value is not an integer or out of range";
    case ErrorCode::kNoMemory:
    case ErrorCode::kTooManySets:
    case ErrorCode::kSetFull:
      return "OOM " + error.message();
    default:
      return "ERR " + error.message();
  }
}

}  // namespace ipsetkv::server
