// SPDX-License-Identifier: MIT
#include "ipsetkv/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ipsetkv {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

static_assert(std::is_trivially_copyable_v<Error>, "failing must not allocate");

struct Case {
  Error error;
  ErrorCategory category;
  std::vector<std::string_view> texts;  ///< Parts that the sentence must have.
};

std::vector<Case> cases() {
  using enum ErrorCode;
  constexpr auto kUsage = ErrorCategory::kUsage;
  constexpr auto kKernel = ErrorCategory::kKernel;
  return {
      {{.code = kKeyEmpty, .limit = 31}, kUsage, {"empty", "1 to 31 bytes"}},
      {{.code = kKeyTooLong, .actual = 40, .limit = 31}, kUsage, {"40 bytes", "31"}},
      {{.code = kNotANumber}, kUsage, {"not a decimal number", "unchanged"}},
      {{.code = kValueTooLong, .actual = 9, .limit = 8}, kUsage, {"9 bytes", "limit is 8", "old"}},
      {{.code = kTableName}, kUsage, {"1 to 12 letters"}},
      {{.code = kNoTable}, kUsage, {"drawers", "table"}},
      {{.code = kPasswordFile}, kUsage, {"password", "512 bytes", "owner"}},
      {{.code = kNamespaceMissing}, kUsage, {"namespace", "ip netns list"}},
      {{.code = kNotPermitted},
       kKernel,
       {"CAP_NET_ADMIN", "root", "setcap", "AmbientCapabilities", "unshare -Urn"}},
      {{.code = kNamespaceDenied}, kKernel, {"CAP_SYS_ADMIN", "ip netns exec"}},
      {{.code = kNoIpset}, kKernel, {"modprobe ip_set`", "CONFIG_IP_SET"}},
      {Error{.code = kNoSetType}.about("ip_set_hash_ipport"),
       kKernel,
       {"modprobe ip_set_hash_ipport"}},
      {{.code = kNoRevision, .actual = 1, .limit = 0}, kKernel, {"up to 0", "1 is needed"}},
      {{.code = kProtocolVersion, .actual = 5}, kKernel, {"protocol 5", "6 or 7"}},
      {{.code = kNoSuchSet, .step = Step::kSwap}, kKernel, {"swap", "not exist", "try again"}},
      {{.code = kSetExists, .step = Step::kRename}, kKernel, {"rename", "exists already"}},
      {{.code = kReferenced}, kKernel, {"firewall rule", "list:set", "remove that first"}},
      {{.code = kBusy}, kKernel, {"reading", "unchanged", "try again"}},
      {{.code = kLocked}, kKernel, {"another writer", "unchanged", "try again"}},
      {{.code = kTooManySets}, kKernel, {"65,534", "delete"}},
      {{.code = kSetFull, .step = Step::kAdd}, kKernel, {"full", "unchanged"}},
      {{.code = kNoMemory, .step = Step::kCreate}, kKernel, {"memory", "unchanged"}},
      {{.code = kTimeout}, kKernel, {"in time", "unknown", "read the key again"}},
      {{.code = kInterrupted}, kKernel, {"changed", "try again"}},
      {{.code = kMalformed, .actual = 7}, kKernel, {"attribute 7", "IPSETKV_TRACE=1"}},
      {{.code = kTooLarge, .step = Step::kAdd}, kKernel, {"too large"}},
      {{.code = kSystemCall, .step = Step::kSend, .kernel_code = EMSGSIZE},
       kKernel,
       {"sending", "Message too long", "nothing was changed"}},
      {{.code = kNoMemory, .step = Step::kSend, .kernel_code = ENOBUFS},
       kKernel,
       {"sending", "out of memory", "unchanged"}},
      {{.code = kKernelRefused, .step = Step::kAdd, .kernel_code = EINVAL},
       kKernel,
       {"refused add", "Invalid argument"}},
      {{.code = kKernelRefused, .step = Step::kAdd, .kernel_code = 4352}, kKernel, {"4352"}},
      {{.code = kKeyExists}, kUsage, {"the key exists", "--replace", "--keep"}},
      {{.code = kBadLine, .line_fault = LineFault::kNumber, .actual = 12},
       kUsage,
       {"line 12", "number is missing"}},
      {{.code = kNotAValue}, ErrorCategory::kForeign, {"not a value", "left as it is"}},
      {{.code = kOutcomeUnknown, .step = Step::kReceive, .kernel_code = ENOBUFS},
       kKernel,
       {"reply was lost", "No buffer space", "unknown", "read the key again"}},
  };
}

TEST(Error, MessageIsOneLineWithTheExpectedParts) {
  for (const Case& each : cases()) {
    const std::string sentence = each.error.message();
    SCOPED_TRACE(sentence);
    EXPECT_EQ(each.error.category(), each.category);
    EXPECT_EQ(sentence.find('\n'), std::string::npos);
    EXPECT_NE(sentence.back(), '.');
    for (const std::string_view text : each.texts)
      EXPECT_THAT(sentence, HasSubstr(std::string(text)));
  }
}

TEST(Error, HasAMessageForEveryCode) {
  const auto all = cases();
  for (int code = 0; code <= static_cast<int>(ErrorCode::kOutcomeUnknown); ++code) {
    const auto is_code = [&](const Case& each) {
      return static_cast<int>(each.error.code) == code;
    };
    EXPECT_NE(std::find_if(all.begin(), all.end(), is_code), all.end()) << "code " << code;
  }
}

TEST(Error, SaysOnlyOfKnownOutcomesThatNothingChanged) {
  for (const ErrorCode code : {ErrorCode::kOutcomeUnknown, ErrorCode::kTimeout}) {
    const Error error{.code = code, .step = Step::kReceive, .kernel_code = ENOBUFS};
    EXPECT_THAT(error.message(), Not(HasSubstr("unchanged")));
    EXPECT_THAT(error.message(), Not(HasSubstr("nothing was changed")));
  }
}

TEST(Error, MessageStartsWithTheSubject) {
  EXPECT_THAT(Error{.code = ErrorCode::kBusy}.about("drawer").message(), StartsWith("drawer: "));
}

TEST(Error, NamesWhatTheKernelLacksRatherThanTheKey) {
  for (const ErrorCode code : {ErrorCode::kNoSetType, ErrorCode::kNoRevision}) {
    const Error error = Error{.code = code}.about("ip_set_hash_ipport").about("drawer");
    EXPECT_THAT(error.message(), StartsWith("ip_set_hash_ipport: "));
  }
}

TEST(Error, CutsALongSubjectAndReplacesControlBytes) {
  const Error error = Error{.code = ErrorCode::kBusy}.about(std::string(100, 'k'));
  EXPECT_THAT(error.message(), StartsWith(std::string(39, 'k').append(": ")));
  EXPECT_THAT(Error{.code = ErrorCode::kBusy}.about("a\n\x1b[b").message(), StartsWith("a??[b: "));
}

}  // namespace
}  // namespace ipsetkv
