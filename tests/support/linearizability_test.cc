// SPDX-License-Identifier: MIT
#include "support/linearizability.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace ipsetkv::tests {
namespace {

using Kind = Operation::Kind;
using History = std::vector<Operation>;

constexpr std::int64_t kMs = 1'000'000;

/// The operation, lasting from one millisecond to another by both clocks.
Operation during(std::int64_t from, std::int64_t to, Operation operation) {
  operation.invoked = operation.earliest = from * kMs;
  operation.returned = operation.latest = to * kMs;
  return operation;
}

Operation set(const std::string& value, std::optional<std::int64_t> deadline = {}) {
  return {.kind = Kind::kSet, .argument = value, .deadline = deadline, .yes = true};
}
Operation set_if(SetOptions::If condition, const std::string& value, bool written) {
  return {.kind = Kind::kSet, .argument = value, .set_if = condition, .yes = written};
}
Operation exchange(const std::string& value, std::optional<std::string> old) {
  Operation operation = set(value);
  operation.return_old = true;
  if (old) operation.found = digest_of(*old);
  return operation;
}
Operation get(const std::string& value) { return {.kind = Kind::kGet, .found = digest_of(value)}; }
Operation get_nothing() { return {.kind = Kind::kGet}; }
Operation del(bool yes) { return {.kind = Kind::kDelete, .yes = yes}; }
Operation exists(bool yes) { return {.kind = Kind::kExists, .yes = yes}; }
Operation incr(std::int64_t sum) { return {.kind = Kind::kIncrement, .amount = 1, .number = sum}; }
Operation append(const std::string& tail, std::int64_t length) {
  return {.kind = Kind::kAppend, .argument = tail, .number = length};
}
Operation compare_and_set(const std::string& expected, const std::string& desired, bool yes) {
  return {.kind = Kind::kCompareAndSet,
          .argument = desired,
          .expected = digest_of(expected),
          .yes = yes};
}
Operation expire(std::int64_t deadline, bool yes, ExpireIf condition = ExpireIf::kAlways) {
  return {.kind = Kind::kExpire, .expire_if = condition, .deadline = deadline, .yes = yes};
}
Operation persist(bool yes) { return {.kind = Kind::kPersist, .yes = yes}; }

/// The same operation, returning the old value as well.
Operation with_old(Operation operation, std::optional<std::string> old) {
  operation.return_old = true;
  if (old) operation.found = digest_of(*old);
  return operation;
}

void expect_accepted(const History& history) {
  const Verdict verdict = check_linearizability(history);
  EXPECT_TRUE(verdict.linearizable) << verdict.explanation;
}
void expect_rejected(const History& history) {
  const Verdict verdict = check_linearizability(history);
  EXPECT_FALSE(verdict.linearizable);
  EXPECT_EQ(verdict.explanation.empty(), verdict.linearizable);
}

TEST(Linearizability, AcceptsSequentialOperations) {
  expect_accepted({});
  expect_accepted({during(0, 1, get_nothing()), during(2, 3, set("a")), during(4, 5, get("a")),
                   during(6, 7, exists(true)), during(8, 9, del(true)), during(10, 11, del(false)),
                   during(12, 13, exists(false))});
  expect_accepted({during(0, 1, incr(1)), during(2, 3, incr(2)), during(4, 5, append("0", 2)),
                   during(6, 7, get("20")), during(8, 9, incr(21))});
}

TEST(Linearizability, AcceptsARefusedIncrementOnlyIfTheValueIsNotANumber) {
  Operation refused = incr(0);
  refused.refused = true;
  for (const std::string text : {"", "x", "1x", "00", "-0", " 1", "+1", "9223372036854775808"})
    expect_accepted({during(0, 1, set(text)), during(2, 3, refused), during(4, 5, get(text))});
  expect_accepted({during(0, 1, set("9223372036854775807")), during(2, 3, refused)});
  expect_rejected({during(0, 1, set("0")), during(2, 3, refused)});
  expect_rejected({during(0, 1, refused)});
}

TEST(Linearizability, RejectsAReadOfAnOverwrittenValue) {
  expect_rejected({during(0, 1, set("a")), during(2, 3, set("b")), during(4, 5, get("a"))});
  expect_rejected({during(0, 1, set("a")), during(2, 3, get_nothing())});
  expect_rejected({during(0, 1, get("a")), during(2, 3, set("a"))});
}

TEST(Linearizability, AcceptsTheOldOrTheNewValueDuringAWrite) {
  for (const Operation& answer : {get("a"), get("b")})
    expect_accepted({during(0, 1, set("a")), during(2, 9, set("b")), during(4, 5, answer)});
  expect_rejected({during(0, 1, set("a")), during(2, 9, set("b")), during(4, 5, get("c"))});
}

TEST(Linearizability, ChecksTheOldValueThatAnOperationReturns) {
  const Operation first = during(0, 1, set("a"));
  for (const Operation& operation : {del(true), expire(9000, true), persist(false)}) {
    expect_accepted({first, during(2, 3, with_old(operation, "a"))});
    expect_rejected({first, during(2, 3, with_old(operation, "b"))});
    expect_rejected({first, during(2, 3, with_old(operation, std::nullopt))});
  }
  for (const Operation& operation : {del(false), expire(9000, false), persist(false)}) {
    expect_accepted({during(2, 3, with_old(operation, std::nullopt))});
    expect_rejected({during(2, 3, with_old(operation, "a"))});
  }
  expect_accepted({during(0, 1, set("a", 10)), during(2, 3, with_old(persist(false), "a")),
                   during(20, 21, get("a"))});
  expect_rejected({first, during(2, 3, with_old(del(true), "a")), during(4, 5, get("a"))});
}

TEST(Linearizability, RejectsTheOldValueAfterAReadOfTheNewOne) {
  expect_accepted({during(0, 1, set("a")), during(2, 9, set("b")), during(3, 4, get("a")),
                   during(5, 6, get("b"))});
  expect_rejected({during(0, 1, set("a")), during(2, 9, set("b")), during(3, 4, get("b")),
                   during(5, 6, get("a"))});
}

TEST(Linearizability, RejectsTwoReadersThatSawWritesInDifferentOrders) {
  expect_rejected({during(0, 9, set("a")), during(0, 9, set("b")), during(10, 11, get("a")),
                   during(12, 13, get("b"))});
  expect_rejected({during(0, 20, set("a")), during(0, 20, set("b")), during(1, 2, get("a")),
                   during(3, 4, get("b")), during(5, 6, get("a"))});
}

TEST(Linearizability, RejectsALostUpdate) {
  expect_accepted({during(0, 5, incr(1)), during(0, 5, incr(2)), during(6, 7, get("2"))});
  expect_rejected({during(0, 5, incr(1)), during(0, 5, incr(1))});
  expect_rejected({during(0, 5, append("a", 1)), during(0, 5, append("b", 1))});
  expect_rejected({during(0, 1, set("a")), during(2, 5, compare_and_set("a", "b", true)),
                   during(2, 5, compare_and_set("a", "c", true))});
  expect_rejected({during(0, 1, set("a")), during(2, 5, del(true)), during(2, 5, del(true))});
  expect_rejected({during(0, 5, set_if(SetOptions::If::kAbsent, "a", true)),
                   during(0, 5, set_if(SetOptions::If::kAbsent, "b", true))});
}

TEST(Linearizability, AcceptsOneWinnerOfMany) {
  expect_accepted({during(0, 5, set_if(SetOptions::If::kAbsent, "a", false)),
                   during(0, 5, set_if(SetOptions::If::kAbsent, "b", true)),
                   during(6, 7, set_if(SetOptions::If::kPresent, "c", true)),
                   during(8, 9, exchange("d", "c")), during(10, 11, get("d"))});
  expect_rejected({during(0, 1, exchange("a", std::nullopt)), during(2, 3, exchange("b", "b"))});
}

TEST(Linearizability, ExpiresAKeyAtItsDeadline) {
  expect_accepted({during(0, 1, set("a", 100)), during(50, 51, get("a")),
                   during(110, 111, get_nothing()), during(112, 113, exists(false)),
                   during(114, 115, del(false)), during(116, 117, incr(1))});
  expect_rejected({during(0, 1, set("a", 100)), during(50, 51, get_nothing())});
  expect_rejected({during(0, 1, set("a", 100)), during(102, 103, get("a"))});
}

TEST(Linearizability, ToleratesOneMillisecondAtTheDeadline) {
  for (const Operation& answer : {get("a"), get_nothing()})
    expect_accepted({during(0, 1, set("a", 100)), during(99, 100, answer)});
  expect_accepted({during(0, 1, set("a", 100)), during(98, 99, get_nothing())});
  expect_accepted({during(0, 1, set("a", 100)), during(100, 101, get("a"))});
  expect_rejected({during(0, 1, set("a", 100)), during(97, 98, get_nothing())});
  expect_rejected({during(0, 1, set("a", 100)), during(101, 102, get("a"))});
}

TEST(Linearizability, RejectsAKeyThatReappearsAfterItsDeadline) {
  expect_rejected({during(0, 1, set("a", 100)), during(99, 100, get_nothing()),
                   during(101, 102, persist(true))});
  expect_rejected({during(0, 1, set("a", 100)), during(90, 120, persist(true)),
                   during(105, 106, get_nothing()), during(125, 126, get("a"))});
  expect_accepted({during(0, 1, set("a", 100)), during(90, 120, persist(true)),
                   during(105, 106, get("a")), during(125, 126, get("a"))});
}

TEST(Linearizability, KeepsTheDeadlineOnlyInOperationsThatDo) {
  Operation keeping = set("b");
  keeping.keep_deadline = true;
  expect_accepted({during(0, 1, set("a", 100)), during(2, 3, keeping), during(4, 5, get("b")),
                   during(110, 111, get_nothing())});
  expect_rejected({during(0, 1, set("a", 100)), during(2, 3, keeping), during(110, 111, get("b"))});
  expect_accepted(
      {during(0, 1, set("a", 100)), during(2, 3, set("b")), during(110, 111, get("b"))});
  expect_accepted(
      {during(0, 1, set("a", 100)), during(2, 3, append("b", 2)), during(110, 111, get_nothing())});
}

TEST(Linearizability, ChecksTheConditionsOfExpire) {
  expect_accepted({during(0, 1, expire(50, false)), during(2, 3, set("a")),
                   during(4, 5, expire(500, false, ExpireIf::kHasOne)),
                   during(4, 5, expire(500, false, ExpireIf::kLater)),
                   during(6, 7, expire(500, true, ExpireIf::kHasNone)),
                   during(8, 9, expire(600, true, ExpireIf::kLater)),
                   during(10, 11, expire(400, true, ExpireIf::kEarlier)),
                   during(12, 13, expire(500, false, ExpireIf::kEarlier)),
                   during(390, 391, exists(true)), during(410, 411, exists(false))});
  expect_rejected({during(0, 1, set("a")), during(2, 3, expire(500, true, ExpireIf::kLater))});
  // A deadline in the past removes the key.
  expect_accepted(
      {during(10, 11, set("a")), during(12, 13, expire(1, true)), during(14, 15, exists(false))});
}

TEST(Linearizability, ChecksRangesAndDeadlinesThatWereRead) {
  const auto range = [](std::int64_t first, std::int64_t last, const std::string& part) {
    return Operation{
        .kind = Kind::kGetRange, .first = first, .last = last, .found = digest_of(part)};
  };
  const Operation until{.kind = Kind::kDeadline, .yes = true, .deadline_found = 100};
  expect_accepted({during(0, 1, range(0, -1, "")), during(2, 3, set("abcdef", 100)),
                   during(4, 5, range(1, 3, "bcd")), during(6, 7, range(-2, -1, "ef")),
                   during(8, 9, range(-100, 100, "abcdef")), during(10, 11, range(4, 2, "")),
                   during(12, 13, until)});
  expect_rejected({during(0, 1, set("abcdef", 99)), during(2, 3, until)});
  expect_rejected({during(0, 1, set("abcdef")), during(2, 3, range(0, 1, "bc"))});
}

TEST(Linearizability, CarriesAllPossibleStatesOverToTheNextPart) {
  History history;
  for (std::int64_t round = 0; round < 2'000; ++round) {
    const std::string value = std::to_string(round);
    for (const char* letter : {"a", "b", "c"})
      history.push_back(during(round * 10, round * 10 + 5, set(letter + value)));
    history.push_back(during(round * 10 + 6, round * 10 + 7, get("b" + value)));
  }
  expect_accepted(history);
  history.back().found = digest_of("b0");
  expect_rejected(history);
}

TEST(Linearizability, ChecksManyOverlappingOperations) {
  History history;
  for (std::int64_t number = 0; number < 100; ++number)
    history.push_back(during(number, number + 6, set(std::to_string(number))));
  history.push_back(during(400, 401, get("97")));
  expect_accepted(history);
  history.back().found = digest_of("80");
  expect_rejected(history);
}

}  // namespace
}  // namespace ipsetkv::tests
