// SPDX-License-Identifier: MIT
#pragma once

#include "ipsetkv/error.h"

namespace ipsetkv::cli {

/// What the tool's exit status means; ipsetkv(1) promises it.
enum class ExitStatus : int {
  kDone = 0,
  kNo = 1,  ///< There is no such key, or the condition did not hold.
  kUsage = 2,
  kKernel = 3,
  kForeign = 4,
};

[[nodiscard]] constexpr ExitStatus exit_status_of(ErrorCategory category) {
  switch (category) {
    case ErrorCategory::kUsage:
      return ExitStatus::kUsage;
    case ErrorCategory::kForeign:
      return ExitStatus::kForeign;
    case ErrorCategory::kKernel:
      break;
  }
  return ExitStatus::kKernel;
}

}  // namespace ipsetkv::cli
